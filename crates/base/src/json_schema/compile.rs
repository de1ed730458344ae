//! From the document to schemas that are understood, every fault at once.

use serde_json::{Number, Value};

use super::check::{Check, MAX_INTEGER};
use super::{Bounds, Id, JsonSchema, MAX_CHAIN, MAX_SCHEMAS, Schema, Type};
use crate::fault::{Fault, Path, nearest, printable};
use crate::json::Json;
use crate::schema::names_of;
use std::collections::{BTreeMap, BTreeSet};

/// Kept and not checked (JSON Schema validation, section 9; core, 8.3; `format`: validation, 7.2.1).
const ANNOTATIONS: [&str; 9] =
    ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "format"];
/// Checked, or read here.
const KEYWORDS: [&str; 26] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "$ref",
    "$defs",
    "definitions",
    "$schema",
];
/// The drafts in which the keywords above mean the same.
const DRAFTS: [&str; 3] = [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
];

/// Reads a schema; `None` where a fault was found.
pub(super) fn read(check: &mut Check, path: &Path, mut document: Json) -> Option<JsonSchema> {
    let before = check.faults.count();
    root(check, path, &document)?;
    exact(check, &mut path.clone(), &document);
    let mut compiler = Compiler { check, schemas: Vec::new(), places: BTreeMap::new(), references: Vec::new() };
    compiler.schema(path, String::new(), &mut document, false);
    compiler.resolve();
    compiler.chains(path);
    let schemas = compiler.schemas;
    (check.faults.count() == before).then(|| JsonSchema { document: Value::from(document), schemas })
}

/// What C1 asks of the root.
fn root(check: &mut Check, path: &Path, document: &Json) -> Option<()> {
    let Json::Object(members) = document else {
        check.wrong_type(path, "a JSON Schema, which is an object", document);
        return None;
    };
    let member = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    match member("type") {
        Some(Json::String(text)) if text == "object" => {}
        _ => check.fault(&path.name("type"), "unknown_value", "The result is an object: write `\"type\": \"object\"`."),
    }
    if member("properties").is_none() {
        check.fault(&path.name("properties"), "missing_field", "`properties` is required: name the result's members.");
    }
    Some(())
}

/// Refuses integers that a reader with doubles would take for another (RFC 8259, section 6): the definition is hashed
/// and sent in canonical form, which knows doubles only.
fn exact(check: &mut Check, path: &mut Path, document: &Json) {
    match document {
        Json::Number(number)
            if number.as_i128().is_some_and(|value| value.unsigned_abs() > u128::from(MAX_INTEGER)) =>
        {
            check.fault(path, "out_of_range", format!("An integer beyond {MAX_INTEGER} is not exact everywhere."));
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                exact(check, path, item);
                path.pop();
            }
        }
        Json::Object(members) => {
            for (name, member) in members {
                path.push_name(name);
                exact(check, path, member);
                path.pop();
            }
        }
        _ => {}
    }
}

struct Compiler<'a> {
    check: &'a mut Check,
    schemas: Vec<Schema>,
    /// Each schema by its JSON Pointer (RFC 6901) from the root.
    places: BTreeMap<String, Id>,
    /// Who refers where, and the path to say if that is nowhere.
    references: Vec<(Id, String, Path)>,
}

