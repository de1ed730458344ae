//! Upstream's wire shapes for models (contract, section 13).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Endpoints, Usage};
use crate::http::HttpRequest;
use crate::json;
use crate::label;
use crate::sensitive::{Bytes, Sensitive};

/// The scope that creating a model needs (requirements, U5).
pub const MODEL_WRITE_SCOPE: &str = "ai:models:write";
/// The scope that reading a model needs.
pub const MODEL_READ_SCOPE: &str = "ai:models:read";
/// The scope that configuring a model needs.
pub const MODEL_MANAGE_SCOPE: &str = "ai:llm:manage";

/// `POST /api/v2/ai/models`
pub fn create_model_request(endpoints: &Endpoints, body: Bytes, key: &str, token: &Sensitive) -> HttpRequest {
    let mut request = request("POST", format!("{}/api/v2/ai/models", endpoints.api), body, token);
    request.headers.push(("idempotency-key".into(), Sensitive::new(key)));
    request
}

/// `GET /api/v2/ai/models/{id}`
pub fn model_request(endpoints: &Endpoints, id: &ModelId, token: &Sensitive) -> HttpRequest {
    request("GET", address(endpoints, id, ""), Bytes::default(), token)
}

/// `PUT /api/v2/ai/models/{id}/configuration`
pub fn configure_model_request(endpoints: &Endpoints, id: &ModelId, body: Bytes, token: &Sensitive) -> HttpRequest {
    request("PUT", address(endpoints, id, "/configuration"), body, token)
}

/// `POST /api/v2/ai/models/{id}/invoke`
pub fn invoke_model_request(
    endpoints: &Endpoints,
    id: &ModelId,
    body: Bytes,
    key: &str,
    token: &Sensitive,
) -> HttpRequest {
    let mut request = request("POST", address(endpoints, id, "/invoke"), body, token);
    request.headers.push(("idempotency-key".into(), Sensitive::new(key)));
    request
}

/// `DELETE /api/v2/ai/models/{id}`
pub fn delete_model_request(endpoints: &Endpoints, id: &ModelId, token: &Sensitive) -> HttpRequest {
    request("DELETE", address(endpoints, id, ""), Bytes::default(), token)
}

/// The body of an invocation.
pub fn invoke_body(input: &Sensitive) -> Bytes {
    Bytes(serde_json::json!({"input": input.expose(), "options": {"stream": false}}).to_string().into_bytes())
}

fn address(endpoints: &Endpoints, id: &ModelId, rest: &str) -> String {
    format!("{}/api/v2/ai/models/{}{rest}", endpoints.api, id.as_str())
}

fn request(method: &'static str, url: String, body: Bytes, token: &Sensitive) -> HttpRequest {
    let mut headers = vec![
        ("authorization".into(), Sensitive::new(format!("Bearer {}", token.expose()))),
        ("accept".into(), Sensitive::new("application/json")),
    ];
    if !body.0.is_empty() {
        headers.push(("content-type".into(), Sensitive::new("application/json")));
    }
    HttpRequest { method, url, headers, body }
}

/// Upstream's id of a model. It is in addresses, so it is made of 1–64 letters, digits and `-` only, which
/// every UUID is (contract, section 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

impl ModelId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModelId {
    type Error = &'static str;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        let plain = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain { Ok(ModelId(id)) } else { Err("not an id") }
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> String {
        id.0
    }
}

/// What upstream reports about a model. What it does not know of the contract is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelState {
    /// Upstream's id.
    pub id: ModelId,
    /// `PENDING`, `PROVISIONING`, `ACTIVE`, `FAILED`, or what is not known yet.
    pub status: String,
    /// Why it has `FAILED`: upstream's words, which may quote the credentials.
    #[serde(default, deserialize_with = "reason")]
    pub error_reason: Option<Sensitive>,
    /// With `ACTIVE`.
    #[serde(default)]
    pub capabilities: Option<Capabilities>,
}

fn reason<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Option<Sensitive>, D::Error> {
    Ok(Option::<String>::deserialize(source)?.map(Sensitive::new))
}

/// What a model can (requirements, D2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Tokens of prompt and answer together.
    pub max_context_window: u64,
    /// Filters that may not `block`; names that are not known are kept.
    #[serde(default)]
    pub restricted_safety_filters: Vec<String>,
}

/// Reads the answer to [`create_model_request`] or [`model_request`].
pub fn model_state(body: &[u8]) -> Option<ModelState> {
    serde_json::from_slice(body).ok()
}

/// What an invocation has given.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// What the model made of the response schema.
    pub result: Value,
    /// What it used, if upstream reports so.
    pub usage: Option<Usage>,
    /// Upstream's name for the invocation: at most 128 visible ASCII characters of it.
    pub request_id: Option<String>,
}

/// Reads the answer to [`invoke_model_request`].
pub fn invoked(body: &[u8]) -> Option<Invoked> {
    #[derive(Deserialize)]
    struct Answer {
        result: Option<Value>,
        #[serde(default)]
        usage: Option<Usage>,
        #[serde(default)]
        request_id: Option<String>,
    }
    let document = Value::from(json::parse(body).ok()?);
    let answer: Answer = serde_json::from_value(document).ok()?;
    Some(Invoked {
        result: answer.result?,
        usage: answer.usage,
        request_id: answer.request_id.as_deref().and_then(label::id),
    })
}

/// Whether the body of a 409 says that a request with the same key still runs (contract, section 3).
pub fn is_in_progress(body: &[u8]) -> bool {
    error_code(body).as_deref() == Some("idempotency.in.progress")
}

/// Whether the body of a 404 is upstream's own, and not that of a proxy or of another server (contract, section 4).
pub fn is_not_found(body: &[u8]) -> bool {
    error_code(body).as_deref() == Some("not.found")
}

fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    serde_json::from_slice::<Error>(body).ok().map(|error| error.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let state = model_state(br#"{"id":"a-1","status":"NEW","more":1,"errorReason":"canary"}"#).unwrap();
        assert_eq!(state.status, "NEW");
        assert!(!format!("{state:?}").contains("canary"));
        for body in [
            "",
            "[]",
            "<html>",
            r#"{"status":"ACTIVE"}"#,
            r#"{"id":"a"}"#,
            r#"{"id":"","status":"ACTIVE"}"#,
            r#"{"id":"../x","status":"ACTIVE"}"#,
            r#"{"id":"a?b","status":"ACTIVE"}"#,
            r#"{"id":"a","status":1}"#,
            r#"{"id":"a","status":"ACTIVE","capabilities":{"max_context_window":-1}}"#,
        ] {
            assert_eq!(model_state(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn invocations() {
        let body = br#"{"result":{"a":1},"usage":{"prompt_tokens":45,"completion_tokens":28},"request_id":"req\n_8"}"#;
        let answer = invoked(body).unwrap();
        assert_eq!(answer.usage, Some(Usage { prompt_tokens: 45, completion_tokens: 28 }));
        assert_eq!(answer.request_id.as_deref(), Some("req_8"));
        let deep = format!(r#"{{"result":{}1{}}}"#, "[".repeat(70), "]".repeat(70));
        for body in
            ["", "{}", "[]", r#"{"result":1,"result":2}"#, r#"{"result":1,"usage":{"prompt_tokens":-1}}"#, &deep]
        {
            assert_eq!(invoked(body.as_bytes()), None, "{body}");
        }
    }
}
