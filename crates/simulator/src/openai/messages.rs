//! The messages of a chat completion.

use serde_json::Value;

use super::error::invalid;
use crate::refusal::Refusal;

const ROLES: &str = "system, developer, user, assistant, tool and function";

/// The role of a message, if it has one.
pub(crate) fn role(message: &Value) -> Option<&str> {
    message.get("role")?.as_str()
}

/// Checks one message, and adds up its text and images.
pub(crate) fn message_of(message: &Value, at: &str, characters: &mut u64, images: &mut u64) -> Result<(), Refusal> {
    let known = ["system", "developer", "user", "assistant", "tool", "function"];
    let Some(role) = role(message).filter(|role| known.contains(role)) else {
        let why = format!("Invalid value at '{at}.role'. Supported values are: {ROLES}.");
        return Err(invalid(&format!("{at}.role"), "invalid_value", why));
    };
    let content = message.get("content").unwrap_or(&Value::Null);
    match content {
        Value::String(text) => *characters += text.chars().count() as u64,
        Value::Array(parts) => {
            for (n, part) in parts.iter().enumerate() {
                let text = ["text", "refusal"].iter().find_map(|name| part.get(*name)?.as_str());
                let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
                match (kind, text) {
                    ("text" | "refusal", Some(text)) => *characters += text.chars().count() as u64,
                    ("image_url" | "input_audio" | "file", _) => *images += 1,
                    _ => {
                        let why = format!("Invalid value at '{at}.content[{n}].type'.");
                        return Err(invalid(&format!("{at}.content[{n}].type"), "invalid_value", why));
                    }
                }
            }
        }
        Value::Null if role == "assistant" => {}
        _ => {
            let why = format!("Invalid value for 'content' of '{at}': expected a string or an array, got {content}.");
            return Err(invalid(&format!("{at}.content"), "invalid_type", why));
        }
    }
    *characters += message.get("tool_calls").map_or(0, length);
    Ok(())
}

/// Every tool message answers a call of the assistant's message before it, and every call is answered.
pub(crate) fn exchanges(messages: &[Value]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if role(message) == Some("tool") {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            let Some(found) = open.iter().position(|call| *call == id) else {
                let why = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
                return Err(invalid(&format!("messages.[{at}].role"), "", format!("Invalid parameter: {why}")));
            };
            open.swap_remove(found);
            continue;
        }
        if !open.is_empty() {
            break;
        }
        let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
        open = calls.filter_map(|call| call.get("id")?.as_str()).collect();
    }
    if open.is_empty() {
        return Ok(());
    }
    let why = "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
        'tool_call_id'.";
    Err(invalid("messages", "", why))
}

/// Characters of a value as JSON.
pub(crate) fn length(value: &Value) -> u64 {
    value.to_string().chars().count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::request::ChatRequest;
    use serde_json::json;

    fn parsed(members: Value) -> Result<ChatRequest, String> {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "abcd"}]});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        ChatRequest::parse(body.to_string().as_bytes(), None)
            .map_err(|refusal| refusal.details.first().map_or(String::new(), |(path, _)| path.clone()))
    }

    #[test]
    fn half_an_exchange_is_refused() {
        let call = json!({"id": "1", "type": "function", "function": {"name": "a", "arguments": "{}"}});
        let asked = json!({"role": "assistant", "tool_calls": [call]});
        let result = json!({"role": "tool", "tool_call_id": "1", "content": "x"});
        let user = json!({"role": "user", "content": "x"});
        for (messages, param) in [
            (json!([user, result]), "messages.[1].role"),
            (json!([asked, user, result]), "messages"),
            (json!([asked, user]), "messages"),
            (json!([asked, result, result]), "messages.[2].role"),
        ] {
            assert_eq!(parsed(json!({"messages": messages.clone()})).unwrap_err(), param, "{messages}");
        }
        parsed(json!({"messages": [user, asked, result, user]})).unwrap();
    }
}
