//! The adapter of the one upstream dialect there is: `contract/upstream.v1.md` in this repository.
//!
//! It turns a [`ChatRequest`] into requests and upstream's frames into [`Frame`]s. Nothing else knows a path,
//! a header or a member name of upstream.

mod model;
mod resource;

pub use model::{
    Capabilities, Invoked, MODEL_MANAGE_SCOPE, MODEL_READ_SCOPE, MODEL_WRITE_SCOPE, ModelId, ModelState,
    configure_model_request, create_model_request, delete_model_request, invoke_body, invoke_model_request, invoked,
    is_in_progress, is_not_found, model_request, model_state,
};
pub use resource::{
    Expect, Family, Page, create_template, etag, execute_payload, get_version, list_templates, list_versions,
    usage_query,
};

use serde::{Deserialize, Serialize};

use super::Limit;
use super::ndjson::Line;
use super::request::Payload;
use super::surrogate;
use crate::chat::event::{ChatEvent, ChoiceEvent, Usage};
use crate::chat::{ChatRequest, Kind, MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_TOKENS, Role};
use crate::http::{Head, Header, HttpRequest, essence};
use crate::sensitive::{Bytes, Sensitive};

/// The temperature of a request that names none: what OpenAI's wire takes then, and the contract asks for one.
const TEMPERATURE: u64 = 1;
/// The scope that a chat call needs (requirements, U5).
pub const CHAT_SCOPE: &str = "ai:llm-gateway:write";
/// The code of upstream's 400 that says that the prompt is too long (contract, "Errors").
pub const TOKEN_LIMIT_CODE: &str = "token.limit.exceeded";

/// Where upstream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `https://api.{region}`, without a slash at the end.
    pub api: String,
    /// `https://login.{region}`, without a slash at the end.
    pub login: String,
}

/// Writes the body of a chat call (requirements, B1 and B4).
pub fn chat_payload(request: &ChatRequest, model: &str) -> Payload {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        system_instructions: Vec<String>,
        context: Vec<Turn>,
        temperature: serde_json::Number,
        max_tokens: u64,
        model_id: &'a str,
    }
    #[derive(Serialize)]
    struct Turn {
        role: &'static str,
        content: String,
    }
    let role = |role| match role {
        Role::System => "system",
        Role::Assistant => "agent",
        // `cannot_express` has refused what tools say.
        Role::User | Role::Tool => "user",
    };
    let body = Body {
        system_instructions: request.instructions().collect(),
        context: request.turns().map(|(by, content)| Turn { role: role(by), content }).collect(),
        temperature: request.temperature.clone().unwrap_or(TEMPERATURE.into()),
        max_tokens: request.max_tokens.unwrap_or(MAX_TOKENS),
        model_id: model,
    };
    // Strings and numbers only: this cannot fail.
    Payload { path: "/api/v2/ai/llm-gateway/chat", body: Bytes(serde_json::to_vec(&body).unwrap_or_default()) }
}

/// The path of what this wire cannot express of `request`: it takes what the native front does (contract, section 4).
pub fn cannot_express(request: &ChatRequest) -> Option<String> {
    if request.kind != Kind::Chat {
        return Some("$.input".to_owned());
    }
    let units = |text: &str| text.encode_utf16().count();
    let beyond = request.instructions().count() > MAX_INSTRUCTIONS
        || request.turns().count() > MAX_MESSAGES
        || request.instructions().any(|text| units(&text) > MAX_INSTRUCTION)
        || request.turns().any(|(role, text)| units(&text) > MAX_CONTENT || role == Role::Tool);
    if beyond {
        return Some("$.messages".to_owned());
    }
    match request.max_tokens {
        Some(most) if !(1..=MAX_TOKENS).contains(&most) => Some("$.max_tokens".to_owned()),
        _ => None,
    }
}

