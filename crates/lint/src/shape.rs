//! What a document must look like, as data, and where one differs. The tables stand in [`super::shapes`].

use super::document::Kind;
use super::report::MAX_FINDINGS;
use super::shapes;
use super::tree::{Id, Tree, Value};
use super::work;
use crate::fault::{nearest, printable};

/// A number that stands for: no upper limit.
pub(super) const ENDLESS: u64 = u32::MAX as u64;

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Bool,
    /// A string of `least` to `most` UTF-16 code units; where `least` is not 0 it is not blank.
    Text {
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A variable's name, `[A-Za-z_][A-Za-z0-9_]*`, or an object that has one.
    Variable(&'static [Field]),
    /// A string that has one of these in it.
    Containing(&'static [&'static str]),
    /// A UUID.
    Uuid,
    /// An absolute URL of HTTP.
    Url,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A number in a range, ends included.
    Number(f64, f64),
    /// The same, and an integer.
    Integer(u64, u64),
    /// An array of `least` to `most` items.
    List {
        /// What each is.
        item: &'static Shape,
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// An object with these members and no others.
    Object(&'static [Field]),
    /// An object with these members and any others.
    Open(&'static [Field]),
}

/// A member of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is.
    pub shape: Shape,
}

impl Field {
    /// A member that must be there.
    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Field { name, required: true, shape }
    }
    /// A member that may be there.
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Field { name, required: false, shape }
    }
}

/// A difference.
#[derive(Debug)]
pub struct Flaw {
    /// The value at fault; for a missing member, the object that lacks it.
    pub id: Id,
    /// The name of the member at fault, where it has one.
    pub name: String,
    /// What is wrong.
    pub what: What,
    /// What is wrong and what to do, for people.
    pub message: String,
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// There is no such member; the known one that is closest.
    Unknown(Option<&'static str>),
    /// It is not there; whether an empty array would do.
    Missing {
        /// Whether an empty array would do.
        list: bool,
    },
    /// Its value is wrong; for a number, the nearest one that is right.
    Wrong(Option<f64>),
}

/// What documents of `kind` must look like, if it is one with members.
pub(super) fn of(kind: Kind) -> Option<&'static Shape> {
    match kind {
        Kind::PromptTemplate => Some(&shapes::PROMPT_TEMPLATE),
        Kind::CachedTemplate => Some(&shapes::CACHED_TEMPLATE),
        Kind::ChatRequest => Some(&shapes::CHAT_REQUEST),
        Kind::ModelDefinition => Some(&shapes::MODEL_DEFINITION),
        Kind::ModelConfiguration => Some(&shapes::MODEL_CONFIGURATION),
        _ => None,
    }
}

/// Where the document differs from `shape`; whether it may have `$lint` and `$schema` beside that.
pub(super) fn compare(tree: &Tree, shape: &'static Shape, takes_remarks: bool) -> Vec<Flaw> {
    let mut compare = Compare { tree, takes_remarks, flaws: Vec::new() };
    if let Some(root) = tree.root() {
        compare.value(root, shape);
    }
    compare.flaws
}

struct Compare<'a> {
    tree: &'a Tree,
    takes_remarks: bool,
    flaws: Vec<Flaw>,
}

