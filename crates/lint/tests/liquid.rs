//! Liquid's templates as a real Liquid judges them (`liquid/record.mjs` has asked LiquidJS).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the rows are files, and this is not the linter")]

use promptgate_lint::placeholder::{Dialect, scan};
use serde_json::Value;

const ROWS: &str = include_str!("liquid/rows.jsonl");

/// What LiquidJS cannot parse is reported, at its line or before; what was not damaged and it parses is not. Damaged ones
/// that it parses it reads otherwise than they were meant (`{{ a b }}` drops `b`): some are reported. Where a raw block is
/// damaged the two differ in where it ends.
#[test]
fn agrees_with_liquid() {
    let (mut wrong, mut bad) = (Vec::new(), 0);
    for row in ROWS.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = row["text"].as_str().unwrap();
        let found = scan(text, Dialect::Liquid).malformed;
        let lines: Vec<usize> = found.iter().map(|bad| text[..bad.span.start].matches('\n').count() + 1).collect();
        let agrees = match row["error"]["line"].as_u64() {
            None => found.is_empty() || row["damaged"] == true,
            Some(_) if row["damaged"] == true && text.contains("raw") => true,
            Some(line) => lines.iter().any(|found| *found <= line as usize),
        };
        bad += usize::from(row["error"].is_object());
        if !agrees {
            wrong.push(format!("{text:?}\n  liquid: {}\n  found: {lines:?} {found:?}", row["error"]));
        }
    }
    assert!(bad > 600, "{bad} rows are bad");
    let shown: Vec<_> = wrong.iter().take(25).cloned().collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), shown.join("\n"));
}
