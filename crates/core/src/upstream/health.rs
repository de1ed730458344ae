//! What the calls of one upstream know of it together: the retry throttle (reliability, R5) and a circuit breaker
//! for each of its models (R6). Other routes of the same upstream have a health of their own: a slow list of
//! templates says nothing of a model.
//!
//! ```text
//!           5 failed calls in a row             10 s
//! Closed ───────────────────────▶ Open ──────────────────▶ HalfOpen (one probe)
//!    ▲                              ▲                          │      │
//!    └────── first content ─────────┼──────────────────────────┘      │
//!                                   └──────────── failure ────────────┘
//! ```
//! A call fails once, however often it was repeated, and only by what upstream did: a client that leaves or does not
//! read says nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::problem::{Code, Problem};

/// Failed calls in a row that open the breaker (R6).
const FAILURES: u32 = 5;
/// How long the breaker stays open before one probe (no source; ours).
const OPEN_MS: u64 = 10_000;
/// A probe whose end is never reported is forgotten after this: longer than any call lives (ours).
const PROBE_MS: u64 = 120_000;
/// The throttle's tokens in tenths: 10 tokens (R5).
const THROTTLE: u32 = 100;
/// What a retry costs: 1 token (R5).
const RETRY: u32 = 10;
/// Most models that are known to fail at once; names come from clients, so the one that failed longest ago makes room
/// (ours).
const MAX_MODELS: usize = 256;

/// What is used as a model's name where a request is about a resource.
pub(crate) const RESOURCES: &str = "";

/// The state, shared by every call to one upstream within an isolate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// By model; one that is not here is closed and has no failures.
    breakers: BTreeMap<String, Breaker>,
    throttle: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaker {
    Closed { failures: u32, last: u64 },
    Open { until: u64 },
    HalfOpen { probe_until: u64 },
}

/// Leave to send one request. Whoever has it says how the call ended: [`Health::succeeded`], [`Health::failed`] or
/// [`Health::undecided`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The breaker is closed.
    Free,
    /// The breaker is half open, and this call alone tries: it is not repeated.
    Probe,
}

impl Default for Health {
    fn default() -> Self {
        Health { breakers: BTreeMap::new(), throttle: THROTTLE }
    }
}

/// The breaker is open, and worth asking again `after` this time.
pub(crate) fn paused(after: Duration) -> Problem {
    let mut problem = Problem::new(Code::UpstreamUnavailable, "The upstream has failed repeatedly: calls are paused.");
    problem.retry_after = Some(after);
    problem
}

impl Health {
    /// Asks to send one request to `model` at `now` (Unix ms).
    ///
    /// # Errors
    /// The breaker is open: how long until it is worth asking again.
    pub(crate) fn admit(&mut self, model: &str, now: u64) -> Result<Admission, Duration> {
        let Some(breaker) = self.breakers.get_mut(model) else { return Ok(Admission::Free) };
        match *breaker {
            Breaker::Closed { .. } => Ok(Admission::Free),
            Breaker::Open { until } if now < until => Err(Duration::from_millis(until - now)),
            Breaker::HalfOpen { probe_until } if now < probe_until => Err(Duration::from_secs(1)),
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => {
                *breaker = Breaker::HalfOpen { probe_until: now + PROBE_MS };
                Ok(Admission::Probe)
            }
        }
    }

    /// The worst of the breakers, for the metrics: 0 closed, 1 open, 2 half open.
    pub fn breaker(&self) -> u64 {
        let any = |is: fn(&Breaker) -> bool| self.breakers.values().any(is);
        if any(|breaker| matches!(breaker, Breaker::Open { .. })) {
            1
        } else if any(|breaker| matches!(breaker, Breaker::HalfOpen { .. })) {
            2
        } else {
            0
        }
    }

    /// The first content of an answer has come: a probe has shown what it was sent for. The call may still fail.
    pub(crate) fn content(&mut self, model: &str) {
        if let Some(Breaker::HalfOpen { .. }) = self.breakers.get(model) {
            self.breakers.remove(model);
        }
    }

    /// A call ended as it should, or upstream refused it for reasons of the request.
    pub(crate) fn succeeded(&mut self, model: &str) {
        self.breakers.remove(model);
        self.throttle = (self.throttle + 1).min(THROTTLE);
    }

