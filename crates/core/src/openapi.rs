//! The description of the interface (OpenAPI 3.1), made from the same limits and tables that the code obeys.

mod answers;
mod bodies;
mod entries;
mod errors;
mod resources;

use serde_json::{Value, json};

pub use bodies::BODIES;

use crate::fault::MAX_FAULTS;
use crate::problem::Code;

/// The document `GET /v1/openapi.json`.
// Not compiled with every other route's answer at an isolate's first request.
#[inline(never)]
pub fn document() -> String {
    let mut document = value();
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        resources::add(paths);
    }
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.extend(answers::schemas());
        schemas.extend(BODIES.map(|(name, shape)| (name.to_owned(), shape.json_schema())));
    }
    document.to_string()
}

fn value() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Promptgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A guard between applications and an LLM gateway.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "security": [{ "clientKey": [] }],
        "servers": [{ "url": "/", "description": "The gateway that this document comes from." }],
        "paths": {},
        "components": {
            "securitySchemes": { "clientKey": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
    })
}

fn schemas() -> Value {
    let status = json!({ "type": "string", "enum": ["success", "fallback"] });
    let usage = json!({
        "type": "object", "required": ["prompt_tokens", "completion_tokens"],
        "properties": {
            "prompt_tokens": { "type": "integer", "minimum": 0 },
            "completion_tokens": { "type": "integer", "minimum": 0 },
        },
    });
    let mut summary = json!({
        "status": status,
        "reason": { "type": "string", "description": "Why the fallback was answered: a problem's code." },
        "request_id": { "type": "string" },
        "model_id": { "type": "string" },
        "latency_ms": { "type": "integer", "minimum": 0 },
        "malformed_frames": { "type": "integer", "minimum": 0 },
        "trim": {
            "type": "object", "required": ["dropped", "tokens_before", "tokens_after", "limit", "counted_by"],
            "properties": {
                "dropped": { "type": "array", "items": { "type": "integer" }, "description": "Indices in `context`." },
                "tokens_before": { "type": "integer" },
                "tokens_after": { "type": "integer" },
                "limit": { "type": "integer" },
                "counted_by": { "type": "string", "enum": ["estimate", "cl100k_base", "o200k_base"] },
            },
        },
    });
    if let Some(members) = summary.as_object_mut() {
        let findings = json!({ "$ref": "#/components/schemas/Findings" });
        let guard = json!({
            "type": "object", "required": ["input", "output"], "properties": { "input": findings, "output": findings },
        });
        members.insert("guard".into(), guard);
    }
    let required = ["status", "request_id", "model_id", "latency_ms", "malformed_frames", "trim", "guard"];
    let required_answer = [&required[..], &["content", "usage"]].concat();
    let mut answer = summary.clone();
    if let Some(members) = answer.as_object_mut() {
        members.insert("content".into(), json!({ "type": "string" }));
        members
            .insert("usage".into(), json!({ "anyOf": [{ "$ref": "#/components/schemas/Usage" }, { "type": "null" }] }));
    }
    json!({
        "Embeddings": {
            "type": "object", "required": ["model", "input"],
            "properties": { "model": { "type": "string", "minLength": 1, "maxLength": 256 }, "input": {} },
        },
        "Completion": {
            "type": "object", "required": ["model", "messages"],
            "description": "OpenAI's body of a chat completion; members that are not named here are passed on.",
            "properties": {
                "model": { "type": "string", "minLength": 1, "maxLength": 256 },
                "messages": { "type": "array", "minItems": 1, "items": { "type": "object", "required": ["role"] } },
                "stream": { "type": ["boolean", "null"] },
            },
        },
        "Findings": {
            "type": "object", "required": ["redacted", "flagged", "allowed"],
            "properties": {
                "redacted": { "type": "integer", "minimum": 0 },
                "flagged": { "type": "integer", "minimum": 0 },
                "allowed": {
                    "type": "integer", "minimum": 0,
                    "description": "Let through, since the template's guardrails switch off what the policy would do.",
                },
                "rules": { "type": "object", "additionalProperties": { "type": "integer" }, "description": "By rule." },
            },
        },
        "GuardReport": {
            "type": "object", "required": ["action", "redacted", "findings", "more"],
            "properties": {
                "action": { "$ref": "#/components/schemas/Action" },
                "redacted": { "type": "string", "description": "The text with a tag in the place of each value." },
                "more": { "type": "integer", "minimum": 0, "description": "How many findings there are beyond those listed." },
                "findings": { "type": "array", "maxItems": MAX_FAULTS, "items": {
                    "type": "object", "required": ["code", "kind", "action", "span", "score", "view", "message"],
                    "properties": {
                        "code": { "type": "string" }, "name": { "type": ["string", "null"] }, "kind": { "type": "string" },
                        "action": { "$ref": "#/components/schemas/Action" },
                        "span": {
                            "type": "array", "items": { "type": "integer" },
                            "description": "Start and end in `text`, in UTF-16 code units.",
                        },
                        "score": { "type": "number", "minimum": 0, "maximum": 1 },
                        "view": { "type": "string", "description": "The reading of the text in which it was seen." },
                        "message": { "type": "string" }, "about": { "type": ["string", "null"] },
                    },
                } },
            },
        },
        "Action": { "type": "string", "enum": ["ignore", "flag", "restore", "redact", "block"] },
        "Usage": usage,
        "Summary": { "type": "object", "required": required, "properties": summary },
        "Answer": { "type": "object", "required": required_answer, "properties": answer },
        "Event": {
            "type": "object", "required": ["type"],
            "properties": {
                "type": { "type": "string", "enum": ["delta", "usage", "done", "error"] },
                "content": { "type": "string" },
                "error": { "$ref": "#/components/schemas/Problem" },
            },
        },
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "retryable"],
            "properties": {
                "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
                "detail": { "type": "string" }, "instance": { "type": "string" },
                "code": { "type": "string", "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>() },
                "request_id": { "type": "string" },
                "retryable": { "type": "boolean", "description": "Whether the same request may be sent again, later." },
                "upstream_correlation_id": { "type": "string" },
                "errors": {
                    "type": "array", "maxItems": MAX_FAULTS, "items": { "$ref": "#/components/schemas/Fault" },
                },
                "more": { "type": "integer", "minimum": 1, "description": "How many errors there are beyond those listed." },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::ROUTES;

    #[test]
    fn it_describes_every_route_and_no_other() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let described: Vec<(String, Vec<String>)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(path, methods)| (path.clone(), methods.as_object().unwrap().keys().cloned().collect()))
            .collect();
        let count: usize = described.iter().map(|(_, methods)| methods.len()).sum();
        assert_eq!(count, ROUTES.len(), "every route is described");
        for (path, methods) in &described {
            for method in methods {
                let known = ROUTES.iter().any(|row| row.pattern == path && row.method.eq_ignore_ascii_case(method));
                assert!(known, "{method} {path}");
            }
        }
    }

    /// Every error is listed at an operation that can have it, and no operation lists them all.
    #[test]
    fn every_code_stands_at_an_operation() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let paths = document["paths"].to_string();
        for code in Code::ALL.iter().copied().filter(|code| *code != Code::MethodNotAllowed) {
            assert!(paths.contains(&format!("`{}`", code.as_str())), "{code:?}");
        }
        let chat = document["paths"]["/v1/chat"]["post"]["responses"].to_string();
        assert!(!chat.contains("precondition_required") && chat.contains("context_too_long"));
    }

    /// Generators: every constant has a type, no default makes a member required, ids are unique.
    #[test]
    fn it_generates_clients() {
        fn walk(value: &Value, at: &str) {
            if let Value::Object(members) = value {
                if members.contains_key("const") || members.contains_key("enum") {
                    assert!(members.contains_key("type"), "{at}");
                }
                assert!(!members.contains_key("default"), "{at}");
                for (name, value) in members {
                    match (name.as_str(), value) {
                        // Its names are those of members.
                        ("properties", Value::Object(members)) => {
                            members.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}")));
                        }
                        _ => walk(value, &format!("{at}/{name}")),
                    }
                }
            }
            if let Value::Array(items) = value {
                items.iter().for_each(|item| walk(item, at));
            }
        }
        let document: Value = serde_json::from_str(&document()).unwrap();
        document["components"]["schemas"].as_object().unwrap().iter().for_each(|(name, schema)| walk(schema, name));
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        let mut ids: Vec<_> =
            operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
        let update = &document["paths"]["/v1/templates/{id}"]["put"];
        assert!(update["parameters"].to_string().contains("If-Match"));
        assert!(update["responses"]["200"]["headers"]["ETag"].is_object());
        assert!(update["responses"]["428"].is_object());
        // Each reference has its schema.
        let text = document.to_string();
        for (_, rest) in text.match_indices("#/components/schemas/").map(|(at, name)| text.split_at(at + name.len())) {
            let name = rest.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
