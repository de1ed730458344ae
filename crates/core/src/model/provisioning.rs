//! A model on its way into being (requirements, C2): submitted, polled, and ended within bounds. The machine lives
//! in storage between alarms.
//!
//! ```text
//!             ┌─ 401 once; 429, 502–504, lost: 3 attempts, same key ─┐
//!             ▼                                                      │
//! new ──▶ SUBMITTED ──────────────────────── refused ────────────────┼──────▶ FAILED
//!             │ 2xx with an id                                       ▲
//!             ▼                                                      │
//!          PENDING ──▶ PROVISIONING ──▶ ACTIVE      said so, 401 twice, 403, 404, 15 polls
//!                                         │ ▲
//!                        submitted again  ▼ │ 200, or nothing that says otherwise
//!                                       checked ──404──▶ LOST ──▶ SUBMITTED, by another key
//! ```
//! An invocation or a configuration that upstream answers with 404 makes it LOST, too.
//! Each alarm: [`step`](Provisioning::step); on [`Step::Send`] store [`stored`](Provisioning::stored), set the
//! alarm to `until_ms`, send [`request`](Provisioning::request), give the answer to
//! [`received`](Provisioning::received), and step again; on [`Step::Wait`] store and set the alarm. Alarms that come
//! twice, late or early change nothing.

mod getters;
mod status;
mod storage;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::definition::{Credentials, Definition, Submission, body};
use super::exchange::{Exchange, Received, Step, Verdict, correlation, judge, malformed};
use super::failure::{Failure, reason};
use crate::call::Health;
use crate::governance::timestamp;
use crate::http::HttpRequest;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::settings::Polling;
use crate::upstream::genesys::{self, Capabilities, Endpoints, ModelId};
use crate::upstream::health::RESOURCES;
use crate::upstream::retry::MAX_ATTEMPTS;

pub use status::{ModelStatus, StatusEvent, StatusUpdates};

/// The jitter is 0 to so much of the first wait: a second, as the document has it.
const JITTER: u64 = 5;

/// Whose model it is, and by which request it came: all that is not in the submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// [`Submission::id`].
    pub id: String,
    /// Who submitted it; nobody else may see it.
    pub tenant: String,
    /// By which key ([`crate::client::Caller::key_id`]).
    #[serde(default)]
    pub key_id: String,
    /// The client's request.
    pub request_id: String,
}

/// The machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Provisioning {
    origin: Origin,
    definition: Definition,
    /// Kept until the end, so that they can be taken out of upstream's reason; then dropped.
    credentials: Option<Credentials>,
    /// Counts the models that upstream has failed or lost: each is another key (see [`Provisioning::key`]).
    generation: u32,
    /// When the first of them was submitted, Unix ms: after a deletion the key is another one, too.
    since_ms: u64,
    polling: Polling,
    /// It is active, and upstream is asked whether it still has it: the definition was submitted again.
    checking: bool,
    started_ms: u64,
    ended_ms: Option<u64>,
    status: ModelStatus,
    upstream_id: Option<ModelId>,
    capabilities: Option<Capabilities>,
    failure: Option<Failure>,
    /// Attempts in this phase that have ended, replays after 401 apart.
    tries: u32,
    exchange: Exchange,
    events: Vec<StatusEvent>,
    correlation_id: Option<String>,
}

// handle
impl Provisioning {
    /// Begins at `now` (Unix ms); `seed` is for the jitter. If `earlier`, the machine of the same id, is under way, it
    /// goes on as it is: a second submission creates nothing. One that is active is looked for upstream. One that has
    /// failed or was lost begins anew; upstream is sent the same key again, and so the same model if it has made one,
    /// unless upstream itself has failed or lost it.
    pub fn submit(
        earlier: Option<Self>,
        submission: Submission,
        origin: Origin,
        polling: Polling,
        now: u64,
        seed: u64,
    ) -> Self {
        let (generation, since_ms, events) = match earlier {
            Some(mut active) if active.status == ModelStatus::Active => {
                active.check(submission.credentials, now);
                return active;
            }
            Some(running) if !running.status.is_final() => return running,
            Some(ended) => (ended.generation + u32::from(ended.is_spent()), ended.since_ms, ended.events),
            None => (0, now, Vec::new()),
        };
        let mut machine = Provisioning {
            origin,
            definition: submission.definition,
            credentials: Some(submission.credentials),
            generation,
            since_ms,
            polling,
            checking: false,
            started_ms: now,
            ended_ms: None,
            status: ModelStatus::Submitted,
            upstream_id: None,
            capabilities: None,
            failure: None,
            tries: 0,
            exchange: Exchange::new(now, seed),
            events,
            correlation_id: None,
        };
        machine.add_event(now);
        machine
    }

