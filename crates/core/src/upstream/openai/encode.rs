//! A request for a chat completion.

use serde_json::{Value, json};

use super::Address;
use crate::chat::{ChatRequest, Role};
use crate::http::{Header, HttpRequest};
use crate::sensitive::{Bytes, Sensitive};

/// The request that asks `model` at `address`; `credential` is the header that lets the gateway in, `key` is sent with
/// every attempt, for upstreams that honour it.
pub(crate) fn request(
    address: &Address,
    request: &ChatRequest,
    model: &str,
    credential: Option<Header>,
    key: &str,
) -> HttpRequest {
    let accept = if request.streamed { "text/event-stream" } else { "application/json" };
    let mut headers = vec![
        ("content-type".into(), Sensitive::new("application/json")),
        ("accept".into(), Sensitive::new(accept)),
        ("idempotency-key".into(), Sensitive::new(key)),
    ];
    headers.extend(credential);
    HttpRequest { method: "POST", url: address.of(request.kind, model), headers, body: body(request, model) }
}

/// The body: the client's own where it came by this wire, with what was edited; else one that says the same.
fn body(request: &ChatRequest, model: &str) -> Bytes {
    match request.document_text(model) {
        Some(text) => Bytes(text.into_bytes()),
        None => Bytes(built(request, model).to_string().into_bytes()),
    }
}

fn built(request: &ChatRequest, model: &str) -> Value {
    let instructions = request.instructions().map(|text| (Role::System, text));
    let messages: Vec<Value> = instructions
        .chain(request.turns())
        .map(|(by, content)| json!({ "role": role(by), "content": content }))
        .collect();
    let mut body = json!({ "model": model, "messages": messages });
    if let Some(members) = body.as_object_mut() {
        if let Some(temperature) = &request.temperature {
            members.insert("temperature".into(), Value::Number(temperature.clone()));
        }
        if let Some(most) = request.max_tokens {
            members.insert("max_tokens".into(), most.into());
        }
        if request.streamed {
            members.insert("stream".into(), true.into());
            members.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    body
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
