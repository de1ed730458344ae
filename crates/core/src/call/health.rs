//! What the calls of one upstream know of it together: the retry throttle (reliability, R5) and the
//! circuit breaker (R6).
//!
//! ```text
//!           5 failures in a row                 10 s
//! Closed ───────────────────────▶ Open ──────────────────▶ HalfOpen (one probe)
//!    ▲                              ▲                          │      │
//!    └────────── success ───────────┼──────────────────────────┘      │
//!                                   └──────────── failure ────────────┘
//! ```

use std::time::Duration;

/// Failures in a row that open the breaker (R6).
const FAILURES: u32 = 5;
/// How long the breaker stays open before one probe (no source; ours).
const OPEN_MS: u64 = 10_000;
/// A probe whose end is never told is forgotten after this: longer than any call lives (ours).
const PROBE_MS: u64 = 120_000;
/// The throttle's tokens in tenths: 10 tokens (R5).
const THROTTLE: u32 = 100;
/// What a retry costs: 1 token (R5).
const RETRY: u32 = 10;

/// The state, shared by every call to one upstream within an isolate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    breaker: Breaker,
    throttle: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Breaker {
    Closed { failures: u32 },
    Open { until: u64 },
    HalfOpen { probe_until: u64 },
}

impl Default for Health {
    fn default() -> Self {
        Health { breaker: Breaker::Closed { failures: 0 }, throttle: THROTTLE }
    }
}

impl Health {
    /// Asks to send one request at `now` (Unix ms). Whoever gets a yes must tell how it ended, by
    /// [`succeeded`](Self::succeeded), [`failed`](Self::failed) or [`undecided`](Self::undecided).
    ///
    /// # Errors
    /// The breaker is open: how long until it is worth asking again.
    pub(crate) fn admit(&mut self, now: u64) -> Result<(), Duration> {
        match self.breaker {
            Breaker::Closed { .. } => Ok(()),
            Breaker::Open { until } if now < until => Err(Duration::from_millis(until - now)),
            Breaker::HalfOpen { probe_until } if now < probe_until => Err(Duration::from_secs(1)),
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => {
                self.breaker = Breaker::HalfOpen { probe_until: now + PROBE_MS };
                Ok(())
            }
        }
    }

    /// The breaker for the metrics: 0 closed, 1 open, 2 half open.
    pub fn breaker(&self) -> u64 {
        match self.breaker {
            Breaker::Closed { .. } => 0,
            Breaker::Open { .. } => 1,
            Breaker::HalfOpen { .. } => 2,
        }
    }

    /// Upstream answered as it should, or refused for reasons of the request.
    pub(crate) fn succeeded(&mut self) {
        self.breaker = Breaker::Closed { failures: 0 };
        self.throttle = (self.throttle + 1).min(THROTTLE);
    }

    /// A 5xx, a timeout or a reset, at `now` (Unix ms).
    pub(crate) fn failed(&mut self, now: u64) {
        self.breaker = match self.breaker {
            Breaker::Closed { failures } if failures + 1 < FAILURES => Breaker::Closed { failures: failures + 1 },
            // A call from before the opening says nothing new.
            Breaker::Open { until } => Breaker::Open { until },
            Breaker::Closed { .. } | Breaker::HalfOpen { .. } => Breaker::Open { until: now + OPEN_MS },
        };
    }

    /// The request ended without telling anything of upstream: its client left, or upstream paces (429).
    pub(crate) fn undecided(&mut self) {
        if let Breaker::HalfOpen { .. } = self.breaker {
            // The next call may probe.
            self.breaker = Breaker::HalfOpen { probe_until: 0 };
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

    fn open_at(now: u64) -> Health {
        let mut health = Health::default();
        (0..FAILURES).for_each(|_| health.failed(now));
        health
    }

    #[test]
    fn opens_after_five_in_a_row() {
        let mut health = Health::default();
        (0..4).for_each(|_| health.failed(0));
        health.succeeded();
        (0..4).for_each(|_| health.failed(0));
        assert_eq!(health.admit(0), Ok(()));
        health.failed(0);
        assert_eq!(health.admit(1), Err(Duration::from_millis(OPEN_MS - 1)));
    }

    #[test]
    fn one_probe_decides() {
        let mut health = open_at(0);
        assert_eq!(health.admit(OPEN_MS), Ok(()));
        assert!(health.admit(OPEN_MS).is_err(), "a second probe");
        health.failed(OPEN_MS);
        assert!(health.admit(2 * OPEN_MS - 1).is_err(), "open again");
        assert_eq!(health.admit(2 * OPEN_MS), Ok(()));
        health.succeeded();
        assert_eq!(health, Health { throttle: THROTTLE, ..Health::default() });
    }

    #[test]
    fn an_undecided_or_lost_probe_lets_another_go() {
        let mut health = open_at(0);
        assert_eq!(health.admit(OPEN_MS), Ok(()));
        health.undecided();
        assert_eq!(health.admit(OPEN_MS), Ok(()));
        assert!(health.admit(OPEN_MS + PROBE_MS - 1).is_err());
        assert_eq!(health.admit(OPEN_MS + PROBE_MS), Ok(()));
    }

    #[test]
    fn late_failures_do_not_prolong_the_opening() {
        let mut health = open_at(0);
        health.failed(OPEN_MS - 1);
        assert_eq!(health.admit(OPEN_MS), Ok(()));
    }

    #[test]
    fn the_throttle_stops_at_half_and_recovers() {
        let mut health = Health::default();
        assert_eq!((0..20).filter(|_| health.allow_retry()).count(), 5);
        (0..9).for_each(|_| health.succeeded());
        assert!(health.allow_retry());
        assert!(!health.allow_retry());
        (0..1000).for_each(|_| health.succeeded());
        assert_eq!((0..20).filter(|_| health.allow_retry()).count(), 5);
    }
}
