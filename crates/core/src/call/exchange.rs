//! One request to upstream whose answer is small and whole: a resource read, written or listed.
//!
//! ```text
//!  new ──▶ Authorizing ──token──▶ Sent ──2xx, 404, 409, 412──▶ Ended
//!            ▲    ▲                │ └── 401 once ──┐
//!            │    └────────────────┼────────────────┘
//!            └─wait over─ Waiting ◀┘ may be repeated (reliability, R4)
//! ```
//! The rules of repetition, the throttle and the breaker are those of [`Call`](super::Call). What a 404, 409
//! or 412 means is the caller's business.

use std::time::Duration;

use super::{AccessToken, Health};
use crate::http::{Head, HttpRequest, correlation_id};
use crate::problem::{Code, Problem};
use crate::sensitive::Bytes;
use crate::upstream::UpstreamRequest;
use crate::upstream::health::{Admission, RESOURCES, paused};
use crate::upstream::retry::{HealthSignal, Retry, Verdict, verdict};

/// How long one exchange may take, repetitions included, where its request has more time than that (R1 gives a whole
/// request 60 s; a program of several exchanges must fit in it; ours).
pub const EXCHANGE_LIMIT: Duration = Duration::from_secs(15);
/// Most bytes of an answer: a page of a hundred templates of 64 KiB (ours).
pub const MAX_ANSWER: usize = 8 << 20;

/// What upstream answered: 2xx, 404, 409 or 412.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// The whole body.
    pub body: Bytes,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The answer to [`Output::Authorize`].
    Token(Result<AccessToken, Problem>),
    /// Upstream's answer; at most [`MAX_ANSWER`] bytes of body.
    Answer(Answer),
    /// Upstream cannot be reached, the connection broke, or the body is too long.
    Failed,
    /// Time has passed. An early one does no harm.
    Tick,
    /// The client has left.
    Left,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Get a token; the one of this grant was rejected by upstream.
    Authorize {
        /// For [`TokenCache::reject`](super::TokenCache::reject).
        rejected: Option<u64>,
    },
    /// Send this.
    Send(HttpRequest),
    /// Nothing to do until something happens, or this time has come; then whatever was sent is not wanted.
    Wait(Duration),
    /// The exchange has ended.
    Done(Result<Answer, Problem>),
}

/// The exchange.
#[derive(Debug)]
pub struct Exchange {
    request: UpstreamRequest,
    /// Where the API is, without a slash at the end.
    base: String,
    retry: Retry,
    /// Unix ms.
    started_ms: u64,
    /// How long it may take.
    limit: Duration,
    /// The client has left: what was sent is waited for, and nothing else is sent.
    left: bool,
    state: State,
    outbox: Option<Output>,
    grant: u64,
    /// It was let through to see whether upstream has recovered.
    probing: bool,
}

#[derive(Debug)]
enum State {
    Authorizing,
    Sent,
    /// Before a repetition; `signal` is that of the attempt that failed.
    Waiting {
        until: Duration,
        signal: HealthSignal,
    },
    Ended(Result<Answer, Problem>),
}

impl Exchange {
    /// An exchange with the API at `base` (without a slash at the end) that begins at `started_ms` and must have ended at `deadline_ms`, that of its request (Unix ms);
    /// `seed` is for the jitter.
    pub fn new(request: UpstreamRequest, base: String, started_ms: u64, deadline_ms: u64, seed: u64) -> Exchange {
        let limit = EXCHANGE_LIMIT.min(Duration::from_millis(deadline_ms.saturating_sub(started_ms)));
        Exchange {
            limit,
            left: false,
            request,
            base,
            retry: Retry::new(seed),
            started_ms,
            state: State::Authorizing,
            outbox: Some(Output::Authorize { rejected: None }),
            grant: 0,
            probing: false,
        }
    }

    /// Takes what happened at `now`, since the exchange began. What does not fit the state is ignored.
    pub fn handle(&mut self, now: Duration, input: Input, health: &mut Health) {
        match (&self.state, input) {
            (State::Ended(_), _) => {}
            (State::Authorizing, Input::Token(Ok(token))) if now < self.limit => self.send(now, token, health),
            (State::Authorizing, Input::Token(Err(problem))) => self.fail(now, problem, HealthSignal::None, health),
            (State::Sent, Input::Answer(answer)) => self.answer(now, answer, health),
            (State::Sent, Input::Failed) => {
                let detail = "The upstream cannot be reached, or broke the connection.";
                let problem = Problem::new(Code::UpstreamUnavailable, detail);
                match self.request.repeatable {
                    true => self.repeat(now, problem, None, HealthSignal::Ill, health),
                    false => self.fail(now, self.unknown(), HealthSignal::Ill, health),
                }
            }
            // Whether a change was made is worth knowing for its audit row; nobody waits for what was read.
            (State::Sent, Input::Left) if !self.request.reads => self.left = true,
            (_, Input::Left) => self.fail(now, client_left(), HealthSignal::None, health),
            (State::Waiting { until, .. }, Input::Tick) if now >= *until && now < self.limit => self.authorize(None),
            (state, _) if now >= self.limit => {
                let signal = match state {
                    State::Sent => HealthSignal::Ill,
                    State::Waiting { signal, .. } => *signal,
                    State::Authorizing | State::Ended(_) => HealthSignal::None,
                };
                let detail = format!("The upstream did not answer within {} ms.", self.limit.as_millis());
                self.fail(now, Problem::new(Code::TotalDeadline, detail), signal, health);
            }
            _ => {}
        }
    }

