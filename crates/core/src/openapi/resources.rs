//! The routes in the description of the interface.

use serde_json::{Map, Value, json};

use super::{answers, errors};
use crate::client::Right;
use crate::governance::chain::STATUSES;
use crate::route::{ROUTES, Route, Row};
use crate::schema::{ENDLESS, Rule, Shape, Text};

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
const STREAM: Option<&str> = Some("text/event-stream");
const PAGES: &[(&str, bool)] = &[("pageNumber", false), ("pageSize", false)];

const ENTRIES: &[Entry] = &[
    Entry {
        route: Route::Chat,
        summary: "Asks a model, guarded.",
        query: &[],
        body: Some("ChatRequest"),
        answers: &[(200, "The answer. Its last event is `done`, or `error` where it broke off.", STREAM)],
    },
    Entry {
        route: Route::Guard,
        summary: "What the guard says of a text, and what it would make of it.",
        query: &[],
        body: Some("GuardRequest"),
        answers: &[(200, "The report.", JSON)],
    },
    Entry {
        route: Route::Health,
        summary: "Whether the gateway is configured; with `?deep=1` whether each upstream takes its credentials, too: 503 where one does not.",
        query: &[("deep", false)],
        body: None,
        answers: &[(200, "It is.", JSON)],
    },
    Entry {
        route: Route::OpenApi,
        summary: "This document.",
        query: &[],
        body: None,
        answers: &[(200, "OpenAPI 3.1.", JSON)],
    },
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
        summary: "Compares a library with upstream, and updates upstream unless it is a dry run.",
        query: &[("dry_run", false)],
        body: Some("Library"),
        answers: &[
            (200, "The plan, and how each step went.", JSON),
            (207, "The same, where a step has failed: its `result` says why.", JSON),
        ],
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
        route: Route::ListLabels,
        summary: "The labels of a prompt template, such as `production`: the version that bears each, and those before it.",
        query: &[],
        body: None,
        answers: &[(200, "The labels.", JSON)],
    },
    Entry {
        route: Route::SetLabel,
        summary: "Gives a version of a prompt template a label, or moves the label to it.",
        query: &[],
        body: Some("Labelling"),
        answers: &[(200, "Where it points now.", JSON)],
    },
    Entry {
        route: Route::RemoveLabel,
        summary: "Takes a label away. The version that bore it stays.",
        query: &[],
        body: None,
        answers: &[(204, "It is gone.", None)],
    },
    Entry {
        route: Route::RollBackLabel,
        summary: "Moves a label back to the version that bore it before. It takes no body.",
        query: &[],
        body: None,
        answers: &[(200, "Where it points now.", JSON)],
    },
    Entry {
        route: Route::AdoptTemplate,
        summary: "Gives a prompt template that belongs to no tenant an owner.",
        query: &[],
        body: Some("Adoption"),
        answers: &[(200, "Whose it is.", JSON)],
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
        route: Route::AdoptCached,
        summary: "Gives a cached template that belongs to no tenant an owner.",
        query: &[],
        body: Some("Adoption"),
        answers: &[(200, "Whose it is.", JSON)],
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
        route: Route::ListModels,
        summary: "One page of the models, oldest first.",
        query: &[("pageNumber", false), ("pageSize", false)],
        body: None,
        answers: &[(200, "The page.", JSON)],
    },
    Entry {
        route: Route::DeleteModel,
        summary: "Deletes a model, upstream and here; it can be submitted again.",
        query: &[],
        body: None,
        answers: &[(204, "It is gone.", None), (202, "It is being deleted: upstream has not answered yet.", JSON)],
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
        summary: "The configuration of a model, and the state of its newest update.",
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
        query: &[("environments", false)],
        body: None,
        answers: &[(200, "The snapshot.", JSON)],
    },
    Entry {
        route: Route::Audit,
        summary: "The audit log after a row, as a chain of hashes, which `promptgate audit verify` reads; with any other \
                  parameter, or as JSON or CSV, the rows that fit, of which `Link` says where more are; as \
                  text/event-stream it is followed.",
        query: &[
            ("after", false),
            ("before", false),
            ("order", false),
            ("limit", false),
            ("from", false),
            ("to", false),
            ("tenant", false),
            ("key", false),
            ("status", false),
            ("code", false),
            ("model", false),
            ("template", false),
            ("rule", false),
            ("request_id", false),
        ],
        body: None,
        answers: &[(200, "JSON Lines; those of the whole chain end with its head.", Some("application/jsonl"))],
    },
    Entry {
        route: Route::AuditHeads,
        summary: "The heads of the audit log that were taken down, with their times and signed checkpoints.",
        query: &[("after", false), ("limit", false)],
        body: None,
        answers: &[(200, "The heads; `next` is where more are.", JSON)],
    },
    Entry {
        route: Route::ListWebhooks,
        summary: "The destinations of webhooks, and how each fares.",
        query: &[],
        body: None,
        answers: &[(200, "All of them.", JSON)],
    },
    Entry {
        route: Route::ListDeadLetters,
        summary: "Webhooks that a destination did not take within a day, the oldest first.",
        query: &[("after", false), ("limit", false)],
        body: None,
        answers: &[(200, "A page; `next` is the `after` of the one that follows.", JSON)],
    },
    Entry {
        route: Route::Redeliver,
        summary: "Sends dead letters again, and takes the destination into service again if it had answered 410.",
        query: &[],
        body: Some("Redelivery"),
        answers: &[(200, "How many are sent again.", JSON)],
    },
    Entry {
        route: Route::ListKeys,
        summary: "The keys of the caller's tenant; with `admin` those of all, or of one.",
        query: &[("tenant", false)],
        body: None,
        answers: &[(200, "The keys.", JSON)],
    },
    Entry {
        route: Route::CreateKey,
        summary: "Makes a key. Its secret is in this answer and never again.",
        query: &[],
        body: Some("KeyOrder"),
        answers: &[(201, "The key, with its secret.", JSON)],
    },
    Entry { route: Route::ReadKey, summary: "One key.", query: &[], body: None, answers: &[(200, "The key.", JSON)] },
    Entry {
        route: Route::UpdateKey,
        summary: "Changes what a key may do; in force everywhere within a minute.",
        query: &[],
        body: Some("KeyChange"),
        answers: &[(200, "The key.", JSON)],
    },
    Entry {
        route: Route::RevokeKey,
        summary: "Ends a key for good; it opens nothing anywhere within a minute.",
        query: &[],
        body: None,
        answers: &[(200, "The key as it was.", JSON)],
    },
    Entry {
        route: Route::RotateKey,
        summary: "Gives a key a new secret; the old one is good for the overlap.",
        query: &[],
        body: Some("KeyRotation"),
        answers: &[(200, "The key, with its new secret.", JSON)],
    },
    Entry {
        route: Route::WhoAmI,
        summary: "What the key that asks is, and what it may do.",
        query: &[],
        body: None,
        answers: &[(200, "It.", JSON)],
    },
    Entry {
        route: Route::Metrics,
        summary: "Metrics in Prometheus text.",
        query: &[],
        body: None,
        answers: &[(200, "The metrics.", Some("text/plain"))],
    },
    Entry {
        route: Route::Stats,
        summary: "Requests, tokens, cost and time by minute (two days), hour or day (400 days), told apart by tenant, model, \
                  route, code or upstream.",
        query: &[("from", false), ("to", false), ("step", false), ("by", false)],
        body: None,
        answers: &[(200, "The points; an empty bucket has none.", JSON)],
    },
];

