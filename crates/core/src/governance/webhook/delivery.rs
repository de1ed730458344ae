//! What is done with a webhook after each try: taken, again later, dead letter, gone.

use std::time::Duration;

use serde_json::json;

use crate::governance::timestamp;
use crate::http::Head;
use crate::upstream::backoff::{Random, retry_after};

/// The first wait before a message is sent again, in milliseconds, unless the operator sets another (ours).
pub const RETRY_MS: u64 = 5_000;
/// Each wait is so many times the one before (ours).
const GROWTH: u64 = 3;
/// Longest wait (ours): a receiver that has come back has its messages within two hours.
const MOST_MS: u64 = 2 * 60 * 60 * 1000;
/// How long a message is tried: a day, as Standard Webhooks recommends (spec 1.0, "Deliverability and reliability").
const WINDOW_MS: u64 = 24 * 60 * 60 * 1000;

/// A message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Since when it is tried, Unix ms.
    pub since_ms: u64,
    /// How often it had been sent before.
    pub before: u32,
}

/// Why a message is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterReason {
    /// Nobody took it for a day.
    Expired,
    /// The receiver asks for a wait that goes beyond that day.
    TooLate,
    /// The receiver has said that it is gone.
    Disabled,
}

impl DeadLetterReason {
    /// As it is listed.
    pub fn as_str(self) -> &'static str {
        match self {
            DeadLetterReason::Expired => "expired",
            DeadLetterReason::TooLate => "retry_after_too_late",
            DeadLetterReason::Disabled => "disabled",
        }
    }
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Taken,
    /// It is sent again at this time (Unix ms).
    Again(u64),
    /// It is kept, and not sent again unless the operator asks.
    Dead(DeadLetterReason),
    /// The receiver wants no more (410): it is disabled, and what waits for it are dead letters.
    Gone,
}

impl Verdict {
    /// As metrics count it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Taken => "taken",
            Verdict::Again(_) => "failed",
            Verdict::Dead(_) => "dead",
            Verdict::Gone => "gone",
        }
    }

    /// The line of the log about the message `id` about `event` that `destination` did not accept, which
    /// answered with `status`, if at all; none where it was taken.
    pub fn log(self, destination: &str, id: &str, event: &str, status: Option<u16>) -> Option<String> {
        let (line, next) = match self {
            Verdict::Taken => return None,
            Verdict::Again(at) => ("webhook_failed", Some(timestamp(at))),
            Verdict::Dead(_) => ("webhook_dead", None),
            Verdict::Gone => ("webhook_disabled", None),
        };
        let line = json!({
            "event": line, "destination": destination, "name": event, "webhookId": id, "status": status, "next": next,
        });
        Some(line.to_string())
    }
}

/// What becomes of a message after a try that ended at `now_ms`; `answer` is the head that came, if one did. A redirect
/// is a failure: it is not followed, so that nobody who takes over a receiver's old address can send messages on.
/// `retry_ms` is the first wait, `seed` decides on the jitter.
pub fn verdict(attempt: Attempt, answer: Option<&Head>, now_ms: u64, retry_ms: u64, seed: u64) -> Verdict {
    match answer.map(|head| head.status) {
        Some(200..=299) => return Verdict::Taken,
        Some(410) => return Verdict::Gone,
        _ => {}
    }
    let step = retry_ms.saturating_mul(GROWTH.saturating_pow(attempt.before)).min(MOST_MS);
    // Half of it at least, so that a crowd of messages spreads and none comes at once.
    let wait = step / 2 + Random(seed).next() % (step / 2 + 1);
    let asked = answer.and_then(|head| retry_after(head, now_ms));
    let end = attempt.since_ms.saturating_add(WINDOW_MS);
    let own = now_ms.saturating_add(wait);
    match asked.map(|asked| now_ms.saturating_add(asked.as_millis() as u64)) {
        Some(asked) if asked >= end => Verdict::Dead(DeadLetterReason::TooLate),
        Some(asked) if asked > own => Verdict::Again(asked),
        _ if own >= end => Verdict::Dead(DeadLetterReason::Expired),
        _ => Verdict::Again(own),
    }
}

