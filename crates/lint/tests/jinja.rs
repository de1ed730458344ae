//! Jinja's templates as a real Jinja judges them (`jinja/record.py` has asked it).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the rows are files, and this is not the linter")]

use promptgate_lint::placeholder::{Dialect, LinePrefixes, Malformation, Scan, scan, scan_lines};
use serde_json::Value;

const ROWS: &str = include_str!("jinja/rows.jsonl");
/// The same where lines that begin with `#` are statements, and `##` begins comments.
const LINES: &str = include_str!("jinja/lines.jsonl");

#[test]
fn agrees_with_jinja() {
    compare(ROWS, 800, |text| scan(text, Dialect::Jinja));
}

#[test]
fn agrees_with_jinja_on_line_statements() {
    let prefixes = LinePrefixes { statement: Some("#".to_owned()), comment: Some("##".to_owned()) };
    compare(LINES, 200, |text| scan_lines(text, Dialect::Jinja, &prefixes));
    let text = "# for item in items:\n- {{ item }}\n# endfor\n## note {{\n{{ other }}";
    let found = scan_lines(text, Dialect::Jinja, &prefixes);
    assert_eq!(
        found.names().filter(|name| !name.contextual).map(|name| &name.name).collect::<Vec<_>>(),
        ["items", "other"]
    );
}

/// What jinja2 cannot parse is reported, at its line or before; what it parses is not.
fn compare(rows: &str, fewest: usize, scan: impl Fn(&str) -> Scan) {
    let (mut wrong, mut bad) = (Vec::new(), 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = row["text"].as_str().unwrap();
        let error = &row["error"];
        let found = scan(text).malformed;
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
    assert!(bad > fewest, "{bad} rows are bad");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().take(25).cloned().collect::<Vec<_>>().join("\n")
    );
}
