//! Comparing any tree of JSON with a shape: the gateway's strict [`Json`], and the linter's tree with its places.

use std::collections::BTreeSet;

use super::{Field, Flaw, List, Rule, Shape, Text, Unit};
use crate::fault::Path;
use crate::json::Json;
use crate::{json_schema, label, work};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        }
    }
}

/// A value of a tree of JSON.
pub trait Node<'a>: Copy {
    /// What it is.
    fn kind(self) -> Kind;
    /// The number that it is; NaN if it is none.
    fn number(self) -> f64;
    /// The string that it is; empty if it is none.
    fn text(self) -> &'a str;
    /// The items of an array.
    fn items(self) -> impl Iterator<Item = Self>;
    /// The members of an object, in the document's order.
    fn members(self) -> impl Iterator<Item = (&'a str, Self)>;
    /// The value by itself.
    fn json(self) -> Json;
    /// Whether members may be missing only because the document is cut off.
    fn is_cut_off(self) -> bool {
        false
    }
}

impl<'a> Node<'a> for &'a Json {
    fn kind(self) -> Kind {
        match self {
            Json::Null => Kind::Null,
            Json::Bool(value) => Kind::Bool(*value),
            Json::Number(_) => Kind::Number,
            Json::String(_) => Kind::String,
            Json::Array(_) => Kind::Array,
            Json::Object(_) => Kind::Object,
        }
    }
    fn number(self) -> f64 {
        match self {
            Json::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }
    fn text(self) -> &'a str {
        Json::text(self).unwrap_or_default()
    }
    fn items(self) -> impl Iterator<Item = Self> {
        let items: &[Json] = if let Json::Array(items) = self { items } else { &[] };
        items.iter()
    }
    fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        let members: &[(String, Json)] = if let Json::Object(members) = self { members } else { &[] };
        members.iter().map(|(name, value)| (name.as_str(), value))
    }
    fn json(self) -> Json {
        self.clone()
    }
}

/// Compares `node`, which is at `path`, with `shape`; `found` gets each flaw, and the node and the path at which it
/// is reported: those of the value at fault, and for a member that is missing or not allowed its object and its path.
pub fn check<'a, N: Node<'a>>(node: N, path: &Path, shape: &'static Shape, found: &mut dyn FnMut(N, &Path, Flaw<'a>)) {
    Walk { path: path.clone(), found }.value(node, shape);
}

struct Walk<'f, 'a, N> {
    path: Path,
    found: &'f mut dyn FnMut(N, &Path, Flaw<'a>),
}

impl<'a, N: Node<'a>> Walk<'_, 'a, N> {
    // Recursion is as deep as the shape.
    fn value(&mut self, node: N, shape: &'static Shape) {
        work::count(1);
        match (shape, node.kind()) {
            (Shape::Any, _) | (Shape::Bool, Kind::Bool(_)) | (Shape::False, Kind::Bool(false)) => {}
            (Shape::Text(text), Kind::String) => self.text(node, text),
            (Shape::OneOf(known), Kind::String) => {
                let found = node.text();
                if !known.contains(&found) {
                    self.flaw(node, Flaw::Value { found, known });
                }
            }
            (Shape::Number(least, most), Kind::Number) => {
                let found = node.number();
                if !(*least..=*most).contains(&found) {
                    self.flaw(node, Flaw::Range { expected: shape, found });
                }
            }
            (Shape::Integer(least, most), Kind::Number) => {
                let found = node.number();
                if found.fract() != 0.0 {
                    self.flaw(node, Flaw::Fraction { expected: shape, found });
                } else if !(*least as f64..=*most as f64).contains(&found) {
                    self.flaw(node, Flaw::Range { expected: shape, found });
                }
            }
            (Shape::List(list), Kind::Array) => self.list(node, list),
            (Shape::Object(fields), Kind::Object) => self.members(node, fields, false),
            (Shape::Open(fields), Kind::Object) => self.members(node, fields, true),
            (Shape::Map(value), Kind::Object) => {
                for (name, member) in node.members() {
                    self.path.push_name(name);
                    self.value(member, value);
                    self.path.pop();
                }
            }
            (Shape::Either(one, other), kind) => {
                let fits = |shape: &Shape| {
                    matches!(
                        (shape, kind),
                        (Shape::Text(_) | Shape::OneOf(_), Kind::String)
                            | (Shape::List(_), Kind::Array)
                            | (Shape::Object(_) | Shape::Open(_) | Shape::Map(_), Kind::Object)
                            | (Shape::Number(..) | Shape::Integer(..), Kind::Number)
                    )
                };
                match (fits(one), fits(other)) {
                    (true, _) => self.value(node, one),
                    (_, true) => self.value(node, other),
                    _ => self.flaw(node, Flaw::Type { expected: shape, found: kind.name() }),
                }
            }
            (Shape::JsonSchema, Kind::Object) => {
                for fault in json_schema::faults(node.json()) {
                    self.flaw(node, Flaw::Schema(fault));
                }
            }
            (Shape::False, Kind::Bool(_)) => self.flaw(node, Flaw::Type { expected: shape, found: "true" }),
            (_, kind) => self.flaw(node, Flaw::Type { expected: shape, found: kind.name() }),
        }
    }

