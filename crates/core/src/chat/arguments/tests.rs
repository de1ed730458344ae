use super::*;
use promptgate_guard::{Action, Policy};

fn cut(text: &str, places: &[usize]) -> (String, usize) {
    let mut arguments = Arguments::new(&Guard::new(&Policy::all(Action::Redact)));
    let (mut out, mut found, mut from) = (String::new(), 0, 0);
    let mut take = |passed: Passed| {
        out.push_str(&passed.text);
        found += passed.found.len();
    };
    for place in places.iter().copied().chain([text.len()]) {
        take(arguments.push(&text[from..place]));
        from = place;
    }
    take(arguments.finish());
    (out, found)
}

// Row O3.
#[test]
fn what_is_replaced_is_json_still() {
    for (text, expected) in [
        (r#"{"city": "Paris", "n": 5, "ok": true}"#, r#"{"city": "Paris", "n": 5, "ok": true}"#),
        (r#"{"card": "4111 1111 1111 1111"}"#, r#"{"card": "[CARD]"}"#),
        (r#"{"card": 4111111111111111 , "n": 4111111111111111}"#, r#"{"card": "[CARD]" , "n": "[CARD]"}"#),
        (r#"{"x": "\u0034111 1111 1111 1111"}"#, r#"{"x": "[CARD]"}"#),
        (
            r#"{"mail": "jo\u0040example.com", "l": ["a\"b\n\\", "jo@example.com"]}"#,
            r#"{"mail": "[EMAIL]", "l": ["a\"b\n\\", "[EMAIL]"]}"#,
        ),
        (r#"{"password": "hunter2!x"}"#, r#"{"password": "[PASSWORD]"}"#),
        (r#"{"4111111111111111": 1}"#, r#"{"[CARD]": 1}"#),
        (r#"{"a": "\ud83d\ude00 \ud83d", "b": "😀"}"#, r#"{"a": "😀 �", "b": "😀"}"#),
        ("call +1 415 555 0132 or pay with 4111 1111 1111 1111", "call [PHONE] or pay with [CARD]"),
        (r#""4111 1111 1111 1111""#, r#""[CARD]""#),
        (r#"{"card": 4111 1111 1111 1111}"#, r#"{"card": "[CARD]"}"#),
        (r#"{"cut": "4111 1111 1111 1111"#, r#"{"cut": "[CARD]"#),
        ("", ""),
        ("  {} ", "  {} "),
    ] {
        let (whole, _) = cut(text, &[]);
        assert_eq!(whole, expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn cuts_change_nothing(
        parts in proptest::collection::vec("(\\{|\\}|\\[|\\]|,|:|\"|\\\\\"|\\\\u0034|\\\\ud83d|\\\\ude00|\\\\n| |a|card|4111 1111 1111 1111|4111111111111111|jo@example\\.com|é|😀){0,12}", 0..3),
        places: Vec<proptest::sample::Index>,
    ) {
        let text = format!("{{\"x\": {}", parts.concat());
        let mut places: Vec<usize> = places.iter().map(|place| text.floor_char_boundary(place.index(text.len() + 1))).collect();
        places.sort_unstable();
        assert_eq!(cut(&text, &places), cut(&text, &[]));
        let each: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        assert_eq!(cut(&text, &each), cut(&text, &[]));
    }

    #[test]
    fn json_stays_json(texts in proptest::collection::vec("[ -~é😀]{0,20}(4111 1111 1111 1111|jo@example\\.com)?", 0..6), number: u64) {
        let value = serde_json::json!({ "texts": texts, "n": number, "in": { "a b": texts.first() } });
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let (out, found) = cut(&text, &[]);
            let read: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!(read["texts"].as_array().unwrap().len(), texts.len());
            if found == 0 {
                assert_eq!(read, value);
            }
        }
    }
}
