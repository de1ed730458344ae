//! Templates as documents: checked by the linter, as the gateway runs it, and read (requirements, A1, A2, E1, E2, E4).

use std::rc::Rc;

use crate::fault::{Fault, Faults};
use crate::genesys::Family;
use crate::json::{self, Json};
use crate::lint::{Config, Kind, Linter, Severity, Source};
use crate::problem::{Code, Problem};

/// What a template says of itself and upstream does not take.
const OURS: [&str; 3] = ["$lint", "$schema", "target_version"];
/// What upstream sets, and a client may send back as it was read.
const UPSTREAMS: [&str; 3] = ["id", "version", "date_modified"];
/// The time for which upstream's edge keeps a template, at most (requirements, A1), in seconds.
const MAX_TTL: u64 = 86_400;
/// The same where nobody says it, in seconds (document 000).
const DEFAULT_TTL: u64 = 3_600;
/// Most tokens of a prompt template where it does not say it (requirements, E1).
const DEFAULT_MAX_TOKENS: u64 = 4_096;
/// What guards a prompt template unless it says otherwise (E1).
const GUARDRAILS: [&str; 3] = ["pii_filter", "jailbreak_detection", "output_moderation"];

/// Where templates are checked: the linter without inline ignores. Keep it: what it has counted makes it faster.
#[derive(Clone)]
pub struct Desk(Rc<Linter>);

impl Default for Desk {
    fn default() -> Self {
        Desk(Rc::new(Linter::new(Config { inline_ignores: false, ..Config::default() })))
    }
}

impl Desk {
    /// Checks a document: every error of the linter refuses it, and so do a member that is not known, since a typo
    /// would switch a setting off, and a variable that is declared and not used (E4).
    ///
    /// # Errors
    /// [`Code::InvalidJson`], [`Code::InvalidRequest`] where its members are wrong, [`Code::TemplateRefused`] where
    /// its text is; every finding with its path, the rule as its code.
    pub fn check(&self, family: Family, text: &str) -> Result<Json, Problem> {
        let document = json::parse(text.as_bytes());
        let document = document.map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
        let kind = match family {
            Family::Prompt => Kind::PromptTemplate,
            Family::Cached => Kind::CachedTemplate,
        };
        let report = self.0.lint(&Source { text, file: None, kind: Some(kind) });
        let refusing = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error || matches!(finding.code, "D003" | "V002"));
        let faults: Faults = refusing
            .map(|finding| Fault {
                path: finding.path.clone(),
                code: finding.code,
                message: finding.message.clone(),
                span: None,
            })
            .collect();
        match faults.iter().any(|fault| fault.code.starts_with('D')) {
            _ if faults.is_empty() => Ok(document),
            true => Err(Problem::with_errors(Code::InvalidRequest, faults)),
            false => Err(Problem::with_errors(Code::TemplateRefused, faults)),
        }
    }

    /// A prompt template as upstream takes it: what is not said is what E1 says, and what is not upstream's is
    /// left out.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn prompt(&self, text: &str) -> Result<Json, Problem> {
        let mut members = object(self.check(Family::Prompt, text)?);
        members.retain(|(name, _)| !OURS.contains(&name.as_str()) && !UPSTREAMS.contains(&name.as_str()));
        default(&mut members, "variables", Json::Array(Vec::new()));
        default(&mut members, "max_tokens", Json::Number(DEFAULT_MAX_TOKENS.into()));
        let mut guardrails = take(&mut members, "safety_guardrails").map(object).unwrap_or_default();
        for name in GUARDRAILS {
            default(&mut guardrails, name, Json::Bool(true));
        }
        members.push(("safety_guardrails".to_owned(), Json::Object(guardrails)));
        Ok(Json::Object(members))
    }

    /// A cached template as upstream takes it (A1): `id` is the one of its address, `now_ms` (Unix ms) names it
    /// where it has no name, `created_at` is the same as RFC 3339.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn cached(&self, text: &str, id: &str, now_ms: u64) -> Result<Json, Problem> {
        let mut given = object(self.check(Family::Cached, text)?);
        let string = |text: &str| Json::String(text.to_owned());
        let variables = match take(&mut given, "variables") {
            Some(Json::Array(items)) => items.into_iter().map(variable).collect(),
            _ => Vec::new(),
        };
        let mut cache = take(&mut given, "cacheSettings").map(object).unwrap_or_default();
        let ttl = match take(&mut cache, "ttl") {
            Some(Json::Number(ttl)) => ttl.as_u64().unwrap_or(DEFAULT_TTL).min(MAX_TTL),
            _ => DEFAULT_TTL,
        };
        let enabled = take(&mut cache, "enabled").unwrap_or(Json::Bool(true));
        let mut metadata = take(&mut given, "metadata").map(object).unwrap_or_default();
        default(&mut metadata, "version", string("1.0"));
        default(&mut metadata, "source", string("promptgate"));
        default(&mut metadata, "created_at", string(&crate::governance::timestamp(now_ms)));
        let name = take(&mut given, "name").unwrap_or_else(|| string(&format!("cache-template-{now_ms}")));
        Ok(Json::Object(vec![
            ("id".to_owned(), string(id)),
            ("name".to_owned(), name),
            ("description".to_owned(), take(&mut given, "description").unwrap_or_else(|| string(""))),
            ("content".to_owned(), take(&mut given, "content").unwrap_or(Json::Null)),
            ("variables".to_owned(), Json::Array(variables)),
            (
                "cacheSettings".to_owned(),
                Json::Object(vec![
                    ("enabled".to_owned(), enabled),
                    ("ttl".to_owned(), Json::Number(ttl.into())),
                    ("invalidationStrategy".to_owned(), string("on_update")),
                ]),
            ),
            ("metadata".to_owned(), Json::Object(metadata)),
        ]))
    }
}

