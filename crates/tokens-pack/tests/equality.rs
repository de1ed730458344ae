//! Equality with tiktoken-rs and bpe-openai, token by token. The full run (a million texts, every code
//! point in every context) is `cargo run --release -p promptgate-tokens-pack -- verify`.

use promptgate_tokens::{Special, Vocabulary};
use promptgate_tokens_pack::reference;
use promptgate_tokens_pack::texts::Texts;
use promptgate_tokens_pack::verify::Verifier;

/// Printed with a failure.
const SEED: u64 = 4;

#[test]
fn generated_texts() {
    let mut verifier = Verifier::new().unwrap();
    verifier.generated(SEED, 300_000).unwrap();
    assert_eq!(verifier.report.texts, 300_000);
}

#[test]
fn code_points_in_context() {
    Verifier::new().unwrap().code_points(64).unwrap();
}

#[test]
fn long_pieces() {
    let mut verifier = Verifier::new().unwrap();
    for unit in
        ["a", " ", "!", "\n", "ab", "abc", "Aa", "é", "中", "的人", "=", "-", "_", "0", "a ", "\t", "\r\n", "'s", "😀"]
    {
        for length in [63, 64, 65, 127, 128, 129, 1000, 5000] {
            verifier.text(&unit.repeat(length)).unwrap();
            verifier.text(&format!("x{}y", unit.repeat(length))).unwrap();
        }
    }
}

#[test]
fn special_tokens_are_text_unless_recognised() {
    for vocabulary in Vocabulary::ALL {
        let mut encoder = promptgate_vocabularies::encoder(vocabulary).unwrap();
        let reference = reference::tiktoken(vocabulary);
        let text = "a<|endoftext|>b <|endofprompt|><|<|fim_prefix|>|>";
        assert_eq!(encoder.encode(text), reference.encode_ordinary(text));
        let mut encoder = encoder.with_special(Special::Recognise);
        let tokens = encoder.encode(text);
        assert_eq!(tokens, reference.encode_with_special_tokens(text));
        assert_eq!(encoder.count(text), tokens.len());
        assert_eq!(encoder.decode(&tokens).unwrap(), text.as_bytes());
    }
}

#[test]
fn what_is_no_token_does_not_decode() {
    let mut encoder = promptgate_vocabularies::encoder(Vocabulary::Cl100k).unwrap();
    assert_eq!(encoder.decode(&[100_256]), None);
    assert_eq!(encoder.decode(&[u32::MAX]), None);
}

#[test]
fn every_token_decodes_to_its_bytes() {
    for vocabulary in Vocabulary::ALL {
        let mut encoder = promptgate_vocabularies::encoder(vocabulary).unwrap();
        for id in 0..vocabulary.ordinary_tokens() {
            let expected = reference::bpe(vocabulary).bpe.token_bytes(id);
            assert_eq!(encoder.decode(&[id]).as_deref(), Some(expected), "{id}");
        }
    }
}

#[test]
fn count_up_to_stops_early() {
    let mut encoder = promptgate_vocabularies::encoder(Vocabulary::Cl100k).unwrap();
    let mut texts = Texts::new(SEED).unwrap();
    for _ in 0..5000 {
        let text = texts.next_text();
        let count = encoder.count(&text);
        for limit in [0, 1, count.saturating_sub(1), count, count + 1] {
            assert_eq!(encoder.count_up_to(&text, limit), (count <= limit).then_some(count), "{text:?}");
        }
    }
}
