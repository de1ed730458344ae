//! One request and its answer, among several: when the next may go, whether the one in flight is lost, and what
//! an answer means (reliability, R2–R4). What drives it may die at any moment and begin again from storage.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::call::Health;
use crate::http::{Head, correlation_id};
use crate::problem::{Code, Problem};
use crate::sensitive::Bytes;
use crate::upstream::backoff::retry_after;
use crate::upstream::genesys;
use crate::upstream::health::RESOURCES;
use crate::upstream::retry::{HealthSignal, Retry};

/// How long an answer is waited for before the request counts as lost (no source; ours).
pub const EXCHANGE_MS: u64 = 30_000;
/// Longest wait that upstream may ask for between two requests of one task (R3: huge values are capped): 10 min.
const MOST_MS: u64 = 600_000;
/// Most bytes of an answer that are read: those of a request (no source; ours).
pub const MAX_ANSWER_BODY: usize = 1 << 20;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Store the machine, then send its `request` and give the answer to its `received`.
    Send(Dispatch),
    /// Nothing before this time (Unix ms). Asking earlier, later or twice does no harm.
    Wait(u64),
    /// Nothing any more.
    Done,
}

/// A request to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatch {
    /// Its number, for `received`: what comes for another than the last one is ignored.
    pub attempt: u32,
    /// Upstream rejected the last token: reject it ([`crate::call::TokenCache::reject`]) and get another.
    pub fresh_token: bool,
    /// Abort it then (Unix ms), and set the alarm to this time in case that this process dies.
    pub until_ms: u64,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// An answer, its body whole, up to [`MAX_ANSWER_BODY`].
    Answer(Head, Bytes),
    /// No answer: upstream cannot be reached, broke the connection, or took too long.
    Unreachable,
    /// The request was not sent: there is no token.
    NoToken(Problem),
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A 2xx.
    Answer,
    /// The token is dead: once more, at once, with a fresh one.
    Renew(Problem),
    /// May be repeated as it was, no sooner than that.
    Repeat(Problem, Option<Duration>),
    /// Upstream is away and names no time.
    Away(Problem),
    /// Not to be repeated.
    Refused(Problem),
}

/// The state between requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exchange {
    #[serde(flatten)]
    retry: Retry,
    /// A request is in flight, and lost after this time.
    awaiting_until_ms: Option<u64>,
    due_ms: u64,
    fresh_token: bool,
}

impl Exchange {
    /// The first request may go at `now`; `seed` is for the jitter.
    pub(super) fn new(now: u64, seed: u64) -> Exchange {
        Exchange { retry: Retry::new(seed), awaiting_until_ms: None, due_ms: now, fresh_token: false }
    }

    /// Requests sent so far.
    pub(super) fn attempts(&self) -> u32 {
        self.retry.attempt
    }

    /// Whether the request in flight will not be answered any more: too late, or whoever sent it has died.
    pub(super) fn is_lost(&self, now: u64) -> bool {
        // A clock that jumped back would wait for ever.
        self.awaiting_until_ms.is_some_and(|until| now >= until || until > now + EXCHANGE_MS)
    }

    /// Whether a request is in flight.
    pub(super) fn is_awaiting(&self) -> bool {
        self.awaiting_until_ms.is_some()
    }

    /// Until when there is nothing to do, if that is so.
    pub(super) fn waits(&self, now: u64) -> Option<u64> {
        let until = self.awaiting_until_ms.unwrap_or(self.due_ms.min(now.saturating_add(MOST_MS)));
        (now < until).then_some(until)
    }

    /// Sends the next request.
    pub(super) fn send(&mut self, now: u64) -> Dispatch {
        self.retry.attempt = self.retry.attempt.saturating_add(1);
        let until_ms = now.saturating_add(EXCHANGE_MS);
        self.awaiting_until_ms = Some(until_ms);
        Dispatch { attempt: self.retry.attempt, fresh_token: std::mem::take(&mut self.fresh_token), until_ms }
    }

    /// The request in flight is waited for until then.
    pub(super) fn await_until(&mut self, until: u64) {
        self.awaiting_until_ms = Some(until);
    }

    /// Whether this is the request in flight, which then is no more.
    pub(super) fn takes(&mut self, attempt: u32) -> bool {
        let awaited = self.awaiting_until_ms.is_some() && attempt == self.retry.attempt;
        if awaited {
            self.awaiting_until_ms = None;
        }
        awaited
    }

    /// The next request goes at once with a fresh token, unless that was tried just before.
    pub(super) fn renew(&mut self, now: u64) -> bool {
        let may = self.retry.renew();
        if may {
            (self.fresh_token, self.due_ms) = (true, now);
        }
        may
    }

    /// The token was good.
    pub(super) fn settled(&mut self) {
        self.retry.renewed = false;
    }

    /// The next request goes after `wait`, at most 10 min.
    pub(super) fn later(&mut self, now: u64, wait: Duration) -> u64 {
        self.due_ms = now.saturating_add((wait.as_millis() as u64).min(MOST_MS));
        self.due_ms
    }

