//! How long to wait before a request is repeated (reliability, R2 and R3).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::Head;

/// First step of the backoff (R2).
const BASE: Duration = Duration::from_millis(250);
/// Largest step of the backoff (R2).
const CAP: Duration = Duration::from_secs(8);
/// A longer `Retry-After` counts as this: the longest wait that an answer names (ours).
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// A wait drawn evenly from 0 … min(8 s, 250 ms · 2ⁿ), full jitter; `n` counts repetitions from 0.
pub(crate) fn jitter(random: &mut Random, n: u32) -> Duration {
    let most = BASE.saturating_mul(2_u32.saturating_pow(n)).min(CAP).as_millis() as u64;
    Duration::from_millis(random.next() % (most + 1))
}

/// Numbers for the jitter from one seed: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// What the head's `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date, which is measured from
/// the head's own `Date` where it has one, so that a clock that is wrong on either side does no harm, else
/// from `unix_ms`. At most a day. Anything else is ignored.
pub(crate) fn retry_after(head: &Head, unix_ms: u64) -> Option<Duration> {
    let value = head.header("retry-after")?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than a day.
        return Some(value.parse().map_or(MOST, Duration::from_secs).min(MOST));
    }
    let until = date(value)?;
    let now = head.header("date").and_then(date).unwrap_or(Duration::from_millis(unix_ms));
    Some(until.saturating_sub(now).min(MOST))
}

/// An HTTP date as time since the Unix epoch.
#[expect(clippy::disallowed_types, reason = "httpdate speaks SystemTime; no clock is read")]
fn date(value: &str) -> Option<Duration> {
    httpdate::parse_http_date(value.trim()).ok()?.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rows R3, row 15, row 16.
    #[test]
    fn every_form_of_retry_after() {
        // 1994-11-06 08:49:37 UTC
        let now = 784_111_777_000;
        for (value, date, expected) in [
            ("0", None, Some(0)),
            ("2", None, Some(2)),
            (" 30 ", None, Some(30)),
            ("21600", None, Some(21_600)),
            ("86401", None, Some(86_400)),
            ("99999999999999999999999999", None, Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", None, Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", None, Some(10)),
            ("Sun Nov  6 08:49:47 1994", None, Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None, Some(0)),
            ("Sun, 06 Nov 1994 08:59:47 GMT", Some("Sun, 06 Nov 1994 08:59:37 GMT"), Some(10)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some("garbage"), Some(10)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", None, Some(86_400)),
            ("", None, None),
            ("-1", None, None),
            ("+5", None, None),
            ("1.5", None, None),
            ("soon", None, None),
            ("5, 6", None, None),
            ("٣", None, None),
        ] {
            let mut headers = vec![("Retry-After".to_owned(), value.to_owned())];
            headers.extend(date.map(|date: &str| ("Date".to_owned(), date.to_owned())));
            let found = retry_after(&Head { status: 429, headers }, now);
            assert_eq!(found, expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&Head::default(), now), None);
    }

    // Row R2.
    #[test]
    fn jitter_stays_in_its_bounds_and_uses_them() {
        for (n, most) in [(0, 250), (1, 500), (4, 4000), (5, 8000), (63, 8000), (u32::MAX, 8000)] {
            let mut random = Random(7);
            let waits: Vec<_> = (0..2000).map(|_| jitter(&mut random, n).as_millis()).collect();
            assert!(waits.iter().all(|wait| *wait <= most), "{n}");
            assert!(waits.iter().any(|wait| *wait < most / 20) && waits.iter().any(|wait| *wait > most - most / 20));
        }
    }
}