/// Those of the contract's wire (contract, section 5).
pub(super) fn limits(head: &Head) -> Vec<Limit> {
    let number = |name: &str| head.header(name)?.trim().parse::<u64>().ok();
    let (allowed, made) = (number("inin-ratelimit-allowed"), number("inin-ratelimit-count"));
    let remaining = allowed.zip(made).map(|(allowed, made)| allowed.saturating_sub(made));
    let values = [
        ("x-ratelimit-limit-requests", allowed.map(|allowed| allowed.to_string())),
        ("x-ratelimit-remaining-requests", remaining.map(|remaining| remaining.to_string())),
        ("x-ratelimit-reset-requests", number("inin-ratelimit-reset").map(|seconds| format!("{seconds}s"))),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The call for an answer of a model (requirements, B4 and E6).
pub fn chat_request(endpoints: &Endpoints, payload: &Payload, key: &str, credential: Option<Header>) -> HttpRequest {
    let mut headers = Vec::from_iter(credential);
    headers.extend([
        ("content-type".into(), Sensitive::new("application/json")),
        ("accept".into(), Sensitive::new("application/json")),
        ("idempotency-key".into(), Sensitive::new(key)),
    ]);
    HttpRequest {
        method: "POST",
        url: format!("{}{}", endpoints.api, payload.path),
        headers,
        body: payload.body.clone(),
    }
}

/// Whether the head of a 200 announces JSON lines. No content type at all is taken for them.
pub fn is_answer(head: &Head) -> bool {
    match head.header("content-type").map(essence) {
        None => true,
        Some(essence) => {
            matches!(
                essence.as_str(),
                "" | "application/json" | "application/x-ndjson" | "application/ndjson" | "application/jsonl"
            )
        }
    }
}

/// The contents of a line. The terminal frame is the one with `usage`.
pub(super) fn events(line: &Line) -> Vec<ChatEvent> {
    let frame = match line {
        Line::Whole(line) => frame(line),
        Line::TooLong => Frame::Malformed,
    };
    match frame {
        Frame::Malformed => vec![ChatEvent::Malformed],
        Frame::Error => vec![ChatEvent::Error(None)],
        Frame::Part { content, usage } => {
            let content = content.filter(|text| !text.expose().is_empty());
            let mut events: Vec<_> = content.map(|text| ChatEvent::content(text.expose())).into_iter().collect();
            if let Some(usage) = usage {
                let end = ChoiceEvent { finish: Some("stop".to_owned()), ..ChoiceEvent::default() };
                events.push(ChatEvent::Choice(Box::new(end)));
                events.push(ChatEvent::Usage(usage, Default::default()));
                events.push(ChatEvent::End);
            }
            events
        }
    }
}

/// The text of a line that brings nothing else.
pub(super) fn text(line: &Line) -> Option<String> {
    match line {
        Line::Whole(line) => match frame(line) {
            Frame::Part { content: Some(text), usage: None } => {
                Some(text.expose().to_owned()).filter(|text| !text.is_empty())
            }
            _ => None,
        },
        Line::TooLong => None,
    }
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Frame {
    /// Text, and with the terminal frame the usage.
    Part {
        /// A piece of the answer.
        content: Option<Sensitive>,
        /// Present in the terminal frame only.
        usage: Option<Usage>,
    },
    /// Upstream's error inside a 200 stream.
    Error,
    /// Not a frame.
    Malformed,
}

/// Reads one line.
fn frame(line: &[u8]) -> Frame {
    #[derive(Deserialize)]
    struct Line {
        content: Option<String>,
        usage: Option<Usage>,
        error: Option<serde::de::IgnoredAny>,
        status: Option<serde::de::IgnoredAny>,
        code: Option<serde::de::IgnoredAny>,
    }
    let read = serde_json::from_slice::<Line>(line).or_else(|_| serde_json::from_slice(&surrogate::replaced(line)));
    match read {
        Err(_) => Frame::Malformed,
        Ok(line) if line.error.is_some() || (line.status.is_some() && line.code.is_some()) => Frame::Error,
        Ok(Line { content, usage, .. }) => Frame::Part { content: content.map(Sensitive::new), usage },
    }
}

/// Whether the body of a 400 says that the prompt is too long (requirements, B7).
pub fn is_token_limit(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Error {
        code: Option<String>,
    }
    serde_json::from_slice::<Error>(body).is_ok_and(|error| error.code.as_deref() == Some(TOKEN_LIMIT_CODE))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rows B4, row 9.
    #[test]
    fn frames() {
        let part = |content: Option<&str>, usage| Frame::Part { content: content.map(Sensitive::new), usage };
        let usage = Usage { prompt_tokens: 3, completion_tokens: 4 };
        for (line, expected) in [
            (r#"{"content":"a"}"#, part(Some("a"), None)),
            (r#"{"content":"a","more":[1]}"#, part(Some("a"), None)),
            (r#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#, part(None, Some(usage))),
            (r#"{"content":"a","usage":{"prompt_tokens":3,"completion_tokens":4}}"#, part(Some("a"), Some(usage))),
            (r#"{"usage":{}}"#, part(None, Some(Usage::default()))),
            (r#"{"usage":null,"content":null}"#, part(None, None)),
            ("{}", part(None, None)),
            (r#"{"error":{"message":"x"}}"#, Frame::Error),
            (r#"{"message":"x","code":"c","status":500,"contextId":"i"}"#, Frame::Error),
            (r#"{"content":1}"#, Frame::Malformed),
            (r#"{"usage":{"prompt_tokens":-1}}"#, Frame::Malformed),
            (r#"{"usage":{"prompt_tokens":1e99}}"#, Frame::Malformed),
            ("", Frame::Malformed),
            ("[]", Frame::Malformed),
            ("null", Frame::Malformed),
            ("<html>", Frame::Malformed),
        ] {
            assert_eq!(frame(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(frame(b"{\"content\":\"\xff\"}"), Frame::Malformed);
        assert_eq!(frame(&b"[".repeat(1 << 20)), Frame::Malformed);
    }

    // Row B7.
    #[test]
    fn token_limit() {
        assert!(is_token_limit(br#"{"message":"m","code":"token.limit.exceeded","status":400}"#));
        for body in ["", "{}", r#"{"code":"bad.request"}"#, r#"{"code":5}"#, "token.limit.exceeded"] {
            assert!(!is_token_limit(body.as_bytes()), "{body}");
        }
    }

    fn head(headers: &[(&str, &str)]) -> Head {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Head { status: 429, headers }
    }

    #[test]
    fn the_contracts_are_told_by_the_same_names() {
        let found = limits(&head(&[
            ("inin-ratelimit-allowed", "60"),
            ("inin-ratelimit-count", "61"),
            ("inin-ratelimit-reset", "12"),
        ]));
        let expected = [
            ("x-ratelimit-limit-requests", "60".to_owned()),
            ("x-ratelimit-remaining-requests", "0".to_owned()),
            ("x-ratelimit-reset-requests", "12s".to_owned()),
        ];
        assert_eq!(found, expected);
        assert_eq!(limits(&head(&[("inin-ratelimit-allowed", "canary")])), []);
    }
}
