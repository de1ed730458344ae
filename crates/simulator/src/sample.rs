//! A value that fits a JSON Schema, as a model would make one.
//!
//! Of the schema it reads `$ref` within the document, `const`, `enum`, `examples`, `default`, `allOf`, `anyOf`,
//! `oneOf`, `type`, `format`, and the bounds of numbers, strings, arrays and objects. `pattern`, `not`, `if` and
//! `uniqueItems` are not understood: give an example there.

use serde_json::{Map, Value, json};

/// Deeper schemas, which may refer to themselves, end in null.
const MOST_DEPTH: usize = 24;
/// Longest strings and arrays that are made.
const MOST_ITEMS: u64 = 1_000;

/// Most schemas that are looked at: one that refers to itself twice would double with each level.
const MOST_STEPS: u32 = 10_000;

/// A value that fits `schema`; always the same one.
pub(crate) fn sample(schema: &Value) -> Value {
    Sampler { root: schema, steps: 0 }.value(schema, 0)
}

struct Sampler<'a> {
    root: &'a Value,
    steps: u32,
}

impl Sampler<'_> {
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let Some(map) = schema.as_object() else {
            return json!("sample");
        };
        if self.ends(depth) {
            return Value::Null;
        }
        let merged = self.merged(map, depth);
        let map = &merged;
        if let Some(given) = map.get("const").or_else(|| map.get("default")) {
            return given.clone();
        }
        if let Some(given) = ["enum", "examples"].iter().find_map(|name| map.get(*name)?.as_array()?.first()) {
            return given.clone();
        }
        let branch = ["anyOf", "oneOf"].iter().find_map(|name| map.get(*name)?.as_array()?.first());
        if let Some(Value::Object(branch)) = branch {
            let mut all = map.clone();
            all.remove("anyOf");
            all.remove("oneOf");
            merge(&mut all, branch);
            return self.value(&all.into(), depth + 1);
        }
        let kind = match map.get("type") {
            Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
            kind => kind.and_then(Value::as_str),
        };
        match kind {
            Some("null") => Value::Null,
            Some("boolean") => true.into(),
            Some("integer") => integer(map),
            Some("number") => number(map),
            Some("array") => self.array(map, depth),
            Some("object") => self.object(map, depth),
            None if map.contains_key("properties") => self.object(map, depth),
            None if map.contains_key("items") => self.array(map, depth),
            _ => string(map),
        }
    }

    /// The schema with what it refers to and its `allOf`.
    fn merged(&mut self, map: &Map<String, Value>, depth: usize) -> Map<String, Value> {
        let mut all = map.clone();
        if self.ends(depth) {
            return all;
        }
        let reference = all.remove("$ref");
        let target =
            reference.as_ref().and_then(Value::as_str).and_then(|text| self.root.pointer(text.strip_prefix('#')?));
        let parts = all.remove("allOf");
        let parts = parts.as_ref().and_then(Value::as_array).into_iter().flatten();
        for part in target.into_iter().chain(parts).filter_map(Value::as_object) {
            merge(&mut all, &self.merged(part, depth + 1));
        }
        all
    }

    fn object(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let empty = Map::new();
        let properties = map.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required = map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut made = Map::new();
        // Near the end only what must be there, so that a schema that refers to itself ends.
        for (name, schema) in properties.iter().filter(|_| depth < MOST_DEPTH / 4) {
            made.insert(name.clone(), self.value(schema, depth + 1));
        }
        let other = map.get("additionalProperties").unwrap_or(&Value::Null);
        for name in required {
            if !made.contains_key(name) {
                made.insert(name.to_owned(), self.value(properties.get(name).unwrap_or(other), depth + 1));
            }
        }
        made.into()
    }

    fn array(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let first = map.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let mut made: Vec<Value> = first.map(|schema| self.value(schema, depth + 1)).collect();
        let bound = |name: &str| map.get(name).and_then(Value::as_u64);
        let usual = if depth < MOST_DEPTH / 4 { 1 } else { 0 };
        let count = bound("minItems").unwrap_or(usual).max(usual).min(bound("maxItems").unwrap_or(MOST_ITEMS));
        let item = map.get("items").unwrap_or(&Value::Null);
        while (made.len() as u64) < count.min(MOST_ITEMS) {
            made.push(self.value(item, depth + 1));
        }
        made.into()
    }

    /// Counts a step; whether it is one too many or too deep.
    fn ends(&mut self, depth: usize) -> bool {
        self.steps += 1;
        depth > MOST_DEPTH || self.steps > MOST_STEPS
    }
}

