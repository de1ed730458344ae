//! The body of a chat completion, checked as OpenAI checks it. Unknown members pass, as on most servers
//! that speak this wire.

use serde_json::{Map, Value};

use super::error::invalid;
use super::functions::{Function, called, functions};
use super::messages::{exchanges, length, message_of, role};
use crate::refusal::Refusal;

/// Most choices of an answer.
const MOST_CHOICES: u64 = 128;
/// Tokens of an image, whatever its size.
const IMAGE_TOKENS: u64 = 85;

/// What the simulator needs of a valid body.
#[derive(Debug)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) choices: usize,
    /// Most tokens of each choice.
    pub(crate) max_tokens: u64,
    pub(crate) stop: Vec<String>,
    /// Functions that the model calls.
    pub(crate) calls: Vec<Function>,
    /// They are called by the older `function_call`.
    pub(crate) legacy: bool,
    pub(crate) format: Format,
    /// Alternatives of each token, where `logprobs` are wanted.
    pub(crate) logprobs: Option<usize>,
    /// The model thinks before it answers.
    pub(crate) reasons: bool,
    /// Estimated: a quarter per character of text, 85 for an image.
    pub(crate) prompt_tokens: u64,
}

/// What kind of text is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Text,
    Object,
    Schema(Value),
}

impl ChatRequest {
    /// Parses and checks a body; `deployment` is the model of the path.
    pub(crate) fn parse(body: &[u8], deployment: Option<&str>) -> Result<Self, Refusal> {
        let map = object(body)?;
        let model = deployment.or_else(|| map.get("model").and_then(Value::as_str)).unwrap_or_default().to_owned();
        if model.is_empty() {
            return Err(invalid("model", "missing_required_parameter", "you must provide a model parameter"));
        }
        let messages = map.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
        let Some(messages) = messages else {
            let why = "Invalid 'messages': expected a non-empty array of messages.";
            return Err(invalid("messages", "missing_required_parameter", why));
        };
        let mut characters = 0;
        let mut images = 0;
        for (at, message) in messages.iter().enumerate() {
            message_of(message, &format!("messages[{at}]"), &mut characters, &mut images)?;
        }
        exchanges(messages)?;
        ranged(&map, "temperature", 0.0, 2.0)?;
        ranged(&map, "top_p", 0.0, 1.0)?;
        let legacy = !given(&map, "tools") && given(&map, "functions");
        let tools = functions(&map, legacy)?;
        characters += ["tools", "functions"].iter().filter_map(|name| map.get(*name)).map(length).sum::<u64>();
        let answered = messages.last().and_then(role).is_some_and(|role| matches!(role, "tool" | "function"));
        let stream_options = map.get("stream_options").and_then(Value::as_object);
        let include_usage = stream_options.and_then(|options| options.get("include_usage")?.as_bool());
        let most = number(&map, "max_completion_tokens", 1, u64::MAX)?.or(number(&map, "max_tokens", 1, u64::MAX)?);
        Ok(Self {
            model,
            stream: flag(&map, "stream")?,
            include_usage: include_usage.unwrap_or(false),
            choices: usize::try_from(number(&map, "n", 1, MOST_CHOICES)?.unwrap_or(1)).unwrap_or(1),
            max_tokens: most.unwrap_or(u64::MAX),
            stop: stop(map.get("stop"))?,
            calls: called(&map, tools, legacy, answered)?,
            legacy,
            format: format(map.get("response_format"))?,
            logprobs: flag(&map, "logprobs")?
                .then(|| number(&map, "top_logprobs", 0, 20).map(|most| most.unwrap_or(0) as usize))
                .transpose()?,
            reasons: map.get("reasoning_effort").and_then(Value::as_str).is_some_and(|effort| effort != "none"),
            prompt_tokens: characters.div_ceil(4) + images * IMAGE_TOKENS,
        })
    }
}

/// A body that is a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let wrong = || {
        let why = "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.";
        Refusal::new(400, "", why)
    };
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(wrong()),
    }
}

fn given(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).is_some_and(|value| !value.is_null())
}

