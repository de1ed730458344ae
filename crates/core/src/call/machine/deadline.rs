//! When a call ends in its present state, and the input it then gets.

use std::time::Duration;

use super::{Call, State};
use crate::call::{Health, Output};
use crate::problem::{Code, Problem};
use crate::reply::Status;

impl Call {
    /// When the call ends as things are.
    pub fn deadline(&self) -> Duration {
        let next = match (&self.state, self.first_content) {
            (State::Answering { silent_since, .. }, Some(_)) => {
                silent_since.map_or(self.rules.total, |since| since.saturating_add(self.rules.idle))
            }
            _ if !self.begins_early() => self.rules.total,
            _ => self.since.saturating_add(self.rules.first_content),
        };
        next.min(self.rules.total)
    }

    /// How long after the end, at `now`, the client may take for the bytes that are left: to the call's
    /// deadline, and at least 5 s (ours).
    pub fn drain(&self, now: Duration) -> Duration {
        self.rules.total.saturating_sub(now).max(Duration::from_secs(5))
    }

    /// Whether the first content can come before the last.
    fn begins_early(&self) -> bool {
        self.target().is_none_or(|target| self.job.begins_early(&target.upstream.wire))
    }

    pub(super) fn unix_ms(&self, now: Duration) -> u64 {
        self.identity.started_ms.saturating_add(now.as_millis() as u64)
    }

    /// The deadline has come.
    pub(super) fn expire(&mut self, now: Duration, health: &mut Health) {
        match self.state {
            State::Authorizing => {
                let detail = "No token from the upstream's login in time.";
                self.undecided(health);
                if !self.next(now, Code::TokenUnavailable) {
                    self.fail(now, Status::Error, Problem::new(Code::TokenUnavailable, detail));
                }
                return;
            }
            // An upstream that still sends when the total is over, or whose client does not read, has not failed.
            State::Answering { silent_since, .. }
                if self.first_content.is_some() && (silent_since.is_none() || now >= self.rules.total) =>
            {
                self.outbox.push_back(Output::Abort);
                self.undecided(health);
            }
            State::Refused { limited: Some(_), .. } => {
                self.outbox.push_back(Output::Abort);
                self.undecided(health);
            }
            State::Sent | State::Refused { .. } | State::Answering { .. } => {
                self.executed |= matches!(self.state, State::Sent);
                self.outbox.push_back(Output::Abort);
                self.failed(now, health);
            }
            State::Waiting { signal, .. } => self.show(now, signal, health),
            State::Ended(_) => {}
        }
        let problem = if now >= self.rules.total {
            Problem::new(
                Code::TotalDeadline,
                format!("The answer was not whole after {} ms.", self.rules.total.as_millis()),
            )
        } else if self.first_content.is_some() {
            Problem::new(Code::IdleDeadline, format!("Nothing came for {} ms.", self.rules.idle.as_millis()))
        } else {
            let detail =
                format!("The model did not begin to answer within {} ms.", self.rules.first_content.as_millis());
            Problem::new(Code::FirstContentDeadline, detail)
        };
        self.give_up(now, problem);
    }
}