/// Adds the routes of this table to `paths`.
pub(super) fn add(paths: &mut Map<String, Value>) {
    for entry in ENTRIES {
        let Some(row) = ROUTES.iter().find(|row| row.route == entry.route) else { continue };
        let item = paths.entry(row.pattern).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(row.method.to_lowercase(), operation(entry, row));
        }
    }
}

fn operation(entry: &Entry, row: &Row) -> Value {
    let mut operation = json!({
        "operationId": camel_case(entry.route),
        "summary": entry.summary,
        "parameters": parameters(entry, row),
        "responses": responses(entry, row),
    });
    if let Some(operation) = operation.as_object_mut() {
        let needs = match entry.route.right() {
            Right::Use => None,
            right => Some(format!("Needs a client key with the right `{}`.", right.as_str())),
        };
        if let Some(needs) = needs {
            operation.insert("description".to_owned(), needs.into());
        }
        if is_open(entry.route) {
            operation.insert("security".to_owned(), json!([]));
        }
        if let Some(name) = entry.body {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
            operation.insert("requestBody".to_owned(), body);
        }
    }
    operation
}

/// Whether no key is asked for.
const fn is_open(route: Route) -> bool {
    matches!(route, Route::Health | Route::OpenApi)
}

/// A route's name, as generators make functions of it.
fn camel_case(route: Route) -> String {
    let name = format!("{route:?}");
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

fn parameters(entry: &Entry, row: &Row) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for (name, shape) in [("model", NAME), ("name", NAME), ("id", ID), ("version", NUMBER), ("label", LABEL)] {
        if row.pattern.contains(&format!("{{{name}}}")) {
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": shape.json_schema() }));
        }
    }
    for (name, required) in entry.query {
        let shape = match *name {
            "name" | "environments" => NAME,
            "dry_run" | "deep" => Shape::Bool,
            "pageSize" if entry.route == Route::ListModels => Shape::Integer(1, 25),
            "limit" if row.route == Route::Audit => Shape::Integer(1, 10_000),
            "limit" if row.route == Route::AuditHeads => Shape::Integer(1, 1_000),
            "pageSize" | "limit" => Shape::Integer(1, 100),
            "after" | "before" => Shape::Integer(1, ENDLESS),
            "order" => Shape::OneOf(&["oldest", "newest"]),
            "status" => Shape::OneOf(&STATUSES),
            "step" => Shape::OneOf(&["minute", "hour", "day"]),
            "by" => Shape::Text(Text::new(0, 64)),
            "from" | "to" => Shape::Text(Text::new(10, 40)),
            "tenant" | "key" | "code" | "model" | "template" | "rule" | "request_id" => Shape::Text(Text::new(1, 512)),
            _ => NUMBER,
        };
        parameters.push(json!({ "name": name, "in": "query", "required": required, "schema": shape.json_schema() }));
    }
    for (name, required, about) in headers(entry.route) {
        parameters.push(json!({
            "name": name, "in": "header", "required": required, "description": about, "schema": { "type": "string" },
        }));
    }
    parameters
}

