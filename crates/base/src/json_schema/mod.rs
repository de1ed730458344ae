//! JSON Schema, draft 2020-12, without what is not checked here: schemas that a document carries for its answers.
//!
//! Checked: `type` (one name or several), `enum`, `const`, `properties`, `required`, `additionalProperties`,
//! `minProperties`, `maxProperties`, `items`, `minItems`, `maxItems`, `uniqueItems`, `minimum`, `maximum`,
//! `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength` (in Unicode characters), `allOf`, `anyOf`,
//! `oneOf`, `not`, and `$ref` to a schema of the same document (`#`, `#/$defs/name`). Kept and not checked: the
//! annotations, and `format`, which the draft does not assert either. Every other keyword is refused by its path:
//! a schema that seems to be checked and is not is worse than none.
//!
//! A library that knows all of the draft adds 519 KiB of gzip or more to the Worker (ARCHITECTURE.md); in the tests it is
//! the oracle.

mod check;
mod compile;
mod validate;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Number, Value};

use check::Check;

use crate::fault::{Faults, Path};
use crate::json::Json;

/// Most schemas in one document, itself and those within (no source; ours).
pub const MAX_SCHEMAS: usize = 1_000;
/// Most schemas that one value passes through by `$ref`, `allOf`, `anyOf`, `oneOf` and `not` (no source; ours):
/// with values 64 deep this bounds the stack.
pub const MAX_CHAIN: usize = 16;
/// Most steps of one validation (no source; ours): alternatives within alternatives double the work at each level.
pub const MAX_STEPS: usize = 200_000;

/// A schema that is understood whole.
#[derive(Clone, PartialEq)]
pub struct JsonSchema {
    document: Value,
    schemas: Vec<Schema>,
}

impl JsonSchema {
    /// Reads a schema, for an object: at its root `"type": "object"` and `properties` are required, and
    /// `"name": "string"` among properties means `{"type": "string"}`.
    ///
    /// # Errors
    /// Every fault, each with its path.
    pub fn read(document: Json) -> Result<JsonSchema, Faults> {
        let mut check = Check::default();
        let read = compile::read(&mut check, &Path::root(), document);
        read.ok_or(check.faults)
    }

    /// The schema as it is sent upstream: shorthands written out.
    pub fn document(&self) -> &Value {
        &self.document
    }
}

/// What is wrong with a schema.
pub fn faults(document: Json) -> Faults {
    JsonSchema::read(document).err().unwrap_or_default()
}

/// Its size: the schema's texts are the operator's.
impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} schemas]", self.schemas.len())
    }
}

/// Index of a schema; the root is 0.
type Id = usize;

/// One schema, read. The default lets everything pass.
#[derive(Debug, Clone, PartialEq, Default)]
struct Schema {
    /// The schema `false`.
    never: bool,
    types: Option<BTreeSet<Type>>,
    /// `enum`, and `const` as one of one.
    values: Vec<Vec<Value>>,
    properties: BTreeMap<String, Id>,
    required: Vec<String>,
    additional: Option<Id>,
    properties_count: Bounds,
    items: Option<Id>,
    items_count: Bounds,
    unique: bool,
    /// Lower and upper limits of a number; the flag: the limit itself is outside.
    least: Vec<(Number, bool)>,
    most: Vec<(Number, bool)>,
    length: Bounds,
    all: Vec<Id>,
    any: Vec<Id>,
    one: Vec<Id>,
    not: Option<Id>,
    reference: Option<Id>,
}

impl Schema {
    /// The schemas that judge the same value.
    fn in_place(&self) -> impl Iterator<Item = Id> {
        [&self.all, &self.any, &self.one].into_iter().flatten().copied().chain(self.not).chain(self.reference)
    }
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
}

/// The types of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [(&'static str, Type); 7] = [
        ("null", Type::Null),
        ("boolean", Type::Boolean),
        ("integer", Type::Integer),
        ("number", Type::Number),
        ("string", Type::String),
        ("array", Type::Array),
        ("object", Type::Object),
    ];

    fn name(self) -> &'static str {
        Type::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Type::Null, Value::Null)
            | (Type::Boolean, Value::Bool(_))
            | (Type::Number, Value::Number(_))
            | (Type::String, Value::String(_))
            | (Type::Array, Value::Array(_))
            | (Type::Object, Value::Object(_)) => true,
            (Type::Integer, Value::Number(number)) => number.as_f64().is_some_and(|value| value.fract() == 0.0),
            _ => false,
        }
    }
}
