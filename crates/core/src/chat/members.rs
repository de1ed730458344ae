//! Members of a JSON object as they were written: in their order, each value as its own text. What nobody here knows is
//! passed on so, to the digit.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Most members of one object (ours): ten times what any known wire has. More are no answer.
const MOST: usize = 256;

/// The members. One with an empty text keeps a place, in which [`put`](Members::put) writes; it is not written itself.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members(Vec<(String, String)>);

/// The values are not shown: they may be of the answer.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Members {
    /// Reads the members of `json`, if it is an object, with at most 256 of them: of a name that occurs twice the last value.
    pub fn read(json: &str) -> Option<Members> {
        serde_json::from_str::<Written>(json).ok().map(|written| written.0)
    }

    /// Whether there is not even a place.
    pub fn is_bare(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has no content: places, nulls and empty strings at most.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, value)| matches!(value.as_str(), "" | "null" | "\"\""))
    }

    /// The JSON text of a member.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Names and JSON texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        let json = self.get(name).filter(|json| json.starts_with('"'))?;
        serde_json::from_str(json).ok()
    }

    /// A member that is a whole number from 0.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Writes a member: in its place, or at the end.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        let json = match value.into() {
            // Through its `Display` a value takes several times as long.
            Value::String(text) => quoted(&text),
            value => value.to_string(),
        };
        self.put_json(name, json);
    }

    /// Writes the JSON text of a member: in its place, or at the end.
    pub fn put_json(&mut self, name: &str, json: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = json,
            None => self.0.push((name.to_owned(), json)),
        }
    }

    /// Takes a member out; its place stays.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter_mut().find(|(known, _)| known == name)?;
        Some(std::mem::take(value)).filter(|value| !value.is_empty())
    }

    /// Takes out every member for which `keep` does not hold; places stay.
    pub fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        for (name, value) in &mut self.0 {
            if !keep(name, value) {
                value.clear();
            }
        }
    }

    /// Adds what `other` has; what both have is the other's.
    pub fn extend(&mut self, other: Members) {
        for (name, value) in other.0 {
            let known = self.0.iter().any(|(known, _)| *known == name);
            if !known && self.0.len() < MOST {
                self.0.push((name, value));
            } else if known && !value.is_empty() {
                self.put_json(&name, value);
            }
        }
    }

    /// The object's JSON text.
    pub fn json(&self) -> String {
        let mut json = String::with_capacity(self.0.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
        json.push('{');
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_empty()) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&quoted(name));
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// A string as JSON.
fn quoted(text: &str) -> String {
    // Writing to memory does not fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// The JSON texts of the items of an array; none where `json` is none.
pub fn items(json: &str) -> Option<Vec<&str>> {
    // Most texts are strings, and an error costs as much as to read one.
    if !json.trim_ascii_start().starts_with('[') {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// Where a JSON string ends whose content begins `json`: the place of its closing quotation mark.
pub fn string_end(json: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = json.get(from..)?;
        let at = from + rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if json.get(at) == Some(&b'"') {
            return Some(at);
        }
        // What is escaped is no quotation mark.
        from = at + 2;
    }
}

/// How deep `json` nests. What is passed on unread must not be deeper than what is read: its reader may be less careful.
pub fn depth(json: &str) -> usize {
    let (mut depth, mut most, mut string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => {
                depth += 1;
                most = most.max(depth);
            }
            b'}' | b']' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// An object as upstream writes it.
struct Written(Members);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Written, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if members.0.len() >= MOST {
                        return Err(serde::de::Error::custom("too many members"));
                    }
                    // Line ends between values are no part of them, and would end an event.
                    let value = value.get();
                    let value = match value.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
                        true => value.replace(['\n', '\r'], " "),
                        false => value.to_owned(),
                    };
                    match members.0.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = value,
                        None => members.0.push((name, value)),
                    }
                }
                Ok(Written(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_edited_stays_as_it_was_written() {
        let json =
            r#"{"z":1.50,"a":"\u00e9","big":123456789012345678901234567890,"e":1E-7,"o":{ "y" : [ 1 ], "b":2 }}"#;
        let mut members = Members::read(json).unwrap();
        assert_eq!(members.json(), json);
        assert_eq!((members.text("a").as_deref(), members.number("z"), members.text("z")), (Some("é"), None, None));
        members.put("a", "x\"y");
        assert_eq!(members.take("z").as_deref(), Some("1.50"));
        members.put("new", true);
        members.retain(|name, _| name != "e");
        let edited = r#"{"a":"x\"y","big":123456789012345678901234567890,"o":{ "y" : [ 1 ], "b":2 },"new":true}"#;
        assert_eq!(members.json(), edited);
        members.put("z", 2);
        assert!(members.json().starts_with("{\"z\":2,\"a\""), "in its place");
        assert!(!format!("{members:?}").contains("x\\\"y"));
    }

    #[test]
    fn line_ends_do_not_pass() {
        let members = Members::read("{\n\"a\" : {\r\n \"b\": \"x\\ny\"\n}\n}").unwrap();
        assert_eq!(members.json(), r#"{"a":{   "b": "x\ny" }}"#);
    }

    #[test]
    fn places_are_not_written() {
        let mut members = Members::read("{\"a\":1}").unwrap();
        members.take("a");
        members.put("n", Value::Null);
        members.put("e", "");
        assert!(members.is_empty(), "null and an empty string say nothing");
        members.retain(|name, _| name == "a");
        assert_eq!((members.is_empty(), members.json().as_str(), members.get("a")), (true, "{}", None));
        let mut other = Members::read("{\"b\":2,\"a\":3}").unwrap();
        other.extend(members);
        assert_eq!(other.json(), "{\"b\":2,\"a\":3}");
        let kept: Members = serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
        assert_eq!(kept, other, "it can be kept");
    }

    #[test]
    fn strings_end_at_their_quotation_mark() {
        for (json, end) in [
            ("a\"", Some(1)),
            ("\"", Some(0)),
            (r#"\"","#, Some(2)),
            (r#"\\","#, Some(2)),
            (r#"\\\"x","#, Some(5)),
            (r#"\u0022"é""#, Some(6)),
            ("", None),
            ("a", None),
            ("\\", None),
            (r#"\""#, None),
        ] {
            assert_eq!(string_end(json.as_bytes()), end, "{json}");
        }
    }

    #[test]
    fn hostile_documents() {
        for json in ["", "[]", "1", "null", "{", "{\"a\"}", "{\"a\":1,}", "{\"a\":1} x", "\"{}\""] {
            assert!(Members::read(json).is_none(), "{json}");
        }
        for (json, deep) in [("", 0), ("1", 0), ("{\"a\":[{}],\"b\":1}", 3), (r#"["[\"[", "\\", [1]]"#, 2), ("]]][", 1)]
        {
            assert_eq!(depth(json), deep, "{json}");
        }
        let many = |count| format!("{{{}}}", (0..count).map(|n| format!("\"m{n}\":1")).collect::<Vec<_>>().join(","));
        assert!(Members::read(&many(MOST)).is_some() && Members::read(&many(MOST + 1)).is_none());
        assert_eq!(Members::read("{\"a\":1,\"b\":2,\"a\":3}").unwrap().json(), "{\"a\":3,\"b\":2}");
        assert_eq!(items("[1, {\"a\" : 2}]"), Some(vec!["1", "{\"a\" : 2}"]));
        assert_eq!((items("{}"), items("[1,]")), (None, None));
    }
}
