//! Strict JSON: the depth is bounded, a key occurs once, and every fault has a path.
//!
//! `serde_json` alone keeps the last of two equal keys and allows a depth of 128; a gateway that checks
//! one value while its upstream reads the other has a hole.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
pub use serde_json::Number;

use crate::fault::{Fault, Faults, Path};
use crate::work;

/// Deepest nesting of arrays and objects accepted (requirements, "Errors and bad input").
pub const MAX_DEPTH: usize = 64;
/// Most bytes of a request body that are read (requirements, "Errors and bad input"): 1 MiB.
pub const MAX_BODY: usize = 1 << 20;

/// The first integer beyond those that a double keeps exact: 2⁵³.
const MAX_SAFE: f64 = 9_007_199_254_740_992.0;

/// A JSON value; the members of an object keep their order.
#[derive(Clone)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, an integer kept exact up to 64 bits.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: members in the document's order, names unique.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What the value is, as a message names it: "a string", "null", ….
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// The member `name` of an object.
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The decoded text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value with integers as such, however they were written: `1.0` and `1e3` are integers that not every reader
    /// takes for one.
    #[must_use]
    pub fn with_integers(self) -> Json {
        match self {
            Json::Number(number) => {
                let whole = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < MAX_SAFE);
                match whole {
                    Some(value) if number.is_f64() => Json::Number((value as i64).into()),
                    _ => Json::Number(number),
                }
            }
            Json::Array(items) => Json::Array(items.into_iter().map(Json::with_integers).collect()),
            Json::Object(members) => {
                Json::Object(members.into_iter().map(|(name, value)| (name, value.with_integers())).collect())
            }
            other => other,
        }
    }

    /// The value as JSON text, members in their order.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// For what is passed on as it is, or hashed; the members' order is lost.
impl From<Json> for serde_json::Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, Self::from(value))).collect())
            }
        }
    }
}

/// Members keep their order. The depth is that of what was parsed: [`MAX_DEPTH`] at most.
impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => to.serialize_unit(),
            Json::Bool(value) => to.serialize_bool(*value),
            Json::Number(number) => number.serialize(to),
            Json::String(text) => to.serialize_str(text),
            Json::Array(items) => to.collect_seq(items),
            Json::Object(members) => to.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

/// Equal values; the order of an object's members means nothing (RFC 8259, 4).
impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(one), Json::Bool(other)) => one == other,
            (Json::Number(one), Json::Number(other)) => one == other,
            (Json::String(one), Json::String(other)) => one == other,
            (Json::Array(one), Json::Array(other)) => one == other,
            (Json::Object(one), Json::Object(other)) => one.len() == other.len() && sorted(one) == sorted(other),
            _ => false,
        }
    }
}

fn sorted(members: &[(String, Json)]) -> Vec<&(String, Json)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    members
}

/// The kind only: a value may be prompt text.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// Reads one JSON document from UTF-8 `bytes`; a leading byte order mark is passed over (RFC 8259, 8.1).
///
/// # Errors
/// All duplicate keys at once, or the one syntax error, as faults with codes `empty_body`,
/// `invalid_utf8`, `invalid_json`, `lone_surrogate`, `too_deep` or `duplicate_key`. No message quotes the document.
pub fn parse(bytes: &[u8]) -> Result<Json, Faults> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::new(&Path::root(), "empty_body", "The body is empty: send a JSON object.").into());
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        let message = format!("The body is not UTF-8: the byte at offset {at} is wrong. Encode it as UTF-8.");
        return Err(Fault::new(&Path::root(), "invalid_utf8", message).into());
    }
    let reader = Reader::default();
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let parsed = (&reader).deserialize(&mut source).and_then(|value| source.end().map(|()| value));
    let mut faults = reader.faults.into_inner();
    match parsed {
        Ok(value) if faults.is_empty() => Ok(value),
        Ok(_) => Err(faults),
        Err(error) => {
            // The fault of depth ended the reading and is in the list already.
            if !faults.iter().any(|fault| fault.code == "too_deep") {
                faults.add(|| syntax(&error));
            }
            Err(faults)
        }
    }
}

/// The fault of a text that is not JSON. serde_json's message quotes nothing of the text.
fn syntax(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    // A first half with no second one is an end to serde_json.
    if text.contains("surrogate") || text.contains("unexpected end of hex escape") {
        let message = format!(
            "Half of a surrogate pair without the other, at line {} column {}: escape both halves, or neither.",
            error.line(),
            error.column()
        );
        return Fault::new(&Path::root(), "lone_surrogate", message);
    }
    Fault::new(&Path::root(), "invalid_json", format!("Invalid JSON: {text}. Correct the text there."))
}

/// Where the reader is and what it has found.
#[derive(Default)]
struct Reader {
    path: RefCell<Path>,
    faults: RefCell<Faults>,
}

