//! Reads a document into a tree, value by value, with a stack of its own.

use std::ops::Range;

use super::{Id, Key, MAX_DEPTH, SyntaxError, Tree, Value};
use crate::work;

/// Most mistakes reported for one document.
const MAX_ERRORS: usize = 20;

/// What may be next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    /// A member; or the end of the object, which after a comma is a mistake.
    Member(Option<usize>),
    /// An element; or the end of the array.
    Item(Option<usize>),
    /// A comma, or the end of what is open.
    Comma,
    Nothing,
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    /// The next byte.
    pub(super) at: usize,
    tree: Tree,
    open: Vec<Id>,
    commented: bool,
    /// Whether comments and commas behind the last values are allowed.
    lenient: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, lenient: bool) -> Self {
        let at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Reader { text, at, tree: Tree::default(), open: Vec::new(), commented: lenient, lenient }
    }

    pub(super) fn read(mut self) -> Tree {
        self.run();
        self.tree
    }

    fn run(&mut self) {
        let mut expect = Some(Expect::Value);
        while let Some(now) = expect {
            self.space();
            let from = self.at;
            expect = self.step(now);
            if matches!(expect, Some(Expect::Nothing)) {
                self.tree.complete = true;
                break;
            }
            if expect.is_none() {
                self.tree.unread = from..self.text.len();
            } else if self.tree.errors.len() >= MAX_ERRORS {
                self.tree.unread = self.at..self.text.len();
                break;
            }
        }
        let end = self.text.len();
        for id in std::mem::take(&mut self.open) {
            if let Some(node) = self.tree.nodes.get_mut(id.0) {
                node.span.end = end;
            }
            self.tree.note_duplicates(id);
        }
        self.tree.duplicates.sort_unstable();
        self.tree.errors.sort_by_key(|error| error.span.start);
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn error(&mut self, span: Range<usize>, message: &str) {
        self.tree.errors.push(SyntaxError { span, message: message.to_owned() });
    }

    /// A mistake that ends the reading.
    fn stop(&mut self, message: &str) -> Option<Expect> {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        self.error(self.at..self.at + length, message);
        None
    }

    fn step(&mut self, expect: Expect) -> Option<Expect> {
        match expect {
            Expect::Nothing => None,
            Expect::Value => self.value(None),
            Expect::Item(comma) if self.peek() == Some(b']') => self.close(comma),
            Expect::Item(_) => self.value(None),
            Expect::Member(comma) if self.peek() == Some(b'}') => self.close(comma),
            Expect::Member(_) => self.member(),
            Expect::Comma => self.comma(),
        }
    }

    fn member(&mut self) -> Option<Expect> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {}
            None => return self.stop("The text ends inside an object: a `}` is missing."),
            _ => return self.stop("A member begins with its name in double quotes."),
        }
        let name = self.string()?;
        let key = Key { text: name, span: start..self.at };
        self.space();
        if self.peek() != Some(b':') {
            return self.stop("Expected `:` between a member's name and its value.");
        }
        self.at += 1;
        self.space();
        self.value(Some(key))
    }

    fn comma(&mut self) -> Option<Expect> {
        let Some(&open) = self.open.last() else {
            if self.rest().is_empty() {
                return Some(Expect::Nothing);
            }
            return self.stop("The document has ended before this: one file holds one value.");
        };
        let object = matches!(self.tree.node(open).value, Value::Object(_));
        let next = |comma| if object { Expect::Member(comma) } else { Expect::Item(comma) };
        match (self.peek(), object) {
            (Some(b','), _) => {
                self.at += 1;
                Some(next(Some(self.at - 1)))
            }
            (Some(b'}'), true) | (Some(b']'), false) => self.close(None),
            (Some(b'"'), _) | (Some(b'{' | b'['), false) => {
                self.error(self.at..self.at + 1, "A comma is missing before this.");
                Some(next(None))
            }
            (None, true) => self.stop("The text ends inside an object: a `}` is missing."),
            (None, false) => self.stop("The text ends inside an array: a `]` is missing."),
            (_, true) => self.stop("Expected `,` or `}` here."),
            (_, false) => self.stop("Expected `,` or `]` here."),
        }
    }

    fn close(&mut self, comma: Option<usize>) -> Option<Expect> {
        if let Some(comma) = comma.filter(|_| !self.lenient) {
            self.error(comma..comma + 1, "JSON allows no comma after the last value: remove it.");
        }
        self.at += 1;
        let id = self.open.pop()?;
        if let Some(node) = self.tree.nodes.get_mut(id.0) {
            node.span.end = self.at;
        }
        self.tree.note_duplicates(id);
        Some(Expect::Comma)
    }

    fn value(&mut self, key: Option<Key>) -> Option<Expect> {
        let start = self.at;
        let (value, next) = match self.peek() {
            Some(b'{') => (Value::Object(Vec::new()), Expect::Member(None)),
            Some(b'[') => (Value::Array(Vec::new()), Expect::Item(None)),
            Some(b'"') => (Value::String(self.string()?), Expect::Comma),
            Some(b'-' | b'0'..=b'9') => (Value::Number(self.number()?), Expect::Comma),
            Some(b'\'') => return self.stop("Expected double quotes: JSON has no other strings."),
            None if start == 0 || self.open.is_empty() => return self.stop("The document is empty: write an object."),
            None => return self.stop("Expected a value, found the end of the text."),
            Some(_) => (self.word()?, Expect::Comma),
        };
        let opens = !matches!(next, Expect::Comma);
        if opens {
            if self.open.len() >= MAX_DEPTH {
                return self.stop("Arrays and objects nest deeper than 64 levels: flatten the document.");
            }
            self.at += 1;
        }
        work::count(1);
        let id = self.tree.add(start..self.at, self.open.last().copied(), key, value);
        if opens {
            self.open.push(id);
        }
        Some(next)
    }

    fn word(&mut self) -> Option<Value> {
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            let after = self.rest().strip_prefix(word);
            if after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
                self.at += word.len();
                return Some(value);
            }
        }
        self.stop("Expected a JSON value: a string in double quotes, a number, true, false, null, { or [.");
        None
    }

    /// A number by RFC 8259, 6, that a double can hold.
    fn number(&mut self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let written = rest.get(..end).unwrap_or_default();
        work::count(end);
        let finite = written.parse::<f64>().is_ok_and(f64::is_finite);
        if finite && serde_json::from_str::<serde_json::Number>(written).is_ok() {
            self.at += end;
            return Some(written.to_owned());
        }
        self.error(self.at..self.at + end, "This is no number that JSON can hold.");
        self.at += end;
        // What was meant is not known, but where it ends is.
        Some("0".to_owned())
    }

    /// White space, and comments, which are a mistake.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            work::count(rest.len() - trimmed.len() + 1);
            self.at += rest.len() - trimmed.len();
            let length = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            work::count(length);
            self.tree.comments.push(self.at..self.at + length);
            if !std::mem::replace(&mut self.commented, true) {
                self.error(self.at..self.at + length, "JSON has no comments: remove this one.");
            }
            self.at += length;
        }
    }
}
