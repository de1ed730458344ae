//! What follows where a target refuses, or the connection to it breaks.

use std::time::Duration;

use super::{Call, State};
use crate::call::Health;
use crate::problem::{Code, Problem};
use crate::reply::Status;
use crate::upstream::Reason;
use crate::upstream::retry::{HealthSignal, rejected};

impl Call {
    /// A 400 has given the reason.
    pub(super) fn refused(&mut self, now: Duration, reason: Reason, health: &mut Health) {
        self.succeeded(health);
        match reason {
            Reason::TooLong => {}
            Reason::Filtered => {
                let detail = "The upstream's own filter refuses the request: rephrase it.";
                return self.fail(now, Status::Error, Problem::new(Code::SafetyRefused, detail));
            }
            Reason::Quota | Reason::Other => return self.fail(now, Status::Error, rejected(400)),
        }
        let too_long = |detail: &str| Err(Problem::new(Code::ContextTooLong, detail));
        let tighter = if self.retrimmed {
            too_long("The upstream says that the prompt is too long, also after it was trimmed harder: shorten it.")
        } else if self.retry.is_spent() {
            too_long("The upstream says that the prompt is too long: shorten it.")
        } else {
            self.job.tighter()
        };
        match tighter {
            Ok(job) => {
                self.retrimmed = true;
                self.attempt_ended(now, Some(Code::ContextTooLong));
                self.job = job;
                self.authorize(None);
            }
            Err(problem) => self.fail(now, Status::Error, problem),
        }
    }

    /// A 429 has given the reason: `problem`, to be repeated after `after`, unless waiting is in vain.
    pub(super) fn limited(
        &mut self,
        now: Duration,
        reason: Reason,
        problem: Problem,
        after: Option<Duration>,
        health: &mut Health,
    ) {
        if reason != Reason::Quota {
            return self.retry(now, problem, after, HealthSignal::None, health);
        }
        self.undecided(health);
        if !self.next(now, Code::InsufficientQuota) {
            let detail = "What the gateway may use at this upstream is used up: its operator must see to it there.";
            self.fail(now, Status::Error, Problem::new(Code::InsufficientQuota, detail));
        }
    }

    /// The connection broke before anything of the answer came.
    pub(super) fn lost(&mut self, now: Duration, health: &mut Health) {
        self.executed = true;
        let problem =
            Problem::new(Code::UpstreamUnavailable, "The upstream cannot be reached, or broke the connection.");
        if self.target().is_some_and(|target| target.upstream.idempotent) {
            return self.retry(now, problem, None, HealthSignal::Ill, health);
        }
        self.failed(now, health);
        self.give_up(now, problem);
    }

    /// Repeats the request with the same key if it may be repeated; else the call has failed, by which upstream shows
    /// `signal`, and ends with `problem`.
    pub(super) fn retry(
        &mut self,
        now: Duration,
        mut problem: Problem,
        after: Option<Duration>,
        signal: HealthSignal,
        health: &mut Health,
    ) {
        let failed_probe = self.probing && signal == HealthSignal::Ill;
        let limit = if failed_probe { Duration::ZERO } else { self.deadline() };
        let Some(until) = self.retry.due(now, self.retries, after, limit, health) else {
            problem.retry_after = after;
            self.show(now, signal, health);
            return self.give_up(now, problem);
        };
        if signal == HealthSignal::None {
            self.undecided(health);
        }
        self.retries += 1;
        self.attempt_ended(now, Some(problem.code));
        self.state = State::Waiting { until, signal };
    }
}
