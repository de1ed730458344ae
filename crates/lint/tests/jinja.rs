//! Jinja's templates as a real Jinja judges them (`jinja/record.py` has asked it).

use promptgate_lint::placeholder::{Dialect, Malformation, scan};
use serde_json::Value;

const ROWS: &str = include_str!("jinja/rows.jsonl");

/// What jinja2 cannot parse is reported, at its line or before; what it parses is not.
#[test]
fn agrees_with_jinja() {
    let (mut wrong, mut bad) = (Vec::new(), 0);
    for row in ROWS.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = row["text"].as_str().unwrap();
        let error = &row["error"];
        let found = scan(text, Dialect::Jinja).malformed;
        let lines: Vec<usize> = found.iter().map(|bad| text[..bad.span.start].matches('\n').count() + 1).collect();
        let expected = error["line"].as_u64().map(|line| line as usize);
        let message = error["message"].as_str().unwrap_or_default();
        let agrees = match expected {
            None => found.is_empty(),
            // Jinja names the end of the text, or of the block, where something before it is not closed.
            Some(line) if found.iter().any(|bad| bad.kind != Malformation::NotAnExpression) => {
                lines.iter().any(|found| *found <= line)
            }
            Some(line) => lines.contains(&line),
        };
        bad += usize::from(expected.is_some());
        if !agrees {
            wrong.push(format!("{text:?}\n  jinja: {expected:?} {message}\n  found: {lines:?} {found:?}"));
        }
    }
    assert!(bad > 800, "{bad} rows are bad");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().take(25).cloned().collect::<Vec<_>>().join("\n")
    );
}
