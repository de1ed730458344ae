//! How many requests about templates and models an isolate sends in a minute (`UPSTREAM_PER_MINUTE`): upstream counts
//! them, and refuses what is too much. What has no turn yet waits for it, in a queue that has no order.

use std::collections::VecDeque;
use std::time::Duration;

use crate::problem::{Code, Problem};

/// What upstream counts by.
const WINDOW_MS: u64 = 60_000;

/// The requests of the last minute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace(VecDeque<u64>);

impl Pace {
    /// Takes a turn at `now` (Unix ms), of `most` in any minute.
    ///
    /// # Errors
    /// How long until there is one, if nobody else takes it.
    pub fn take(&mut self, now: u64, most: u64) -> Result<(), Duration> {
        // A clock that jumped back would hold everything up.
        self.0.retain(|sent| *sent <= now && now - *sent < WINDOW_MS);
        if (self.0.len() as u64) < most {
            self.0.push_back(now);
            return Ok(());
        }
        let turn = self.0.get(self.0.len() - most as usize).map_or(now, |sent| sent + WINDOW_MS);
        Err(Duration::from_millis(turn.saturating_sub(now).max(1)))
    }
}

/// There is no turn before the deadline; there may be one after `after`.
pub fn too_many(after: Duration) -> Problem {
    let detail = "More is asked of the upstream than UPSTREAM_PER_MINUTE allows: nothing was sent. Try again later.";
    let mut problem = Problem::new(Code::UpstreamRateLimited, detail);
    problem.retry_after = Some(after);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row C2: upstream's 100 requests a minute.
    #[test]
    fn never_more_than_that_in_any_minute() {
        let mut random = crate::upstream::backoff::Random(7);
        let (mut pace, mut sent, mut now) = (Pace::default(), Vec::new(), 1_000_000);
        while sent.len() < 1_000 {
            match pace.take(now, 100) {
                Ok(()) => sent.push(now),
                Err(wait) => {
                    assert!(wait.as_millis() <= u128::from(WINDOW_MS));
                    now += wait.as_millis() as u64;
                    continue;
                }
            }
            now += random.next() % 700;
        }
        for (at, time) in sent.iter().enumerate() {
            let within = sent[..at].iter().filter(|earlier| time - **earlier < WINDOW_MS).count();
            assert!(within < 100, "{within}");
        }
        // It wastes nothing: a hundred at once, and the next as soon as a minute is over.
        let mut pace = Pace::default();
        assert!((0..100).all(|_| pace.take(5, 100).is_ok()));
        assert_eq!(pace.take(5, 100), Err(Duration::from_millis(WINDOW_MS)));
        assert_eq!(pace.take(WINDOW_MS + 4, 100), Err(Duration::from_millis(1)));
        assert_eq!(pace.take(WINDOW_MS + 5, 100), Ok(()));
    }

    #[test]
    fn a_clock_that_jumps_back_holds_nothing_up() {
        let mut pace = Pace::default();
        assert!(pace.take(1_000_000_000, 1).is_ok());
        assert!(pace.take(5, 1).is_ok());
    }
}
