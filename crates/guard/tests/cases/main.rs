//! What must be found and what must be left alone: rows by kind of fault, and the cases shared with other
//! implementations where they lie beside the repository.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

mod assignments;
mod numbers;
mod tokens;
mod views;

use promptgate_guard::{Action, Guard, Kind, Policy, Role};

/// What is expected of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Expect {
    /// Nothing is found.
    Nothing,
    /// Something is found, and nothing is refused.
    Flag,
    /// Something of this kind is found.
    Find(Kind),
}

pub(crate) use Expect::{Find, Flag, Nothing};

pub(crate) type Row = (Expect, &'static str);

/// What the gateway does with what clients send, and with answers.
fn guard(role: Role) -> Guard {
    let mut policy = Policy::default();
    if role == Role::User {
        policy.thresholds.insert(Kind::Card, 0.35);
        policy.act_from.insert(Kind::Card, 0.4);
        policy.thresholds.insert(Kind::Ssn, 0.4);
    }
    for role in Role::ALL {
        policy.set(role, Kind::Injection, Action::Ignore);
    }
    Guard::new(&policy)
}

/// Why `text` is not as expected.
fn fault(expect: Expect, text: &str, role: Role) -> Option<String> {
    let report = guard(role).check(text, role);
    let right = match expect {
        Nothing => report.findings.is_empty(),
        Flag => !report.findings.is_empty() && !report.is_blocked(),
        Find(kind) => report.findings.iter().any(|finding| finding.kind == kind),
    };
    let found = || {
        let found = report.findings.iter();
        found
            .map(|entry| format!("{} {:.2} {:?}", entry.code, entry.score, &text[entry.span.clone()]))
            .collect::<Vec<_>>()
    };
    (!right).then(|| format!("{role:?} {text:?}: expected {expect:?}, found {:?}", found()))
}

pub(crate) fn check(rows: &[Row]) {
    let roles = [Role::User, Role::Assistant];
    let faults = rows.iter().flat_map(|&(expect, text)| {
        roles.map(|role| {
            // What is flagged from clients is too uncertain to be replaced in answers.
            if expect == Flag && role == Role::Assistant { None } else { fault(expect, text, role) }
        })
    });
    let faults: Vec<String> = faults.flatten().collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), rows.len() * 2, faults.join("\n"));
}

#[test]
fn shared_cases() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/cases/guard.jsonl");
    let Ok(cases) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: {path} is missing");
        return;
    };
    let mut faults = Vec::new();
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| case[name].as_str().unwrap();
        let expect = match field("expect") {
            "none" => Nothing,
            "flag" if field("kind") == "F3" => Flag,
            "find:card" => Find(Kind::Card),
            "find:phone" => Find(Kind::Phone),
            "find:ssn" => Find(Kind::Ssn),
            "find:token" => Find(Kind::Token),
            "find:password" => Find(Kind::Password),
            // Injection is scored elsewhere.
            "pass" | "flag" | "injection" => continue,
            other => panic!("unknown expectation {other}"),
        };
        let role = if field("role") == "user" { Role::User } else { Role::Assistant };
        faults.extend(fault(expect, field("text"), role).map(|fault| format!("{} {fault}", field("kind"))));
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}