const NAME: Shape = Shape::Text(Text::new(1, 256));
const ID: Shape = Shape::Text(Text::of(Rule::Uuid));
const LABEL: Shape = Shape::Text(Text::new(1, 32));
const NUMBER: Shape = Shape::Integer(1, 1_000_000);

/// Headers of the request that mean something: name, whether it must be there, and what it says.
fn headers(route: Route) -> Vec<(&'static str, bool, &'static str)> {
    const KEY: (&str, bool, &str) = (
        "Idempotency-Key",
        false,
        "1 to 255 printable ASCII characters. The call happens once; the same key replays its answer. See \
         docs/idempotency.md.",
    );
    const INVOKED: (&str, bool, &str) = (
        "Idempotency-Key",
        false,
        "1 to 255 printable ASCII characters: upstream executes requests of the same key at most once.",
    );
    const AFTER: (&str, bool, &str) = (
        "Last-Event-ID",
        false,
        "With Idempotency-Key: the id of the last event that the client has read; the answer goes on after it.",
    );
    const SINCE: (&str, bool, &str) = ("If-None-Match", false, "An ETag that the client has: 304 where it is current.");
    match route {
        Route::Chat | Route::ExecuteTemplate => vec![KEY, AFTER],
        Route::Completions | Route::Embeddings => vec![KEY],
        Route::InvokeModel | Route::InvokeNamed => vec![INVOKED],
        Route::UpdateTemplate => {
            vec![("If-Match", true, "The ETag of the version that is changed: `version=3`, or `*`.")]
        }
        Route::SetLabel | Route::RemoveLabel | Route::RollBackLabel => {
            vec![("If-Match", false, "Only where the label points to this version: `version=3`.")]
        }
        Route::Publish => vec![
            ("If-Match", false, "The ETag of what is replaced, or `*`; one of the two headers is needed."),
            ("If-None-Match", false, "`*`: only where there is none."),
        ],
        Route::ReadTemplate | Route::ReadCached => {
            vec![
                SINCE,
                (
                    "Cache-Control",
                    false,
                    "`no-cache`: upstream is asked, whatever is kept at the edge. Beside `If-None-Match` and `Pragma`, as the Fetch standard sends it, it is not meant so: send `max-age=0`.",
                ),
            ]
        }
        Route::WatchModel => vec![("Last-Event-ID", false, "The number of the last event that the client has.")],
        _ => Vec::new(),
    }
}

