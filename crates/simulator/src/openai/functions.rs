//! The functions of a chat completion: which are offered, and which the model calls.

use serde_json::{Map, Value};

use super::error::invalid;
use crate::refusal::Refusal;

/// One function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The schema of its arguments.
    pub(crate) parameters: Value,
}

/// The functions that are offered.
pub(crate) fn functions(map: &Map<String, Value>, legacy: bool) -> Result<Vec<Function>, Refusal> {
    let member = if legacy { "functions" } else { "tools" };
    let offered = map.get(member).and_then(Value::as_array).into_iter().flatten();
    let mut functions = Vec::new();
    for (at, offer) in offered.enumerate() {
        let path = if legacy { format!("functions[{at}]") } else { format!("tools[{at}].function") };
        let function = if legacy { Some(offer) } else { offer.get("function") };
        if function.is_none() && offer.get("type").and_then(Value::as_str) == Some("custom") {
            continue;
        }
        let Some(name) = function.and_then(|function| function.get("name")?.as_str()) else {
            let why = format!("Missing required parameter: '{path}.name'.");
            return Err(invalid(&format!("{path}.name"), "missing_required_parameter", why));
        };
        let parameters = function.and_then(|function| function.get("parameters")).cloned();
        functions.push(Function { name: name.into(), parameters: parameters.unwrap_or_else(empty_schema) });
    }
    Ok(functions)
}

fn empty_schema() -> Value {
    serde_json::json!({"type": "object", "properties": {}})
}

/// The functions that are called: the named one; every one that is offered, unless calls are not to be parallel; none
/// where they have been answered.
pub(crate) fn called(
    map: &Map<String, Value>,
    offered: Vec<Function>,
    legacy: bool,
    answered: bool,
) -> Result<Vec<Function>, Refusal> {
    let choice = map.get(if legacy { "function_call" } else { "tool_choice" }).unwrap_or(&Value::Null);
    let named = choice.get("name").or_else(|| choice.get("function")?.get("name")).and_then(Value::as_str);
    if let Some(name) = named {
        let found = offered.into_iter().find(|function| function.name == name);
        let why = || format!("Invalid value for 'tool_choice': no function named {name} was specified in 'tools'.");
        return found.map(|function| vec![function]).ok_or_else(|| invalid("tool_choice", "invalid_value", why()));
    }
    let parallel = !legacy && map.get("parallel_tool_calls") != Some(&Value::Bool(false));
    let most = match choice.as_str() {
        Some("none") => 0,
        Some("required") => offered.len(),
        _ if answered => 0,
        _ => offered.len(),
    };
    Ok(offered.into_iter().take(if parallel { most } else { most.min(1) }).collect())
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
    fn functions_are_called_as_the_choice_says() {
        let tools =
            json!([{"type": "function", "function": {"name": "a"}}, {"type": "function", "function": {"name": "b"}}]);
        let calls = |members: Value| {
            let mut members = members;
            members["tools"] = tools.clone();
            parsed(members).map(|request| request.calls.into_iter().map(|call| call.name).collect::<Vec<_>>())
        };
        assert_eq!(calls(json!({})).unwrap(), ["a", "b"]);
        assert_eq!(calls(json!({"parallel_tool_calls": false})).unwrap(), ["a"]);
        assert_eq!(calls(json!({"tool_choice": "none"})).unwrap().len(), 0);
        let named = |name: &str| json!({"tool_choice": {"type": "function", "function": {"name": name}}});
        assert_eq!(calls(named("b")).unwrap(), ["b"]);
        assert_eq!(calls(named("c")).unwrap_err(), "tool_choice");
        let call = json!({"id": "1", "type": "function", "function": {"name": "a", "arguments": "{}"}});
        let asked = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        let result = json!({"role": "tool", "tool_call_id": "1", "content": "x"});
        assert_eq!(calls(json!({"messages": [asked, result]})).unwrap().len(), 0);
        let legacy = parsed(json!({"functions": [{"name": "f"}, {"name": "g"}]})).unwrap();
        assert_eq!((legacy.calls.len(), legacy.legacy), (1, true));
    }
}
