//! Bounds of work.

use super::*;
use crate::work;

/// Looks at bytes other than the loop's own.
fn work(text: &str) -> u64 {
    work::of(|| Scanner::default().all(&Text::new(text), &[0.2; Kind::ALL.len()], &mut Vec::new()))
}

#[test]
fn prose_wakes_little() {
    let prose = "The quick brown fox asked about the order that never came, and left. ".repeat(50);
    assert!(work(&prose) < prose.len() as u64 * 2, "{}", work(&prose));
}

#[test]
fn work_grows_with_the_text_and_no_faster() {
    let hostile: [&str; 22] = [
        "1",
        "1 ",
        "1-",
        "1.",
        "(1",
        "+1",
        "a@",
        "@",
        ":",
        "=",
        "::",
        "a:",
        "password ",
        "password=",
        "eyJhbGciOiJIUzI1NiJ9.",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ghp_a",
        "YWFh",
        "http://a:",
        "xoxb-1-",
        "GB82",
        "12/12/1980 born ",
    ];
    for piece in hostile {
        let text = |length: usize| piece.repeat(length / piece.len());
        let (small, large) = (work(&text(40_000)), work(&text(80_000)));
        assert!(large <= small * 21 / 10 + 1000, "{piece:?}: {small} {large}");
        assert!(large < 80_000 * 1_500, "{piece:?}: {large}");
    }
}
