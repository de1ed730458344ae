//! Small inputs with what is expected of them: the repository's own, and those beside it.
//!
//! A row is `{kind, expect, text}`: `none` is not flagged, `pass` and `flag` are not refused,
//! `injection` is at least flagged. Rows of other kinds are tested elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros
)] // reads its rows

use promptgate_guard::Kind;
use promptgate_guard::injection::findings;
use promptgate_guard::view::Views;
use serde_json::Value;
use std::path::Path;

/// From here on a message is flagged, and refused.
const FLAGGED: f32 = 0.5;
const REFUSED: f32 = 0.85;

const KINDS: &[&str] = &["F1", "F6", "F8", "F9", "F10", "F11", "F12", "F13"];

/// Every row of the file that is answered otherwise than expected.
fn wrong(rows: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let (kind, expect, text) = (field("kind"), field("expect"), field("text"));
        // Values are found elsewhere.
        if !KINDS.contains(&kind.as_str()) || expect.starts_with("find:") {
            continue;
        }
        let mut found = Vec::new();
        findings(&Views::new(&text), 0.01, &mut found);
        found.retain(|finding| finding.kind == Kind::Injection);
        let score = found.iter().map(|finding| finding.score).fold(0.0, f32::max);
        let right = match expect.as_str() {
            "none" => score < FLAGGED,
            "pass" | "flag" => score < REFUSED,
            "injection" => score >= FLAGGED,
            other => panic!("unknown expectation {other}"),
        };
        if !right {
            wrong.push(format!("{kind} {expect}, scored {score:.2}: {text}"));
        }
    }
    wrong
}

fn own(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file)).unwrap()
}

// Row G.
#[test]
fn own_rows_are_answered_as_expected() {
    assert_eq!(wrong(&own("injection.jsonl")), [""; 0]);
}

#[test]
fn the_commonest_attacks_are_found_in_every_language() {
    let rows = own("languages.jsonl");
    let mut languages: Vec<String> = rows
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["language"].as_str().unwrap().to_owned())
        .collect();
    languages.dedup();
    assert!(languages.len() >= 32, "{languages:?}");
    assert_eq!(rows.lines().count(), 3 * languages.len());
    assert_eq!(wrong(&rows), [""; 0]);
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test is said to be skipped")]
fn shared_rows_are_answered_as_expected() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cases/guard.jsonl");
    let Ok(rows) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no cases at {}", path.display());
        return;
    };
    assert_eq!(wrong(&rows), [""; 0]);
}
