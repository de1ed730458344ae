//! A shape as JSON Schema (draft 2020-12), as OpenAPI 3.1 has it.

use serde_json::{Map, Value, json};

use super::{ENDLESS, Field, List, Rule, Shape, Text, Unit};

impl Shape {
    /// The shape as JSON Schema. What that cannot say (UTF-16 lengths, names free of secrets, items that differ in some
    /// members) is said in `description`. A default is said there, too: generators take a member that has one for
    /// required.
    pub fn json_schema(&self) -> Value {
        match self {
            Shape::Any => json!({}),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::False => json!({ "type": "boolean", "const": false }),
            Shape::Text(text) => text.json_schema(),
            Shape::OneOf(names) => json!({ "type": "string", "enum": names }),
            Shape::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
            Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Shape::List(list) => list.json_schema(),
            Shape::Object(fields) => object(fields, false),
            Shape::Open(fields) => object(fields, true),
            Shape::Map(value) => json!({ "type": "object", "additionalProperties": value.json_schema() }),
            Shape::Either(one, other) => json!({ "anyOf": [one.json_schema(), other.json_schema()] }),
            Shape::JsonSchema => json!({
                "type": "object", "required": ["type", "properties"],
                "properties": { "type": { "type": "string", "const": "object" }, "properties": { "type": "object" } },
                "description": "JSON Schema (draft 2020-12) of the subset in the documentation.",
            }),
        }
    }
}

impl Text {
    fn json_schema(&self) -> Value {
        let mut schema = json!({ "type": "string" });
        let mut set = |name: &str, value: Value| {
            if let Some(members) = schema.as_object_mut() {
                members.insert(name.to_owned(), value);
            }
        };
        if self.least > 0 {
            set("minLength", self.least.into());
        }
        if (self.most as u64) < ENDLESS {
            set("maxLength", self.most.into());
            if self.unit == Unit::Utf16 {
                set("description", "Its length is counted in UTF-16 code units.".into());
            }
        }
        match self.rule {
            Rule::None if self.least > 0 => set("pattern", r"\S".into()),
            Rule::None => {}
            Rule::Name | Rule::Label if self.least > 0 => {
                set("pattern", r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$".into());
            }
            Rule::Name | Rule::Label => set("pattern", r"^[^\x00-\x1f\x7f-\x9f]*$".into()),
            Rule::Uuid => {
                set("format", "uuid".into());
                set("pattern", "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$".into());
            }
            Rule::Https => {
                set("format", "uri".into());
                set("pattern", r#"^https://[A-Za-z0-9\[][^\s@/?#"<>\\^`{|}]*([/?][^\s#"<>\\^`{|}]*)?$"#.into());
            }
            Rule::Time => set("format", "date-time".into()),
            Rule::Variable => set("pattern", "^[A-Za-z_][A-Za-z0-9_]*$".into()),
            Rule::Containing(parts) => {
                set("pattern", parts.iter().map(|part| escape(part)).collect::<Vec<_>>().join("|").into())
            }
        }
        schema
    }
}

/// A text as a pattern that matches it.
fn escape(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_ascii_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect()
}

impl List {
    fn json_schema(&self) -> Value {
        let mut schema = json!({ "type": "array", "items": self.item.json_schema() });
        let mut set = |name: &str, value: Value| {
            if let Some(members) = schema.as_object_mut() {
                members.insert(name.to_owned(), value);
            }
        };
        if self.least > 0 {
            set("minItems", self.least.into());
        }
        if (self.most as u64) < ENDLESS {
            set("maxItems", self.most.into());
        }
        match self.unique {
            Some([]) => set("uniqueItems", true.into()),
            Some(members) => set("description", format!("No two have the same {}.", super::names_of(members)).into()),
            None => {}
        }
        schema
    }
}

fn object(fields: &[Field], open: bool) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Some(members) = schema.as_object_mut() {
        if !required.is_empty() {
            members.insert("required".to_owned(), required.into());
        }
        if !open {
            members.insert("additionalProperties".to_owned(), false.into());
        }
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = field.shape.json_schema();
    if let Some(members) = schema.as_object_mut() {
        let own = members.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let default = if field.default.is_empty() { String::new() } else { format!("Default: {}.", field.default) };
        let parts: Vec<&str> = [field.about, &own, &default].into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            members.insert("description".to_owned(), parts.join(" ").into());
        }
    }
    schema
}
