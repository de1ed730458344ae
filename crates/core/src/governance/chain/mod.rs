//! The audit log as a hash chain (requirements, H): whoever changes, drops, inserts or moves a row breaks it.
//!
//! ```text
//! row ─▶ Outbox (isolate) ─▶ Delivery ─▶ Segment (object, SQLite) ─▶ lines ─▶ Export ─▶ JSON Lines ─▶ Verifier
//!                                              │ alarm                  └────▶ Search ─▶ JSON Lines, JSON, CSV, events
//!                                              └─▶ Checkpoint (signed head); rows that the policy lets go
//! ```
//! A line is `{"hash", "previous", "row", "sequence"}`. Its hash is SHA-256 over the 64 hexadecimal digits of the
//! previous one and the canonical JSON (RFC 8785) of `{"row", "sequence"}`; before the first row there is
//! [`Head::default`]. One object keeps a part of the chain; where it is full, the next one goes on after its head.

mod checkpoint;
mod csv;
mod export;
mod heads;
mod outbox;
mod search;
mod segment;
mod verify;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::{canonical, hex};

pub use checkpoint::{Checkpoint, DiscardedRows, Policy, SigningKey};
pub use export::{Export, Page};
pub use heads::HeadList;
pub use outbox::Outbox;
pub use search::{Extent, Field, Found, Question, STATUSES, Search, is_followed};
pub use segment::{Delivery, DeliveryEffects, MAX_ROWS, PAGE_ROWS, Receipt, Row, Segment, hour};
pub use verify::{Break, Verified, Verifier};

/// Where a chain is: its last row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of the row, from 1; 0 before the first.
    pub sequence: u64,
    /// Its hash: 64 small hexadecimal digits.
    pub hash: String,
}

impl Default for Head {
    /// Before the first row.
    fn default() -> Self {
        Head { sequence: 0, hash: "0".repeat(64) }
    }
}

impl Head {
    /// The row that comes next: the head that it makes, and its line. A row that is no JSON is kept as a string.
    pub fn append(&self, row: &str) -> (Head, String) {
        let row: Value = serde_json::from_str(row).unwrap_or_else(|_| Value::String(row.to_owned()));
        let sequence = self.sequence + 1;
        let row = canonical(&row);
        let hash = link(&self.hash, sequence, &row);
        // Canonical too: members in their order, and both hashes are digits.
        let line = format!(r#"{{"hash":"{hash}","previous":"{}","row":{row},"sequence":{sequence}}}"#, self.hash);
        (Head { sequence, hash }, line)
    }

    /// The last line of an export: where the chain was when it was made.
    fn line(&self) -> String {
        canonical(&json!({ "head": self }))
    }

    /// What the log reports about it, so that it is known also where the chain's object cannot be reached.
    pub fn log(&self) -> String {
        json!({ "event": "audit_head", "sequence": self.sequence, "hash": self.hash }).to_string()
    }
}

/// The hash of a row, which is canonical JSON.
fn link(previous: &str, sequence: u64, row: &str) -> String {
    let text = format!(r#"{{"row":{row},"sequence":{sequence}}}"#);
    hex(&Sha256::new().chain_update(previous).chain_update(text).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_can_be_computed_by_hand() {
        let (head, line) = Head::default().append(r#"{"status": "success", "event": "llm_prompt_audit"}"#);
        // printf '%064d{"row":{"event":"llm_prompt_audit","status":"success"},"sequence":1}' 0 | sha256sum
        let hash = "f189301264bdf395cf04ebe7450d8f5b7585cd9c74dba0bb394aa06666dedc50";
        assert_eq!(head, Head { sequence: 1, hash: hash.to_owned() });
        assert_eq!(
            line,
            format!(
                r#"{{"hash":"{hash}","previous":"{}","row":{{"event":"llm_prompt_audit","status":"success"}},"sequence":1}}"#,
                "0".repeat(64)
            )
        );
    }

    #[test]
    fn what_is_no_json_is_kept_as_text() {
        let (_, line) = Head::default().append("not\nJSON");
        assert!(line.contains(r#""row":"not\nJSON""#), "{line}");
    }
}