/// How long until the alarm, where the oldest messages of the families are due at these times; none where none waits.
pub fn next_alarm(due_ms: impl IntoIterator<Item = u64>, now_ms: u64) -> Option<Duration> {
    due_ms.into_iter().min().map(|due| Duration::from_millis(due.saturating_sub(now_ms)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn head(status: u16, retry_after: Option<&str>) -> Head {
        Head { status, headers: retry_after.iter().map(|value| ("retry-after".into(), (*value).into())).collect() }
    }

    // Row 37.
    #[test]
    fn every_kind_of_answer() {
        const NOW: u64 = 1_700_000_000_000;
        let first = Attempt { since_ms: NOW - 10, before: 0 };
        let old = Attempt { since_ms: NOW - WINDOW_MS, before: 17 };
        let (least, most) = (NOW + RETRY_MS / 2, NOW + RETRY_MS);
        for (what, attempt, answer, expected) in [
            ("taken", first, Some(head(200, None)), Verdict::Taken),
            ("taken late", old, Some(head(204, None)), Verdict::Taken),
            ("gone", first, Some(head(410, Some("1"))), Verdict::Gone),
            ("a wait that is asked for", first, Some(head(429, Some("60"))), Verdict::Again(NOW + 60_000)),
            ("of a server that is down", first, Some(head(503, Some("60"))), Verdict::Again(NOW + 60_000)),
            ("beyond the day", first, Some(head(429, Some("86400"))), Verdict::Dead(DeadLetterReason::TooLate)),
            ("huge", first, Some(head(429, Some("99999999999999999999"))), Verdict::Dead(DeadLetterReason::TooLate)),
            ("the day is over", old, Some(head(500, None)), Verdict::Dead(DeadLetterReason::Expired)),
            ("the day is over, and silence", old, None, Verdict::Dead(DeadLetterReason::Expired)),
        ] {
            assert_eq!(verdict(attempt, answer.as_ref(), NOW, RETRY_MS, 7), expected, "{what}");
        }
        // A redirect, refusals, garbage, a short wait, silence: again after our own wait.
        for answer in [
            Some(head(302, None)),
            Some(head(308, None)),
            Some(head(400, None)),
            Some(head(404, None)),
            Some(head(500, None)),
            Some(head(429, Some("soon"))),
            Some(head(429, Some("0"))),
            Some(head(199, None)),
            None,
        ] {
            match verdict(first, answer.as_ref(), NOW, RETRY_MS, 7) {
                Verdict::Again(at) => assert!((least..=most).contains(&at), "{answer:?}"),
                other => panic!("{answer:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn numbers_that_are_too_large_do_no_harm() {
        let attempt = Attempt { since_ms: u64::MAX - 1, before: u32::MAX };
        assert_eq!(verdict(attempt, None, u64::MAX, u64::MAX, u64::MAX), Verdict::Dead(DeadLetterReason::Expired));
        assert_eq!(next_alarm([], 5), None);
        assert_eq!(next_alarm([9, 7], 5), Some(Duration::from_millis(2)));
        assert_eq!(next_alarm([3], 5), Some(Duration::ZERO));
    }

    /// A message as the object keeps it.
    #[derive(Debug, Clone)]
    struct Kept {
        number: u32,
        family: u32,
        attempt: Attempt,
        due_ms: u64,
        dead: Option<DeadLetterReason>,
    }

    // Row 37.
    /// Seeded receivers that fail, stall, ask for waits and vanish, processes that die at any time, and a clock of our
    /// own: every message arrives or is a dead letter for a reason, each family in its order.
    #[test]
    #[expect(clippy::disallowed_macros, reason = "a randomised test prints its seed")]
    fn schedules() {
        let seed = option_env!("WEBHOOK_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126u64);
        println!("WEBHOOK_SEED={seed}");
        for case in 0..2_000u64 {
            run(Random(seed.wrapping_add(case)), case);
        }
    }

    fn run(mut random: Random, case: u64) {
        let mut below = move |most: u64| random.next() % most.max(1);
        let start = 1_700_000_000_000;
        let mut kept: Vec<Kept> = Vec::new();
        let mut arrived: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let (mut now, mut number, mut disabled, mut dead) = (start, 0, false, Vec::new());
        // How this receiver fares: mostly well, mostly badly, away for two days, gone at some time.
        let (mood, away_until, gone_at) = (below(100), start + below(48 * 3_600_000), start + below(40 * 3_600_000));
        let may_go = below(4) == 0;
        loop {
            if number < 40 && below(3) > 0 {
                let attempt = Attempt { since_ms: now, before: 0 };
                let why = disabled.then_some(DeadLetterReason::Disabled);
                kept.push(Kept { number, family: (number + case as u32) % 3, attempt, due_ms: now, dead: why });
                number += 1;
            }
            // The oldest of each family, if it is due; its result may be lost to a crash.
            for family in 0..3 {
                let Some(at) = kept.iter().position(|kept| kept.family == family && kept.dead.is_none()) else {
                    continue;
                };
                if kept[at].due_ms > now {
                    continue;
                }
                let answer = match () {
                    () if may_go && now >= gone_at => Some(head(410, None)),
                    () if now < away_until && mood > 70 => None,
                    () if below(100) < mood => Some(head(503, (below(2) == 0).then_some("7"))),
                    () => Some(head(200, None)),
                };
                if answer.as_ref().is_some_and(|head| head.status == 200) {
                    arrived.entry(family).or_default().push(kept[at].number);
                }
                if below(20) == 0 {
                    continue; // killed before it was noted
                }
                let seed = below(u64::MAX);
                match verdict(kept[at].attempt, answer.as_ref(), now, RETRY_MS, seed) {
                    Verdict::Taken => drop(kept.remove(at)),
                    Verdict::Again(due_ms) => {
                        assert!(due_ms >= now + RETRY_MS / 2 && due_ms < kept[at].attempt.since_ms + WINDOW_MS);
                        if answer.is_some_and(|head| head.header("retry-after").is_some()) {
                            assert!(due_ms >= now + 7_000);
                        }
                        kept[at].due_ms = due_ms;
                        kept[at].attempt.before += 1;
                    }
                    Verdict::Dead(why) => {
                        // Never before its day was tried, with one wait of two hours to spare.
                        assert!(now + MOST_MS >= kept[at].attempt.since_ms + WINDOW_MS, "{case}: {kept:?}");
                        kept[at].dead = Some(why);
                    }
                    Verdict::Gone => {
                        disabled = true;
                        kept.iter_mut().for_each(|kept| kept.dead = kept.dead.or(Some(DeadLetterReason::Disabled)));
                    }
                }
            }
            let heads = (0..3).filter_map(|family| {
                kept.iter().find(|kept| kept.family == family && kept.dead.is_none()).map(|kept| kept.due_ms)
            });
            match next_alarm(heads, now) {
                Some(wait) if number < 40 => now += (wait.as_millis() as u64).min(below(3_600_000)).max(1),
                Some(wait) => now += (wait.as_millis() as u64).max(1),
                None if number < 40 => now += 1 + below(3_600_000),
                None => break,
            }
            assert!(now < start + 100 * WINDOW_MS, "{case}: it ends");
        }
        dead.extend(kept.iter().map(|kept| kept.number));
        let mut seen: Vec<u32> = arrived.values().flatten().copied().chain(dead.iter().copied()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, (0..40).collect::<Vec<_>>(), "{case}: none is lost");
        for numbers in arrived.values() {
            assert!(numbers.is_sorted(), "{case}: each family in its order, repetitions beside one another");
        }
    }
}
