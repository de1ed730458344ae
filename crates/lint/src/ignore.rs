//! Findings that the document itself says to leave alone: `"$lint": {"ignore": {"S002": "reason"}}` in JSON,
//! `{{! lint-ignore S002: reason }}` in plain text. Each counts for the whole document and must say why.

mod writer;

use std::ops::Range;

use super::document::{Document, Kind};
use super::finding::Draft;
use super::fix::{Edit, Fix};
use super::rules::RULES;
use super::tree::{Id, Tree, Value};
use super::work;
pub use writer::NotIgnored;

use crate::fault::{Path, nearest, printable};
use crate::placeholder::Dialect;

/// One ignore that counts.
#[derive(Debug)]
pub(super) struct Ignore {
    /// The code of the rule.
    pub(super) code: &'static str,
    path: Path,
    span: Range<usize>,
    /// What goes with it when it goes.
    whole: Range<usize>,
}

impl Ignore {
    /// That it was of no use.
    pub(super) fn unused(&self) -> Draft {
        let message = format!("Nothing is found that {} would report: remove this ignore.", self.code);
        let edit = Edit { span: self.whole.clone(), text: String::new() };
        Draft::new(self.path.clone(), self.span.clone(), message).fix(Fix::safe("Remove the ignore", edit))
    }
}

/// The ignores of `document`, and what is wrong with those that do not count.
pub(super) fn read(document: &Document<'_>) -> (Vec<Ignore>, Vec<Draft>) {
    let mut reader = Reader { ignores: Vec::new(), bad: Vec::new() };
    match &document.tree {
        // What is there is a member like any other.
        Some(_) if !document.kind.takes_remarks() => {}
        Some(tree) => reader.settings(tree),
        None => reader.comments(document.source()),
    }
    (reader.ignores, reader.bad)
}

struct Reader {
    ignores: Vec<Ignore>,
    bad: Vec<Draft>,
}

impl Reader {
    fn settings(&mut self, tree: &Tree) {
        let Some(settings) = tree.find(&["$lint"]) else { return };
        let Value::Object(members) = &tree.node(settings).value else {
            return self.refuse(tree, settings, "`$lint` is an object: {\"ignore\": {\"CODE\": \"reason\"}}.");
        };
        for id in members {
            let name = tree.node(*id).key.as_ref().map_or("", |key| key.name());
            match name {
                "ignore" => self.codes(tree, *id),
                "kind" => {
                    let kind = tree.text(*id).and_then(|text| Kind::from_name(text.as_str()));
                    if kind.is_none_or(|kind| kind == Kind::Text) {
                        self.refuse(tree, *id, "This is no kind of JSON document that the linter knows.");
                    }
                }
                "dialect" => {
                    let dialect = tree.text(*id).and_then(|text| Dialect::from_name(text.as_str()));
                    if dialect.is_none() {
                        self.refuse(tree, *id, "This must be `javascript`, `mustache` or `format`.");
                    }
                }
                _ => self.refuse(tree, *id, "`$lint` has the members `ignore`, `kind` and `dialect`: remove this one."),
            }
        }
    }

    fn codes(&mut self, tree: &Tree, id: Id) {
        let Value::Object(members) = &tree.node(id).value else {
            return self.refuse(tree, id, "`ignore` is an object of codes, each with its reason.");
        };
        for id in members {
            let node = tree.node(*id);
            let Some(key) = &node.key else { continue };
            let reason = tree.text(*id).map_or("", |text| text.as_str());
            self.add(key.name(), reason, tree.path(*id), key.span.start..node.span.end, tree.removal(*id));
        }
    }

    fn comments(&mut self, text: &str) {
        for comment in comments(text) {
            self.add(comment.code, comment.reason, Path::root(), comment.span, comment.whole);
        }
    }

    fn add(&mut self, code: &str, reason: &str, path: Path, span: Range<usize>, whole: Range<usize>) {
        let codes: Vec<&'static str> = codes().collect();
        let message = match codes.iter().find(|known| **known == code) {
            Some(code) if says_why(reason) => {
                self.ignores.push(Ignore { code, path, span, whole });
                return;
            }
            Some(code) => format!("An ignore says why: write a reason after {code}."),
            None => match nearest(code, &codes) {
                Some(meant) => format!("There is no rule `{}`: did you mean {meant}?", printable(code)),
                None => format!("There is no rule `{}` that can be ignored.", printable(code)),
            },
        };
        self.bad.push(Draft::new(path, span, message));
    }

    fn refuse(&mut self, tree: &Tree, id: Id, message: &str) {
        self.bad.push(Draft::new(tree.path(id), tree.node(id).span.clone(), message));
    }
}

/// The rules that can be ignored: all but those about ignores.
fn codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.code).filter(|code| !code.starts_with('L'))
}

fn says_why(reason: &str) -> bool {
    reason.chars().any(char::is_alphanumeric)
}

/// `{{! lint-ignore CODE: reason }}` in a text.
struct Comment<'a> {
    code: &'a str,
    reason: &'a str,
    span: Range<usize>,
    /// With the end of its line, where it stands alone there.
    whole: Range<usize>,
}

fn comments(text: &str) -> Vec<Comment<'_>> {
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(begin) = rest.find("{{!")
    {
        work::count(begin + 3);
        let start = at + begin;
        let body = rest.get(begin + 3..).unwrap_or_default();
        let (body, closing) = match body.strip_prefix("--") {
            Some(body) => (body, "--}}"),
            None => (body, "}}"),
        };
        // Without an end here there is none for the comments after it either, unless they close otherwise.
        let Some(length) = body.find(closing) else { break };
        work::count(length);
        let end = text.len() - body.len() + length + closing.len();
        if let Some(order) = body.get(..length).and_then(|order| order.trim().strip_prefix("lint-ignore"))
            && !order.starts_with(|c: char| c.is_alphanumeric())
        {
            let (code, reason) = order.split_once(':').unwrap_or((order, ""));
            let alone = text.get(..start).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
            let line = text
                .get(end..)
                .filter(|_| alone)
                .map_or(0, |after| if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) });
            comments.push(Comment { code: code.trim(), reason, span: start..end, whole: start..end + line });
        }
        at = end;
    }
    comments
}
