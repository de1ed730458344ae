//! The bodies of section 13, checked: a model's definition and its configuration; and the test's settings.

use serde_json::{Map, Value};

use crate::document::read;
use crate::models::{Provisioning, SETTINGS, active_after};
use crate::refusal::Refusal;

/// Most polls that can be asked for before `ACTIVE`.
const MOST_POLLS: u64 = 10_000;

/// Checks a definition (row C1).
pub(crate) fn definition(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    read(body, |members| {
        members.only(&[
            "name",
            "provider",
            "modelId",
            "credentials",
            "configuration",
            "promptTemplate",
            "responseSchema",
        ]);
        members.text("name", 3, usize::MAX);
        members.one_of("provider", &["openai", "azure", "anthropic", "bedrock"]);
        members.text("modelId", 1, usize::MAX);
        members.object("credentials", |credentials| {
            credentials.only(&["apiKey", "endpoint"]);
            credentials.text("apiKey", 10, usize::MAX);
            credentials.optional("endpoint", |credentials| credentials.text("endpoint", 1, usize::MAX));
        });
        members.object("configuration", |configuration| {
            configuration.number("temperature", 0.0, 2.0);
            configuration.integer("maxTokens", 1, u64::MAX);
            configuration.optional("topP", |configuration| configuration.number("topP", 0.0, 1.0));
        });
        members.text("promptTemplate", 1, usize::MAX);
        members.object("responseSchema", |schema| {
            schema.one_of("type", &["object"]);
            schema.object("properties", |properties| {
                for name in properties.names() {
                    if !properties.get(&name).is_some_and(|schema| schema.is_object() || schema.is_boolean()) {
                        properties.fault(&name, "must be a JSON Schema");
                    }
                }
            });
        });
    })
}

/// Checks a configuration (row D1).
pub(crate) fn configuration(body: &[u8], id: &str) -> Result<Map<String, Value>, Refusal> {
    read(body, |members| {
        members.only(&["model_id", "temperature_matrix", "safety_filters", "max_tokens", "compliance_mode"]);
        if members.get("model_id").and_then(Value::as_str) != Some(id) {
            members.fault("model_id", "must be the id of the address");
        }
        members.object("temperature_matrix", |matrix| {
            matrix.only(&["default", "creative", "precise"]);
            matrix.number("default", 0.0, 1.0);
            matrix.number("creative", 0.0, 1.5);
            matrix.number("precise", 0.0, 0.5);
        });
        members.objects("safety_filters", 1, |filter| {
            filter.only(&["filter_type", "action", "threshold"]);
            filter.one_of("filter_type", &["profanity", "pii", "self_harm", "political"]);
            filter.one_of("action", &["block", "redact", "flag"]);
            filter.number("threshold", 0.0, 100.0);
        });
        members.integer("max_tokens", 1, 8192);
        members.one_of("compliance_mode", &["strict", "standard", "permissive"]);
    })
}

/// Changes how a model comes to life, by the settings of a control call.
pub(crate) fn provisioning(how: &mut Provisioning, settings: &Map<String, Value>) -> Result<(), String> {
    let mut changed = how.clone();
    for (name, value) in settings {
        match name.as_str() {
            "polls" => {
                let polls = value.as_u64().filter(|polls| *polls <= MOST_POLLS);
                let polls = polls.ok_or(format!("polls: must be an integer from 0 to {MOST_POLLS}"))?;
                changed.statuses = active_after(usize::try_from(polls).unwrap_or(0));
            }
            "statuses" => {
                let statuses = value.as_array().filter(|statuses| !statuses.is_empty());
                let statuses = statuses.map(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
                changed.statuses = statuses.flatten().ok_or("statuses: must be an array of one or more strings")?;
            }
            "error_reason" => {
                changed.error_reason = value.as_str().ok_or("error_reason: must be a string")?.to_owned();
            }
            "capabilities" => changed.capabilities = value.clone(),
            other => {
                let shown: String = other.chars().take(40).collect();
                return Err(format!("unknown field `{shown}`; known: {}", SETTINGS.join(", ")));
            }
        }
    }
    *how = changed;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(refusal: &Refusal) -> Vec<&str> {
        refusal.details.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn faults_of_a_definition_are_named_without_the_key() {
        let body = json!({"name": "ab", "provider": "x", "modelId": "", "credentials": {"apiKey": "k3y-short", "z": 1},
            "configuration": {"temperature": 3, "maxTokens": 0}, "promptTemplate": "",
            "responseSchema": {"type": "object", "properties": {"category": "string"}}});
        let refusal = definition(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            paths(&refusal),
            [
                "name",
                "provider",
                "modelId",
                "credentials.z",
                "credentials.apiKey",
                "configuration.temperature",
                "configuration.maxTokens",
                "promptTemplate",
                "responseSchema.properties.category"
            ]
        );
        assert!(!format!("{refusal:?}").contains("k3y"));
    }

    #[test]
    fn faults_of_a_configuration_are_named() {
        let body = json!({"model_id": "other", "temperature_matrix": {"default": 1.1, "creative": 1.6, "precise": 0.6},
            "safety_filters": [], "max_tokens": 8193, "compliance_mode": "lax"});
        let refusal = configuration(body.to_string().as_bytes(), "id").unwrap_err();
        assert_eq!(
            paths(&refusal),
            [
                "model_id",
                "temperature_matrix.default",
                "temperature_matrix.creative",
                "temperature_matrix.precise",
                "safety_filters",
                "max_tokens",
                "compliance_mode"
            ]
        );
    }

    #[test]
    fn wrong_settings_change_nothing() {
        let mut how = Provisioning::default();
        for settings in [
            json!({"error_reason": "x", "polls": -1}),
            json!({"error_reason": "x", "statuses": []}),
            json!({"error_reason": "x", "statuses": [1]}),
            json!({"error_reason": "x", "pols": 1}),
        ] {
            assert!(provisioning(&mut how, settings.as_object().unwrap()).is_err(), "{settings}");
            assert_ne!(how.error_reason, "x");
        }
    }
}
