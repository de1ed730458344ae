//! Requests to chat models and lists of messages: OpenAI's chat and responses bodies, Anthropic's messages, Gemini's
//! contents, and arrays of messages alone.

use std::collections::BTreeMap;

use crate::document::{Kind, Part};
use crate::tree::{Id, Tree, Value};

/// The members in which messages are.
const LISTS: [&str; 3] = ["messages", "input", "contents"];

/// Which of them the document is, by two marks: a list of messages, and what only one of them has.
pub(crate) fn detect(tree: &Tree) -> Option<Kind> {
    let root = tree.root()?;
    if is_messages(tree, root) {
        return Some(Kind::ChatMessages);
    }
    let has = |name: &str| tree.member(root, name).is_some();
    let list = |name: &str| tree.member(root, name).is_some_and(|id| is_messages(tree, id));
    if list("messages") {
        let anthropic = has("anthropic_version") || has("stop_sequences") || (has("system") && has("max_tokens"));
        let openai = ["model", "temperature", "tools", "response_format", "max_tokens", "stream", "n"];
        return match openai.iter().any(|name| has(name)) {
            _ if anthropic => Some(Kind::AnthropicMessages),
            true => Some(Kind::OpenaiChat),
            false => Some(Kind::ChatMessages),
        };
    }
    if list("contents") {
        return Some(Kind::GeminiContents);
    }
    (has("model") && (list("input") || (has("instructions") && has("input")))).then_some(Kind::OpenaiResponses)
}

/// An array of objects each of which has a role and something that it says.
fn is_messages(tree: &Tree, id: Id) -> bool {
    let Value::Array(items) = &tree.node(id).value else { return false };
    let says = ["content", "parts", "tool_calls", "text"];
    let message = |id: &Id| {
        tree.member(*id, "role").is_some_and(|role| tree.text(role).is_some())
            && says.iter().any(|name| tree.member(*id, name).is_some())
    };
    let parts = |id: &Id| tree.member(*id, "parts").is_some();
    !items.is_empty() && (items.iter().take(8).all(message) || items.iter().take(8).all(parts))
}

/// The messages of the document.
pub(crate) fn messages(tree: &Tree) -> &[Id] {
    let Some(root) = tree.root() else { return &[] };
    if matches!(tree.node(root).value, Value::Array(_)) {
        return tree.children(root);
    }
    let list = LISTS.iter().filter_map(|name| tree.member(root, name)).find(|id| is_messages(tree, *id));
    list.map_or(&[][..], |id| tree.children(id))
}

/// The strings that are prompt text.
pub(crate) fn parts(tree: &Tree) -> BTreeMap<Id, Part> {
    let mut parts = BTreeMap::new();
    let Some(root) = tree.root() else { return parts };
    for name in ["system", "instructions", "system_instruction", "systemInstruction"] {
        if let Some(id) = tree.member(root, name) {
            said(tree, id, Part::System, &mut parts);
        }
    }
    for id in messages(tree) {
        let role = tree.member(*id, "role").and_then(|id| tree.text(id)).map(|text| text.as_str());
        let part = match role {
            Some("system" | "developer") => Part::System,
            Some("assistant" | "model" | "ai") => Part::Agent,
            _ => Part::User,
        };
        for name in ["content", "parts"] {
            if let Some(id) = tree.member(*id, name) {
                said(tree, id, part, &mut parts);
            }
        }
    }
    parts
}

/// A string, or the texts of an array or an object of parts.
fn said(tree: &Tree, id: Id, part: Part, parts: &mut BTreeMap<Id, Part>) {
    if tree.text(id).is_some() {
        parts.insert(id, part);
        return;
    }
    let inner = tree.member(id, "parts").unwrap_or(id);
    for item in tree.children(inner) {
        let text = if tree.text(*item).is_some() { Some(*item) } else { tree.member(*item, "text") };
        if let Some(id) = text.filter(|id| tree.text(*id).is_some()) {
            parts.insert(id, part);
        }
    }
}
