//! The bodies of section 13, checked: a model's definition and its configuration.

use serde_json::{Map, Value};

use crate::document::{Faults, invalid, read};
use crate::refusal::Refusal;

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

/// Whether the model can have a configuration (row D2).
pub(crate) fn fits(configuration: &Map<String, Value>, capabilities: &Value) -> Result<(), Refusal> {
    let mut faults = Faults::new();
    let most = capabilities.get("max_context_window").and_then(Value::as_u64);
    let wanted = configuration.get("max_tokens").and_then(Value::as_u64);
    if let (Some(most), Some(wanted)) = (most, wanted)
        && wanted > most
    {
        faults.push(("max_tokens".into(), format!("must be at most {most}, the model's context window")));
    }
    let restricted = capabilities.get("restricted_safety_filters").and_then(Value::as_array);
    let filters = configuration.get("safety_filters").and_then(Value::as_array);
    for (n, filter) in filters.into_iter().flatten().enumerate() {
        let blocks = filter.get("action").is_some_and(|action| action == "block");
        let kind = filter.get("filter_type");
        if blocks && restricted.into_iter().flatten().any(|known| Some(known) == kind) {
            faults.push((format!("safety_filters[{n}].action"), "must not be block for this model".into()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
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
}
