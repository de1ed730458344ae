//! Expressions in `${…}`: rows that `oxc_parser` has judged (recorded by `crates/oracles`).

#![allow(clippy::disallowed_methods, reason = "the rows are a file")]

use promptgate_lint::placeholder::{Dialect, scan};
use serde_json::Value;

#[test]
fn rows() {
    let rows = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expressions.jsonl")).unwrap();
    let (mut valid, mut others) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = format!("${{{}}}", row["expression"].as_str().unwrap());
        let scan = scan(&text, Dialect::JavaScript);
        let whole = scan.placeholders.iter().any(|placeholder| placeholder.span == (0..text.len()));
        assert_eq!(whole && scan.malformed.is_empty(), row["valid"], "{text}: {:?}", scan.malformed);
        if row["valid"] == true { valid += 1 } else { others += 1 }
    }
    assert!(valid > 1_000 && others > 1_000, "{valid} expressions, {others} others");
}
