//! Values in the notations that people use, and what only looks like values.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod innocent;
mod values;

use innocent::INNOCENT;
use promptgate_guard::{Action, Guard, Kind, Policy, Role};
use values::VALUES;

#[test]
fn values_are_found_however_they_are_written() {
    let guard = Guard::new(&Policy::all(Action::Flag));
    let secret = |kind: Kind| matches!(kind, Kind::Password | Kind::Token);
    for (text, kind) in VALUES {
        let report = guard.check(text, Role::Assistant);
        let alike = |found: Kind| found == *kind || (secret(*kind) && secret(found));
        assert!(report.findings.iter().any(|found| alike(found.kind)), "{text} is no {}", kind.name());
    }
}

#[test]
fn innocent_numbers_and_words_pass() {
    let mut policy = Policy::all(Action::Flag);
    policy.set(Role::Assistant, Kind::Injection, Action::Ignore);
    let guard = Guard::new(&policy);
    for text in INNOCENT {
        let found: Vec<_> = guard.check(text, Role::Assistant).findings.into_iter().map(|found| found.code).collect();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}