/// A variable of a cached template, with what A1 fills in.
fn variable(item: Json) -> Json {
    let mut members = object(item);
    default(&mut members, "value", Json::String(String::new()));
    default(&mut members, "required", Json::Bool(true));
    default(&mut members, "type", Json::String("string".to_owned()));
    Json::Object(members)
}

/// A variable that a template declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Most UTF-16 code units of its value.
    pub max_length: Option<u64>,
    /// Whether the organisation itself writes its value.
    pub trusted: bool,
}

/// A prompt template, read from upstream's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Upstream's version of it.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// The instruction for the model.
    pub system_instruction: String,
    /// The message.
    pub user_template: String,
    /// What must be given.
    pub variables: Vec<Variable>,
    /// Most tokens of the rendered prompt (E2).
    pub max_tokens: u64,
    /// Whether values are checked for personal data (E1, `pii_filter`).
    pub pii_filter: bool,
    /// Whether values are checked for attempts to change the instructions (E1, `jailbreak_detection`).
    pub jailbreak_detection: bool,
    /// Whether the model's answer is guarded by the whole policy (E1, `output_moderation`); else keys and passwords
    /// alone are.
    pub output_moderation: bool,
}

impl Template {
    /// Reads upstream's document.
    ///
    /// # Errors
    /// [`Code::UpstreamMalformed`].
    pub fn from_upstream(document: &str) -> Result<Template, Problem> {
        let malformed = || Problem::new(Code::UpstreamMalformed, "The upstream's answer is no prompt template.");
        Template::read(document).ok_or_else(malformed)
    }

    /// Reads upstream's document; `None` where it is none.
    pub fn read(document: &str) -> Option<Template> {
        let Ok(Json::Object(members)) = json::parse(document.as_bytes()) else { return None };
        Template::from_members(&members)
    }

    /// Reads a document that its author is still writing: it may have no name, and no version yet. `None` where it
    /// is no prompt template; the linter says why.
    pub fn draft(document: &str) -> Option<Template> {
        let Ok(Json::Object(mut members)) = json::parse(document.as_bytes()) else { return None };
        default(&mut members, "version", Json::Number(0.into()));
        default(&mut members, "name", Json::String(String::new()));
        Template::from_members(&members)
    }

    fn from_members(members: &[(String, Json)]) -> Option<Template> {
        let get = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let text = |name: &str| match get(name) {
            Some(Json::String(text)) => Some(text.clone()),
            _ => None,
        };
        let number = |name: &str| match get(name) {
            Some(Json::Number(number)) => number.as_u64(),
            _ => None,
        };
        let guards = |name: &str| match get("safety_guardrails") {
            Some(Json::Object(guardrails)) => !guardrails.contains(&(name.to_owned(), Json::Bool(false))),
            _ => true,
        };
        let variables = match get("variables") {
            Some(Json::Array(items)) => items.iter().map(Variable::read).collect::<Option<_>>()?,
            None => Vec::new(),
            Some(_) => return None,
        };
        Some(Template {
            version: number("version")?,
            name: text("name")?,
            system_instruction: text("system_instruction")?,
            user_template: text("user_template")?,
            variables,
            max_tokens: number("max_tokens").unwrap_or(DEFAULT_MAX_TOKENS),
            pii_filter: guards("pii_filter"),
            jailbreak_detection: guards("jailbreak_detection"),
            output_moderation: guards("output_moderation"),
        })
    }
}

impl Variable {
    fn read(item: &Json) -> Option<Variable> {
        match item {
            Json::String(name) => Some(Variable { name: name.clone(), max_length: None, trusted: false }),
            Json::Object(members) => {
                let get = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
                let Some(Json::String(name)) = get("name") else { return None };
                let max_length = match get("max_length") {
                    Some(Json::Number(number)) => Some(number.as_u64()?),
                    _ => None,
                };
                Some(Variable { name: name.clone(), max_length, trusted: get("trusted") == Some(&Json::Bool(true)) })
            }
            _ => None,
        }
    }
}

fn object(json: Json) -> Vec<(String, Json)> {
    match json {
        Json::Object(members) => members,
        _ => Vec::new(),
    }
}

fn take(members: &mut Vec<(String, Json)>, name: &str) -> Option<Json> {
    let place = members.iter().position(|(known, _)| known == name)?;
    Some(members.remove(place).1)
}

fn default(members: &mut Vec<(String, Json)>, name: &str, value: Json) {
    if members.iter().all(|(known, _)| known != name) {
        members.push((name.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_needs_neither_name_nor_version() {
        let draft = r#"{"system_instruction": "Be brief.", "user_template": "{{x}}", "variables": ["x"]}"#;
        assert_eq!(Template::read(draft), None);
        let template = Template::draft(draft).unwrap();
        assert_eq!((template.version, template.name.as_str(), template.variables.len()), (0, "", 1));
        for none in
            ["", "[]", "{}", r#"{"system_instruction": "x"}"#, r#"{"user_template": 1, "system_instruction": ""}"#]
        {
            assert_eq!(Template::draft(none), None, "{none}");
        }
    }
}
