//! What a report shows of values: numbers of any size in few digits, texts not at all.

use serde_json::{Value, json};

use super::harm_tests::documents;
use super::*;

/// Numbers that JSON can hold; some in more digits than anybody reads.
fn numbers() -> Vec<String> {
    let long = |sign: &str| format!("{sign}1{}", "0".repeat(308));
    ["1.7e308", "-1.7e308", "1.8e308", "-1.8e308", "1e-300", "-9007199254740993", "1e21"]
        .map(str::to_owned)
        .into_iter()
        .chain([long(""), long("-")])
        .collect()
}

/// Every document that differs from `value` in one leaf, or has one member more: with the text `"@"`.
fn marked(value: &Value) -> Vec<Value> {
    let within =
        |place: &dyn Fn(Value) -> Value, item: &Value| -> Vec<Value> { marked(item).into_iter().map(place).collect() };
    match value {
        Value::Array(items) => (0..items.len())
            .flat_map(|index| {
                within(
                    &|other| {
                        let mut items = items.clone();
                        items[index] = other;
                        Value::Array(items)
                    },
                    &items[index],
                )
            })
            .collect(),
        Value::Object(members) => {
            let with = |name: &str, other: Value| {
                let mut members = members.clone();
                members.insert(name.to_owned(), other);
                Value::Object(members)
            };
            let known = members.iter().flat_map(|(name, item)| within(&|other| with(name, other), item));
            let more = ["max_tokens", "maxTokens", "ttl", "max_length", "temperature"];
            known.chain(more.map(|name| with(name, json!("@")))).collect()
        }
        _ => vec![json!("@")],
    }
}

/// The longest row of digits.
fn digits(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or_default()
}

fn reports(written: &str) -> Vec<(String, String)> {
    let config = Config::parse(br#"{"models": {"m": 100, "gpt-4o": 100}, "model": "m"}"#).unwrap();
    let linter = Linter::new(config);
    let documents = documents().into_iter().flat_map(|(_, document)| marked(&document));
    documents
        .map(|document| {
            let text = document.to_string().replace("\"@\"", written);
            let report = linter.lint(&Source { text: &text, file: Some("a.json"), kind: None });
            (report.json(Unit::Utf16), text)
        })
        .collect()
}

// Rows A1, B1, C1, D1, E1, L.
#[test]
fn a_number_of_any_size_is_written_in_few_digits() {
    let mut asked = 0;
    for number in numbers() {
        for (report, text) in reports(&number) {
            assert!(digits(&report) <= 21, "{text}\n{report}");
            asked += 1;
        }
    }
    assert!(asked > 500, "{asked}");
}

// Rows A1, B1, C1, D1, E1, L. The names of variables are what rules V speak of.
#[test]
fn a_value_is_in_no_hint() {
    for (report, text) in reports("\"hopelessly-canary\"") {
        let report: Value = serde_json::from_str(&report).unwrap();
        for finding in report["findings"].as_array().unwrap() {
            let quoted = finding.to_string().contains("canary");
            assert!(!quoted || finding["code"].as_str().unwrap().starts_with('V'), "{text}\n{finding}");
        }
    }
}
