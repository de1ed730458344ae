//! The routes of templates, usage, models and metrics in the description of the interface.

use serde_json::{Map, Value, json};

use crate::client::Right;
use crate::problem::Code;
use crate::route::{ROUTES, Route, Row};

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
        route: Route::Completions,
        summary: "A chat completion by OpenAI's wire: the official SDKs work with the base address `/openai/v1`.",
        query: &[],
        body: Some("Completion"),
        answers: &[(200, "The completion, or its chunks where `stream` is true.", JSON)],
    },
    Entry {
        route: Route::Embeddings,
        summary: "Vectors of texts, by OpenAI's wire; the texts are guarded.",
        query: &[],
        body: Some("Embeddings"),
        answers: &[(200, "The vectors, as upstream gives them.", JSON)],
    },
    Entry {
        route: Route::ListPublicModels,
        summary: "The models that may be asked, by OpenAI's wire.",
        query: &[],
        body: None,
        answers: &[(200, "The list.", JSON)],
    },
    Entry {
        route: Route::ReadPublicModel,
        summary: "One of the models that may be asked, by OpenAI's wire.",
        query: &[],
        body: None,
        answers: &[(200, "The model.", JSON)],
    },
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
        route: Route::Audit,
        summary: "The audit log after a row, as a chain of hashes; `promptgate audit verify` reads it.",
        query: &[("after", false)],
        body: None,
        answers: &[(200, "JSON Lines, the last of which is the head.", Some("application/jsonl"))],
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
        let Some(Row { method, pattern, .. }) = ROUTES.iter().find(|row| row.route == entry.route) else { continue };
        let item = paths.entry(*pattern).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(method.to_lowercase(), operation(entry, pattern));
        }
    }
}

fn operation(entry: &Entry, pattern: &str) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    let string = json!({ "type": "string" });
    for (name, schema) in [
        ("model", string),
        ("id", json!({ "type": "string", "format": "uuid" })),
        ("version", json!({ "type": "integer", "minimum": 1 })),
    ] {
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
        let needs = match entry.route.right() {
            Right::Use => None,
            Right::Manage => Some("Needs a client key that may manage (`tenant:digest:manage` in CLIENT_KEYS)."),
            Right::Audit => Some("Needs a client key that may audit (`tenant:digest:audit` in CLIENT_KEYS)."),
        };
        if let Some(needs) = needs {
            operation.insert("description".to_owned(), needs.into());
        }
        if let Some(name) = entry.body {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
            operation.insert("requestBody".to_owned(), body);
        }
    }
    operation
}