    /// What to do next.
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.outbox.take() {
            return output;
        }
        match &self.state {
            State::Ended(result) => Output::Done(result.clone()),
            State::Waiting { until, .. } => Output::Wait((*until).min(self.limit)),
            State::Authorizing | State::Sent => Output::Wait(self.limit),
        }
    }

    /// How long it may take: after that an input ends it.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Requests sent so far.
    pub fn attempts(&self) -> u32 {
        self.retry.attempt
    }

    fn authorize(&mut self, rejected: Option<u64>) {
        self.state = State::Authorizing;
        self.outbox = Some(Output::Authorize { rejected });
    }

    fn send(&mut self, now: Duration, token: AccessToken, health: &mut Health) {
        if !self.probing {
            match health.admit(RESOURCES, self.unix_ms(now)) {
                Ok(admission) => self.probing = admission == Admission::Probe,
                Err(after) => return self.end(Err(paused(after))),
            }
        }
        self.retry.attempt += 1;
        self.grant = token.grant;
        self.state = State::Sent;
        self.outbox = Some(Output::Send(self.request.to_http(&self.base, &token.token)));
    }

    fn answer(&mut self, now: Duration, answer: Answer, health: &mut Health) {
        if matches!(answer.head.status, 200..=299 | 404 | 409 | 412) {
            health.succeeded(RESOURCES);
            return self.end(Ok(answer));
        }
        let (verdict, signal) = verdict(&answer.head, self.unix_ms(now), Some(self.request.scope));
        let id = correlation_id(&answer.head);
        let named = |mut problem: Problem| {
            problem.upstream_correlation_id = id.clone();
            problem
        };
        match verdict {
            Verdict::Renew(_) if !self.retry.is_spent() && self.retry.renew() => {
                self.authorize(Some(self.grant));
            }
            // Refused before it was executed (429, 503 with Retry-After), or harmless to execute twice.
            Verdict::Repeat(problem, after) if self.request.repeatable || matches!(answer.head.status, 429 | 503) => {
                self.repeat(now, named(problem), after, signal, health);
            }
            Verdict::Repeat(..) => self.fail(now, named(self.unknown()), signal, health),
            Verdict::Explain => {
                let detail = "The upstream refuses the document with status 400: it holds something that this gateway \
                              lets pass and the upstream does not.";
                self.fail(now, named(Problem::new(Code::UpstreamRejected, detail)), signal, health);
            }
            Verdict::Renew(problem) | Verdict::Away(problem) | Verdict::Tell(problem) => {
                self.fail(now, named(problem), signal, health);
            }
        }
    }

    /// Sends again after a wait, if a wait fits and the throttle allows it; else ends with `problem`.
    fn repeat(
        &mut self,
        now: Duration,
        mut problem: Problem,
        after: Option<Duration>,
        signal: HealthSignal,
        health: &mut Health,
    ) {
        let failed_probe = self.probing && signal == HealthSignal::Ill;
        let limit = if self.left || failed_probe { Duration::ZERO } else { self.limit };
        let repetition = self.retry.attempt.saturating_sub(1);
        let Some(until) = self.retry.due(now, repetition, after, limit, health) else {
            problem.retry_after = after;
            return self.fail(now, problem, signal, health);
        };
        self.state = State::Waiting { until, signal };
    }

    /// What was sent must not be sent twice, and nobody knows whether it was executed.
    fn unknown(&self) -> Problem {
        let detail = "The upstream broke off: whether it did what it was asked is unknown. Look before you try again.";
        Problem::new(Code::UpstreamError, detail)
    }

    /// Ends with `problem`, by which upstream shows `signal`.
    fn fail(&mut self, now: Duration, problem: Problem, signal: HealthSignal, health: &mut Health) {
        match signal {
            HealthSignal::Well => health.succeeded(RESOURCES),
            HealthSignal::Ill => health.failed(RESOURCES, self.unix_ms(now)),
            HealthSignal::None if self.probing => health.undecided(RESOURCES),
            HealthSignal::None => {}
        }
        self.end(Err(problem));
    }

    fn end(&mut self, result: Result<Answer, Problem>) {
        self.outbox = None;
        self.state = State::Ended(result);
    }

    fn unix_ms(&self, now: Duration) -> u64 {
        self.started_ms.saturating_add(now.as_millis() as u64)
    }
}

/// Ends what nobody waits for any more.
pub(crate) fn client_left() -> Problem {
    Problem::new(Code::ClientLeft, "The client has left: nothing more is done for it.")
}

#[cfg(test)]
mod tests;
