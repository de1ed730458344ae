//! Templates as documents: as they are sent upstream, and as they are read from there (requirements, A1, A2, E1, E4).

use crate::fault::{Fault, Path, Place};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};

/// Members about a template itself that upstream does not accept.
const OURS: [&str; 3] = ["$lint", "$schema", "target_version"];
/// What upstream sets, and a client may send back as it was read.
const UPSTREAMS: [&str; 3] = ["id", "version", "date_modified"];
/// The time for which upstream's edge keeps a template, at most (requirements, A1), in seconds.
const MAX_TTL: u64 = 86_400;
/// The same where nobody says it, in seconds (document 000).
const DEFAULT_TTL: u64 = 3_600;
/// Most bytes of a cached template as it is sent (requirements, A2; contract, section 9): 64 KiB.
pub(super) const MAX_PAYLOAD: usize = 64 * 1024;
/// Most tokens of a prompt template where it does not say it (requirements, E1).
const DEFAULT_MAX_TOKENS: u64 = 4_096;
/// What guards a prompt template unless it says otherwise (E1).
const GUARDRAILS: [&str; 3] = ["pii_filter", "jailbreak_detection", "output_moderation"];

/// A checked prompt template as upstream takes it: what is not said is what E1 says, and what is not upstream's is left
/// out.
pub fn completed_prompt(checked: Json) -> Json {
    let mut members = object(checked);
    members.retain(|(name, _)| !OURS.contains(&name.as_str()) && !UPSTREAMS.contains(&name.as_str()));
    default(&mut members, "variables", Json::Array(Vec::new()));
    default(&mut members, "max_tokens", Json::Number(DEFAULT_MAX_TOKENS.into()));
    let mut guardrails = take(&mut members, "safety_guardrails").map(object).unwrap_or_default();
    for name in GUARDRAILS {
        default(&mut guardrails, name, Json::Bool(true));
    }
    members.push(("safety_guardrails".to_owned(), Json::Object(guardrails)));
    Json::Object(members)
}

