//! The schemas of the bodies that the routes of templates, usage and models take.

use serde_json::{Map, Value, json};

use crate::model::{MAX_CONFIGURED_TOKENS, MAX_FILTERS, MAX_INPUT, MAX_NAME, MAX_TEMPLATE, Provider};

/// The schemas of the bodies.
pub(super) fn schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let number = |most: f64| json!({ "type": "number", "minimum": 0, "maximum": most });
    let variables = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let schemas = json!({
        "LintRequest": {
            "type": "object", "additionalProperties": false, "required": ["text"],
            "properties": { "text": text, "file": text, "kind": text, "config": { "type": "object" } },
        },
        "PromptTemplate": {
            "type": "object", "required": ["name", "system_instruction", "user_template"],
            "properties": {
                "name": { "type": "string", "minLength": 3, "maxLength": 128 },
                "description": text,
                "system_instruction": { "type": "string", "minLength": 1 },
                "user_template": { "type": "string", "minLength": 1 },
                "variables": { "type": "array", "items": { "anyOf": [
                    text,
                    {
                        "type": "object", "additionalProperties": false, "required": ["name"],
                        "properties": {
                            "name": text, "max_length": { "type": "integer", "minimum": 1 }, "trusted": { "type": "boolean" },
                        },
                    },
                ] } },
                "max_tokens": { "type": "integer", "minimum": 256, "maximum": 128000, "default": 4096 },
                "safety_guardrails": { "type": "object", "additionalProperties": { "type": "boolean" } },
            },
        },
        "CachedTemplate": {
            "type": "object", "required": ["content"],
            "properties": {
                "name": text, "description": text, "content": { "type": "string", "minLength": 1 },
                "variables": { "type": "array", "items": { "type": "object", "required": ["name"] } },
                "cacheSettings": { "type": "object", "properties": {
                    "enabled": { "type": "boolean" }, "ttl": { "type": "integer", "minimum": 60, "maximum": 86400 },
                } },
                "metadata": { "type": "object" },
            },
        },
        "Library": {
            "type": "object", "additionalProperties": false, "required": ["templates"],
            "properties": { "templates": {
                "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/PromptTemplate" },
            } },
        },
        "RenderRequest": {
            "type": "object", "additionalProperties": false, "required": ["variables"],
            "properties": { "variables": variables },
        },
        "ExecuteRequest": {
            "type": "object", "additionalProperties": false, "required": ["variables", "modelId", "maxTokens"],
            "properties": {
                "variables": variables, "modelId": { "type": "string", "minLength": 1 },
                "maxTokens": { "type": "integer", "minimum": 1, "maximum": crate::chat::MAX_TOKENS },
            },
        },
        "ModelDefinition": {
            "type": "object", "additionalProperties": false,
            "required": ["name", "provider", "modelId", "credentials", "configuration", "promptTemplate", "responseSchema"],
            "properties": {
                "name": { "type": "string", "minLength": 3, "maxLength": MAX_NAME },
                "provider": { "enum": Provider::ALL.map(|(name, _)| name) },
                "modelId": { "type": "string", "minLength": 1 },
                "credentials": {
                    "type": "object", "additionalProperties": false, "required": ["apiKey"],
                    "properties": { "apiKey": { "type": "string", "minLength": 10, "writeOnly": true }, "endpoint": text },
                },
                "configuration": {
                    "type": "object", "additionalProperties": false, "required": ["temperature", "maxTokens"],
                    "properties": {
                        "temperature": number(2.0), "maxTokens": { "type": "integer", "minimum": 1 }, "topP": number(1.0),
                    },
                },
                "promptTemplate": { "type": "string", "minLength": 1, "maxLength": MAX_TEMPLATE },
                "responseSchema": { "type": "object", "required": ["type", "properties"] },
            },
        },
        "ModelConfiguration": {
            "type": "object", "additionalProperties": false,
            "required": ["model_id", "temperature_matrix", "safety_filters", "max_tokens"],
            "properties": {
                "model_id": { "type": "string", "format": "uuid" },
                "temperature_matrix": {
                    "type": "object", "additionalProperties": false, "required": ["default", "creative", "precise"],
                    "properties": { "default": number(1.0), "creative": number(1.5), "precise": number(0.5) },
                },
                "safety_filters": { "type": "array", "minItems": 1, "maxItems": MAX_FILTERS, "items": {
                    "type": "object", "additionalProperties": false, "required": ["filter_type", "action", "threshold"],
                    "properties": {
                        "filter_type": { "enum": ["profanity", "pii", "self_harm", "political"] },
                        "action": { "enum": ["block", "redact", "flag"] }, "threshold": number(100.0),
                    },
                } },
                "max_tokens": { "type": "integer", "minimum": 1, "maximum": MAX_CONFIGURED_TOKENS },
                "compliance_mode": { "enum": ["strict", "standard", "permissive"], "default": "standard" },
            },
        },
        "Invocation": {
            "type": "object", "additionalProperties": false, "required": ["input"],
            "properties": {
                "input": { "type": "string", "maxLength": MAX_INPUT },
                "options": {
                    "type": "object", "additionalProperties": false, "properties": { "stream": { "const": false } },
                },
            },
        },
        "NamedInvocation": {
            "type": "object", "additionalProperties": false, "required": ["modelId", "input"],
            "properties": {
                "modelId": { "type": "string", "format": "uuid" },
                "input": { "type": "string", "maxLength": MAX_INPUT },
            },
        },
        "UsageQuery": {
            "type": "object", "additionalProperties": false, "required": ["dateFrom", "dateTo"],
            "properties": {
                "dateFrom": { "type": "string", "format": "date-time" },
                "dateTo": { "type": "string", "format": "date-time" },
                "groupBy": { "type": "array", "items": text }, "metrics": { "type": "array", "items": text },
                "pageNumber": { "type": "integer", "minimum": 1 },
                "pageSize": { "type": "integer", "minimum": 1, "maximum": 100 },
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}
