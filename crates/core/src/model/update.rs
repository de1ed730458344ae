//! The newest configuration of a model on its way upstream (requirements, D3): applied, refused, or kept and tried
//! again later. The machine lives in storage between alarms, as [`super::Provisioning`] does.
//!
//! ```text
//!          ┌─ 401 once; 429, three times ─┐
//!          ▼                              │
//! offer ──▶ PENDING ──────────────────────┴──▶ APPLIED | REFUSED
//!             │ breaker open, 502–504, lost        ▲
//!             ▼                                    │
//!          DEFERRED ── 10 s doubling, cap 10 min ──┘ within 24 h
//! ```
//! A newer configuration takes the place of one that is kept; it is sent only when nothing is in flight, so that
//! upstream, where the last write wins, sees them in order.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::configuration::Configuration;
use super::exchange::{Exchange, Received, Step, Verdict, correlation, judge};
use super::failure::Failure;
use crate::call::Health;
use crate::http::HttpRequest;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::upstream::genesys::{self, Endpoints, ModelId};
use crate::upstream::health::{RESOURCES, paused};

/// Most repetitions after 429 (D3).
const MAX_REPEATS: u32 = 3;
/// The first wait of a kept update, in first waits of a poll: 10 s (document 003); doubled each time.
const FIRST: u64 = 2;
/// The longest wait of a kept update, in the same: 10 min (no source; ours).
const CAP: u64 = 120;
/// How long an update is kept (as long as upstream keeps an idempotency key), in milliseconds.
const KEPT_MS: u64 = 24 * 60 * 60 * 1000;

/// The state of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UpdateStatus {
    /// Not sent yet, or not answered.
    Pending,
    /// Upstream is away: kept, to be tried again.
    Deferred,
    /// Upstream has it.
    Applied,
    /// Upstream does not take it, or was away for a day.
    Refused,
    /// A newer one has taken its place before it was applied.
    Superseded,
}

impl UpdateStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, UpdateStatus::Applied | UpdateStatus::Refused | UpdateStatus::Superseded)
    }
}

/// One update. Serialisable: nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The client's request that it came with.
    pub request_id: String,
    /// By which key ([`crate::client::Caller::key_id`]).
    #[serde(default)]
    pub key_id: String,
    /// Counts the configurations of this model, from 1.
    pub revision: u32,
    /// What is to be applied.
    pub configuration: Configuration,
    /// Its state.
    pub status: UpdateStatus,
    /// Why, where it is deferred or refused.
    pub failure: Option<Failure>,
    /// When it was offered, Unix ms.
    pub offered_ms: u64,
    /// When it was settled, Unix ms.
    pub settled_ms: Option<u64>,
    /// Upstream's name for the last exchange.
    pub upstream_correlation_id: Option<String>,
}

impl Update {
    /// From the offer to the end, in milliseconds.
    pub fn latency_ms(&self) -> Option<u64> {
        self.settled_ms.map(|settled| settled.saturating_sub(self.offered_ms))
    }
}

/// The machine: the updates of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Updates {
    upstream_id: ModelId,
    /// The first wait between two polls of a model; those here follow from it.
    poll_ms: u64,
    revision: u32,
    /// The one that is or will be sent.
    current: Option<Update>,
    /// The newer one, while `current` is in flight.
    next: Option<Update>,
    /// What has ended and was not taken yet.
    settled: Vec<Update>,
    applied: Option<Configuration>,
    repeats: u32,
    deferrals: u32,
    exchange: Exchange,
}

// handle
impl Updates {
    /// For the model that upstream knows as `id`; `poll_ms` is [`crate::settings::Polling::first_ms`], `seed` is for the jitter.
    pub fn new(id: ModelId, poll_ms: u64, seed: u64) -> Updates {
        Updates {
            upstream_id: id,
            poll_ms,
            revision: 0,
            current: None,
            next: None,
            settled: Vec::new(),
            applied: None,
            repeats: 0,
            deferrals: 0,
            exchange: Exchange::new(0, seed),
        }
    }

    /// Takes a configuration at `now` (Unix ms), in the place of one that is kept. Gives its revision.
    pub fn offer(&mut self, configuration: Configuration, request_id: &str, key_id: &str, now: u64) -> u32 {
        self.revision = self.revision.saturating_add(1);
        let update = Update {
            request_id: request_id.to_owned(),
            key_id: key_id.to_owned(),
            revision: self.revision,
            configuration,
            status: UpdateStatus::Pending,
            failure: None,
            offered_ms: now,
            settled_ms: None,
            upstream_correlation_id: None,
        };
        if self.current.is_some() && self.exchange.is_awaiting() {
            if let Some(older) = self.next.replace(update) {
                self.retire(older, UpdateStatus::Superseded, None, now);
            }
        } else {
            if let Some(older) = self.current.take() {
                self.retire(older, UpdateStatus::Superseded, None, now);
            }
            self.begin(update, now);
        }
        self.revision
    }

    /// What to do at `now` (Unix ms).
    pub fn step(&mut self, now: u64, health: &mut Health) -> Step {
        if self.exchange.is_lost(now) {
            self.received(self.exchange.attempts(), now, &Received::Unreachable, health);
        }
        if self.current.is_none() {
            return Step::Done;
        }
        if let Some(until) = self.exchange.waits(now) {
            return Step::Wait(until);
        }
        if let Err(after) = health.admit(RESOURCES, now) {
            self.defer(now, paused(after), Some(after));
            return self.exchange.waits(now).map_or(Step::Done, Step::Wait);
        }
        Step::Send(self.exchange.send(now))
    }

