//! Findings that the document itself says to leave alone, each with a reason: `"$lint": {"ignore": {"S002": "reason"}}`
//! in JSON, and a comment of the format's own elsewhere: `<!-- lint-ignore S002: reason -->` in Markdown,
//! `{# … #}` in Jinja, `# …` in YAML and front matter, `// …` in JSON with comments, `{{! … }}` in other texts.
//!
//! `lint-ignore` counts for the whole document, `lint-ignore-next-line` for the line after it, and what is between
//! `lint-ignore-start` and `lint-ignore-end` is a block. Several codes are separated by commas.

mod comment;
mod writer;

use std::collections::BTreeMap;
use std::ops::Range;

use super::document::{Document, Kind};
use super::finding::Draft;
use super::fix::{Edit, Fix};
use super::rules::RULES;
use super::tree::{Id, Tree, Value};
use super::work;
use comment::{Comment, Order};
pub use writer::NotIgnored;

use crate::fault::{Path, nearest, printable};
use crate::placeholder::Dialect;

/// One ignore that counts.
#[derive(Debug)]
pub(super) struct Ignore {
    /// The code of the rule.
    pub(super) code: &'static str,
    /// Where it counts, in bytes of the document.
    pub(super) scope: Range<usize>,
    path: Path,
    span: Range<usize>,
    /// What goes with it when it goes; nothing where other codes are beside it.
    whole: Option<Range<usize>>,
}

impl Ignore {
    /// That it was of no use.
    pub(super) fn unused(&self) -> Draft {
        let message = format!("Nothing is found that {} would report: remove this ignore.", self.code);
        let draft = Draft::new(self.path.clone(), self.span.clone(), message);
        match &self.whole {
            Some(whole) => {
                let edit = Edit { span: whole.clone(), text: String::new() };
                draft.fix(Fix::safe("Remove the ignore", edit))
            }
            None => draft,
        }
    }
}

/// The ignores of `document`, whose placeholders are in `dialect`, and what is wrong with those that do not count.
pub(super) fn read(document: &Document<'_>, dialect: Option<Dialect>) -> (Vec<Ignore>, Vec<Draft>) {
    let mut reader = Reader { ignores: Vec::new(), bad: Vec::new() };
    if let Some(tree) = document.tree.as_ref().filter(|tree| !tree.yaml && document.kind.takes_remarks()) {
        reader.settings(tree);
    }
    reader.comments(document.source(), comment::of(document, dialect));
    (reader.ignores, reader.bad)
}

/// Which findings are left alone.
pub(super) struct Ignored<'a> {
    by_code: BTreeMap<&'static str, Vec<(usize, &'a Ignore)>>,
    /// Whether each ignore has been of use.
    pub(super) used: Vec<bool>,
}

/// So many ignores before a place are looked at: blocks of one rule do not nest deeper.
const LOOK_BACK: usize = 8;

/// So deep do blocks nest.
const MAX_BLOCKS: usize = 64;

impl<'a> Ignored<'a> {
    /// Those of `ignores`.
    pub(super) fn new(ignores: &'a [Ignore]) -> Self {
        let mut by_code: BTreeMap<&'static str, Vec<(usize, &Ignore)>> = BTreeMap::new();
        for (index, ignore) in ignores.iter().enumerate() {
            by_code.entry(ignore.code).or_default().push((index, ignore));
        }
        for list in by_code.values_mut() {
            list.sort_by_key(|(_, ignore)| ignore.scope.start);
        }
        Ignored { by_code, used: vec![false; ignores.len()] }
    }

    /// Whether the finding of `code` at `span` is left alone.
    pub(super) fn takes(&mut self, code: &str, span: &Range<usize>) -> bool {
        let Some(list) = self.by_code.get(code) else { return false };
        let after = list.partition_point(|(_, ignore)| ignore.scope.start <= span.start);
        let before = list.get(..after).unwrap_or_default().iter().rev().take(LOOK_BACK);
        // What counts for the whole document begins where it begins.
        let found = before.chain(list.first()).find(|(_, ignore)| {
            ignore.scope.start <= span.start && (span.start < ignore.scope.end || ignore.scope.end == usize::MAX)
        });
        if let Some(used) = found.and_then(|(index, _)| self.used.get_mut(*index)) {
            *used = true;
        }
        found.is_some()
    }
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
            let span = key.span.start..node.span.end;
            self.add(key.name(), reason, tree.path(*id), span, Some(tree.removal(*id)), 0..usize::MAX);
        }
    }

    fn comments(&mut self, text: &str, comments: Vec<Comment<'_>>) {
        let mut blocks: Vec<usize> = Vec::new();
        for comment in comments {
            let after = comment.span.end;
            let scope = match comment.order {
                Order::File => 0..usize::MAX,
                Order::NextLine => {
                    let rest = text.get(after..).unwrap_or_default();
                    let start = rest.find('\n').map_or(text.len(), |end| after + end + 1);
                    let line = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| start + end);
                    work::count(line - after.min(line));
                    start..line.max(start + 1)
                }
                Order::Start => {
                    // Deeper ones go on to the document's end.
                    if blocks.len() < MAX_BLOCKS {
                        blocks.push(self.ignores.len());
                    }
                    after..usize::MAX
                }
                Order::End => {
                    // All that its start has named end here.
                    let open = blocks.pop().unwrap_or(self.ignores.len());
                    for ignore in self.ignores.iter_mut().skip(open).filter(|one| one.scope.end == usize::MAX) {
                        if ignore.scope.start > 0 {
                            ignore.scope.end = comment.span.start;
                        }
                    }
                    continue;
                }
            };
            let single = comment.codes.len() == 1;
            for code in comment.codes {
                let whole = single.then(|| comment.whole.clone());
                self.add(code, comment.reason, Path::root(), comment.span.clone(), whole, scope.clone());
            }
        }
    }

    fn add(
        &mut self,
        code: &str,
        reason: &str,
        path: Path,
        span: Range<usize>,
        whole: Option<Range<usize>>,
        scope: Range<usize>,
    ) {
        let codes: Vec<&'static str> = codes().collect();
        let message = match codes.iter().find(|known| **known == code) {
            Some(code) if says_why(reason) => {
                self.ignores.push(Ignore { code, scope, path, span, whole });
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
