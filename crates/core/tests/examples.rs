//! The documents under `examples/`, linted.

#![expect(clippy::disallowed_methods, reason = "the examples are files, and this is not the core")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use promptgate_core::genesys::Family;
use promptgate_core::lint::{Linter, Report, Severity, Source};
use promptgate_core::template::Desk;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn lint(text: &str) -> Report {
    Linter::default().lint(&Source { text, file: Some("example.json"), kind: None })
}

/// Neither an error nor a warning, and the gateway takes them.
#[test]
fn templates_are_clean() {
    let files: Vec<_> = std::fs::read_dir(folder("templates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let found = lint(&text).findings;
        let grave: Vec<_> = found.iter().filter(|finding| finding.severity > Severity::Info).collect();
        assert!(grave.is_empty(), "{file:?} {grave:#?}");
        assert!(Desk::default().check(Family::Prompt, &text).is_ok(), "{file:?}");
    }
}

#[test]
fn ten_mistakes_are_ten_findings() {
    let text = std::fs::read_to_string(folder("lint/ten-mistakes.json")).unwrap();
    let report = lint(&text);
    let mut codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["D003", "I001", "S001", "S002", "S003", "T008", "U003", "V001", "V002", "V004"]);
    let mendable = report.findings.iter().filter(|finding| finding.fix.is_some()).count();
    assert!(mendable >= 6, "{mendable}");
    assert!(Desk::default().check(Family::Prompt, &text).is_err());

    let source = Source { text: &text, file: Some("ten-mistakes.json"), kind: None };
    let left = Linter::default().fix(&source, false).report;
    let left: BTreeSet<_> = left.findings.iter().map(|finding| finding.code).collect();
    // What only a person can decide; the last one is the variable of the other dialect, which nobody declares.
    assert_eq!(left, BTreeSet::from(["I001", "S001", "S003", "V001"]));
}