    /// A call ended by a 5xx, a timeout or a reset, at `now` (Unix ms).
    pub(crate) fn failed(&mut self, model: &str, now: u64) {
        let breaker = match self.breakers.get(model).copied() {
            None => Breaker::Closed { failures: 1, last: now },
            Some(Breaker::Closed { failures, .. }) if failures + 1 < FAILURES => {
                Breaker::Closed { failures: failures + 1, last: now }
            }
            // A call from before the opening says nothing new.
            Some(Breaker::Open { until }) => Breaker::Open { until },
            Some(Breaker::Closed { .. } | Breaker::HalfOpen { .. }) => Breaker::Open { until: now + OPEN_MS },
        };
        if !self.breakers.contains_key(model) && self.breakers.len() >= MAX_MODELS {
            let age = |(_, breaker): &(&String, &Breaker)| match breaker {
                Breaker::Closed { last, .. } => *last,
                Breaker::Open { until } => *until,
                Breaker::HalfOpen { probe_until } => *probe_until,
            };
            let oldest = self.breakers.iter().min_by_key(age).map(|(model, _)| model.clone());
            oldest.map(|model| self.breakers.remove(&model));
        }
        self.breakers.insert(model.to_owned(), breaker);
    }

    /// The call ended without telling anything of upstream: its client left, or upstream paces (429).
    pub(crate) fn undecided(&mut self, model: &str) {
        if let Some(Breaker::HalfOpen { probe_until }) = self.breakers.get_mut(model) {
            // The next call may probe.
            *probe_until = 0;
        }
    }

    /// Takes the token for one retry; says no at half of the tokens or less.
    pub(crate) fn allow_retry(&mut self) -> bool {
        if self.throttle <= THROTTLE / 2 {
            return false;
        }
        self.throttle -= RETRY;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "m";

    fn open_at(now: u64) -> Health {
        let mut health = Health::default();
        (0..FAILURES).for_each(|_| health.failed(MODEL, now));
        health
    }

    // Row R6.
    #[test]
    fn opens_after_five_in_a_row() {
        let mut health = Health::default();
        (0..4).for_each(|_| health.failed(MODEL, 0));
        health.succeeded(MODEL);
        (0..4).for_each(|_| health.failed(MODEL, 0));
        assert_eq!(health.admit(MODEL, 0), Ok(Admission::Free));
        health.failed(MODEL, 0);
        assert_eq!(health.admit(MODEL, 1), Err(Duration::from_millis(OPEN_MS - 1)));
        assert_eq!((health.breaker(), health.admit("other", 1)), (1, Ok(Admission::Free)), "one model, not all");
    }

    // Row R6.
    #[test]
    fn one_probe_decides() {
        let mut health = open_at(0);
        assert_eq!(health.admit(MODEL, OPEN_MS), Ok(Admission::Probe));
        assert!(health.admit(MODEL, OPEN_MS).is_err(), "a second probe");
        assert_eq!(health.breaker(), 2);
        health.failed(MODEL, OPEN_MS);
        assert!(health.admit(MODEL, 2 * OPEN_MS - 1).is_err(), "open again");
        assert_eq!(health.admit(MODEL, 2 * OPEN_MS), Ok(Admission::Probe));
        health.content(MODEL);
        assert_eq!(health, Health::default(), "its first content closes it");
    }

    #[test]
    fn content_forgives_nothing_while_closed() {
        let mut health = Health::default();
        for _ in 0..FAILURES {
            health.content(MODEL);
            health.failed(MODEL, 0);
        }
        assert!(health.admit(MODEL, 0).is_err(), "answers that always break off");
        health.content(MODEL);
        assert!(health.admit(MODEL, 0).is_err(), "a call from before the opening is no probe");
    }

    #[test]
    fn an_undecided_or_lost_probe_lets_another_go() {
        let mut health = open_at(0);
        assert_eq!(health.admit(MODEL, OPEN_MS), Ok(Admission::Probe));
        health.undecided(MODEL);
        assert_eq!(health.admit(MODEL, OPEN_MS), Ok(Admission::Probe));
        assert!(health.admit(MODEL, OPEN_MS + PROBE_MS - 1).is_err());
        assert_eq!(health.admit(MODEL, OPEN_MS + PROBE_MS), Ok(Admission::Probe));
    }

    #[test]
    fn late_failures_do_not_prolong_the_opening() {
        let mut health = open_at(0);
        health.failed(MODEL, OPEN_MS - 1);
        assert_eq!(health.admit(MODEL, OPEN_MS), Ok(Admission::Probe));
    }

    // Row R5.
    #[test]
    fn the_throttle_stops_at_half_and_recovers() {
        let mut health = Health::default();
        assert_eq!((0..20).filter(|_| health.allow_retry()).count(), 5);
        (0..9).for_each(|_| health.succeeded(MODEL));
        assert!(health.allow_retry());
        assert!(!health.allow_retry());
        (0..1000).for_each(|_| health.succeeded(MODEL));
        assert_eq!((0..20).filter(|_| health.allow_retry()).count(), 5);
    }

    #[test]
    fn invented_models_do_not_fill_the_memory() {
        let mut health = open_at(0);
        (0..10_000).for_each(|n| health.failed(&format!("invented-{n}"), n + 1));
        assert_eq!(health.breakers.len(), MAX_MODELS);
    }
}