    fn flaw(&mut self, node: N, flaw: Flaw<'a>) {
        (self.found)(node, &self.path, flaw);
    }

    fn members(&mut self, node: N, fields: &'static [Field], open: bool) {
        let mut there = vec![false; fields.len()];
        for (name, member) in node.members() {
            self.path.push_name(name);
            match fields.iter().position(|field| field.name == name) {
                Some(index) => {
                    if let (Some(field), Some(there)) = (fields.get(index), there.get_mut(index)) {
                        *there = true;
                        self.value(member, &field.shape);
                    }
                }
                None if open => {}
                None => self.flaw(member, Flaw::Unknown { name, known: fields }),
            }
            self.path.pop();
        }
        if node.is_cut_off() {
            return;
        }
        for (field, _) in fields.iter().zip(there).filter(|(field, there)| field.required && !there) {
            self.path.push_name(field.name);
            self.flaw(node, Flaw::Missing(field));
            self.path.pop();
        }
    }

    fn list(&mut self, node: N, list: &'static List) {
        let found = node.items().count();
        if !(list.least..=list.most).contains(&found) {
            self.flaw(node, Flaw::Count { least: list.least, most: list.most, found });
        }
        let mut before = BTreeSet::new();
        // What is too many is not looked at one by one.
        for (index, item) in node.items().take(list.most).enumerate() {
            self.path.push_index(index);
            self.value(item, list.item);
            if let Some(key) = list.unique.and_then(|members| key(item, members))
                && !before.insert(key)
            {
                self.flaw(item, Flaw::Duplicate);
            }
            self.path.pop();
        }
    }

    fn text(&mut self, node: N, expected: &'static Text) {
        let text = node.text();
        // Never more units than bytes.
        let units = if text.len() <= expected.most && text.len() >= expected.least && text.is_ascii() {
            text.len()
        } else {
            match expected.unit {
                Unit::Utf16 => text.encode_utf16().count(),
                Unit::Points => text.chars().count(),
            }
        };
        if expected.least > 0 && text.trim().is_empty() {
            self.flaw(node, Flaw::Blank);
        } else if !(expected.least..=expected.most).contains(&units) {
            self.flaw(node, Flaw::Length { expected, found: units });
        } else if !expected.rule.fits(text) {
            let broken = match expected.rule {
                Rule::Label if text.chars().any(char::is_control) => &Rule::Name,
                _ => &expected.rule,
            };
            self.flaw(node, Flaw::Rule(broken));
        }
    }
}

/// What identifies an item: the string that it is, or its `members`; `None` where it has none of them.
fn key<'a, N: Node<'a>>(item: N, members: &[&str]) -> Option<Vec<&'a str>> {
    if item.kind() == Kind::String {
        return Some(vec![item.text()]);
    }
    members
        .iter()
        .map(|name| {
            let value = item.members().find(|(known, _)| known == name).map(|(_, value)| value);
            value.filter(|value| value.kind() == Kind::String).map(|value| value.text())
        })
        .collect()
}

impl Rule {
    fn fits(&self, text: &str) -> bool {
        match self {
            Rule::None => true,
            Rule::Name => !text.chars().any(char::is_control),
            Rule::Label => !text.chars().any(char::is_control) && label::is_clean(text),
            Rule::Uuid => is_uuid(text),
            Rule::Https => is_https(text),
            Rule::Time => is_time(text),
            Rule::Variable => {
                text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            }
            Rule::Containing(parts) => parts.iter().any(|part| text.contains(part)),
        }
    }
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// An absolute `https` address of visible ASCII with a host, without user information, fragment or what RFC 3986
/// leaves out.
fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let allowed = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#')
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    rest.bytes().all(allowed)
        && !authority.contains('@')
        && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// `date-time` of RFC 3339, section 5.6, by its form.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    let sign = |at: usize, signs: &[u8]| bytes.get(at).is_some_and(|byte| signs.contains(byte));
    let head = digits(0..4)
        && sign(4, b"-")
        && digits(5..7)
        && sign(7, b"-")
        && digits(8..10)
        && sign(10, b"Tt ")
        && digits(11..13)
        && sign(13, b":")
        && digits(14..16)
        && sign(16, b":")
        && digits(17..19);
    let fraction =
        if sign(19, b".") { 1 + bytes.iter().skip(20).take_while(|byte| byte.is_ascii_digit()).count() } else { 0 };
    let zone = 19 + fraction;
    head && fraction != 1
        && (sign(zone, b"Zz") && bytes.len() == zone + 1
            || sign(zone, b"+-")
                && digits(zone + 1..zone + 3)
                && sign(zone + 3, b":")
                && digits(zone + 4..zone + 6)
                && bytes.len() == zone + 6)
}
