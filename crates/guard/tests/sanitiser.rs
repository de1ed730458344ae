//! The user-input sanitiser of document 002, every occurrence of its phrases replaced.
#![allow(missing_docs)]

use promptgate_guard::{Guard, Policy, Role};

const TAG: &str = "[FILTERED_INJECTION_ATTEMPT]";

/// The document's six patterns, with the white space, case and neighbours they accept.
const PHRASES: &[&str] = &[
    "ignore previous instructions",
    "IGNORE\t previous\n\ninstructions",
    "system prompt",
    "System\n\n\nPrompt",
    "reset context",
    "reset\u{A0}context",
    "you are now",
    "YOU  ARE\r\nNOW",
    "disregard all rules",
    "print the prompt",
    "sys<tem pro>mpt",
    "print\0 the prompt",
];

fn sanitised(text: &str) -> String {
    Guard::new(&Policy::sanitiser()).redact(text, Role::User).0
}

#[test]
fn every_occurrence_is_replaced() {
    for phrase in PHRASES {
        assert_eq!(sanitised(phrase), TAG, "{phrase:?}");
        let text = format!("  One {phrase}, two {phrase}. ");
        assert_eq!(sanitised(&text), format!("One {TAG}, two {TAG}."), "{phrase:?}");
        for other in PHRASES {
            let text = format!("a {phrase} b; {other} c");
            assert_eq!(sanitised(&text), format!("a {TAG} b; {TAG} c"), "{phrase:?} {other:?}");
        }
    }
    assert_eq!(sanitised("ecosystem prompts"), format!("eco{TAG}s"));
}

#[test]
fn brackets_and_outer_space_are_taken_out() {
    for (text, expected) in [
        (" \t<b>Hello</b>\0 \n", "bHello/b"),
        ("<>\0", ""),
        ("a < b > c", "a  b  c"),
        ("< x >", "x"),
        ("My parcel has not arrived.", "My parcel has not arrived."),
        ("mail a@example.com, card 4111 1111 1111 1111", "mail a@example.com, card 4111 1111 1111 1111"),
    ] {
        assert_eq!(sanitised(text), expected, "{text:?}");
    }
}

#[test]
fn sanitising_twice_changes_nothing() {
    for phrase in PHRASES {
        let once = sanitised(&format!("x {phrase}{phrase} < {phrase} y"));
        assert_eq!(sanitised(&once), once);
    }
}
