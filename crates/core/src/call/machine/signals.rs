//! What a call shows of its upstream's health.

use std::time::Duration;

use super::Call;
use crate::call::Health;
use crate::upstream::retry::HealthSignal;

impl Call {
    /// The call has shown what it reports about upstream's health.
    pub(super) fn show(&mut self, now: Duration, signal: HealthSignal, health: &mut Health) {
        match signal {
            HealthSignal::Well => {}
            HealthSignal::Ill => self.failed(now, health),
            HealthSignal::None => self.undecided(health),
        }
    }

    pub(super) fn succeeded(&mut self, health: &mut Health) {
        self.probing = false;
        health.succeeded(self.model());
    }

    pub(super) fn failed(&mut self, now: Duration, health: &mut Health) {
        self.probing = false;
        health.failed(self.model(), self.unix_ms(now));
    }

    pub(super) fn undecided(&mut self, health: &mut Health) {
        if std::mem::take(&mut self.probing) {
            health.undecided(self.model());
        }
    }
}