impl Compiler<'_> {
    /// Reads the schema at `path`; `shorthand`: a type's name means a schema here.
    fn schema(&mut self, path: &Path, pointer: String, document: &mut Json, shorthand: bool) -> Option<Id> {
        if self.schemas.len() >= MAX_SCHEMAS {
            if self.schemas.len() == MAX_SCHEMAS {
                self.schemas.push(Schema::default());
                self.check.fault(path, "too_many", format!("More than {MAX_SCHEMAS} schemas: simplify this one."));
            }
            return None;
        }
        let id = self.schemas.len();
        self.schemas.push(Schema::default());
        self.places.insert(pointer.clone(), id);
        if let (true, Json::String(name)) = (shorthand, &*document) {
            let name = name.clone();
            self.check.choice(path, &Json::String(name.clone()), &Type::ALL)?;
            *document = Json::Object(vec![("type".to_owned(), Json::String(name))]);
        }
        let schema = match document {
            Json::Bool(value) => Schema { never: !*value, ..Schema::default() },
            Json::Object(members) => self.members(id, path, &pointer, members),
            other => {
                self.check.wrong_type(path, "a schema, which is an object, true or false", other);
                return None;
            }
        };
        *self.schemas.get_mut(id)? = schema;
        Some(id)
    }

    fn members(&mut self, id: Id, path: &Path, pointer: &str, members: &mut [(String, Json)]) -> Schema {
        let mut schema = Schema::default();
        for (name, value) in members {
            let at = path.name(name);
            let below = format!("{pointer}/{}", escape(name));
            match name.as_str() {
                "type" => schema.types = self.types(&at, value),
                "enum" => schema.values.extend(self.values(&at, value)),
                "const" => schema.values.push(vec![Value::from(value.clone())]),
                "properties" => schema.properties = self.map(&at, &below, value, true),
                "$defs" | "definitions" => drop(self.map(&at, &below, value, false)),
                "required" => schema.required = self.names(&at, value),
                "additionalProperties" => schema.additional = self.schema(&at, below, value, false),
                "items" if matches!(value, Json::Array(_)) => {
                    let message = "One schema for all items, please: lists of schemas are not checked here.";
                    self.check.fault(&at, "unsupported_keyword", message);
                }
                "items" => schema.items = self.schema(&at, below, value, false),
                "not" => schema.not = self.schema(&at, below, value, false),
                "allOf" => schema.all = self.names_of(&at, &below, value),
                "anyOf" => schema.any = self.names_of(&at, &below, value),
                "oneOf" => schema.one = self.names_of(&at, &below, value),
                "minProperties" => schema.properties_count.least = self.count(&at, value),
                "maxProperties" => schema.properties_count.most = self.count(&at, value),
                "minItems" => schema.items_count.least = self.count(&at, value),
                "maxItems" => schema.items_count.most = self.count(&at, value),
                "minLength" => schema.length.least = self.count(&at, value),
                "maxLength" => schema.length.most = self.count(&at, value),
                "uniqueItems" => schema.unique = self.flag(&at, value),
                "minimum" => schema.least.extend(self.limit(&at, value).map(|limit| (limit, false))),
                "exclusiveMinimum" => schema.least.extend(self.limit(&at, value).map(|limit| (limit, true))),
                "maximum" => schema.most.extend(self.limit(&at, value).map(|limit| (limit, false))),
                "exclusiveMaximum" => schema.most.extend(self.limit(&at, value).map(|limit| (limit, true))),
                "$ref" => self.reference(id, at, value),
                "$schema" => self.draft(&at, value),
                "$id" if pointer.is_empty() => {}
                known if ANNOTATIONS.contains(&known) => {}
                unknown => self.unsupported(&at, unknown),
            }
        }
        for (bounds, least, most) in [
            (schema.length, "minLength", "maxLength"),
            (schema.items_count, "minItems", "maxItems"),
            (schema.properties_count, "minProperties", "maxProperties"),
        ] {
            self.order(path, bounds, least, most);
        }
        schema
    }

    fn order(&mut self, path: &Path, bounds: Bounds, least: &str, most: &str) {
        if let Bounds { least: Some(low), most: Some(high) } = bounds
            && low > high
        {
            self.check.fault(path, "contradiction", format!("`{least}` is above `{most}`: nothing fits this."));
        }
    }

    fn unsupported(&mut self, path: &Path, name: &str) {
        let message = || match name {
            "pattern" | "patternProperties" => {
                format!("`{name}` is not checked here: use `enum`, or `minLength` and `maxLength`.")
            }
            "nullable" => "Write `\"type\": [\"string\", \"null\"]` instead of `nullable`.".to_owned(),
            _ => match nearest(name, &KEYWORDS) {
                Some(meant) => format!("There is no keyword `{}` here: did you mean `{meant}`?", printable(name)),
                None => {
                    format!("`{}` is not checked here: remove it. Known: {}.", printable(name), names_of(&KEYWORDS))
                }
            },
        };
        self.check.faults.add(|| Fault::new(path, "unsupported_keyword", message()));
    }

    fn types(&mut self, path: &Path, value: &Json) -> Option<BTreeSet<Type>> {
        let Json::Array(names) = value else {
            return self.check.choice(path, value, &Type::ALL).map(|one| BTreeSet::from([one]));
        };
        if names.is_empty() {
            self.check.fault(path, "empty", "No type is named, so nothing fits: name one.");
        }
        let mut types = BTreeSet::new();
        for (index, name) in names.iter().enumerate() {
            let at = path.index(index);
            if let Some(one) = self.check.choice(&at, name, &Type::ALL)
                && !types.insert(one)
            {
                self.check.fault(&at, "duplicate", "Duplicate type: remove one.");
            }
        }
        Some(types)
    }

    fn values(&mut self, path: &Path, value: &Json) -> Option<Vec<Value>> {
        match value {
            Json::Array(values) if !values.is_empty() => Some(values.iter().cloned().map(Value::from).collect()),
            _ => {
                self.check.fault(path, "wrong_type", "`enum` is an array of one value or more.");
                None
            }
        }
    }

    fn map(&mut self, path: &Path, pointer: &str, value: &mut Json, shorthand: bool) -> BTreeMap<String, Id> {
        let Json::Object(members) = value else {
            self.check.wrong_type(path, "an object of schemas", value);
            return BTreeMap::new();
        };
        let mut map = BTreeMap::new();
        for (name, schema) in members {
            let below = format!("{pointer}/{}", escape(name));
            if let Some(id) = self.schema(&path.name(name), below, schema, shorthand) {
                map.insert(name.clone(), id);
            }
        }
        map
    }

    fn names_of(&mut self, path: &Path, pointer: &str, value: &mut Json) -> Vec<Id> {
        match value {
            Json::Array(items) if !items.is_empty() => items
                .iter_mut()
                .enumerate()
                .filter_map(|(index, item)| self.schema(&path.index(index), format!("{pointer}/{index}"), item, false))
                .collect(),
            _ => {
                self.check.fault(path, "wrong_type", "Send an array of one schema or more here.");
                Vec::new()
            }
        }
    }

    fn names(&mut self, path: &Path, value: &Json) -> Vec<String> {
        let Json::Array(items) = value else {
            self.check.wrong_type(path, "an array of names", value);
            return Vec::new();
        };
        let mut names = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let at = path.index(index);
            match item {
                Json::String(name) if names.insert(name.clone()) => {}
                Json::String(_) => self.check.fault(&at, "duplicate", "Duplicate name: remove one."),
                other => self.check.wrong_type(&at, "a name", other),
            }
        }
        names.into_iter().collect()
    }

    fn count(&mut self, path: &Path, value: &Json) -> Option<u64> {
        self.check.count(path, value)
    }

    fn flag(&mut self, path: &Path, value: &Json) -> bool {
        match value {
            Json::Bool(flag) => *flag,
            other => {
                self.check.wrong_type(path, "true or false", other);
                false
            }
        }
    }

    fn limit(&mut self, path: &Path, value: &Json) -> Option<Number> {
        self.check.number(path, value)
    }

    fn draft(&mut self, path: &Path, value: &Json) {
        let known = matches!(value, Json::String(uri) if DRAFTS.contains(&uri.trim_end_matches('#')));
        if !known {
            self.check.fault(path, "unknown_value", format!("`$schema` must be {}, or left out.", names_of(&DRAFTS)));
        }
    }

    fn reference(&mut self, id: Id, path: Path, value: &Json) {
        match value {
            Json::String(reference) => match reference.strip_prefix('#') {
                Some(fragment) => self.references.push((id, decode(fragment), path)),
                None => {
                    let message =
                        "Only schemas of this document can be referred to: `#/$defs/name`. Nothing is fetched.";
                    self.check.fault(&path, "remote_reference", message);
                }
            },
            other => self.check.wrong_type(&path, "a string", other),
        }
    }

    fn resolve(&mut self) {
        for (id, pointer, path) in std::mem::take(&mut self.references) {
            match (self.places.get(&pointer), self.schemas.get_mut(id)) {
                (Some(target), Some(schema)) => schema.reference = Some(*target),
                _ => self.check.fault(&path, "unknown_reference", "There is no such schema in this document."),
            }
        }
    }

    /// Refuses chains of schemas over one value that are endless or longer than [`MAX_CHAIN`].
    fn chains(&mut self, path: &Path) {
        // The longest chain from each schema, by rounds: after MAX_CHAIN rounds it is either settled or too long.
        let mut lengths = vec![1; self.schemas.len()];
        for _ in 0..=MAX_CHAIN {
            let mut settled = true;
            for id in 0..self.schemas.len() {
                let below = self.schemas.get(id).into_iter().flat_map(Schema::in_place);
                let longest = 1 + below.filter_map(|next| lengths.get(next).copied()).max().unwrap_or(0);
                if let Some(length) = lengths.get_mut(id)
                    && *length < longest
                {
                    *length = longest;
                    settled = false;
                }
            }
            if settled && lengths.iter().all(|length| *length <= MAX_CHAIN) {
                return;
            }
        }
        let message = format!(
            "`$ref`, `allOf`, `anyOf`, `oneOf` and `not` lead from schema to schema more than {MAX_CHAIN} times over \
             the same value, perhaps in a circle: put a reference below `properties` or `items`."
        );
        self.check.fault(path, "endless_reference", message);
    }
}

/// A name as a step of a JSON Pointer (RFC 6901, section 3).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A URI fragment without its percent-encoding (RFC 3986, 2.1).
fn decode(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
