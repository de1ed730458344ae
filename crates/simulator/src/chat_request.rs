//! The body of a chat call, checked by the contract.

use serde_json::Value;

use crate::refusal::Refusal;

const FIELDS: [&str; 5] = ["systemInstructions", "context", "temperature", "maxTokens", "modelId"];

/// What the simulator needs of a valid chat body.
#[derive(Debug)]
pub(crate) struct ChatRequest {
    /// Most tokens of the answer.
    pub(crate) max_tokens: u64,
    /// Estimated tokens of system instructions and context: a quarter per character.
    pub(crate) prompt_tokens: u64,
    pub(crate) model_id: String,
}

impl ChatRequest {
    /// Parses and checks a body; a refusal lists every fault by path.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let invalid = |details: Vec<(String, String)>| Refusal {
            details,
            ..Refusal::new(400, "invalid.request", "The chat request breaks the contract; see details.")
        };
        let value: Value =
            serde_json::from_slice(body).map_err(|error| invalid(vec![("$".into(), format!("not JSON: {error}"))]))?;
        let Some(map) = value.as_object() else {
            return Err(invalid(vec![("$".into(), "must be an object".into())]));
        };
        let mut faults = Vec::new();
        for name in map.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            faults.push((name.clone(), "unknown field".into()));
        }
        let mut characters = 0;
        match map.get("systemInstructions").and_then(Value::as_array) {
            Some(texts) if texts.len() <= 5 => {
                for (at, text) in texts.iter().enumerate() {
                    let path = format!("systemInstructions[{at}]");
                    characters += text_of(text, 500, &path, &mut faults);
                }
            }
            _ => faults.push(("systemInstructions".into(), "must be an array of up to 5".into())),
        }
        match map.get("context").and_then(Value::as_array) {
            Some(turns) if turns.len() <= 25 => {
                for (at, turn) in turns.iter().enumerate() {
                    characters += turn_of(turn, &format!("context[{at}]"), &mut faults);
                }
            }
            _ => faults.push(("context".into(), "must be an array of up to 25".into())),
        }
        let temperature = map.get("temperature").and_then(Value::as_f64);
        if !temperature.is_some_and(|t| (0.0..=2.0).contains(&t)) {
            faults.push(("temperature".into(), "must be a number from 0 to 2".into()));
        }
        let max_tokens = map.get("maxTokens").and_then(Value::as_u64).unwrap_or(0);
        if !(1..=4096).contains(&max_tokens) {
            faults.push(("maxTokens".into(), "must be an integer from 1 to 4096".into()));
        }
        let model_id = map.get("modelId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if model_id.is_empty() {
            faults.push(("modelId".into(), "must be a non-empty string".into()));
        }
        if faults.is_empty() {
            Ok(Self { max_tokens, prompt_tokens: characters.div_ceil(4), model_id })
        } else {
            Err(invalid(faults))
        }
    }
}

/// Checks one turn; its characters.
fn turn_of(turn: &Value, path: &str, faults: &mut Vec<(String, String)>) -> u64 {
    let role = turn.get("role").and_then(Value::as_str);
    if !matches!(role, Some("user" | "agent" | "system")) {
        faults.push((format!("{path}.role"), "must be user, agent or system".into()));
    }
    for name in turn.as_object().into_iter().flat_map(|map| map.keys()) {
        if name != "role" && name != "content" {
            faults.push((format!("{path}.{name}"), "unknown field".into()));
        }
    }
    let content = turn.get("content").unwrap_or(&Value::Null);
    text_of(content, 4000, &format!("{path}.content"), faults)
}

/// Checks one text of up to `most` UTF-16 units; its characters.
fn text_of(value: &Value, most: usize, path: &str, faults: &mut Vec<(String, String)>) -> u64 {
    match value.as_str() {
        Some(text) if text.encode_utf16().count() <= most => text.chars().count() as u64,
        _ => {
            faults.push((path.into(), format!("must be a string of up to {most}")));
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_valid_body_gives_its_numbers() {
        let body = json!({"systemInstructions": ["abcd"], "context": [{"role": "user", "content": "abcde"}],
            "temperature": 0, "maxTokens": 7, "modelId": "m"});
        let request = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!((request.max_tokens, request.prompt_tokens), (7, 3));
    }

    #[test]
    fn every_fault_is_named() {
        let body = json!({"systemInstructions": [1], "context": [{"role": "bot", "content": "x", "z": 1}],
            "temperature": 3, "maxTokens": 1.5, "modelId": "", "extra": 1});
        let refusal = ChatRequest::parse(body.to_string().as_bytes()).unwrap_err();
        let paths: Vec<&str> = refusal.details.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "extra",
                "systemInstructions[0]",
                "context[0].role",
                "context[0].z",
                "temperature",
                "maxTokens",
                "modelId"
            ]
        );
        for hostile in ["", "[]", "{", "nul", "\"\\ud800\""] {
            assert_eq!(ChatRequest::parse(hostile.as_bytes()).unwrap_err().status, 400, "{hostile}");
        }
    }
}