impl Compare<'_> {
    // Recursion is as deep as the tables.
    fn value(&mut self, id: Id, shape: &'static Shape) {
        work::count(1);
        let value = &self.tree.node(id).value;
        match (shape, value) {
            (Shape::Any, _) | (Shape::Bool, Value::Bool(_)) => {}
            (Shape::Object(fields), Value::Object(members)) => self.members(id, members, fields, false),
            (Shape::Open(fields), Value::Object(members)) => self.members(id, members, fields, true),
            (Shape::Variable(fields), Value::Object(members)) => self.members(id, members, fields, false),
            (Shape::List { item, least, most }, Value::Array(items)) => {
                if !(*least..=*most).contains(&items.len()) {
                    let message = format!("{} items stand here: {}.", items.len(), range(*least as u64, *most as u64));
                    self.wrong(id, None, message);
                }
                for id in items {
                    self.value(*id, item);
                }
            }
            (Shape::Number(least, most), Value::Number(_)) => {
                let number = self.tree.number(id).unwrap_or(*least);
                if !(*least..=*most).contains(&number) {
                    let message = format!("This must be a number from {least} to {most}.");
                    self.wrong(id, Some(number.clamp(*least, *most)), message);
                }
            }
            (Shape::Integer(least, most), Value::Number(_)) => {
                let number = self.tree.number(id).unwrap_or(0.0);
                if number.fract() != 0.0 || !(*least as f64..=*most as f64).contains(&number) {
                    let message = format!("This must be an integer, {}.", range(*least, *most));
                    self.wrong(id, Some(number.round().clamp(*least as f64, *most as f64)), message);
                }
            }
            (_, Value::String(text)) if shape.is_text() => {
                if let Some(message) = shape.fault(text.as_str()) {
                    self.wrong(id, None, message);
                }
            }
            _ => self.wrong(id, None, format!("Here must stand {}, not {}.", shape.kind(), value.kind())),
        }
    }

    fn members(&mut self, id: Id, members: &[Id], fields: &'static [Field], open: bool) {
        let root = self.tree.node(id).parent.is_none();
        for member in members {
            let name = self.tree.node(*member).key.as_ref().map_or("", |key| key.name());
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                self.value(*member, &field.shape);
                continue;
            }
            let linters_own = self.takes_remarks && root && matches!(name, "$lint" | "$schema");
            if !open && !linters_own {
                let known: Vec<&'static str> = fields.iter().map(|field| field.name).collect();
                // Later ones are not listed: a report has no room for them.
                let meant = if self.flaws.len() < MAX_FINDINGS { nearest(name, &known) } else { None };
                let message = match meant {
                    Some(meant) => format!("There is no field `{}`: did you mean `{meant}`?", printable(name)),
                    None => format!("There is no field `{}`: remove it. Known: {}.", printable(name), list(&known)),
                };
                self.flaws.push(Flaw { id: *member, name: name.to_owned(), what: What::Unknown(meant), message });
            }
        }
        // Of a document that is cut off nobody knows what it lacks.
        let lacks = |field: &&Field| field.required && self.tree.member(id, field.name).is_none();
        for field in fields.iter().filter(|_| self.tree.complete).filter(lacks) {
            let what = What::Missing { list: matches!(field.shape, Shape::List { least: 0, .. }) };
            let message = format!("`{}` is required: add it.", field.name);
            self.flaws.push(Flaw { id, name: field.name.to_owned(), what, message });
        }
    }

    fn wrong(&mut self, id: Id, nearest: Option<f64>, message: String) {
        let name = self.tree.node(id).key.as_ref().map(|key| key.name().to_owned()).unwrap_or_default();
        self.flaws.push(Flaw { id, name, what: What::Wrong(nearest), message });
    }
}

impl Shape {
    const fn is_text(&self) -> bool {
        matches!(
            self,
            Shape::Text { .. } | Shape::Variable(_) | Shape::Containing(_) | Shape::Uuid | Shape::Url | Shape::OneOf(_)
        )
    }

    const fn kind(&self) -> &'static str {
        match self {
            Shape::Any => "a value",
            Shape::Bool => "a boolean",
            Shape::Number(..) => "a number",
            Shape::Integer(..) => "an integer",
            Shape::List { .. } => "an array",
            Shape::Object(_) | Shape::Open(_) => "an object",
            Shape::Variable(_) => "a variable's name or an object",
            _ => "a string",
        }
    }

    /// What is wrong with the string `text`.
    fn fault(&self, text: &str) -> Option<String> {
        match self {
            Shape::Text { least, most } => {
                let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
                if *least > 0 && text.trim().is_empty() {
                    return Some("This is empty: write something.".to_owned());
                }
                let fits = (*least..=*most).contains(&units);
                (!fits)
                    .then(|| format!("{units} UTF-16 code units stand here: {}.", range(*least as u64, *most as u64)))
            }
            Shape::Variable(_) => {
                let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                (!plain).then(|| "A variable's name has letters, digits and `_`, no digit first.".to_owned())
            }
            Shape::Containing(needed) => {
                let found = needed.iter().any(|needed| text.contains(needed));
                (!found).then(|| format!("One of {} must stand in this text.", list(needed)))
            }
            Shape::Uuid => uuid::Uuid::try_parse(text)
                .is_err()
                .then(|| "This must be a UUID, such as 123e4567-e89b-42d3-a456-426614174000.".to_owned()),
            Shape::Url => {
                let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                let host = host.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
                let clean = !text.contains(|c: char| c.is_whitespace() || c.is_control());
                (!(host && clean)).then(|| "This must be a URL that begins with https://.".to_owned())
            }
            Shape::OneOf(names) => (!names.contains(&text)).then(|| match nearest(text, names) {
                Some(meant) => format!("Did you mean `{meant}`? Known: {}.", list(names)),
                None => format!("This must be one of {}.", list(names)),
            }),
            _ => None,
        }
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn range(least: u64, most: u64) -> String {
    if most >= ENDLESS { format!("at least {least}") } else { format!("from {least} to {most}") }
}
