//! The routes in the description of the interface.

use serde_json::{Map, Value, json};

use super::entries::{ENTRIES, Entry};
use super::{answers, errors};
use crate::client::Right;
use crate::governance::chain::STATUSES;
use crate::route::{ROUTES, Route, Row};
use crate::schema::{ENDLESS, Rule, Shape, Text};

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
    for (status, description, content_type) in entry.successes() {
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