impl Reader {
    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.path.borrow().depth() < MAX_DEPTH {
            return Ok(());
        }
        let message = format!("Arrays and objects nest deeper than {MAX_DEPTH} levels: flatten the document.");
        // The path of something this deep would be longer than the message.
        self.faults.borrow_mut().add(|| Fault::new(&Path::root(), "too_deep", message));
        Err(E::custom("too deep"))
    }

    /// Reports every name that is there twice among `members`, which are those of the object at the path.
    fn duplicates(&self, members: &[(String, Json)]) {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            let [first, second] = pair else { continue };
            work::count(1);
            if first == second {
                let message = "Duplicate key: keep one of them.";
                let fault = || Fault::new(&self.path.borrow().name(second), "duplicate_key", message);
                self.faults.borrow_mut().add(fault);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Reader {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        self.enter()?;
        let mut items = Vec::new();
        loop {
            self.path.borrow_mut().push_index(items.len());
            let item = source.next_element_seed(self)?;
            self.path.borrow_mut().pop();
            match item {
                Some(item) => items.push(item),
                None => return Ok(Json::Array(items)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        self.enter()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(name) = source.next_key::<String>()? {
            self.path.borrow_mut().push_name(&name);
            let value = source.next_value_seed(self)?;
            self.path.borrow_mut().pop();
            members.push((name, value));
        }
        self.duplicates(&members);
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(String, &'static str)> {
        parse(text.as_bytes()).unwrap_err().into_iter().map(|fault| (fault.path, fault.code)).collect()
    }

    #[test]
    fn hostile_documents() {
        let deep = |levels| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        for (text, path, code) in [
            ("", "$", "empty_body"),
            (" \r\n\t", "$", "empty_body"),
            ("{", "$", "invalid_json"),
            ("{}{}", "$", "invalid_json"),
            ("nul", "$", "invalid_json"),
            ("1e999", "$", "invalid_json"),
            ("NaN", "$", "invalid_json"),
            (r#""\ud800""#, "$", "lone_surrogate"),
            (r#"{"a":"\ude00\ud83d"}"#, "$", "lone_surrogate"),
            (r#""\ud83dx""#, "$", "lone_surrogate"),
            ("\"a\nb\"", "$", "invalid_json"),
            (&deep(MAX_DEPTH + 1), "$", "too_deep"),
            (&"[".repeat(1_000_000), "$", "too_deep"),
            (&"{\"a\":".repeat(100_000), "$", "too_deep"),
            (r#"{"a":1,"a":2}"#, "$.a", "duplicate_key"),
            (r#"{"a":[0,{"b":1,"\u0062":2}]}"#, "$.a[1].b", "duplicate_key"),
        ] {
            assert_eq!(faults(text), [(path.to_owned(), code)], "{}", &text[..text.len().min(40)]);
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err()[0].code, "invalid_utf8");
    }

    #[test]
    fn every_duplicate_is_named_up_to_a_bound() {
        assert_eq!(faults(r#"{"a":1,"a":2,"b":{"c":1,"c":1}}"#).len(), 2);
        let many = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(1000));
        assert_eq!(faults(&many).len(), crate::fault::MAX_FAULTS);
        assert_eq!(parse(many.as_bytes()).unwrap_err().count(), 1000);
    }

    #[test]
    fn the_order_of_members_means_nothing() {
        let json = |text: &str| parse(text.as_bytes()).unwrap();
        assert_eq!(json(r#"{"a":{"x":1,"y":[1,2]},"b":null}"#), json(r#"{"b":null,"a":{"y":[1,2],"x":1}}"#));
        for other in [r#"{"a":1}"#, r#"{"a":1,"c":2}"#, r#"{"a":2,"b":2}"#, "[]", r#"{"a":1,"b":[2]}"#] {
            assert_ne!(json(r#"{"a":1,"b":2}"#), json(other), "{other}");
        }
        assert_ne!(json("[1,2]"), json("[2,1]"));
    }

    #[test]
    fn integers_are_written_as_such() {
        let json = parse(br#"{"a":1024.0,"b":[1e3,-0.0,1.5,1e300,18446744073709551615]}"#).unwrap();
        assert_eq!(json.with_integers().to_text(), r#"{"a":1024,"b":[1000,0,1.5,1e+300,18446744073709551615]}"#);
    }

    #[test]
    fn values_are_kept() {
        let Ok(Json::Object(members)) =
            parse("\u{feff}{\"n\":18446744073709551615,\"s\":\"é\",\"l\":[null,true,-1,0.5]}".as_bytes())
        else {
            panic!("not an object");
        };
        assert!(members.iter().any(|(name, value)| name == "n" && *value == Json::Number(u64::MAX.into())));
        assert!(members.iter().any(|(name, value)| name == "s" && *value == Json::String("é".into())));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