    /// What to do at `now` (Unix ms).
    pub fn step(&mut self, now: u64, health: &mut Health) -> Step {
        if self.exchange.is_lost(now) {
            self.received(self.exchange.attempts(), now, &Received::Unreachable, health);
        }
        if self.is_settled() {
            return Step::Done;
        }
        if let Some(until) = self.exchange.waits(now) {
            return Step::Wait(until);
        }
        // A poll costs upstream nothing and is spaced already: only what creates asks the breaker.
        if self.status == ModelStatus::Submitted
            && let Err(after) = health.admit(RESOURCES, now)
        {
            return Step::Wait(self.exchange.later(now, after));
        }
        Step::Send(self.exchange.send(now))
    }

    /// Takes what came at `now` of the request `attempt`.
    pub fn received(&mut self, attempt: u32, now: u64, received: &Received, health: &mut Health) {
        if self.is_settled() || !self.exchange.takes(attempt) {
            return;
        }
        self.correlation_id = correlation(received).or(self.correlation_id.take());
        if self.checking {
            self.checked(now, received);
        } else if self.status == ModelStatus::Submitted {
            self.submitted(now, received, health);
        } else {
            self.polled(now, received);
        }
    }

    fn submitted(&mut self, now: u64, received: &Received, health: &mut Health) {
        match judge(received, now, genesys::MODEL_WRITE_SCOPE, health) {
            Verdict::Answer => match state(received) {
                Some(state) => {
                    self.upstream_id = Some(state.id);
                    self.tries = 0;
                    self.exchange.settled();
                    self.advance(now, ModelStatus::Pending);
                    self.next_poll(now, None);
                }
                None => self.fail(now, malformed(received)),
            },
            Verdict::Renew(problem) => {
                if !self.exchange.renew(now) {
                    self.fail(now, problem);
                }
            }
            Verdict::Repeat(problem, after) => {
                self.tries += 1;
                if self.tries >= MAX_ATTEMPTS {
                    return self.fail(now, problem);
                }
                let wait = self.exchange.backoff(self.tries - 1, after);
                self.exchange.later(now, wait);
            }
            Verdict::Away(problem) | Verdict::Refused(problem) => self.fail(now, problem),
        }
    }

    fn polled(&mut self, now: u64, received: &Received) {
        // A poll has not asked the breaker, so it does not report to it either.
        let verdict = judge(received, now, genesys::MODEL_READ_SCOPE, &mut Health::default());
        if let Verdict::Renew(problem) = verdict {
            if !self.exchange.renew(now) {
                self.fail(now, problem);
            }
            return;
        }
        self.tries += 1;
        let after = match verdict {
            Verdict::Answer => {
                self.exchange.settled();
                self.observe(now, received);
                None
            }
            Verdict::Repeat(_, after) => after,
            // Neither a 503 without a time nor a 500 ends it (C2).
            Verdict::Away(_) => None,
            Verdict::Refused(problem) if problem.code == Code::UpstreamError => None,
            Verdict::Refused(problem) | Verdict::Renew(problem) => return self.fail(now, problem),
        };
        if !self.status.is_final() {
            self.next_poll(now, after);
        }
    }

    /// Asks upstream whether it still has the model; `credentials` are for the case that it does not.
    fn check(&mut self, credentials: Credentials, now: u64) {
        self.credentials = Some(credentials);
        self.checking = true;
        self.exchange.settled();
        self.exchange.later(now, Duration::ZERO);
    }

