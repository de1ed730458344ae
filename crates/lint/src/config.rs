//! What is linted how: severities, dialect, models' windows, what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use promptgate_tokens::Vocabulary;
use serde_json::{Value, json};

use super::document::Kind;
use super::finding::Severity;
use super::rules::RULES;
use crate::fault::{Fault, Faults, Path, nearest, printable};
use crate::json::{self, Json};
use crate::placeholder::{Dialect, LinePrefixes};
use promptgate_tokens::Counting;

/// A configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Severity by code; `None` switches the rule off. What is not named has its rule's own.
    pub rules: BTreeMap<&'static str, Option<Severity>>,
    /// In which dialect placeholders are written; detected in the text where it is not set.
    pub dialect: Option<Dialect>,
    /// What lines of Jinja begin with that are statements or comments, as its environment is set up.
    pub line_prefixes: LinePrefixes,
    /// What all documents are; detected by each one's name and members where it is not set.
    pub kind: Option<Kind>,
    /// Context windows by model, in tokens.
    pub models: BTreeMap<String, u64>,
    /// The model of documents that name none.
    pub model: Option<String>,
    /// How tokens are counted.
    pub counting: Counting,
    /// What is no finding.
    pub allow: Allow,
    /// Whether documents may say what is ignored, and their dialect. The gateway takes no such orders.
    pub inline_ignores: bool,
}

/// What is no finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// Functions that expressions may call: `formatDate`, `Math.round`, `.trim` on anything.
    pub functions: BTreeSet<String>,
    /// Variables that need not be declared; in plain text, those that there are.
    pub variables: BTreeSet<String>,
    /// Values that are neither personal nor secret: the company's own address, `@domain` for all there.
    pub values: BTreeSet<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            rules: BTreeMap::new(),
            dialect: None,
            line_prefixes: LinePrefixes::default(),
            kind: None,
            models: BTreeMap::new(),
            model: None,
            counting: Counting::Auto,
            allow: Allow::default(),
            inline_ignores: true,
        }
    }
}

const FIELDS: [&str; 9] = ["$schema", "rules", "dialect", "jinja", "kind", "models", "model", "tokens", "allow"];
const LEVELS: [&str; 4] = ["off", "info", "warning", "error"];
const TOKENS: [&str; 4] = ["auto", "estimate", "cl100k_base", "o200k_base"];
const JINJA: [&str; 2] = ["line_statement_prefix", "line_comment_prefix"];
const ALLOW: [&str; 3] = ["functions", "variables", "values"];

impl Config {
    /// Reads a configuration from JSON.
    ///
    /// # Errors
    /// Every fault at once, each with its path.
    pub fn parse(text: &[u8]) -> Result<Config, Faults> {
        Config::from_json(json::parse(text)?)
    }

    /// The same, of JSON that is read already.
    ///
    /// # Errors
    /// Those of [`Config::parse`].
    pub fn from_json(document: Json) -> Result<Config, Faults> {
        let mut reader = Reader { faults: Faults::default() };
        let config = reader.config(document);
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }

    /// The severity of a rule's finding; `None` where the rule is off.
    pub(super) fn severity(&self, code: &str, own: Severity) -> Option<Severity> {
        self.rules.get(code).copied().unwrap_or(Some(own))
    }
}

/// The JSON Schema (2020-12) of a configuration.
pub fn schema() -> Value {
    let (kinds, dialects) = (Kind::NAMES, Dialect::NAMES);
    let rules: serde_json::Map<String, Value> = RULES
        .iter()
        .map(|rule| (rule.code.to_owned(), json!({ "enum": LEVELS, "description": rule.summary })))
        .collect();
    let names = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the Promptgate linter",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string" },
            "rules": {
                "description": "Severity by rule.",
                "type": "object", "additionalProperties": false, "properties": rules
            },
            "dialect": { "description": "How placeholders are written; told from the text by default.", "enum": dialects },
            "jinja": {
                "description": "How the environment is set up that reads Jinja's templates.",
                "type": "object", "additionalProperties": false,
                "properties": {
                    "line_statement_prefix": { "description": "What a line begins with that is a statement.", "type": "string", "minLength": 1 },
                    "line_comment_prefix": { "description": "What a comment begins with that ends with its line.", "type": "string", "minLength": 1 }
                }
            },
            "kind": { "description": "What documents are; told from name and members by default.", "enum": kinds },
            "models": {
                "description": "Context window by model, in tokens.",
                "type": "object", "additionalProperties": { "type": "integer", "minimum": 1, "maximum": MAX_WINDOW }
            },
            "model": { "description": "The model of documents that name none.", "type": "string" },
            "tokens": { "description": "How tokens are counted.", "enum": TOKENS },
            "allow": {
                "description": "What is no finding.",
                "type": "object", "additionalProperties": false,
                "properties": { "functions": names, "variables": names, "values": names }
            }
        }
    })
}