    /// The wait before repetition `n`, counted from 0, which upstream wants to be `after` at least (R2, R3).
    pub(super) fn backoff(&mut self, n: u32, after: Option<Duration>) -> Duration {
        self.retry.wait(n, after)
    }

    /// A number from 0 to `most`.
    pub(super) fn draw(&mut self, most: u64) -> u64 {
        self.retry.draw(most)
    }
}

/// What upstream's name for the exchange was.
pub(super) fn correlation(received: &Received) -> Option<String> {
    match received {
        Received::Answer(head, _) => correlation_id(head),
        Received::Unreachable | Received::NoToken(_) => None,
    }
}

/// Judges what came at `now` for a request that carries an idempotency key or is idempotent by itself; `scope` is
/// what it needs. Tells `health` of it.
pub(super) fn judge(received: &Received, now: u64, scope: &str, health: &mut Health) -> Verdict {
    let (verdict, signal) = verdict(received, now, scope);
    match signal {
        HealthSignal::Well => health.succeeded(RESOURCES),
        HealthSignal::Ill => health.failed(RESOURCES, now),
        HealthSignal::None => health.undecided(RESOURCES),
    }
    verdict
}

/// The same, of a call whose end says how healthy upstream is.
pub(super) fn verdict(received: &Received, now: u64, scope: &str) -> (Verdict, HealthSignal) {
    let (head, body) = match received {
        Received::Answer(head, body) => (head, body),
        Received::Unreachable => {
            let detail = "The upstream cannot be reached, or broke the connection.";
            return (Verdict::Repeat(Problem::new(Code::UpstreamUnavailable, detail), None), HealthSignal::Ill);
        }
        Received::NoToken(problem) if !problem.code.retryable() => {
            return (Verdict::Refused(problem.clone()), HealthSignal::None);
        }
        Received::NoToken(problem) => {
            return (Verdict::Repeat(problem.clone(), problem.retry_after), HealthSignal::None);
        }
    };
    let named = |mut problem: Problem| {
        problem.upstream_correlation_id = correlation_id(head);
        problem
    };
    let refused = |code, detail: &str| (Verdict::Refused(named(Problem::new(code, detail))), HealthSignal::Well);
    match head.status {
        200..=299 => (Verdict::Answer, HealthSignal::Well),
        400 => refused(Code::UpstreamRejected, "The upstream refuses the document with status 400."),
        404 if genesys::is_not_found(&body.0) => {
            let problem = named(Failure::lost().problem());
            (Verdict::Refused(problem), HealthSignal::Well)
        }
        404 => refused(Code::UpstreamMalformed, "The upstream answered 404 without its own error. Check its address."),
        409 => match retry_after(head, now) {
            // The request before this one, whose answer was lost, is still running (contract, section 6).
            Some(after) if genesys::is_in_progress(&body.0) => {
                let detail = "The upstream is still working on this request.";
                (
                    Verdict::Repeat(named(Problem::new(Code::UpstreamUnavailable, detail)), Some(after)),
                    HealthSignal::Well,
                )
            }
            _ => {
                let detail =
                    "The upstream says that the model is not active yet, or is being changed: try again later.";
                refused(Code::ModelNotActive, detail)
            }
        },
        _ => {
            let (verdict, signal) = crate::upstream::retry::verdict(head, now, Some(scope));
            let verdict = match verdict {
                crate::upstream::retry::Verdict::Renew(problem) => Verdict::Renew(named(problem)),
                crate::upstream::retry::Verdict::Repeat(problem, after) => Verdict::Repeat(named(problem), after),
                crate::upstream::retry::Verdict::Away(problem) => Verdict::Away(named(problem)),
                crate::upstream::retry::Verdict::Tell(problem) => Verdict::Refused(named(problem)),
                crate::upstream::retry::Verdict::Explain => Verdict::Refused(malformed(received)),
            };
            (verdict, signal)
        }
    }
}

/// The problem of a 2xx whose body is not what the contract says.
pub(super) fn malformed(received: &Received) -> Problem {
    let detail = "The upstream's answer is not what the contract says. Check its address.";
    let mut problem = Problem::new(Code::UpstreamMalformed, detail);
    problem.upstream_correlation_id = correlation(received);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an earlier version has stored goes on.
    #[test]
    fn stored_states_are_read() {
        let text = r#"{"attempt":2,"awaitingUntilMs":9,"dueMs":5,"renewed":true,"freshToken":false,"random":18446744073709551615}"#;
        let mut exchange: Exchange = serde_json::from_str(text).unwrap();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&serde_json::to_string(&exchange).unwrap()), value(text));
        assert!(exchange.takes(2) && !exchange.renew(9), "a fresh token was tried already");
        exchange.settled();
        assert!(exchange.renew(9) && exchange.send(9).fresh_token);
    }
}
