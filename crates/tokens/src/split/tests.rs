//! The splitter on texts of each kind.

use super::*;
use alloc::vec;
use alloc::vec::Vec;

fn pieces(text: &str, vocabulary: Vocabulary) -> Vec<&str> {
    let (mut pieces, mut from, mut all) = (Pieces::new(text, 0, vocabulary), 0, vec![]);
    while let Some(end) = pieces.next_end_in_ascii() {
        all.push(&text[from..end]);
        from = end;
    }
    all
}

#[test]
fn rows() {
    use Vocabulary::{Cl100k, O200k};
    let rows: &[(Vocabulary, &str, &[&str])] = &[
        (Cl100k, "Hello world", &["Hello", " world"]),
        (Cl100k, "we'll'LL'ſ", &["we", "'ll", "'LL", "'ſ"]),
        (Cl100k, "12345 6", &["123", "45", " ", "6"]),
        (Cl100k, "a  \n \n  b", &["a", "  \n \n", " ", " b"]),
        (Cl100k, "x !?\n\ny", &["x", " !?\n\n", "y"]),
        (Cl100k, "tail   ", &["tail", "   "]),
        (O200k, "CamelCase", &["Camel", "Case"]),
        (O200k, "we'll go", &["we'll", " go"]),
        (O200k, "HTTPServer", &["HTTPServer"]),
        (O200k, "a!/\n/b", &["a", "!/\n/", "b"]),
        (O200k, "\u{301}ABC", &["\u{301}", "ABC"]),
    ];
    for (vocabulary, text, expected) in rows {
        assert_eq!(pieces(text, *vocabulary), *expected, "{vocabulary:?} {text:?}");
    }
}

#[test]
fn a_piece_that_saw_the_end_is_not_final() {
    let mut pieces = Pieces::new("a \n ", 0, Vocabulary::Cl100k);
    assert_eq!((pieces.next_end(), pieces.saw_end()), (Some(1), false));
    assert_eq!((pieces.next_end(), pieces.saw_end()), (Some(3), true));
    assert_eq!((pieces.next_end(), pieces.saw_end()), (Some(4), true));
}
