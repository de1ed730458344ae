//! Rows for crates/tokens, which is tested by them where the references are not compiled; `RECORD=1` writes them.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use promptgate_tokens::Vocabulary;
use promptgate_tokens_pack::reference;
use promptgate_tokens_pack::texts::Texts;

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tokens/tests/recorded.txt");
const SEED: u64 = 9;

/// The tokens of the reference, separated by spaces.
fn tokens(vocabulary: Vocabulary, text: &str) -> String {
    let tokens = reference::tiktoken(vocabulary).encode_ordinary(text);
    tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Three lines a text: as Rust's literals are written, the tokens of cl100k_base, those of o200k_base.
#[test]
fn recorded_rows() {
    let mut texts = Texts::new(SEED).unwrap();
    let mut rows = String::new();
    for _ in 0..1_000 {
        let text = texts.next_text();
        let counts = Vocabulary::ALL.map(|vocabulary| tokens(vocabulary, &text));
        rows.push_str(&format!("{}\n{}\n", text.escape_default(), counts.join("\n")));
    }
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(RECORDED, &rows).unwrap();
    }
    assert!(std::fs::read_to_string(RECORDED).unwrap() == rows, "RECORD=1 writes the rows anew");
}
