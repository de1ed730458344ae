//! The body of a prompt template, checked by section 10 of the contract, and its rendering.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::document::{Members, read};
use crate::refusal::Refusal;

const FIELDS: &[&str] =
    &["name", "description", "system_instruction", "user_template", "variables", "max_tokens", "safety_guardrails"];

/// Checks a body and fills in what may be left out.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let mut document = read(body, |members| {
        members.only(FIELDS);
        members.text("name", 3, 128);
        members.optional("description", |members| members.text("description", 0, usize::MAX));
        members.text("system_instruction", 1, usize::MAX);
        members.text("user_template", 1, usize::MAX);
        members.optional("variables", variables);
        members.optional("max_tokens", |members| {
            members.integer("max_tokens", 256, 128_000);
        });
        members.optional("safety_guardrails", |members| {
            let map = members.get("safety_guardrails").and_then(Value::as_object);
            if !map.is_some_and(|map| map.values().all(Value::is_boolean)) {
                members.fault("safety_guardrails", "must be an object of true and false");
            }
        });
    })?;
    document.entry("variables").or_insert_with(|| json!([]));
    document.entry("max_tokens").or_insert_with(|| json!(4096));
    document
        .entry("safety_guardrails")
        .or_insert_with(|| json!({"pii_filter": true, "jailbreak_detection": true, "output_moderation": true}));
    Ok(document)
}

/// A declared variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable<'a> {
    pub(crate) name: &'a str,
    /// Most UTF-16 code units of its value.
    pub(crate) max_length: Option<u64>,
}

/// The variables of a template; entries that are none are left out.
pub(crate) fn declared(document: &Value) -> Vec<Variable<'_>> {
    let entries = document.get("variables").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(variable).collect()
}

fn variable(entry: &Value) -> Option<Variable<'_>> {
    let name = entry.as_str().or_else(|| entry.get("name").and_then(Value::as_str))?;
    Some(Variable { name, max_length: entry.get("max_length").and_then(Value::as_u64) })
}

/// Puts values in the place of `{{name}}`. What a value says is never looked at, nor is a name without value.
pub(crate) fn render(template: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        match after.split_once("}}").and_then(|(name, behind)| Some((values.get(name)?, behind))) {
            Some((value, behind)) => {
                text.push_str(value);
                rest = behind;
            }
            None => {
                // `{{{name}}` is a brace and a variable, so one brace is passed at a time.
                text.push('{');
                rest = rest.get(before.len() + 1..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    text
}

fn variables(members: &mut Members<'_>) {
    let Some(entries) = members.get("variables").and_then(Value::as_array).cloned() else {
        return members.fault("variables", "must be an array");
    };
    let mut seen: Vec<&str> = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        let at = format!("variables[{n}]");
        let map = entry.as_object();
        let Some(Variable { name, .. }) = variable(entry) else {
            members.fault(&at, "must be a name or an object with a name");
            continue;
        };
        if !is_name(name) {
            members.fault(&at, "must be a name: letters, digits and _, no digit first");
        }
        if seen.contains(&name) {
            members.fault(&at, "must not be declared twice");
        }
        seen.push(name);
        for (member, value) in map.into_iter().flatten() {
            let fine = match member.as_str() {
                "name" => true,
                "max_length" => value.as_u64().is_some_and(|most| most > 0),
                "trusted" => value.is_boolean(),
                _ => false,
            };
            if !fine {
                members.fault(&format!("{at}.{member}"), "unknown field, or not its type");
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_left_out_is_filled_in() {
        let body = json!({"name": "abc", "system_instruction": "s", "user_template": "u {{v}}"});
        let document = parse(body.to_string().as_bytes()).unwrap();
        assert_eq!((&document["max_tokens"], &document["variables"]), (&json!(4096), &json!([])));
        assert_eq!(document["safety_guardrails"]["pii_filter"], true);
    }

    #[test]
    fn every_fault_is_named() {
        let body = json!({"id": "x", "name": "ab", "system_instruction": "", "user_template": 1, "max_tokens": 255,
            "variables": ["a", "1", {"name": "a"}, {"max_length": 1}, {"name": "b", "max_length": 0, "trusted": 1}],
            "safety_guardrails": {"pii_filter": "yes"}});
        let refusal = parse(body.to_string().as_bytes()).unwrap_err();
        let paths: Vec<&str> = refusal.details.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "id",
                "name",
                "system_instruction",
                "user_template",
                "variables[1]",
                "variables[2]",
                "variables[3]",
                "variables[4].max_length",
                "variables[4].trusted",
                "max_tokens",
                "safety_guardrails"
            ]
        );
    }

    #[test]
    fn values_are_put_in_and_never_looked_into() {
        let values: BTreeMap<String, String> = [("a", "{{b}}"), ("b", "{{a}}"), ("c", "{{")]
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        for (template, rendered) in [
            ("{{a}}{{b}}", "{{b}}{{a}}"),
            ("{{c}}a}}", "{{a}}"),
            ("{{{a}}}", "{{{b}}}"),
            ("{{none}} {{a}}", "{{none}} {{b}}"),
            ("{{ a }}{{", "{{ a }}{{"),
            ("é{{a}}é", "é{{b}}é"),
            ("", ""),
        ] {
            assert_eq!(render(template, &values), rendered, "{template}");
        }
    }
}
