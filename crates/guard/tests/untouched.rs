//! What people write and paste passes untouched: contact-centre sentences, everyday messages, code, logs and tables.
//! Written for this project; no rule that generates training texts was made from them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)] // reads its rows

use promptgate_guard::{Guard, Kind, Policy, Role};
use std::path::Path;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)).unwrap()
}

/// Every text that is refused, changed, or flagged as an injection.
fn touched<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let guard = Guard::new(&Policy::default());
    texts
        .filter_map(|text| {
            let (redacted, report) = guard.redact(text, Role::User);
            let injection = report.findings.iter().any(|entry| entry.kind == Kind::Injection);
            let codes: Vec<_> = report.findings.iter().map(|entry| (entry.code.clone(), entry.score)).collect();
            (report.is_blocked() || redacted != text || injection).then(|| format!("{codes:?}: {text}"))
        })
        .collect()
}

// Row G.
#[test]
fn contact_centre_sentences_pass() {
    let sentences = file("contact_centre.txt");
    assert!(sentences.lines().count() >= 200);
    assert_eq!(touched(sentences.lines()), [""; 0]);
}

/// Instructions to people, questions to an assistant about itself and about attacks, everyday orders: none is refused or
/// changed, and at most one in fifty is flagged.
// Row G.
#[test]
fn everyday_messages_pass() {
    let messages = file("everyday.txt");
    let messages: Vec<&str> = messages.lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(messages.len() >= 100);
    let guard = Guard::new(&Policy::default());
    for text in &messages {
        let (redacted, report) = guard.redact(text, Role::User);
        assert!(!report.is_blocked() && redacted == *text, "{text}: {report:?}");
    }
    let flagged = touched(messages.iter().copied());
    assert!(flagged.len() * 50 <= messages.len(), "{flagged:?}");
}

// Row G.
#[test]
fn code_passes() {
    let code = file("code.txt");
    assert!(code.split("\n=====\n").count() >= 100);
    assert_eq!(touched(code.split("\n=====\n")), [""; 0]);
}

// Row G.
#[test]
fn logs_and_tables_pass() {
    let pastes = file("pastes.txt");
    assert!(pastes.split("\n=====\n").count() >= 50);
    assert_eq!(touched(pastes.split("\n=====\n")), [""; 0]);
}
