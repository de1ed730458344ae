//! JSON as it stands in a file: every value with its place, and what is wrong with it, without giving up at
//! the first mistake.
//!
//! [`crate::json`] is the gateway's reader: it refuses. This one is the editor's: it reads on where the
//! meaning is plain (a comma too many or too few, a comment, a bad escape) and keeps what came before a
//! mistake that ends the reading. One pass, no recursion.

use std::ops::Range;

use super::text::Text;
use super::work;
use crate::fault::Path;
use crate::json::MAX_DEPTH;

/// Most mistakes reported for one document.
const MAX_ERRORS: usize = 20;

/// A document's values.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// What is not JSON, in the document's order.
    pub errors: Vec<SyntaxError>,
    /// The second and later values of a name in one object.
    pub duplicates: Vec<Id>,
    /// Whether the reading reached the end: else members may be missing that the document has.
    pub complete: bool,
}

/// A value of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(usize);

/// A value and where it stands.
#[derive(Debug)]
pub struct Node {
    /// Bytes of the document, quotes and brackets included.
    pub span: Range<usize>,
    /// The array or object around it.
    pub parent: Option<Id>,
    /// Its name, where it is a member.
    pub key: Option<Key>,
    /// The value.
    pub value: Value,
    index: usize,
}

/// A member's name.
#[derive(Debug)]
pub struct Key {
    /// The decoded name.
    pub name: String,
    /// Bytes of the document, quotes included.
    pub span: Range<usize>,
}

/// A JSON value.
#[derive(Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written in the document.
    Number(String),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Id>),
    /// An object, its members in the document's order.
    Object(Vec<Id>),
}

/// A place where the document is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the document.
    pub span: Range<usize>,
    /// What is wrong and what to do. Quotes nothing.
    pub message: String,
}

static NOTHING: Node = Node { span: 0..0, parent: None, key: None, value: Value::Null, index: 0 };

impl Tree {
    /// Reads `text`.
    pub fn read(text: &str) -> Tree {
        let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let mut reader = Reader { text, at: start, tree: Tree::default(), open: Vec::new(), commented: false };
        reader.run();
        reader.tree
    }

    /// The document's value, if it has begun.
    pub fn root(&self) -> Option<Id> {
        (!self.nodes.is_empty()).then_some(Id(0))
    }

    /// The value `id`, which this tree has given.
    pub fn node(&self, id: Id) -> &Node {
        self.nodes.get(id.0).unwrap_or(&NOTHING)
    }

    /// Every value in the document's order.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        (0..self.nodes.len()).map(Id)
    }

    /// What is inside an array or object; else nothing.
    pub fn children(&self, id: Id) -> &[Id] {
        match &self.node(id).value {
            Value::Array(items) | Value::Object(items) => items,
            _ => &[],
        }
    }

    /// The member `name` of the object `id`: the last one, as JavaScript reads it.
    pub fn member(&self, id: Id, name: &str) -> Option<Id> {
        let Value::Object(members) = &self.node(id).value else { return None };
        let named = |id: &&Id| self.node(**id).key.as_ref().is_some_and(|key| key.name == name);
        members.iter().rev().find(named).copied()
    }

    /// The value at the end of `names`, each a member of the one before, from the root.
    pub fn find(&self, names: &[&str]) -> Option<Id> {
        names.iter().try_fold(self.root()?, |id, name| self.member(id, name))
    }

    /// The string `id`, if it is one.
    pub fn text(&self, id: Id) -> Option<&Text> {
        match &self.node(id).value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number `id`, if it is one.
    pub fn number(&self, id: Id) -> Option<f64> {
        match &self.node(id).value {
            Value::Number(written) => written.parse().ok(),
            _ => None,
        }
    }

    /// What goes when the member or element `id` goes: it and one comma beside it.
    pub fn removal(&self, id: Id) -> Range<usize> {
        let start = |id: Id| self.node(id).key.as_ref().map_or(self.node(id).span.start, |key| key.span.start);
        let node = self.node(id);
        let siblings = node.parent.map_or(&[][..], |parent| self.children(parent));
        let before = node.index.checked_sub(1).and_then(|index| siblings.get(index));
        match (before, siblings.get(node.index + 1)) {
            (Some(before), _) => self.node(*before).span.end..node.span.end,
            (None, Some(after)) => start(id)..start(*after),
            (None, None) => start(id)..node.span.end,
        }
    }

    /// The path of `id`.
    pub fn path(&self, id: Id) -> Path {
        let mut chain = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let node = self.node(id);
            chain.push(node);
            next = node.parent;
        }
        let mut path = Path::root();
        for node in chain.into_iter().rev().skip(1) {
            match &node.key {
                Some(key) => path.push_name(&key.name),
                None => path.push_index(node.index),
            }
        }
        path
    }
}

impl Value {
    /// What the value is, as a message names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// What may stand next.
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
    tree: Tree,
    open: Vec<Id>,
    commented: bool,
}

