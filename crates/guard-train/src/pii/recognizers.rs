//! Another engine's own tests.

use super::field;
use super::sets::LABELS;
use crate::detail;
use promptgate_guard::{Guard, Role};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Unit tests of another engine's recognisers: texts of one type each.
pub(super) fn table(guard: &Guard, data: &Path, out: &mut String) {
    let path = data.join("pii").join("presidio_recognizer_tests.jsonl");
    let Ok(file) = std::fs::read_to_string(&path) else {
        let _ = writeln!(out, "!! SKIPPED presidio_recognizer_tests: {} is not there\n", path.display());
        return;
    };
    out.push_str("## presidio_recognizer_tests (texts that another engine's tests expect to match, and not to)\n\n");
    out.push_str("| type | to match | matched | not to match | matched all the same |\n|---|---|---|---|---|\n");
    for (label, kind) in LABELS {
        let (mut all, mut matched, mut none, mut wrong) = (0, 0, 0, 0);
        for line in file.lines() {
            let Ok(row) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            if field(&row, "entity").as_str() != Some(label) {
                continue;
            }
            let text = field(&row, "text").as_str().unwrap_or_default();
            let found = guard.check(text, Role::User).findings.iter().any(|found| found.kind == kind);
            let expected = field(&row, "spans").as_array().is_some_and(|spans| !spans.is_empty());
            if expected != found && detail::is_wanted() {
                detail::line(&format!("RECOGNIZER {label} expected {expected} {text:?}"));
            }
            match (expected, found) {
                (true, found) => {
                    all += 1;
                    matched += u32::from(found);
                }
                (false, found) => {
                    none += 1;
                    wrong += u32::from(found);
                }
            }
        }
        let _ = writeln!(out, "| {label} | {all} | {matched} | {none} | {wrong} |");
    }
    out.push('\n');
}
