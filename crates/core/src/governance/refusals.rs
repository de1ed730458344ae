//! How many rows of the audit log the refusals of one key may make: who is refused ten thousand times a minute fills
//! the metrics and the log, and not a chain that nobody can shorten.

use std::collections::BTreeMap;

use super::event::{AuditEvent, AuditOutcome, Occasion, timestamp};

/// Most rows for refusals of one key in one minute and isolate (ours).
const MAX_ROWS: u32 = 20;
const MINUTE_MS: u64 = 60_000;

/// The refusals of each key in the current minute.
#[derive(Debug, Default)]
pub struct Refusals(BTreeMap<String, Minute>);

#[derive(Debug)]
struct Minute {
    tenant: String,
    number: u64,
    rows: u32,
    omitted: u64,
}

impl Refusals {
    /// Whether a refusal of the key `key_id` at `now_ms` (Unix ms) gets a row of its own; else it is counted.
    pub fn admit(&mut self, tenant: &str, key_id: &str, now_ms: u64) -> bool {
        let number = now_ms / MINUTE_MS;
        let minute = self.0.entry(key_id.to_owned()).or_insert_with(|| Minute {
            tenant: tenant.to_owned(),
            number,
            rows: 0,
            omitted: 0,
        });
        if minute.number != number {
            (minute.number, minute.rows) = (number, 0);
        }
        let admitted = minute.rows < MAX_ROWS;
        if admitted {
            minute.rows += 1;
        } else {
            minute.omitted += 1;
        }
        admitted
    }

    /// The rows that say how many refusals had no row in the minutes before `now_ms`, one for each key; they go before
    /// the next row, whoever's it is.
    pub fn omitted(&mut self, now_ms: u64) -> Vec<String> {
        let number = now_ms / MINUTE_MS;
        let mut rows = Vec::new();
        self.0.retain(|key_id, minute| {
            if minute.number == number {
                return true;
            }
            if minute.omitted > 0 {
                let began_ms = minute.number.saturating_mul(MINUTE_MS);
                let occasion = Occasion {
                    request_id: "",
                    tenant: &minute.tenant,
                    key_id,
                    environment: "",
                    compliance_framework: "",
                    policy_sha256: "",
                    now_ms,
                    retries: None,
                };
                let mut row = AuditEvent::new(&occasion, "refusals.omit")
                    .detail("refusals", minute.omitted)
                    .detail("minute", timestamp(began_ms));
                row.id = format!("{key_id}/{began_ms}");
                row.outcome = AuditOutcome::Refused;
                rows.push(row.line());
            }
            false
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row H.
    #[test]
    fn ten_thousand_refusals_make_a_few_rows_and_none_is_lost() {
        let mut refusals = Refusals::default();
        let start = 1_700_000_040_000; // a full minute
        let rows = (0..10_000).filter(|at| refusals.admit("t", "k", start + at % 60_000)).count();
        assert_eq!(rows, MAX_ROWS as usize);
        assert!(refusals.admit("t", "other", start), "another key has rows of its own");
        assert_eq!(refusals.omitted(start + 59_999), [""; 0], "the minute goes on");
        let omitted = refusals.omitted(start + 60_000);
        assert_eq!(omitted.len(), 1, "one row for each key with omissions: {omitted:?}");
        let row: serde_json::Value = serde_json::from_str(&omitted[0]).unwrap();
        assert_eq!(
            (row["details"]["refusals"].as_u64(), row["key_id"].as_str()),
            (Some(10_000 - u64::from(MAX_ROWS)), Some("k"))
        );
        assert_eq!(row["details"]["minute"], "2023-11-14T22:14:00.000Z");
        assert_eq!(refusals.omitted(start + 60_001), [""; 0], "told once");
        assert!(refusals.admit("t", "k", start + 60_001), "the next minute has rows again");
        assert!(refusals.0.len() == 1, "what has been told is forgotten");
    }

    #[test]
    fn a_minute_that_was_not_asked_for_is_counted_on() {
        let mut refusals = Refusals::default();
        for minute in 0..3 {
            for _ in 0..=MAX_ROWS {
                refusals.admit("t", "k", minute * MINUTE_MS);
            }
        }
        let row: serde_json::Value = serde_json::from_str(&refusals.omitted(9 * MINUTE_MS)[0]).unwrap();
        assert_eq!(row["details"]["refusals"].as_u64(), Some(3));
    }
}
