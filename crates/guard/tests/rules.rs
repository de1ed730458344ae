//! Every rule's examples are its tests, and codes are unique and sorted.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use promptgate_guard::{Action, Guard, Policy, Role, rules};

#[test]
fn codes_are_unique_and_sorted() {
    let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    let mut sorted = codes.clone();
    // Personal data first, then keys.
    sorted.sort_by_key(|code| (!code.starts_with('P'), *code));
    sorted.dedup();
    assert_eq!(codes, sorted);
    for rule in rules() {
        let form = !(rule.code.starts_with('K') && rule.code >= "K101");
        // A vendor's token is documented by its source.
        assert!(rule.code.len() == 4 && rule.summary.len() > if form { 40 } else { 15 }, "{}", rule.code);
        assert!(!form || !rule.passed.is_empty(), "{}", rule.code);
    }
}

// Row G.
#[test]
fn examples_hold() {
    let guard = Guard::new(&Policy::all(Action::Redact));
    let mut wrong = Vec::new();
    for rule in rules() {
        let fires = |text: &str| {
            let report = guard.check(text, Role::User);
            report.findings.iter().any(|finding| finding.code == rule.code)
        };
        wrong.extend(rule.caught.iter().filter(|text| !fires(text)).map(|text| (rule.code, "missed", *text)));
        wrong.extend(rule.passed.iter().filter(|text| fires(text)).map(|text| (rule.code, "flagged", *text)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