    /// What upstream answers to [`Provisioning::check`]. Where it says nothing of the model, nothing is known.
    fn checked(&mut self, now: u64, received: &Received) {
        match judge(received, now, genesys::MODEL_READ_SCOPE, &mut Health::default()) {
            Verdict::Renew(_) if self.exchange.renew(now) => return,
            Verdict::Answer => {
                let failed = state(received).is_some_and(|state| state.status == "FAILED");
                if failed {
                    self.observe(now, received);
                }
            }
            Verdict::Refused(problem) if problem.code == Code::ModelLost => {
                let credentials = self.credentials.take();
                self.lose(now);
                self.generation += 1;
                (self.credentials, self.upstream_id, self.capabilities, self.failure) = (credentials, None, None, None);
                (self.started_ms, self.ended_ms, self.tries) = (now, None, 0);
                self.status = ModelStatus::Submitted;
                self.exchange.settled();
                self.exchange.later(now, Duration::ZERO);
                self.add_event(now);
            }
            _ => {}
        }
        self.checking = false;
        if self.status.is_final() {
            self.credentials = None;
        }
    }

    /// Upstream has answered at `now` that it has no such model any more.
    pub fn lose(&mut self, now: u64) {
        if self.status == ModelStatus::Active {
            self.failure = Some(Failure::lost());
            self.end(now, ModelStatus::Lost);
        }
    }

    /// What upstream reports about the model. Another model's state, or none that can be read, says nothing.
    fn observe(&mut self, now: u64, received: &Received) {
        let Some(state) = state(received).filter(|state| self.upstream_id.as_ref() == Some(&state.id)) else { return };
        match state.status.as_str() {
            "ACTIVE" => {
                self.capabilities = state.capabilities;
                self.end(now, ModelStatus::Active);
            }
            "FAILED" => {
                let why = reason(state.error_reason.as_ref(), self.credentials.as_ref());
                self.failure = Some(Failure { code: Failure::UPSTREAM.to_owned(), detail: why });
                self.end(now, ModelStatus::Failed);
            }
            "PROVISIONING" => self.advance(now, ModelStatus::Provisioning),
            // PENDING, also after PROVISIONING, and what is not known yet: not final, nothing new.
            _ => {}
        }
    }

    fn next_poll(&mut self, now: u64, after: Option<Duration>) {
        let Polling { first_ms: first, cap_ms: cap, tries: most } = self.polling;
        if self.tries >= most {
            let detail = format!(
                "The upstream was asked {most} times and the model is not ready. Submit the same definition again \
                 to go on asking; it will not be created twice."
            );
            self.failure = Some(Failure { code: Failure::TIMEOUT.to_owned(), detail });
            return self.end(now, ModelStatus::Failed);
        }
        let jitter = first / JITTER;
        let doubled = first.saturating_mul(1 << self.tries.min(20));
        let wait = doubled.min(cap.saturating_sub(jitter)) + self.exchange.draw(jitter);
        self.exchange.later(now, Duration::from_millis(wait).max(after.unwrap_or_default()));
    }

    fn advance(&mut self, now: u64, status: ModelStatus) {
        if self.status < status {
            self.status = status;
            self.add_event(now);
        }
    }

    fn fail(&mut self, now: u64, problem: Problem) {
        self.failure = Some(Failure::of(&problem));
        self.end(now, ModelStatus::Failed);
    }

    fn end(&mut self, now: u64, status: ModelStatus) {
        self.credentials = None;
        self.ended_ms = Some(now);
        self.advance(now, status);
    }

    fn add_event(&mut self, now: u64) {
        let sequence = self.events.last().map_or(1, |last| last.sequence.saturating_add(1));
        let error = self.failure.clone();
        self.events.push(StatusEvent { sequence, timestamp: timestamp(now), status: self.status, error });
        // A client that submits what fails again and again fills no storage.
        let spare = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..spare);
    }
}

/// Most events that are kept (no source; ours): several lives.
const MAX_EVENTS: usize = 40;

// poll
impl Provisioning {
    /// The request of the last [`Step::Send`].
    pub fn request(&self, endpoints: &Endpoints, token: &Sensitive) -> Option<HttpRequest> {
        match &self.upstream_id {
            Some(id) => Some(genesys::model_request(endpoints, id, token)),
            None => {
                let body = body(&self.definition, self.credentials.as_ref()?);
                Some(genesys::create_model_request(endpoints, body, &self.key(), token))
            }
        }
    }

    /// The idempotency key of the submission: by it, upstream makes one model of one definition.
    fn key(&self) -> String {
        format!("llm-gw-{}-{}-{}", self.origin.id, self.since_ms, self.generation)
    }
}

fn state(received: &Received) -> Option<genesys::ModelState> {
    match received {
        Received::Answer(_, body) => genesys::model_state(&body.0),
        Received::Unreachable | Received::NoToken(_) => None,
    }
}
