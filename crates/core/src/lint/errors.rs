//! The linter's errors as faults of a document that the gateway is given.

use std::ops::Range;

use super::{Finding, Id, Report, Severity, Tree, Unit, Value};
use crate::fault::{Fault, Faults, Place};

/// Adds every error of a `report` on `text` that `counts` to `faults`, each with its path, span, line and column.
pub fn errors(report: &Report, text: &str, counts: impl Fn(&Finding) -> bool, faults: &mut Faults) {
    let positions = report.positions(Unit::Utf16);
    let strings = Strings::of(text);
    let refusing = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    for finding in refusing.filter(|finding| counts(finding)) {
        faults.add(|| {
            let place = positions.at(finding.span.start);
            Fault {
                path: finding.path.clone(),
                code: finding.code,
                message: finding.message.clone(),
                span: strings.span(text, &finding.span),
                place: Some(Place { line: place.line, column: place.column }),
            }
        });
    }
}

/// Where the strings of a document stand in its text.
struct Strings(Vec<Range<usize>>);

impl Strings {
    fn of(text: &str) -> Strings {
        fn collect(tree: &Tree, id: Id, into: &mut Vec<Range<usize>>) {
            match &tree.node(id).value {
                Value::String(_) => into.push(tree.node(id).span.clone()),
                Value::Array(items) | Value::Object(items) => items.iter().for_each(|item| collect(tree, *item, into)),
                _ => {}
            }
        }
        let tree = Tree::read(text);
        let mut strings = Vec::new();
        if let Some(root) = tree.root() {
            collect(&tree, root, &mut strings);
        }
        Strings(strings)
    }

    /// The bytes `place` of the document in UTF-16 code units of the string that they stand in, escapes decoded.
    fn span(&self, text: &str, place: &Range<usize>) -> Option<(usize, usize)> {
        let index = self.0.partition_point(|string| string.start <= place.start).checked_sub(1)?;
        let string = self.0.get(index).filter(|string| place.end <= string.end)?;
        let units = |end: usize| {
            let written = text.get(string.start + 1..end.min(string.end - 1)).unwrap_or_default();
            let decoded: String = serde_json::from_str(&format!("\"{written}\"")).ok()?;
            Some(decoded.encode_utf16().count())
        };
        Some((units(place.start)?, units(place.end)?))
    }
}