/// The largest context window that is believed, in tokens.
const MAX_WINDOW: u64 = 100_000_000;

struct Reader {
    faults: Faults,
}

impl Reader {
    fn config(&mut self, document: Json) -> Config {
        let mut config = Config::default();
        let root = Path::root();
        for (name, value) in self.members(&root, document) {
            let path = root.name(&name);
            match name.as_str() {
                "$schema" => _ = self.string(&path, value),
                "rules" => config.rules = self.rules(&path, value),
                "dialect" => {
                    config.dialect =
                        self.choice(&path, value, Dialect::NAMES).and_then(|at| Dialect::ALL.get(at).copied());
                }
                "kind" => {
                    config.kind = self.choice(&path, value, Kind::NAMES).and_then(|at| Kind::ALL.get(at).copied());
                }
                "jinja" => config.line_prefixes = self.jinja(&path, value),
                "models" => config.models = self.models(&path, value),
                "model" => config.model = self.string(&path, value),
                "tokens" => {
                    config.counting = match self.choice(&path, value, &TOKENS) {
                        Some(1) => Counting::Estimate,
                        Some(2) => Counting::Exact(Vocabulary::Cl100k),
                        Some(3) => Counting::Exact(Vocabulary::O200k),
                        _ => Counting::Auto,
                    };
                }
                "allow" => config.allow = self.allow(&path, value),
                _ => self.unknown(&path, &name, &FIELDS),
            }
        }
        config
    }