impl<'a> Reader<'a> {
    fn run(&mut self) {
        let mut expect = Some(Expect::Value);
        while let Some(now) = expect {
            self.space();
            expect = self.step(now);
            if matches!(expect, Some(Expect::Nothing)) {
                self.tree.complete = true;
                break;
            }
            if self.tree.errors.len() >= MAX_ERRORS {
                break;
            }
        }
        let end = self.text.len();
        for id in std::mem::take(&mut self.open) {
            if let Some(node) = self.tree.nodes.get_mut(id.0) {
                node.span.end = end;
            }
            self.duplicates(id);
        }
        self.tree.duplicates.sort_unstable();
        self.tree.errors.sort_by_key(|error| error.span.start);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&mut self, span: Range<usize>, message: &str) {
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
        let key = Key { name: name.as_str().to_owned(), span: start..self.at };
        self.space();
        if self.peek() != Some(b':') {
            return self.stop("A colon must stand between a member's name and its value.");
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
            (_, true) => self.stop("Here a comma or the `}` of the object must stand."),
            (_, false) => self.stop("Here a comma or the `]` of the array must stand."),
        }
    }

    fn close(&mut self, comma: Option<usize>) -> Option<Expect> {
        if let Some(comma) = comma {
            self.error(comma..comma + 1, "JSON allows no comma after the last value: remove it.");
        }
        self.at += 1;
        let id = self.open.pop()?;
        if let Some(node) = self.tree.nodes.get_mut(id.0) {
            node.span.end = self.at;
        }
        self.duplicates(id);
        Some(Expect::Comma)
    }

    fn value(&mut self, key: Option<Key>) -> Option<Expect> {
        let start = self.at;
        let (value, next) = match self.peek() {
            Some(b'{') => (Value::Object(Vec::new()), Expect::Member(None)),
            Some(b'[') => (Value::Array(Vec::new()), Expect::Item(None)),
            Some(b'"') => (Value::String(self.string()?), Expect::Comma),
            Some(b'-' | b'0'..=b'9') => (Value::Number(self.number()?), Expect::Comma),
            Some(b'\'') => return self.stop("JSON strings stand in double quotes."),
            None if start == 0 || self.open.is_empty() => return self.stop("The document is empty: write an object."),
            None => return self.stop("The text ends where a value must stand."),
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
        let id = Id(self.tree.nodes.len());
        let parent = self.open.last().copied();
        let mut index = 0;
        if let Some(node) = parent.and_then(|parent| self.tree.nodes.get_mut(parent.0))
            && let Value::Array(items) | Value::Object(items) = &mut node.value
        {
            index = items.len();
            items.push(id);
        }
        self.tree.nodes.push(Node { span: start..self.at, parent, key, value, index });
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
        self.stop("Here a JSON value must stand: a string in double quotes, a number, true, false, null, { or [.");
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

    /// The string that begins here.
    fn string(&mut self) -> Option<Text> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        let mut text = Text::json(self.at);
        let mut raw = false;
        loop {
            let run = self.at;
            while bytes.get(self.at).is_some_and(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            work::count(self.at - run + 1);
            text.copy(self.text.get(run..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Some(text);
                }
                Some(b'\\') => self.escaped(&mut text),
                Some(_) => {
                    if !std::mem::replace(&mut raw, true) {
                        let message =
                            "A line break or control character stands raw in a string: write \\n, \\t or \\u….";
                        self.error(self.at..self.at + 1, message);
                    }
                    text.copy(self.text.get(self.at..=self.at).unwrap_or_default());
                    self.at += 1;
                }
                None => {
                    self.error(start..start + 1, "This string is never closed: a double quote is missing.");
                    return None;
                }
            }
        }
    }

    fn escaped(&mut self, text: &mut Text) {
        let char = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code(text),
            _ => {
                self.error(self.at..self.at + 1, "This escape is not one of JSON's: write \\\\ for a backslash.");
                text.copy("\\");
                self.at += 1;
                return;
            }
        };
        text.escape(char, 2);
        self.at += 2;
    }

    /// `\uXXXX`, or the two of a pair.
    fn code(&mut self, text: &mut Text) {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
        };
        let (first, second) = (unit(self.at), unit(self.at + 6));
        let (char, length) = match (first, second) {
            (None, _) => {
                self.error(self.at..self.at + 2, "After \\u four hexadecimal digits must stand.");
                text.copy("\\u");
                self.at += 2;
                return;
            }
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
            }
            (Some(unit), _) => (char::from_u32(unit), 6),
        };
        if char.is_none() {
            self.error(self.at..self.at + length, "Half of a surrogate pair stands alone: write the whole character.");
        }
        text.escape(char.unwrap_or('\u{FFFD}'), length);
        self.at += length;
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
            if !std::mem::replace(&mut self.commented, true) {
                self.error(self.at..self.at + length, "JSON has no comments: remove this one.");
            }
            self.at += length;
        }
    }

    /// Notes every member of `id` whose name has stood before.
    fn duplicates(&mut self, id: Id) {
        let mut names: Vec<(&str, Id)> = Vec::new();
        if let Value::Object(members) = &self.tree.node(id).value {
            let named = |id: &Id| Some((self.tree.node(*id).key.as_ref()?.name.as_str(), *id));
            names.extend(members.iter().filter_map(named));
        }
        names.sort_unstable();
        let mut again = Vec::new();
        for pair in names.windows(2) {
            if let [first, second] = pair
                && first.0 == second.0
            {
                again.push(second.1);
            }
        }
        self.tree.duplicates.extend(again);
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