/// Adds the members of `more`; properties and required names of both count.
fn merge(all: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (all.get_mut(name), value) {
            (Some(Value::Object(ours)), Value::Object(theirs)) => ours.extend(theirs.clone()),
            (Some(Value::Array(ours)), Value::Array(theirs)) if name == "required" => ours.extend(theirs.clone()),
            _ => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

fn string(map: &Map<String, Value>) -> Value {
    let text = match map.get("format").and_then(Value::as_str) {
        Some("uuid") => "3f2b6c1e-8d4a-4c7b-9a55-0e1d2c3b4a59",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("time") => "12:00:00Z",
        Some("email") => "zoe@example.com",
        Some("uri") => "https://example.com/",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        _ => "sample",
    };
    let bound = |name: &str| map.get(name).and_then(Value::as_u64);
    let length = text.chars().count() as u64;
    let length =
        length.max(bound("minLength").unwrap_or(0).min(MOST_ITEMS)).min(bound("maxLength").unwrap_or(u64::MAX));
    let fill = std::iter::repeat('a');
    text.chars().chain(fill).take(usize::try_from(length).unwrap_or(0)).collect::<String>().into()
}

#[expect(clippy::cast_possible_truncation, reason = "bounds of a test's schema; the cast saturates")]
fn integer(map: &Map<String, Value>) -> Value {
    let bound = |name: &str| map.get(name).and_then(Value::as_f64);
    let step = bound("multipleOf").filter(|step| *step >= 1.0).unwrap_or(1.0);
    let low = bound("minimum").map(f64::ceil).or(bound("exclusiveMinimum").map(|low| low.floor() + 1.0));
    let high = bound("maximum").map(f64::floor).or(bound("exclusiveMaximum").map(|high| high.ceil() - 1.0));
    let number = match (low, high) {
        (Some(low), _) => (low / step).ceil() * step,
        (None, Some(high)) => (high.min(step) / step).floor() * step,
        (None, None) => step,
    };
    (number as i64).into()
}

fn number(map: &Map<String, Value>) -> Value {
    let bound = |name: &str| map.get(name).and_then(Value::as_f64);
    let low = bound("minimum").or(bound("exclusiveMinimum"));
    let high = bound("maximum").or(bound("exclusiveMaximum"));
    let number = match (low, high) {
        (Some(low), Some(high)) => f64::midpoint(low, high),
        (Some(low), None) => low + 1.0,
        (None, Some(high)) => high - 1.0,
        (None, None) => 0.5,
    };
    match bound("multipleOf") {
        Some(step) if step > 0.0 => {
            let multiple = (number / step).floor() * step;
            let multiple = if low.is_some_and(|low| multiple < low) { multiple + step } else { multiple };
            multiple.into()
        }
        _ => number.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_schemas() {
        for (schema, fits) in [
            (json!({"type": "string"}), json!("sample")),
            (json!({"type": "string", "maxLength": 2}), json!("sa")),
            (json!({"type": "string", "minLength": 8}), json!("sampleaa")),
            (json!({"type": "string", "enum": ["billing", "other"]}), json!("billing")),
            (json!({"type": "string", "pattern": "^A-\\d$", "examples": ["A-1"]}), json!("A-1")),
            (json!({"type": ["integer", "null"]}), json!(1)),
            (json!({"type": "integer", "minimum": 3, "multipleOf": 5}), json!(5)),
            (json!({"type": "integer", "exclusiveMaximum": 0}), json!(-1)),
            (json!({"type": "integer", "exclusiveMinimum": 1.5}), json!(2)),
            (json!({"type": "number", "minimum": 0, "maximum": 1}), json!(0.5)),
            (json!({"type": "number", "exclusiveMinimum": 7}), json!(8.0)),
            (json!({"type": "boolean"}), json!(true)),
            (json!({"type": "null"}), json!(null)),
            (json!({"type": "array", "items": {"type": "integer"}, "minItems": 2}), json!([1, 1])),
            (json!({"type": "array", "items": {"type": "integer"}, "maxItems": 0}), json!([])),
            (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), json!(1)),
            (
                json!({"allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["b"]}]}),
                json!({"a": 1, "b": "sample"}),
            ),
            (json!({"$ref": "#/$defs/d", "$defs": {"d": {"type": "boolean"}}}), json!(true)),
            (json!({"type": "object", "properties": {"a": {"type": "object"}}}), json!({"a": {}})),
            (json!(true), json!("sample")),
        ] {
            assert_eq!(sample(&schema), fits, "{schema}");
        }
    }

    #[test]
    fn schemas_that_refer_to_themselves_end() {
        let list = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}}});
        assert_eq!(sample(&list)["next"]["v"], 1);
        for hostile in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}),
            json!({"anyOf": [{"$ref": "#"}]}),
            json!({"allOf": vec![json!({"$ref": "#"}); 50]}),
            json!({"type": "array", "items": {"$ref": "#"}, "minItems": 1000}),
            json!({"required": ["a", "b", "c"], "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}}}),
        ] {
            sample(&hostile);
        }
    }
}
