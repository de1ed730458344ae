//! Small inputs with what is expected of each: rows of our own, and those beside the repository where they are there.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the rows are files, and this is not the linter"
)]

use std::path::Path;

use promptgate_lint::{Linter, Source};
use serde_json::Value;

/// `S007`: the rule finds something. `V001 name`: and its message has the word. Else a part of any message.
fn matches(expected: &str, found: &[(&str, String)]) -> bool {
    let is_code = |word: &str| {
        word.len() == 4
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word[1..].bytes().all(|b| b.is_ascii_digit())
    };
    match expected.split_once(' ') {
        None if is_code(expected) => found.iter().any(|(code, _)| *code == expected),
        Some((code, word)) if is_code(code) => found.iter().any(|(known, said)| *known == code && said.contains(word)),
        _ => found.iter().any(|(_, said)| said.contains(expected)),
    }
}

fn wrong(rows: &str) -> Vec<String> {
    let linter = Linter::default();
    let mut wrong = Vec::new();
    for row in rows.lines().filter(|row| !row.is_empty()) {
        let row: Value = serde_json::from_str(row).unwrap();
        let (file, text) = (row["file"].as_str().unwrap(), row["text"].as_str().unwrap());
        let report = linter.lint(&Source { text, file: Some(file), kind: None });
        let found: Vec<_> =
            report.findings.iter().map(|one| (one.code, format!("{} {}", one.name, one.message))).collect();
        let list = |name: &str| -> Vec<String> {
            row[name].as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        for expected in list("find").iter().filter(|expected| !matches(expected, &found)) {
            wrong.push(format!("{file}: {expected} is not found in {text:?}: {found:?}"));
        }
        for other in list("not_find").iter().filter(|other| matches(other, &found)) {
            wrong.push(format!("{file}: {other} is found in {text:?}: {found:?}"));
        }
        if let Some(format) = row["format"].as_str()
            && format != report.taken.format.name()
        {
            wrong.push(format!("{file}: taken for {}, not {format}", report.taken.format.name()));
        }
        if let Some(kind) = row["kind"].as_str()
            && kind != report.kind.name()
        {
            wrong.push(format!("{file}: taken for {}, not {kind}", report.kind.name()));
        }
        if row["clean"] == true && report.summary.errors + report.summary.warnings > 0 {
            wrong.push(format!("{file}: not clean: {text:?}: {found:?}"));
        }
    }
    wrong
}

#[test]
fn our_own_rows_hold() {
    let rows = include_str!("cases.jsonl");
    assert!(rows.lines().count() >= 90, "{}", rows.lines().count());
    let wrong = wrong(rows);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_shared_rows_hold() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cases/lint.jsonl");
    let Ok(rows) = std::fs::read_to_string(path) else { return };
    let wrong = wrong(&rows);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
