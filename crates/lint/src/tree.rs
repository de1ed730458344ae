//! JSON as it is in a file: every value with its place, and what is wrong with it, without giving up at
//! the first mistake.
//!
//! [`crate::json`] is the gateway's reader: it refuses. This one is the editor's: it reads on where the
//! meaning is plain (a comma too many or too few, a comment, a bad escape) and keeps what came before a
//! mistake that ends the reading. One pass, no recursion.

mod reader;
mod string;
mod yaml;

use std::ops::Range;

use super::text::Text;
use super::work;
use crate::fault::Path;
use crate::json::MAX_DEPTH;
use reader::Reader;

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
    /// Comments, which JSON does not have, in the document's order.
    pub comments: Vec<Range<usize>>,
    /// What was not read because of a mistake before it.
    pub unread: Range<usize>,
    /// Whether it is YAML: then JSON cannot be written into it.
    pub yaml: bool,
}

/// A value of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(usize);

/// A value and where it is.
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
    /// The decoded name, and the way back to the document.
    pub text: Text,
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
        Reader::new(text, false).read()
    }

    /// Reads `text` as JSON with comments and commas behind the last values.
    pub fn read_lenient(text: &str) -> Tree {
        Reader::new(text, true).read()
    }

    /// Reads the YAML that is in the bytes `place` of `text`.
    pub fn read_yaml(text: &str, place: Range<usize>) -> Tree {
        yaml::read(text, place)
    }

    /// The document's value, if it has begun.
    pub fn root(&self) -> Option<Id> {
        (!self.nodes.is_empty()).then_some(Id(0))
    }

    /// Adds the next value of the document, the last one of `parent`.
    fn add(&mut self, span: Range<usize>, parent: Option<Id>, key: Option<Key>, value: Value) -> Id {
        let id = Id(self.nodes.len());
        let mut index = 0;
        if let Some(node) = parent.and_then(|parent| self.nodes.get_mut(parent.0))
            && let Value::Array(items) | Value::Object(items) = &mut node.value
        {
            index = items.len();
            items.push(id);
        }
        self.nodes.push(Node { span, parent, key, value, index });
        id
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
        let named = |id: &&Id| self.node(**id).key.as_ref().is_some_and(|key| key.name() == name);
        let back = members.iter().rev().position(|id| named(&id));
        work::count(back.map_or(members.len(), |back| back + 1));
        members.iter().rev().nth(back?).copied()
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

    /// Notes every member of `id` whose name occurred before.
    fn note_duplicates(&mut self, id: Id) {
        let mut names: Vec<(&str, Id)> = Vec::new();
        if let Value::Object(members) = &self.node(id).value {
            let named = |id: &Id| Some((self.node(*id).key.as_ref()?.name(), *id));
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
        self.duplicates.extend(again);
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
                Some(key) => path.push_name(key.name()),
                None => path.push_index(node.index),
            }
        }
        path
    }
}

impl Key {
    /// The decoded name.
    pub fn name(&self) -> &str {
        self.text.as_str()
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

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