/// Headers of an answer of success, beside `X-Request-Id`.
fn answer_headers(route: Route, status: u16) -> &'static [(&'static str, &'static str)] {
    const ETAG: (&str, &str) = ("ETag", "The version, for If-Match and If-None-Match.");
    match (route, status) {
        (route, 200) if route.is_keyed() => {
            &[("Idempotency-Replayed", "`true` where the answer is that of a call that was made before.")]
        }
        (Route::CreateTemplate | Route::UpdateTemplate | Route::PublishNew | Route::Publish, _) => &[
            ETAG,
            ("Location", "Where it is."),
            (
                "X-Payload-Bytes",
                "How large the document is that was sent upstream; of a cached template 65536 at most.",
            ),
            ("X-Merged", "Whether someone else's change is in it, too: `true` or `false`."),
        ],
        (Route::ReadTemplate | Route::ReadCached, _) => {
            &[ETAG, ("X-Cache", "`HIT` or `MISS`."), ("Age", "How old the edge's copy is, in seconds.")]
        }
        (Route::SetLabel | Route::RollBackLabel, _) => &[("ETag", "The version that bears it, for If-Match.")],
        (Route::Audit, _) => &[("Link", "Where more of the rows are (`rel=\"next\"`, RFC 8288).")],
        (Route::SubmitModel | Route::ConfigureNamed, _) | (Route::ConfigureModel, 202) => {
            &[("Location", "Where to look.")]
        }
        _ => &[],
    }
}

fn responses(entry: &Entry, row: &Row) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let header = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    let mut responses = Map::new();
    for (status, description, content_type) in entry.answers {
        let schema = answers::of(entry.route).map_or_else(|| json!({ "type": "object" }), reference);
        let text = json!({ "type": "string" });
        // No type: for some generators an event, for others the whole text.
        let stream = json!({ "description": "Server-sent events." });
        let content = match (*content_type, entry.route) {
            (None, _) => Value::Null,
            (Some(_), Route::Chat | Route::ExecuteTemplate) => json!({
                "text/event-stream": { "schema": {
                    "description": "Events `delta` {content}, `usage`, then `done` (Summary) or `error` (Problem).",
                } },
                "application/x-ndjson": { "schema": reference("Event") },
                "application/json": { "schema": schema },
            }),
            (Some("application/json"), Route::Completions) => {
                json!({ "application/json": { "schema": schema }, "text/event-stream": { "schema": stream } })
            }
            (Some("application/json"), _) => json!({ "application/json": { "schema": schema } }),
            (Some("application/jsonl"), Route::Audit) => json!({
                "application/jsonl": { "schema": text }, "application/json": { "schema": reference("AuditRows") },
                "text/csv": { "schema": text }, "text/event-stream": { "schema": stream },
            }),
            (Some("text/event-stream"), _) => json!({ "text/event-stream": { "schema": stream } }),
            (Some(other), _) => json!({ other: { "schema": text } }),
        };
        let mut response = json!({ "description": description });
        if let Some(response) = response.as_object_mut() {
            if !content.is_null() {
                response.insert("content".to_owned(), content);
            }
            let mut headers = Map::new();
            headers.insert("X-Request-Id".to_owned(), header("The request's id, as in the audit log."));
            for (name, about) in answer_headers(entry.route, *status) {
                headers.insert((*name).to_owned(), header(about));
            }
            response.insert("headers".to_owned(), headers.into());
        }
        responses.insert(status.to_string(), response);
    }
    // A wire of its own has errors of its own form.
    let openai = row.pattern.starts_with("/openai/");
    for code in errors::of(row, entry.body.is_some()) {
        let line = format!("`{}`: {}.", code.as_str(), code.title());
        match responses.get_mut(&code.status().to_string()).and_then(|known| known.get_mut("description")) {
            Some(Value::String(text)) => text.push_str(&format!(" {line}")),
            _ => {
                let content = match openai {
                    true => {
                        json!({ "application/json": { "schema": { "type": "object", "required": ["error"], "properties": { "error": { "type": "object" } } } } })
                    }
                    false => json!({ "application/problem+json": { "schema": reference("Problem") } }),
                };
                let mut response = json!({ "description": line, "content": content });
                if let (429 | 503, Some(response)) = (code.status(), response.as_object_mut()) {
                    let after = header("Seconds after which to try again, where that is known.");
                    response.insert("headers".to_owned(), json!({ "Retry-After": after }));
                }
                if let (412, Some(response)) = (code.status(), response.as_object_mut()) {
                    response.insert("headers".to_owned(), json!({ "ETag": header("The current version.") }));
                }
                responses.insert(code.status().to_string(), response);
            }
        }
    }
    // A deep look that found something wrong is an answer, too.
    let unavailable = responses.get_mut("503").and_then(|known| known.get_mut("content"));
    if let (Route::Health, Some(Value::Object(content))) = (entry.route, unavailable) {
        content.insert("application/json".to_owned(), json!({ "schema": reference("Health") }));
    }
    responses.into()
}