    fn rules(&mut self, path: &Path, value: Json) -> BTreeMap<&'static str, Option<Severity>> {
        let mut rules = BTreeMap::new();
        let codes: Vec<&'static str> = RULES.iter().map(|rule| rule.code).collect();
        for (name, value) in self.members(path, value) {
            let path = path.name(&name);
            let Some(code) = codes.iter().find(|code| **code == name) else {
                self.unknown(&path, &name, &codes);
                continue;
            };
            let level = self.choice(&path, value, &LEVELS);
            rules.insert(*code, level.and_then(|at| at.checked_sub(1)).and_then(|at| Severity::ALL.get(at).copied()));
        }
        rules
    }

    fn jinja(&mut self, path: &Path, value: Json) -> LinePrefixes {
        let mut prefixes = LinePrefixes::default();
        for (name, value) in self.members(path, value) {
            let path = path.name(&name);
            let member = match name.as_str() {
                "line_statement_prefix" => &mut prefixes.statement,
                "line_comment_prefix" => &mut prefixes.comment,
                _ => {
                    self.unknown(&path, &name, &JINJA);
                    continue;
                }
            };
            *member = self.string(&path, value);
            if member.as_ref().is_some_and(String::is_empty) {
                *member = None;
                let message = "A prefix is at least one sign: name it, or remove the member.";
                self.faults.add(|| Fault::new(&path, "empty", message));
            }
        }
        prefixes
    }

    fn models(&mut self, path: &Path, value: Json) -> BTreeMap<String, u64> {
        let mut models = BTreeMap::new();
        for (name, value) in self.members(path, value) {
            let window = match &value {
                Json::Number(number) => number.as_u64().filter(|window| (1..=MAX_WINDOW).contains(window)),
                _ => None,
            };
            match window {
                Some(window) => _ = models.insert(name, window),
                None => {
                    let message = format!("A context window is an integer from 1 to {MAX_WINDOW}, in tokens.");
                    self.faults.add(|| Fault::new(&path.name(&name), "out_of_range", message));
                }
            }
        }
        models
    }

    fn allow(&mut self, path: &Path, value: Json) -> Allow {
        let mut allow = Allow::default();
        for (name, value) in self.members(path, value) {
            let path = path.name(&name);
            match name.as_str() {
                "functions" => allow.functions = self.strings(&path, value),
                "variables" => allow.variables = self.strings(&path, value),
                "values" => allow.values = self.strings(&path, value),
                _ => self.unknown(&path, &name, &ALLOW),
            }
        }
        allow
    }

    fn members(&mut self, path: &Path, value: Json) -> Vec<(String, Json)> {
        match value {
            Json::Object(members) => members,
            value => {
                self.wrong_type(path, "an object", &value);
                Vec::new()
            }
        }
    }

    fn strings(&mut self, path: &Path, value: Json) -> BTreeSet<String> {
        let Json::Array(items) = value else {
            self.wrong_type(path, "an array of strings", &value);
            return BTreeSet::new();
        };
        let items = items.into_iter().enumerate();
        items.filter_map(|(index, item)| self.string(&path.index(index), item)).collect()
    }

    fn string(&mut self, path: &Path, value: Json) -> Option<String> {
        match value {
            Json::String(text) => Some(text),
            value => {
                self.wrong_type(path, "a string", &value);
                None
            }
        }
    }

    fn choice(&mut self, path: &Path, value: Json, names: &[&'static str]) -> Option<usize> {
        let text = self.string(path, value)?;
        let place = names.iter().position(|name| *name == text);
        if place.is_none() {
            let hint = nearest(&text, names).map(|meant| format!("Did you mean `{meant}`? ")).unwrap_or_default();
            let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.faults.add(|| Fault::new(path, "unknown_value", format!("{hint}Known: {known}.")));
        }
        place
    }

    fn wrong_type(&mut self, path: &Path, wanted: &str, value: &Json) {
        self.faults.add(|| Fault::new(path, "wrong_type", format!("Expected {wanted}, found {}.", value.kind())));
    }

    fn unknown(&mut self, path: &Path, name: &str, known: &[&'static str]) {
        self.faults.add(|| {
            let message = match nearest(name, known) {
                Some(meant) => format!("There is no `{}`: did you mean `{meant}`?", printable(name)),
                None => format!("There is no `{}`: remove it.", printable(name)),
            };
            Fault::new(path, "unknown_field", message)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(String, &'static str)> {
        Config::parse(text.as_bytes()).unwrap_err().into_iter().map(|fault| (fault.path, fault.code)).collect()
    }

    #[test]
    fn everything_can_be_set() {
        let config = Config::parse(
            br#"{"$schema":"x","rules":{"S008":"off","U003":"error"},"dialect":"mustache","kind":"text","jinja":{"line_statement_prefix":"%"},
                "models":{"m":8192},"model":"m","tokens":"o200k_base","allow":{"functions":["f"],"values":["@a.b"]}}"#,
        )
        .unwrap();
        assert_eq!(config.severity("S008", Severity::Warning), None);
        assert_eq!(config.severity("U003", Severity::Warning), Some(Severity::Error));
        assert_eq!(config.severity("D001", Severity::Error), Some(Severity::Error));
        assert_eq!((config.dialect, config.kind), (Some(Dialect::Mustache), Some(Kind::Text)));
        assert_eq!(config.models.get("m"), Some(&8192));
        assert_eq!(config.counting, Counting::Exact(Vocabulary::O200k));
        assert!(config.allow.functions.contains("f") && config.allow.values.contains("@a.b"));
        assert_eq!(Config::parse(b"{}"), Ok(Config::default()));
    }

    #[test]
    fn hostile_configurations() {
        for (text, expected) in [
            ("", vec![("$", "empty_body")]),
            ("[]", vec![("$", "wrong_type")]),
            (
                r#"{"ruls":1,"rules":{"S08":"off","S007":"of","D001":1},"dialect":"jinja3","models":{"a":0,"b":"1"}}"#,
                vec![
                    ("$.ruls", "unknown_field"),
                    ("$.rules.S08", "unknown_field"),
                    ("$.rules.S007", "unknown_value"),
                    ("$.rules.D001", "wrong_type"),
                    ("$.dialect", "unknown_value"),
                    ("$.models.a", "out_of_range"),
                    ("$.models.b", "out_of_range"),
                ],
            ),
            (
                r#"{"allow":{"x":[],"values":[1]},"tokens":"exact"}"#,
                vec![
                    ("$.allow.x", "unknown_field"),
                    ("$.allow.values[0]", "wrong_type"),
                    ("$.tokens", "unknown_value"),
                ],
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(path, code)| (path.to_owned(), code)).collect();
            assert_eq!(faults(text), expected, "{text}");
        }
    }

    #[test]
    fn the_schema_names_what_is_read() {
        let schema = schema();
        let named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut fields: Vec<_> = FIELDS.to_vec();
        fields.sort_unstable();
        assert_eq!(named.len(), fields.len());
        assert!(fields.iter().all(|field| schema["properties"].get(field).is_some()));
        assert_eq!(schema["properties"]["rules"]["properties"].as_object().unwrap().len(), RULES.len());
    }
}
