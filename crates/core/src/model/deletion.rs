//! A model on its way out: upstream deletes it, then its object forgets it. Lives in storage between alarms, as
//! [`super::Provisioning`] does.
//!
//! ```text
//! begin ──▶ sent ──2xx, 404──▶ done        401 once; 429, 502–504, lost: three attempts; else failed
//! ```

use serde::{Deserialize, Serialize};

use super::exchange::{Exchange, Received, Step, Verdict, correlation, judge};
use super::failure::Failure;
use crate::call::Health;
use crate::http::HttpRequest;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::upstream::genesys::{self, Endpoints, ModelId};
use crate::upstream::health::RESOURCES;
use crate::upstream::retry::MAX_ATTEMPTS;

/// How a deletion ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum DeletionEnd {
    /// Upstream has no such model any more.
    Done,
    /// Upstream would not, or could not: the model is as it was.
    Failed(Failure),
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deletion {
    /// None where upstream has none: then there is nothing to send.
    upstream_id: Option<ModelId>,
    pub(super) request_id: String,
    pub(super) key_id: String,
    pub(super) started_ms: u64,
    pub(super) upstream_correlation_id: Option<String>,
    tries: u32,
    exchange: Exchange,
    end: Option<DeletionEnd>,
}

// handle
impl Deletion {
    /// Begins at `now` (Unix ms), for the request `request_id`; `seed` is for the jitter.
    pub(super) fn begin(id: Option<ModelId>, request_id: &str, key_id: &str, now: u64, seed: u64) -> Deletion {
        Deletion {
            end: id.is_none().then_some(DeletionEnd::Done),
            upstream_id: id,
            request_id: request_id.to_owned(),
            key_id: key_id.to_owned(),
            started_ms: now,
            upstream_correlation_id: None,
            tries: 0,
            exchange: Exchange::new(now, seed),
        }
    }

    /// What to do at `now` (Unix ms).
    pub(super) fn step(&mut self, now: u64, health: &mut Health) -> Step {
        if self.exchange.is_lost(now) {
            self.received(self.exchange.attempts(), now, &Received::Unreachable, health);
        }
        if self.end.is_some() {
            return Step::Done;
        }
        if let Some(until) = self.exchange.waits(now) {
            return Step::Wait(until);
        }
        match health.admit(RESOURCES, now) {
            Ok(_) => Step::Send(self.exchange.send(now)),
            Err(after) => Step::Wait(self.exchange.later(now, after)),
        }
    }

    /// Takes what came at `now` of the request `attempt`.
    pub(super) fn received(&mut self, attempt: u32, now: u64, received: &Received, health: &mut Health) {
        if self.end.is_some() || !self.exchange.takes(attempt) {
            return;
        }
        self.upstream_correlation_id = correlation(received).or(self.upstream_correlation_id.take());
        match judge(received, now, genesys::MODEL_WRITE_SCOPE, health) {
            Verdict::Answer => self.end = Some(DeletionEnd::Done),
            Verdict::Refused(problem) if problem.code == Code::ModelLost => self.end = Some(DeletionEnd::Done),
            Verdict::Renew(problem) => {
                if !self.exchange.renew(now) {
                    self.fail(&problem);
                }
            }
            Verdict::Repeat(problem, after) => {
                self.tries += 1;
                if self.tries >= MAX_ATTEMPTS {
                    return self.fail(&problem);
                }
                let wait = self.exchange.backoff(self.tries - 1, after);
                self.exchange.later(now, wait);
            }
            Verdict::Away(problem) | Verdict::Refused(problem) => self.fail(&problem),
        }
    }

    fn fail(&mut self, problem: &Problem) {
        self.end = Some(DeletionEnd::Failed(Failure::of(problem)));
    }
}

// poll and getters
impl Deletion {
    /// The request of the last [`Step::Send`].
    pub(super) fn request(&self, endpoints: &Endpoints, token: &Sensitive) -> Option<HttpRequest> {
        Some(genesys::delete_model_request(endpoints, self.upstream_id.as_ref()?, token))
    }

    /// How it ended, once it has.
    pub(super) fn end(&self) -> Option<&DeletionEnd> {
        self.end.as_ref()
    }
}
