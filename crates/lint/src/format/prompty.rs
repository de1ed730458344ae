//! Prompty: front matter, then messages that begin with `system:`, `user:`, `assistant:`.

use std::ops::Range;

use crate::placeholder::Dialect;
use crate::tree::{Id, Tree, Value};
use crate::work;

/// The dialect of the template; Jinja where the front matter names none.
pub(crate) fn dialect(front: &Tree) -> Dialect {
    let template = front.find(&["template"]);
    let named = template.and_then(|id| front.member(id, "format").or(front.member(id, "type")).or(Some(id)));
    match named.and_then(|id| front.text(id)).map(|text| text.as_str()) {
        Some("mustache" | "handlebars") => Dialect::Mustache,
        Some("liquid") => Dialect::Liquid,
        Some("nunjucks") => Dialect::Nunjucks,
        _ => Dialect::Jinja,
    }
}

/// The names that `inputs` and `sample` declare, by members or as `name`, and whether these are all.
pub(crate) fn declared(front: &Tree) -> (Vec<Id>, bool) {
    let mut members = Vec::new();
    let mut complete = false;
    for name in ["inputs", "sample"] {
        let Some(id) = front.find(&[name]) else { continue };
        match &front.node(id).value {
            Value::Object(inner) => {
                members.extend(inner.iter().copied());
                complete = true;
            }
            Value::Array(items) => {
                members.extend(items.iter().filter_map(|item| front.member(*item, "name")));
                complete = true;
            }
            // `sample: sample.json`
            Value::String(_) if name == "inputs" => return (members, false),
            _ => {}
        }
    }
    (members, complete)
}

/// Lines of `body` that are where a role begins a message: each name, whether there is such a role or not.
pub(crate) fn role_lines(body: &str) -> Vec<(Range<usize>, &str)> {
    let mut lines = Vec::new();
    let (mut at, mut fresh) = (0, true);
    work::count(body.len());
    for line in body.split_inclusive('\n') {
        let word = line.trim().trim_start_matches('#').trim_start();
        if let Some(name) = word.strip_suffix(':').map(str::trim_end)
            && fresh
            && (3..=16).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            let start = at + line.find(name).unwrap_or(0);
            lines.push((start..start + name.len(), name));
        }
        fresh = line.trim().is_empty();
        at += line.len();
    }
    lines
}