fn format(value: Option<&Value>) -> Result<Format, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Format::Text) };
    match value.get("type").and_then(Value::as_str) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::Object),
        Some("json_schema") => match value.get("json_schema").and_then(|schema| schema.get("schema")) {
            Some(schema) => Ok(Format::Schema(schema.clone())),
            None => Err(invalid(
                "response_format.json_schema",
                "missing_required_parameter",
                "Missing required parameter: 'response_format.json_schema'.",
            )),
        },
        _ => Err(invalid("response_format.type", "invalid_value", "Invalid value for 'response_format.type'.")),
    }
}

fn stop(value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let texts: Option<Vec<String>> = match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(texts)) => texts.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    let texts = texts.filter(|texts| texts.len() <= 4);
    texts.ok_or_else(|| invalid("stop", "invalid_type", "Invalid 'stop': expected a string or up to 4 strings."))
}

fn flag(map: &Map<String, Value>, name: &str) -> Result<bool, Refusal> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(name, "invalid_type", format!("Invalid type for '{name}': expected a boolean."))),
    }
}

fn number(map: &Map<String, Value>, name: &str, from: u64, to: u64) -> Result<Option<u64>, Refusal> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().filter(|number| (from..=to).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let why = format!("Invalid '{name}': expected an integer of at least {from}.");
                Err(invalid(name, "invalid_value", why))
            }
        },
    }
}

fn ranged(map: &Map<String, Value>, name: &str, from: f64, to: f64) -> Result<(), Refusal> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if value.as_f64().is_some_and(|number| (from..=to).contains(&number)) => Ok(()),
        Some(_) => {
            let why = format!("Invalid '{name}': expected a number from {from} to {to}.");
            Err(invalid(name, "decimal_out_of_range", why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(body: Value) -> Result<ChatRequest, String> {
        ChatRequest::parse(body.to_string().as_bytes(), None)
            .map_err(|refusal| refusal.details.first().map_or(String::new(), |(path, _)| path.clone()))
    }

    fn with(members: Value) -> Value {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "abcd"}]});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    #[test]
    fn a_plain_body_and_one_with_everything() {
        let plain = parsed(with(json!({}))).unwrap();
        assert_eq!((plain.stream, plain.choices, plain.prompt_tokens, plain.max_tokens), (false, 1, 1, u64::MAX));
        let tool =
            |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}});
        let all = parsed(with(json!({
            "stream": true, "stream_options": {"include_usage": true}, "n": 2, "max_completion_tokens": 9,
            "stop": "x", "tools": [tool("a"), tool("b")], "logprobs": true, "top_logprobs": 2,
            "reasoning_effort": "low", "response_format": {"type": "json_object"}, "temperature": 2, "foo": [1],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "abcd"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}],
        })))
        .unwrap();
        assert!(all.stream && all.include_usage && all.reasons);
        assert_eq!((all.choices, all.max_tokens, all.calls.len(), all.logprobs), (2, 9, 2, Some(2)));
        assert!(all.prompt_tokens > 85 && all.prompt_tokens < 140, "{}", all.prompt_tokens);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (members, param) in [
            (json!({"model": 1}), "model"),
            (json!({"messages": []}), "messages"),
            (json!({"messages": "x"}), "messages"),
            (json!({"messages": [{"role": "agent", "content": "x"}]}), "messages[0].role"),
            (json!({"messages": [{"role": "user"}]}), "messages[0].content"),
            (json!({"messages": [{"role": "user", "content": [{"type": "x"}]}]}), "messages[0].content[0].type"),
            (json!({"temperature": 3}), "temperature"),
            (json!({"top_p": "1"}), "top_p"),
            (json!({"n": 0}), "n"),
            (json!({"max_tokens": -1}), "max_tokens"),
            (json!({"stream": "yes"}), "stream"),
            (json!({"stop": [1]}), "stop"),
            (json!({"tools": [{"type": "function", "function": {}}]}), "tools[0].function.name"),
            (json!({"response_format": {"type": "xml"}}), "response_format.type"),
        ] {
            assert_eq!(parsed(with(members.clone())).unwrap_err(), param, "{members}");
        }
        for hostile in ["", "[]", "{", "nul", "\"\\ud800\"", &"[".repeat(100_000)] {
            assert_eq!(ChatRequest::parse(hostile.as_bytes(), None).unwrap_err().status, 400);
        }
    }
}
