//! The description of the interface (OpenAPI 3.1), made from the same limits and tables that the code obeys.

mod bodies;
mod resources;

use serde_json::{Value, json};

pub use bodies::BODIES;

use crate::fault::MAX_FAULTS;
use crate::json::MAX_BODY;
use crate::problem::Code;

/// The document `GET /v1/openapi.json`.
pub fn document() -> String {
    let mut document = value();
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        resources::add(paths);
    }
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
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
        "paths": {
            "/v1/chat": { "post": chat() },
            "/v1/guard": { "post": {
                "operationId": "guard", "summary": "What the guard says of a text, and what it would make of it.",
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/GuardRequest" },
                } } },
                "responses": {
                    "200": answer("The report.", "application/json", json!({ "$ref": "#/components/schemas/GuardReport" })),
                    "400": problem("The body has faults."), "401": problem("No valid client key."),
                    "408": problem("The body came too slowly."), "413": problem("The body is too large."),
                    "415": problem("The body is not application/json."), "503": problem("The gateway is not configured."),
                },
            } },
            "/healthz": { "get": {
                "operationId": "health", "summary": "Whether the gateway is configured.", "security": [],
                "responses": { "200": answer("It is.", "application/json", json!({
                    "type": "object", "required": ["status"], "properties": { "status": { "const": "ok" } },
                })), "503": problem("It is not.") },
            } },
            "/v1/openapi.json": { "get": {
                "operationId": "openapi", "summary": "This document.", "security": [],
                "responses": { "200": answer("OpenAPI 3.1.", "application/json", json!({ "type": "object" })) },
            } },
        },
        "components": {
            "securitySchemes": { "clientKey": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
    })
}

fn chat() -> Value {
    let mut responses = json!({
        "200": {
            "description": "The answer. Its last event is `done`, or `error` where it broke off.",
            "headers": { "X-Request-Id": { "schema": { "type": "string" } } },
            "content": {
                "text/event-stream": { "schema": {
                    "type": "string",
                    "description": "Events `delta` {content}, `usage`, then `done` (Summary) or `error` (Problem).",
                } },
                "application/x-ndjson": { "schema": { "$ref": "#/components/schemas/Event" } },
                "application/json": { "schema": { "$ref": "#/components/schemas/Answer" } },
            },
        },
    });
    for code in Code::ALL {
        let status = code.status().to_string();
        let row = format!("`{}`: {}.", code.as_str(), code.title());
        match responses.get_mut(&status).and_then(|known| known.get_mut("description")) {
            Some(Value::String(text)) => text.push_str(&format!(" {row}")),
            _ => {
                if let Some(responses) = responses.as_object_mut() {
                    responses.insert(status, problem(&row));
                }
            }
        }
    }
    json!({
        "operationId": "chat",
        "summary": "Asks a model, guarded.",
        "description": format!("The body is at most {MAX_BODY} bytes of strict JSON."),
        "parameters": [{
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "1 to 255 printable ASCII characters: upstream executes requests of the same key at most once.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        }],
        "requestBody": { "required": true, "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/ChatRequest" },
        } } },
        "responses": responses,
    })
}

fn schemas() -> Value {
    let status = json!({ "enum": ["success", "fallback"] });
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
                "counted_by": { "enum": ["estimate", "cl100k_base", "o200k_base"] },
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
        "Action": { "enum": ["ignore", "flag", "redact", "block"] },
        "Usage": usage,
        "Summary": { "type": "object", "required": required, "properties": summary },
        "Answer": { "type": "object", "required": required_answer, "properties": answer },
        "Event": {
            "type": "object", "required": ["type"],
            "properties": {
                "type": { "enum": ["delta", "usage", "done", "error"] },
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
                "code": { "enum": Code::ALL.map(Code::as_str).to_vec() },
                "request_id": { "type": "string" },
                "retryable": { "type": "boolean", "description": "Whether the same request may be sent again, later." },
                "upstream_correlation_id": { "type": "string" },
                "errors": { "type": "array", "items": {
                    "type": "object", "required": ["path", "code", "message"],
                    "properties": {
                        "path": { "type": "string", "description": "JSONPath (RFC 9535)." },
                        "code": { "type": "string" },
                        "message": { "type": "string" },
                        "span": {
                            "type": "array", "items": { "type": "integer" },
                            "description": "Start and end in the string at `path`, in UTF-16 code units.",
                        },
                    },
                }, "maxItems": MAX_FAULTS },
                "more": { "type": "integer", "minimum": 1, "description": "How many errors there are beyond those listed." },
            },
        },
    })
}

fn problem(description: &str) -> Value {
    answer(description, "application/problem+json", json!({ "$ref": "#/components/schemas/Problem" }))
}

fn answer(description: &str, content_type: &str, schema: Value) -> Value {
    json!({ "description": description, "content": { content_type: { "schema": schema } } })
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

    #[test]
    fn every_code_stands_at_its_status() {
        let responses = &value()["paths"]["/v1/chat"]["post"]["responses"];
        for code in Code::ALL {
            let text = responses[code.status().to_string()]["description"].as_str().unwrap();
            assert!(text.contains(&format!("`{}`", code.as_str())), "{code:?}");
        }
    }
}
