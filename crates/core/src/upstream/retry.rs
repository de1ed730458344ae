//! What the head of upstream's answer means (reliability, R3, R4 and R6).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::backoff::{Random, jitter, retry_after};
use super::health::Health;
use crate::http::Head;
use crate::problem::{Code, Problem};

/// Most requests sent to one upstream for one task, repetitions of every kind included (R2).
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// How often a request has been sent, and when it may be sent again: the one policy of calls, resources and models
/// (reliability, R2 and R3). It can be stored between two attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retry {
    /// Requests sent.
    pub(crate) attempt: u32,
    /// A fresh token was tried, and nothing better has come since.
    pub(crate) renewed: bool,
    random: Random,
}

impl Retry {
    /// Nothing was sent yet; `seed` is for the jitter.
    pub(crate) fn new(seed: u64) -> Retry {
        Retry { attempt: 0, renewed: false, random: Random(seed) }
    }

    /// The same for the next upstream: its attempts are counted anew.
    pub(crate) fn restart(&mut self) {
        (self.attempt, self.renewed) = (0, false);
    }

    /// Whether no more may be sent.
    pub(crate) fn is_spent(&self) -> bool {
        self.attempt >= MAX_ATTEMPTS
    }

    /// Whether a fresh token may be tried now, which it may once.
    pub(crate) fn renew(&mut self) -> bool {
        !std::mem::replace(&mut self.renewed, true)
    }

    /// How long repetition `n`, counted from 0, waits where upstream asks for `after` at least.
    pub(crate) fn wait(&mut self, n: u32, after: Option<Duration>) -> Duration {
        after.unwrap_or_default().saturating_add(jitter(&mut self.random, n))
    }

    /// When repetition `n` may go out that is decided at `now`: none where as many as may be were sent, where it would
    /// come at `limit` or later, or where `health` allows no more of them.
    pub(crate) fn due(
        &mut self,
        now: Duration,
        n: u32,
        after: Option<Duration>,
        limit: Duration,
        health: &mut Health,
    ) -> Option<Duration> {
        let until = now.saturating_add(self.wait(n, after));
        (!self.is_spent() && until < limit && health.allow_retry()).then_some(until)
    }

    /// A number from 0 to `most`.
    pub(crate) fn draw(&mut self, most: u64) -> u64 {
        self.random.next() % most.saturating_add(1)
    }
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The body gives the reason: the prompt may be too long (B7).
    Explain,
    /// The token is dead: once, with a fresh one.
    Renew(Problem),
    /// May be repeated with the same key, no sooner than that.
    Repeat(Problem, Option<Duration>),
    /// Not to be repeated; upstream is away.
    Away(Problem),
    /// Not to be repeated; the client gets the problem.
    Tell(Problem),
}

/// What it reports about upstream's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HealthSignal {
    /// It works.
    Well,
    /// It fails: towards opening the breaker.
    Ill,
    /// Nothing; 429 paces but never opens.
    None,
}

/// Judges a head that is no answer and came at `unix_ms`, to a request that needs `scope` upstream, where
/// upstream has scopes.
pub(crate) fn verdict(head: &Head, unix_ms: u64, scope: Option<&str>) -> (Verdict, HealthSignal) {
    let after = || retry_after(head, unix_ms);
    match head.status {
        400 => (Verdict::Explain, HealthSignal::None),
        401 => {
            let detail = match scope {
                Some(_) => "The upstream refuses a fresh token: check the gateway's OAuth client and its region.",
                None => "The upstream refuses the gateway's key: check the secret that its credential names.",
            };
            (Verdict::Renew(Problem::new(Code::UpstreamUnauthorized, detail)), HealthSignal::None)
        }
        402 => {
            let detail = "The gateway's credit at this upstream is used up: its operator must see to it there.";
            (Verdict::Tell(Problem::new(Code::InsufficientQuota, detail)), HealthSignal::None)
        }
        403 => {
            let detail = match scope {
                Some(scope) => format!(
                    "The gateway's OAuth client may not do this: give its role the scope `{scope}`, and check that the \
                     organisation has the LLM gateway.",
                ),
                None => "The gateway's key may not do this upstream: check its rights there.".to_owned(),
            };
            (Verdict::Tell(Problem::new(Code::UpstreamForbidden, detail)), HealthSignal::Well)
        }
        429 => {
            let detail = "The upstream limits the rate of calls: try again later.";
            (Verdict::Repeat(Problem::new(Code::UpstreamRateLimited, detail), after()), HealthSignal::None)
        }
        status @ 404..=499 => (Verdict::Tell(rejected(status)), HealthSignal::Well),
        status @ (502..=504) => {
            let detail = format!("The upstream is unavailable (status {status}).");
            let problem = Problem::new(Code::UpstreamUnavailable, detail);
            match after() {
                // A 503 that names no time is not repeated (R4).
                None if status == 503 => (Verdict::Away(problem), HealthSignal::Ill),
                after => (Verdict::Repeat(problem, after), HealthSignal::Ill),
            }
        }
        status @ 500..=599 => {
            let detail = format!("The upstream failed with status {status}. Whether it acted is unknown.");
            (Verdict::Tell(Problem::new(Code::UpstreamError, detail)), HealthSignal::Ill)
        }
        status @ 300..=399 => {
            let detail = format!("The upstream redirects (status {status}), which is not followed. Check its address.");
            (Verdict::Tell(Problem::new(Code::UpstreamMalformed, detail)), HealthSignal::None)
        }
        status => {
            let detail = format!(
                "The upstream answered {status} with something that is no answer of its wire. Check its address."
            );
            (Verdict::Tell(Problem::new(Code::UpstreamMalformed, detail)), HealthSignal::None)
        }
    }
}

/// Upstream refuses the request for a reason that is not the gateway's.
pub(crate) fn rejected(status: u16) -> Problem {
    let (code, hint) = match status {
        404 => (Code::ModelNotFound, "it has no such model, or the gateway may not use it"),
        409 => {
            let hint = "a request with the same Idempotency-Key is still running; ask again when it has ended";
            (Code::UpstreamRejected, hint)
        }
        413 => (Code::BodyTooLarge, "it is too large; shorten it"),
        422 => {
            let hint = "it understands the request and cannot do it, or its Idempotency-Key belongs to another";
            (Code::UpstreamUnprocessable, hint)
        }
        _ => (Code::UpstreamRejected, "check the model's name, and that the model takes such a request"),
    };
    Problem::new(code, format!("The upstream refuses the request with status {status}: {hint}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row R4.
    #[test]
    fn every_status_has_one() {
        let head = |status| Head { status, headers: vec![] };
        for status in 0..=u16::MAX {
            let (verdict, signal) = verdict(&head(status), 0, None);
            let expected = match status {
                502 | 504 => HealthSignal::Ill,
                500..=599 => HealthSignal::Ill,
                403..=428 | 430..=499 => HealthSignal::Well,
                _ => HealthSignal::None,
            };
            assert_eq!(signal, expected, "{status}");
            // Never repeated: everything but these (R4).
            let repeats = matches!(verdict, Verdict::Repeat(..));
            assert_eq!(repeats, matches!(status, 429 | 502 | 504), "{status}");
        }
    }
}
