//! Texts and their tokens as OpenAI's tiktoken has them (recorded by `crates/tokens-pack`).

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use promptgate_tokens::{Stream, Vocabulary};

/// Undoes `str::escape_default`.
fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        text.push(match next {
            '\\' => match rest.next().unwrap() {
                't' => '\t',
                'r' => '\r',
                'n' => '\n',
                'u' => {
                    let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    text
}

#[test]
fn rows() {
    let mut encoders = Vocabulary::ALL.map(|vocabulary| promptgate_vocabularies::encoder(vocabulary).unwrap());
    let mut lines = include_str!("recorded.txt").lines();
    let mut texts = 0;
    while let Some(text) = lines.next().map(unescaped) {
        texts += 1;
        for encoder in &mut encoders {
            let expected: Vec<u32> = lines.next().unwrap().split_whitespace().map(|id| id.parse().unwrap()).collect();
            assert_eq!(encoder.encode(&text), expected, "{text:?}");
            assert_eq!(encoder.count(&text), expected.len(), "{text:?}");
            assert_eq!(encoder.decode(&expected).unwrap(), text.as_bytes());
            let mut stream = Stream::new();
            let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let (first, second) = text.split_at(middle);
            stream.push(encoder, first);
            stream.push(encoder, second);
            assert_eq!(stream.total(encoder), expected.len(), "{text:?}");
        }
    }
    assert_eq!(texts, 1_000);
}
