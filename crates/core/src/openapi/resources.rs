//! The routes of templates, usage, models and metrics in the description of the interface.

use serde_json::{Map, Value, json};

use crate::client::Right;
use crate::model::{MAX_CONFIGURED_TOKENS, MAX_FILTERS, MAX_INPUT, MAX_NAME, MAX_TEMPLATE, Provider};
use crate::problem::Code;
use crate::route::{ROUTES, Route};

/// What a route does, what it takes and what it gives.
struct Entry {
    route: Route,
    summary: &'static str,
    /// Parameters of the query: name, and whether it must be there.
    query: &'static [(&'static str, bool)],
    /// The schema of the body, if it takes one.
    body: Option<&'static str>,
    /// Statuses of success, what they mean, and the type of the answer, if it has one.
    answers: &'static [(u16, &'static str, Option<&'static str>)],
}

const JSON: Option<&str> = Some("application/json");
const PAGES: &[(&str, bool)] = &[("pageNumber", false), ("pageSize", false)];

const ENTRIES: &[Entry] = &[
    Entry {
        route: Route::Lint,
        summary: "What the linter says of a text: the same report, byte for byte, as on the page, on npm and in CI.",
        query: &[],
        body: Some("LintRequest"),
        answers: &[(200, "The report.", JSON)],
    },
    Entry {
        route: Route::ListTemplates,
        summary: "One page of the prompt templates.",
        query: &[("pageNumber", false), ("pageSize", false), ("name", false)],
        body: None,
        answers: &[(200, "The page.", JSON)],
    },
    Entry {
        route: Route::CreateTemplate,
        summary: "Makes a prompt template, if the linter finds no error in it.",
        query: &[],
        body: Some("PromptTemplate"),
        answers: &[(201, "It is there.", JSON)],
    },
    Entry {
        route: Route::SyncTemplates,
        summary: "Compares a library with upstream, and brings upstream up to date unless it is a dry run.",
        query: &[("dry_run", false)],
        body: Some("Library"),
        answers: &[(200, "The plan, and how each step went.", JSON)],
    },
    Entry {
        route: Route::ReadTemplate,
        summary: "A prompt template, from the edge. `Cache-Control: no-cache` asks upstream.",
        query: &[],
        body: None,
        answers: &[(200, "The template.", JSON), (304, "The client has it already (If-None-Match).", None)],
    },
    Entry {
        route: Route::UpdateTemplate,
        summary: "Replaces a prompt template; If-Match must name the version that the client has read.",
        query: &[],
        body: Some("PromptTemplate"),
        answers: &[(200, "Its new version.", JSON)],
    },
    Entry {
        route: Route::ListVersions,
        summary: "One page of a prompt template's versions, oldest first.",
        query: PAGES,
        body: None,
        answers: &[(200, "The page.", JSON)],
    },
    Entry {
        route: Route::ReadVersion,
        summary: "One version of a prompt template.",
        query: &[],
        body: None,
        answers: &[(200, "The version.", JSON)],
    },
    Entry {
        route: Route::DiffVersions,
        summary: "What has changed between two versions.",
        query: &[("from", true), ("to", true)],
        body: None,
        answers: &[(200, "The changes, each with its path.", JSON)],
    },
    Entry {
        route: Route::RenderTemplate,
        summary: "A prompt template with values, as it would be sent. Values are never expanded again.",
        query: &[],
        body: Some("RenderRequest"),
        answers: &[(200, "The texts and their tokens.", JSON)],
    },
    Entry {
        route: Route::ExecuteTemplate,
        summary: "Sends a prompt template with values to a model; the answer is that of /v1/chat.",
        query: &[],
        body: Some("ExecuteRequest"),
        answers: &[(200, "The answer, in the format that the client accepts.", Some("text/event-stream"))],
    },
    Entry {
        route: Route::PublishNew,
        summary: "Publishes a template to upstream's edge cache under a new id.",
        query: &[],
        body: Some("CachedTemplate"),
        answers: &[(201, "It is there.", JSON)],
    },
    Entry {
        route: Route::ReadCached,
        summary: "A cached template, from the edge. `Cache-Control: no-cache` asks upstream.",
        query: &[],
        body: None,
        answers: &[(200, "The template.", JSON), (304, "The client has it already (If-None-Match).", None)],
    },
    Entry {
        route: Route::Publish,
        summary: "Replaces a cached template, or makes it; If-Match must name what the client has read.",
        query: &[],
        body: Some("CachedTemplate"),
        answers: &[(200, "It is replaced.", JSON), (201, "It is there.", JSON)],
    },
    Entry {
        route: Route::Invalidate,
        summary: "Drops the edge's copies of a cached template; the next read asks upstream.",
        query: &[],
        body: None,
        answers: &[(204, "They are gone.", None)],
    },
    Entry {
        route: Route::Usage,
        summary: "Asks upstream's analytics for usage.",
        query: &[],
        body: Some("UsageQuery"),
        answers: &[(200, "One page of groups.", JSON)],
    },
    Entry {
        route: Route::SubmitModel,
        summary: "Defines a model and begins to provision it; the same definition is never created twice.",
        query: &[],
        body: Some("ModelDefinition"),
        answers: &[(201, "It is active already.", JSON), (202, "It is being made: Location is where to look.", JSON)],
    },
    Entry {
        route: Route::ConfigureNamed,
        summary: "As POST /v1/models.",
        query: &[],
        body: Some("ModelDefinition"),
        answers: &[(201, "It is active already.", JSON), (202, "It is being made: Location is where to look.", JSON)],
    },
    Entry {
        route: Route::ReadModel,
        summary: "How far a model is.",
        query: &[],
        body: None,
        answers: &[(200, "The model.", JSON)],
    },
    Entry {
        route: Route::WatchModel,
        summary: "The changes of a model's status as they come, numbered; `Last-Event-ID` resumes.",
        query: &[],
        body: None,
        answers: &[
            (200, "Events until the last change, or for a while.", Some("text/event-stream")),
            (204, "Nothing is left to tell.", None),
        ],
    },
    Entry {
        route: Route::ConfigureModel,
        summary: "Configures a model; what upstream cannot take now is kept and tried again.",
        query: &[],
        body: Some("ModelConfiguration"),
        answers: &[(200, "It is applied.", JSON), (202, "It is kept: Location is where to look.", JSON)],
    },
    Entry {
        route: Route::ReadConfiguration,
        summary: "Which configuration a model has, and how the newest update stands.",
        query: &[],
        body: None,
        answers: &[(200, "Both; null where there is none.", JSON)],
    },
    Entry {
        route: Route::InvokeModel,
        summary: "Asks a model: the input sanitised, the result checked against its schema.",
        query: &[],
        body: Some("Invocation"),
        answers: &[(200, "The result, its latency and its cost.", JSON)],
    },
    Entry {
        route: Route::InvokeNamed,
        summary: "As POST /v1/models/{id}/invoke, with the id in the body.",
        query: &[],
        body: Some("NamedInvocation"),
        answers: &[(200, "The result, its latency and its cost.", JSON)],
    },
    Entry {
        route: Route::ExportModel,
        summary: "A model's definition for another environment, without its credentials.",
        query: &[],
        body: None,
        answers: &[(200, "The snapshot.", JSON)],
    },
    Entry {
        route: Route::Metrics,
        summary: "Metrics in Prometheus text.",
        query: &[],
        body: None,
        answers: &[(200, "The metrics.", Some("text/plain"))],
    },
];

