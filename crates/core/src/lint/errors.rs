//! The linter's errors as faults of a document that the gateway is given.

use std::ops::Range;

use super::{Finding, Id, Positions, Report, Severity, Tree, Unit, Value};
use crate::fault::{Fault, Faults, Path, Place};

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

/// Says of each fault of the document `text` that has no place yet where it is: at the value, at the name of a member
/// that should not be there, at the object that lacks one, or where the text is no JSON any more.
pub fn place(text: &str, faults: &mut Faults) {
    let tree = Tree::read(text);
    let positions = Positions::new(text, Unit::Utf16);
    let units = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().encode_utf16().count();
    for fault in faults.iter_mut().filter(|fault| fault.place.is_none()) {
        let broken = matches!(fault.code, "invalid_json" | "lone_surrogate");
        let (start, length) = match (broken.then(|| tree.errors.first()).flatten(), nearest(&tree, &fault.path)) {
            (Some(error), _) => (error.span.start, 0),
            (None, Some((node, true))) => {
                let node = tree.node(node);
                let length = match &node.value {
                    Value::String(text) => text.as_str().encode_utf16().count(),
                    _ => units(&node.span),
                };
                let name = node.key.as_ref().filter(|_| matches!(fault.code, "unknown_field" | "duplicate_key"));
                (name.map_or(node.span.start, |key| key.span.start), length)
            }
            (None, Some((node, false))) => (tree.node(node).span.start, 0),
            (None, None) => (0, 0),
        };
        let place = positions.at(start);
        fault.span = fault.span.or(Some((0, length)));
        fault.place = Some(Place { line: place.line, column: place.column });
    }
}

/// The value at `path`, or else that which is nearest above it, and which of these it is.
fn nearest(tree: &Tree, path: &str) -> Option<(Id, bool)> {
    let (mut at, mut here) = (tree.root()?, Path::root());
    while here.to_string() != path {
        let items = match &tree.node(at).value {
            Value::Array(items) | Value::Object(items) => items.as_slice(),
            _ => &[],
        };
        // of two members with one name the last counts
        let below = items.iter().enumerate().rev().find_map(|(index, item)| {
            let step = match &tree.node(*item).key {
                Some(key) => here.name(key.name()),
                None => here.index(index),
            };
            let rest = path.strip_prefix(&step.to_string())?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then_some((*item, step))
        });
        let Some((item, step)) = below else { return Some((at, false)) };
        (at, here) = (item, step);
    }
    Some((at, true))
}

/// Where the strings of a document are in its text.
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

    /// The bytes `place` of the document in UTF-16 code units of the string that they are in, escapes decoded.
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