    /// Takes what came at `now` of the request `attempt`.
    pub fn received(&mut self, attempt: u32, now: u64, received: &Received, health: &mut Health) {
        if !self.exchange.takes(attempt) {
            return;
        }
        if let Some(current) = &mut self.current {
            current.upstream_correlation_id = correlation(received).or(current.upstream_correlation_id.take());
        }
        let kept = self.current.as_ref().is_some_and(|current| current.status == UpdateStatus::Deferred);
        match judge(received, now, genesys::MODEL_MANAGE_SCOPE, health) {
            Verdict::Answer => self.settle(UpdateStatus::Applied, None, now),
            Verdict::Renew(problem) => {
                if !self.exchange.renew(now) {
                    self.refuse(problem, now);
                }
            }
            Verdict::Repeat(problem, after) if problem.code == Code::UpstreamRateLimited && !kept => {
                if self.repeats >= MAX_REPEATS {
                    return self.refuse(problem, now);
                }
                let wait = self.exchange.backoff(self.repeats, after);
                self.repeats += 1;
                self.exchange.later(now, wait);
            }
            Verdict::Repeat(problem, after) => self.defer(now, problem, after),
            Verdict::Away(problem) => self.defer(now, problem, None),
            Verdict::Refused(problem) => self.refuse(problem, now),
        }
        if self.current.as_ref().is_some_and(|current| current.status == UpdateStatus::Deferred)
            && let Some(next) = self.next.take()
        {
            // The newer one goes first at the time that was found.
            let older = self.current.replace(next);
            older.into_iter().for_each(|older| self.retire(older, UpdateStatus::Superseded, None, now));
        }
    }

    /// Upstream has the model no more: nothing is sent to it.
    pub(super) fn abandon(&mut self, now: u64) {
        self.applied = None;
        for update in [self.current.take(), self.next.take()].into_iter().flatten() {
            self.retire(update, UpdateStatus::Refused, Some(Failure::lost()), now);
        }
    }

    /// Whether upstream has just answered that it has no such model.
    pub(super) fn is_lost(&self) -> bool {
        let code = self.settled.last().and_then(|update| update.failure.as_ref()).map(|failure| failure.code.as_str());
        code == Some(Code::ModelLost.as_str())
    }

    /// The updates that have ended since this was asked last, each to be reported once: by audit row, metric, webhook.
    pub fn take_settled(&mut self) -> Vec<Update> {
        std::mem::take(&mut self.settled)
    }

    fn begin(&mut self, update: Update, now: u64) {
        self.current = Some(update);
        self.repeats = 0;
        self.deferrals = 0;
        self.exchange.settled();
        self.exchange.later(now, Duration::ZERO);
    }

    fn defer(&mut self, now: u64, problem: Problem, after: Option<Duration>) {
        let Some(current) = &mut self.current else { return };
        if now.saturating_sub(current.offered_ms) >= KEPT_MS {
            return self.refuse(problem, now);
        }
        current.status = UpdateStatus::Deferred;
        current.failure = Some(Failure::of(&problem));
        let first = self.poll_ms.saturating_mul(FIRST);
        let most = first.saturating_mul(1 << self.deferrals.min(10)).min(self.poll_ms.saturating_mul(CAP));
        self.deferrals = self.deferrals.saturating_add(1);
        // Half of it is jitter: what was kept while upstream was away should not come back all at once.
        let wait = Duration::from_millis(most / 2 + self.exchange.draw(most / 2));
        self.exchange.later(now, wait.max(after.unwrap_or_default()));
    }

    fn refuse(&mut self, problem: Problem, now: u64) {
        self.settle(UpdateStatus::Refused, Some(Failure::of(&problem)), now);
    }

    fn settle(&mut self, status: UpdateStatus, failure: Option<Failure>, now: u64) {
        let Some(update) = self.current.take() else { return };
        if status == UpdateStatus::Applied {
            self.applied = Some(update.configuration.clone());
        }
        self.retire(update, status, failure, now);
        if let Some(next) = self.next.take() {
            self.begin(next, now);
        }
    }

    fn retire(&mut self, mut update: Update, status: UpdateStatus, failure: Option<Failure>, now: u64) {
        update.status = status;
        update.failure = failure;
        update.settled_ms = Some(now);
        self.settled.push(update);
    }
}

// poll
impl Updates {
    /// The request of the last [`Step::Send`].
    pub fn request(&self, endpoints: &Endpoints, token: &Sensitive) -> Option<HttpRequest> {
        let body = self.current.as_ref()?.configuration.body(&self.upstream_id);
        Some(genesys::configure_model_request(endpoints, &self.upstream_id, body, token))
    }
}

// getters
impl Updates {
    /// The newest update that has not ended. While it is [`UpdateStatus::Pending`] its client may wait for it; once
    /// it is [`UpdateStatus::Deferred`] the answer is 202.
    pub fn open(&self) -> Option<&Update> {
        self.next.as_ref().or(self.current.as_ref())
    }

    /// The configuration that upstream has, as far as is known.
    pub fn applied(&self) -> Option<&Configuration> {
        self.applied.as_ref()
    }
}