/// Adds the routes of this table to `paths`.
pub(super) fn add(paths: &mut Map<String, Value>) {
    for entry in ENTRIES {
        let Some((method, pattern, _)) = ROUTES.iter().find(|(_, _, route)| *route == entry.route) else { continue };
        let item = paths.entry(*pattern).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(method.to_lowercase(), operation(entry, pattern));
        }
    }
}

fn operation(entry: &Entry, pattern: &str) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    for (name, schema) in
        [("id", json!({ "type": "string", "format": "uuid" })), ("version", json!({ "type": "integer", "minimum": 1 }))]
    {
        if pattern.contains(&format!("{{{name}}}")) {
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
    }
    for (name, required) in entry.query {
        let schema = match *name {
            "name" => json!({ "type": "string" }),
            "dry_run" => json!({ "type": "boolean" }),
            _ => json!({ "type": "integer", "minimum": 1 }),
        };
        parameters.push(json!({ "name": name, "in": "query", "required": required, "schema": schema }));
    }
    let mut responses = Map::new();
    for (status, description, content_type) in entry.answers {
        let mut response = json!({ "description": description });
        if let (Some(content_type), Some(response)) = (content_type, response.as_object_mut()) {
            let schema = if *content_type == "application/json" {
                json!({ "type": "object" })
            } else {
                json!({ "type": "string" })
            };
            response.insert("content".to_owned(), json!({ *content_type: { "schema": schema } }));
        }
        responses.insert(status.to_string(), response);
    }
    for code in Code::ALL {
        let row = format!("`{}`: {}.", code.as_str(), code.title());
        match responses.get_mut(&code.status().to_string()).and_then(|known| known.get_mut("description")) {
            Some(Value::String(text)) => text.push_str(&format!(" {row}")),
            _ => {
                responses.insert(code.status().to_string(), super::problem(&row));
            }
        }
    }
    let mut operation = json!({
        "operationId": format!("{:?}", entry.route),
        "summary": entry.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(operation) = operation.as_object_mut() {
        if entry.route.right() == Right::Manage {
            let text = "Needs a client key that may manage (`tenant:digest:manage` in CLIENT_KEYS).";
            operation.insert("description".to_owned(), text.into());
        }
        if let Some(name) = entry.body {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
            operation.insert("requestBody".to_owned(), body);
        }
    }
    operation
}

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
