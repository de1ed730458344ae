//! The shape of a document as data, written once: decoding, the linter's findings and the OpenAPI document are made of it.
//!
//! ```text
//! Shape ─┬─ check  any tree of JSON ─▶ flaws, each with its node, path, code and sentence
//!        ├─ decode the bytes of a body ─▶ Document, or a Problem with every fault
//!        └─ openapi ─▶ JSON Schema (draft 2020-12)
//! ```

mod check;
mod decode;
mod flaw;
mod openapi;

#[cfg(test)]
mod tests;

pub use check::{Kind, Node, check};
pub use decode::{Document, decode, document};
pub use flaw::Flaw;

/// A number that means: no upper limit. The largest integer that every reader of JSON keeps exact (RFC 8259,
/// section 6): 2⁵³ − 1.
pub const ENDLESS: u64 = (1 << 53) - 1;

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Bool,
    /// `false`: what might be switched on elsewhere.
    False,
    /// A string.
    Text(Text),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A number in a range, ends included.
    Number(f64, f64),
    /// The same, and an integer, however it is written: `1.0` is one.
    Integer(u64, u64),
    /// An array.
    List(List),
    /// An object with these members and no others.
    Object(&'static [Field]),
    /// An object with these members and any others.
    Open(&'static [Field]),
    /// An object whose members' names are free, each with a value of this shape.
    Map(&'static Shape),
    /// Whichever of the two has the value's type.
    Either(&'static Shape, &'static Shape),
    /// A JSON Schema of the subset that [`crate::json_schema`] checks, for an object.
    JsonSchema,
}

/// What a string must be.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// The fewest, in `unit`; where it is not 0 the text is not blank.
    pub least: usize,
    /// The most.
    pub most: usize,
    /// What the limits count.
    pub unit: Unit,
    /// What else it must be.
    pub rule: Rule,
}

impl Text {
    /// A text of `least` to `most` UTF-16 code units.
    pub const fn new(least: usize, most: usize) -> Text {
        Text { least, most, unit: Unit::Utf16, rule: Rule::None }
    }
    /// A text of which only the rule is asked.
    pub const fn of(rule: Rule) -> Text {
        Text { least: 0, most: ENDLESS as usize, unit: Unit::Utf16, rule }
    }
    /// The same text under `rule`.
    pub const fn rule(self, rule: Rule) -> Text {
        Text { rule, ..self }
    }
    /// The same limits in code points.
    pub const fn points(self) -> Text {
        Text { unit: Unit::Points, ..self }
    }
}

/// What a text's limits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// UTF-16 code units, as JavaScript and zod do.
    Utf16,
    /// Code points, as Python, pydantic and JSON Schema do.
    Points,
}

/// What a string must be beside its length.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Nothing else.
    None,
    /// Free of control characters.
    Name,
    /// A name that may be in logs: [clean](crate::label).
    Label,
    /// A UUID of 36 characters (RFC 9562, section 4).
    Uuid,
    /// An absolute `https` URL of visible ASCII, without user information and fragment.
    Https,
    /// A time (RFC 3339), such as `2026-01-31T00:00:00Z`. Its form; whether the day exists is found when it is read.
    Time,
    /// A variable's name: letters, digits and `_`, no digit first.
    Variable,
    /// A text with one of these in it.
    Containing(&'static [&'static str]),
}

/// What an array must be.
#[derive(Debug)]
pub struct List {
    /// What each item is.
    pub item: &'static Shape,
    /// The fewest items.
    pub least: usize,
    /// The most.
    pub most: usize,
    /// What no two items may share: these members, or for items that are strings the string itself. Nothing is
    /// compared where this is `None`.
    pub unique: Option<&'static [&'static str]>,
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
    /// One sentence for the OpenAPI document; empty where the name says it.
    pub about: &'static str,
    /// What holds where it is not there, as JSON text; empty if nothing does.
    pub default: &'static str,
}

impl Field {
    /// A member that must be there.
    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Field { name, required: true, shape, about: "", default: "" }
    }
    /// A member that may be there.
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Field { name, required: false, shape, about: "", default: "" }
    }
    /// With a sentence about it.
    pub const fn about(self, about: &'static str) -> Self {
        Field { about, ..self }
    }
    /// With what holds where it is not there, as JSON text.
    pub const fn default(self, default: &'static str) -> Self {
        Field { default, ..self }
    }
}

impl Shape {
    /// An array of `least` to `most` items.
    pub const fn list(item: &'static Shape, least: usize, most: usize) -> Shape {
        Shape::List(List { item, least, most, unique: None })
    }

    /// What is expected, as a message says it.
    fn expected(&self) -> String {
        match self {
            Shape::Any => "a value".to_owned(),
            Shape::Bool => "true or false".to_owned(),
            Shape::False => "false".to_owned(),
            Shape::Text(Text { rule: Rule::Uuid, .. }) => "a UUID".to_owned(),
            Shape::Text(Text { rule: Rule::Variable, .. }) => "a variable's name".to_owned(),
            Shape::Text(_) => "a string".to_owned(),
            Shape::OneOf(names) => format!("one of {}", names_of(names)),
            Shape::Number(least, most) => format!("a number{}", between(least, most, *most >= f64::MAX)),
            Shape::Integer(least, most) => format!("an integer{}", between(least, most, *most >= ENDLESS)),
            Shape::List(_) => "an array".to_owned(),
            Shape::Object(_) | Shape::Open(_) | Shape::Map(_) => "an object".to_owned(),
            Shape::Either(one, other) => format!("{} or {}", one.expected(), other.expected()),
            Shape::JsonSchema => "a JSON Schema, which is an object".to_owned(),
        }
    }
}

fn between(least: impl std::fmt::Display, most: impl std::fmt::Display, endless: bool) -> String {
    if endless { format!(" of at least {least}") } else { format!(" from {least} to {most}") }
}

/// Names as a message lists them.
pub fn names_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
