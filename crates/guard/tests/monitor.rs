//! A policy that only watches, and redaction that is undone in the answer.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a panic is a test's message")]

use promptgate_guard::{Action, Entry, Guard, Kind, Policy, Role, Tags};

const TEXT: &str = "Write to maria.keller@acme-logistics.de or jo@acme.de, card 4111 1111 1111 1111. Not [EMAIL_1].";

fn watching() -> Guard {
    let mut considered = Policy::default();
    for role in [Role::User, Role::Assistant] {
        considered.set(role, Kind::Email, Action::Block).set(role, Kind::Card, Action::Flag);
    }
    Guard::new(&Policy::default()).monitoring(&considered)
}

fn done(entries: &[Entry]) -> Vec<(Kind, Action)> {
    entries.iter().map(|entry| (entry.kind, entry.action)).collect()
}

#[test]
fn what_only_watches_changes_nothing_and_says_what_it_would_have_done() {
    let (guard, plain) = (watching(), Guard::new(&Policy::default()));
    let (report, expected) = (guard.check(TEXT, Role::User), plain.check(TEXT, Role::User));
    assert_eq!((report.action, &report.findings), (expected.action, &expected.findings));
    let would = [(Kind::Email, Action::Block), (Kind::Email, Action::Block), (Kind::Card, Action::Flag)];
    assert_eq!(done(&report.would), would);
    assert!(expected.would.is_empty());
    assert_eq!(guard.redact(TEXT, Role::User).0, plain.redact(TEXT, Role::User).0);
}

/// A stream that the watching policy would have ended goes on; of what comes then that policy says nothing.
#[test]
fn a_stream_is_watched_wherever_it_is_cut() {
    let (guard, plain) = (watching(), Guard::new(&Policy::default()).redact(TEXT, Role::Assistant).0);
    for cut in 0..TEXT.len() {
        let mut stream = guard.stream(Role::Assistant);
        let pieces = [stream.push(&TEXT[..cut]), stream.push(&TEXT[cut..]), stream.finish()];
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), plain, "{cut}");
        let would: Vec<_> = pieces.iter().flat_map(|piece| done(&piece.would)).collect();
        assert_eq!(would, [(Kind::Email, Action::Block)], "{cut}");
        assert_eq!(done(&stream.report().would), would);
    }
}

fn restoring() -> Guard {
    let mut policy = Policy::default();
    policy.set(Role::User, Kind::Email, Action::Restore).set(Role::User, Kind::Card, Action::Redact);
    Guard::new(&policy)
}

#[test]
fn values_go_as_numbers_and_come_back() {
    let mut tags = Tags::default();
    tags.avoid(TEXT);
    let (sent, report) = restoring().redact_into(TEXT, Role::User, &mut tags);
    assert_eq!(sent, "Write to [EMAIL_2] or [EMAIL_3], card [CARD]. Not [EMAIL_1].");
    assert_eq!(report.action, Action::Redact);
    assert_eq!(restoring().redact_into("jo@acme.de", Role::User, &mut tags).0, "[EMAIL_3]", "one value, one tag");
    assert!(!format!("{tags:?}").contains("acme"));

    let answer = "Mail [EMAIL_3], then [EMAIL_2]; [EMAIL_1] and [EMAIL_9] and [CARD] are none. [EMAIL_";
    let expected =
        "Mail jo@acme.de, then maria.keller@acme-logistics.de; [EMAIL_1] and [EMAIL_9] and [CARD] are none. [EMAIL_";
    let guard = Guard::new(&Policy::all(Action::Redact)).restoring(tags);
    for cut in 0..answer.len() {
        let mut stream = guard.stream(Role::Assistant);
        let pieces = [stream.push(&answer[..cut]), stream.push(&answer[cut..]), stream.finish()];
        assert_eq!(pieces.map(|piece| piece.text).concat(), expected, "{cut}");
    }
}

/// Where nothing comes back, it is redaction.
#[test]
fn without_an_answer_it_is_redaction() {
    assert_eq!(restoring().redact("to jo@acme.de", Role::User).0, "to [EMAIL]");
    let mut graver = Policy::all(Action::Restore);
    graver.set(Role::User, Kind::Password, Action::Redact);
    let mut tags = Tags::default();
    let (sent, _) = Guard::new(&graver).redact_into("password: jo@acme.de1", Role::User, &mut tags);
    assert!(!sent.contains("acme") && tags.is_empty(), "with something graver it goes for good: {sent}");
}