/// A checked cached template as upstream takes it (A1): `id` is the one of its address, `now_ms` (Unix ms) names it where
/// it has no name, `created_at` is the same as RFC 3339.
///
/// # Errors
/// [`Code::TemplateRefused`] where it is larger than 64 KiB as it is sent.
pub fn completed_cached(checked: Json, id: &str, now_ms: u64) -> Result<Json, Problem> {
    let mut given = object(checked);
    let string = |text: &str| Json::String(text.to_owned());
    let variables = match take(&mut given, "variables") {
        Some(Json::Array(items)) => items.into_iter().map(variable).collect(),
        Some(Json::Object(values)) => {
            let named = |(name, value)| {
                Json::Object(vec![("name".to_owned(), Json::String(name)), ("value".to_owned(), value)])
            };
            values.into_iter().map(|value| variable(named(value))).collect()
        }
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
    default(&mut metadata, "source", string("automated_cacher"));
    default(&mut metadata, "created_at", string(&crate::governance::timestamp(now_ms)));
    let name = take(&mut given, "name").unwrap_or_else(|| string(&format!("cache-template-{now_ms}")));
    let payload = Json::Object(vec![
        ("id".to_owned(), string(id)),
        ("name".to_owned(), name),
        (
            "description".to_owned(),
            take(&mut given, "description").unwrap_or_else(|| string("Automated LLM prompt cache entry")),
        ),
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
    ]);
    let text = payload.to_text();
    let bytes = text.len();
    if bytes > MAX_PAYLOAD {
        let message =
            format!("Expected at most {MAX_PAYLOAD} bytes as it is sent, found {bytes}: shorten the content.");
        let (span, place) = (Some((0, text.encode_utf16().count())), Some(Place { line: 1, column: 1 }));
        let fault = Fault { span, place, ..Fault::new(&Path::root(), "too_large", message) };
        return Err(Problem::with_errors(Code::TemplateRefused, fault));
    }
    Ok(payload)
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
    /// is no prompt template; the linter gives the reason.
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
    use super::super::TemplateValidator;
    use super::*;
    use crate::upstream::genesys::Family;
    use serde_json::json;

    fn cached(document: serde_json::Value) -> Result<serde_json::Value, Problem> {
        TemplateValidator::default()
            .cached(&document.to_string(), "0198c0de-1234-4abc-8def-0123456789ab", 0)
            .map(Into::into)
    }

    fn codes(problem: Problem) -> Vec<(String, &'static str)> {
        problem.errors.into_iter().map(|fault| (fault.path, fault.code)).collect()
    }

    // Row A1.
    #[test]
    fn what_is_not_said_is_what_the_document_says() {
        let payload = cached(json!({"content": "Hi ${a} ${b}", "variables": {"a": "1", "b": "2"}})).unwrap();
        let variable = |name, value| json!({"name": name, "value": value, "required": true, "type": "string"});
        assert_eq!(payload["variables"], json!([variable("a", "1"), variable("b", "2")]));
        assert_eq!(payload["description"], "Automated LLM prompt cache entry");
        assert_eq!(payload["metadata"]["source"], "automated_cacher");
        assert_eq!(
            payload["cacheSettings"],
            json!({"enabled": true, "ttl": 3600, "invalidationStrategy": "on_update"})
        );
    }

    // Row A1.
    #[test]
    fn times_to_live() {
        let ttl = |ttl: serde_json::Value| cached(json!({"content": "Hi", "cacheSettings": {"ttl": ttl}}));
        for (given, kept) in [(json!(60), 60), (json!(3600.0), 3600), (json!(86_400), 86_400), (json!(86_401), 86_400)]
        {
            assert_eq!(ttl(given).unwrap()["cacheSettings"]["ttl"], kept);
        }
        for (given, code) in [
            (json!(59), "out_of_range"),
            (json!(-5), "out_of_range"),
            (json!(1e300), "out_of_range"),
            (json!(60.5), "not_an_integer"),
            (json!("3600"), "wrong_type"),
            (json!(null), "wrong_type"),
        ] {
            let problem = ttl(given).unwrap_err();
            assert!(problem.detail.contains("60"), "{}", problem.detail);
            assert_eq!(codes(problem), [("$.cacheSettings.ttl".to_owned(), code)]);
        }
    }

    #[test]
    fn variables_stand_once() {
        let problem = cached(json!({"content": "${a}", "variables": [{"name": "a"}, {"name": "a", "value": "x"}]}));
        assert_eq!(codes(problem.unwrap_err()), [("$.variables[1]".to_owned(), "duplicate")]);
        let problem = cached(json!({"content": "${a}", "variables": [{"name": {}}]})).unwrap_err();
        assert!(codes(problem).contains(&("$.variables[0].name".to_owned(), "wrong_type")));
        let prompt = json!({"name": "abc", "system_instruction": "x", "user_template": "{{a}}", "variables": ["a", {"name": "a"}]});
        let problem = TemplateValidator::default().prompt(&prompt.to_string()).unwrap_err();
        assert!(codes(problem).contains(&("$.variables[1]".to_owned(), "duplicate")));
    }

    // Row A2.
    #[test]
    fn the_size_is_that_of_what_is_sent() {
        let longest = |bytes: usize| cached(json!({"content": "x ".repeat(bytes / 2)}));
        let rest = longest(0).err().map_or(0, |_| cached(json!({"content": "x "})).unwrap().to_string().len() - 2);
        assert!(longest(MAX_PAYLOAD - rest - 2).is_ok());
        let problem = longest(MAX_PAYLOAD - rest + 2).unwrap_err();
        assert_eq!(codes(problem.clone()), [("$".to_owned(), "too_large")]);
        assert!(problem.detail.contains("65536") && problem.detail.contains("6553"), "{}", problem.detail);
        // Written with escapes the body is six times as long, and what is sent is not.
        let escaped = format!("{{\"content\":\"{}\"}}", "\\u0041 ".repeat(12_000));
        assert!(TemplateValidator::default().cached(&escaped, "x", 0).is_ok());
    }

    #[test]
    fn integers_are_sent_as_such() {
        let text = r#"{"name":"abc","system_instruction":"x","user_template":"{{a}}","variables":[{"name":"a","max_length":12.0}],"max_tokens":1024.0}"#;
        let sent = TemplateValidator::default().prompt(text).unwrap().to_text();
        assert!(sent.contains("\"max_length\":12}") && sent.contains("\"max_tokens\":1024,"), "{sent}");
    }

    #[test]
    fn refusals_say_where() {
        let text = "{\n  \"content\": \"\\u00e9 \\ud83d\\ude00 ${a +}\"\n}";
        let problem = TemplateValidator::default().cached(text, "x", 0).unwrap_err();
        let fault = problem.errors.iter().find(|fault| fault.code == "T003").unwrap();
        assert_eq!(fault.path, "$.content");
        let (start, end) = fault.span.unwrap();
        let content: String = "é 😀 ${a +}".to_owned();
        let units: Vec<u16> = content.encode_utf16().collect();
        assert!(start >= 5 && end <= units.len(), "{start} {end}");
        assert_eq!(fault.place.map(|place| place.line), Some(2));
        let shown = problem.document("r")["errors"][0].clone();
        assert!(shown["line"].is_u64() && shown["column"].is_u64() && shown["span"].is_array(), "{shown}");
    }

    /// Path, span, line and column.
    type Where = (&'static str, (usize, usize), usize, usize);

    // Row A2.
    #[test]
    fn every_refusal_says_where() {
        let long = format!("{{ \"content\": \"{}\"}}", "x ".repeat(70_000));
        let prompt = "{\n \"name\": \"ab\",\n \"system_instruction\": \"x\",\n \"user_template\": \"{{#if a}}\",\n \"variables\": [\"b\"], \"é\": 1, \"nte\": 2 }";
        let cases: [(Family, &str, &[Where]); 9] = [
            (Family::Cached, "{\n  \"content\": 5 }", &[("$.content", (0, 1), 2, 14)]),
            (Family::Cached, "{\n}", &[("$.content", (0, 0), 1, 1)]),
            (Family::Cached, "[\"é\",1]", &[("$", (0, 7), 1, 1)]),
            (
                Family::Cached,
                "{\"content\": \"x\",\r\n\t\"é\": {\"a\": 1}, \"cacheSettings\": {\"ttl\": -5}}",
                &[("$['é']", (0, 8), 2, 2), ("$.cacheSettings.ttl", (0, 2), 2, 42)],
            ),
            (
                Family::Cached,
                "{\"content\": \"x ${a}\",\n\"variables\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
                &[("$.variables[1]", (0, 13), 2, 30)],
            ),
            (Family::Cached, "{\"content\": \"é\",\n oops}", &[("$", (0, 0), 2, 2)]),
            (Family::Cached, "{\"content\": \"a\",\n \"content\": \"bc\"}", &[("$.content", (0, 2), 2, 2)]),
            (Family::Cached, &long, &[("$", (0, long.len()), 1, 1)]),
            (Family::Prompt, prompt, &[("$.name", (0, 2), 2, 10), ("$.nte", (0, 1), 5, 30), ("$['é']", (0, 1), 5, 22)]),
        ];
        for (family, text, expected) in cases {
            let refused = match family {
                Family::Prompt => TemplateValidator::default().prompt(text),
                Family::Cached => TemplateValidator::default().cached(text, "x", 0),
            };
            let faults = refused.unwrap_err().errors;
            assert!(faults.iter().all(|fault| fault.place.is_some() && fault.span.is_some()), "{text}: {faults:?}");
            for (path, span, line, column) in expected {
                let fault = faults.iter().find(|fault| fault.path == *path).unwrap();
                let place = Some(Place { line: *line, column: *column });
                assert_eq!((fault.span, fault.place), (Some(*span), place), "{text}: {fault:?}");
            }
        }
    }

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
