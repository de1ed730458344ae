//! When rows and counts of an isolate are flushed to the objects that store them: by time and by number, so that a crowd of
//! requests makes a few calls and not one each, and so that an object that is away is not asked by every request.

use std::time::Duration;

/// Longest that rows and counts wait before they are flushed (ours): what a crash may cost the chain.
const WINDOW_MS: u64 = 250;
/// So many rows do not wait (ours).
const ENOUGH: usize = 200;
/// Longest wait after failures (ours).
const MOST_MS: u64 = 10_000;
/// A request that has not flushed by then was stopped by the platform (ours).
const LOST_MS: u64 = 30_000;

/// When the next flush is.
#[derive(Debug)]
pub struct Schedule {
    /// Longest that something waits, in milliseconds.
    window_ms: u64,
    /// When the next flush is due, Unix ms.
    due_ms: Option<u64>,
    /// Tries that have failed since the last one that did not.
    failures: u32,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { window_ms: WINDOW_MS, due_ms: None, failures: 0 }
    }
}

impl Schedule {
    /// One by which nothing waits longer than `window`, unless a flush has failed.
    pub fn within(window: Duration) -> Schedule {
        Schedule { window_ms: window.as_millis() as u64, ..Schedule::default() }
    }

    /// At `now_ms` (Unix ms) `rows` rows wait, and maybe counts. The caller flushes them after this time; nobody
    /// does where another will, no later.
    pub fn bring(&mut self, now_ms: u64, rows: usize) -> Option<Duration> {
        let wait_ms = match self.failures {
            0 if rows >= ENOUGH => 0,
            failures => (self.window_ms << failures.min(6)).min(MOST_MS),
        };
        let at = now_ms.saturating_add(wait_ms);
        match self.due_ms {
            Some(due) if due <= at && now_ms < due.saturating_add(LOST_MS) => None,
            _ => {
                self.due_ms = Some(at);
                Some(Duration::from_millis(wait_ms))
            }
        }
    }

    /// The flush has ended, or failed.
    pub fn brought(&mut self, all: bool) {
        self.due_ms = None;
        self.failures = if all { 0 } else { self.failures.saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Option<Duration> = |ms| Some(Duration::from_millis(ms));

    #[test]
    fn a_crowd_makes_a_few_calls() {
        let mut schedule = Schedule::default();
        let (mut due, mut calls, mut waiting, mut most) = (Vec::new(), 0, 0, 0);
        // a request every millisecond for ten seconds, each with a row
        for now in 0..10_000 {
            waiting += 1;
            due.extend(schedule.bring(now, waiting).map(|wait| now + wait.as_millis() as u64));
            most = most.max(waiting);
            if due.contains(&now) {
                due.retain(|at| *at != now);
                (calls, waiting) = (calls + 1, 0);
                schedule.brought(true);
            }
        }
        assert!(calls <= 2 * 10_000 / ENOUGH && most <= ENOUGH, "{calls} calls, {most} rows at once");
    }

    #[test]
    fn a_window_of_its_own_doubles_after_a_failure_too() {
        let mut schedule = Schedule::within(Duration::from_millis(25));
        let first = schedule.bring(1_000, 0);
        schedule.brought(false);
        let after_a_failure = schedule.bring(1_025, 0);
        assert_eq!([first, after_a_failure], [MS(25), MS(50)]);
    }

    #[test]
    fn by_time_and_by_number() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.bring(1_000, 1), MS(WINDOW_MS));
        assert_eq!(schedule.bring(1_001, 2), None, "the first brings both");
        assert_eq!(schedule.bring(1_002, ENOUGH), MS(0), "so many do not wait");
        assert_eq!(schedule.bring(1_003, ENOUGH + 1), None);
        schedule.brought(true);
        assert_eq!(schedule.bring(1_004, 1), MS(WINDOW_MS));
        assert_eq!(schedule.bring(1_004 + WINDOW_MS + LOST_MS - 1, 1), None);
        assert_eq!(schedule.bring(1_004 + WINDOW_MS + LOST_MS, 1), MS(WINDOW_MS), "whoever was to bring is gone");
    }

    #[test]
    fn an_object_that_is_away_is_asked_ever_less() {
        let mut schedule = Schedule::default();
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..100 {
            let wait = schedule.bring(now, 5_000).unwrap();
            assert_eq!(schedule.bring(now, 5_000), None);
            now += wait.as_millis() as u64;
            schedule.brought(false);
            waits.push(wait.as_millis() as u64);
        }
        assert_eq!(waits[..8], [0, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        schedule.brought(true);
        assert_eq!(schedule.bring(now, 1), MS(WINDOW_MS));
    }
}
