//! Which texts of a document are prompts, and whose words each is.

use std::collections::BTreeMap;

use super::{Kind, Part, Prompt};
use crate::fault::Path;
use crate::format::{chat, langchain, promptfoo, semantic_kernel};
use crate::text::Text;
use crate::tree::{Id, Tree, Value};

/// Every string of the document, in its order: those that are prompt text by their parts, and all others with the
/// members' names, long numbers, comments and what could not be read.
pub(super) fn prompts(source: &str, tree: &Tree, kind: Kind) -> Vec<Prompt> {
    let parts = tree.root().map(|root| parts(tree, root, kind)).unwrap_or_default();
    let mut prompts = Vec::new();
    let mut add = |part, path, text: Text| prompts.push(Prompt { part, path, text, masked: None });
    for id in tree.ids() {
        let node = tree.node(id);
        if let Some(key) = &node.key {
            add(Part::Other, tree.path(id), key.text.clone());
        }
        match &node.value {
            Value::String(text) => {
                add(parts.get(&id).copied().unwrap_or(Part::Other), tree.path(id), text.clone());
            }
            Value::Number(written) if written.len() >= LONG_NUMBER => {
                add(Part::Other, tree.path(id), Text::plain(written, node.span.start));
            }
            _ => {}
        }
    }
    for span in tree.comments.iter().chain([&tree.unread]) {
        if let Some(text) = source.get(span.clone()).filter(|text| !text.is_empty()) {
            add(Part::Other, Path::root(), Text::plain(text, span.start));
        }
    }
    prompts.sort_by_key(|prompt| prompt.text.start());
    prompts
}

/// From so many digits on a number may be somebody's.
const LONG_NUMBER: usize = 9;

/// The strings that are prompt text, and whose words each is. Of a member that is there twice the one that counts.
fn parts(tree: &Tree, root: Id, kind: Kind) -> BTreeMap<Id, Part> {
    let mut parts = BTreeMap::new();
    let mut add = |part: Part, id: Option<Id>| _ = id.and_then(|id| parts.insert(id, part));
    let top = |name: &str| tree.member(root, name);
    let items = |name: &str| top(name).map_or(&[][..], |id| tree.children(id));
    match kind {
        Kind::PromptTemplate => {
            add(Part::Description, top("description"));
            add(Part::System, top("system_instruction"));
            add(Part::UserTemplate, top("user_template"));
        }
        Kind::CachedTemplate => {
            add(Part::Description, top("description"));
            add(Part::Content, top("content"));
            for item in items("variables") {
                add(Part::Value, tree.member(*item, "value"));
            }
        }
        Kind::ChatRequest => {
            for item in items("systemInstructions") {
                add(Part::System, Some(*item));
            }
            for item in items("context") {
                let role = tree.member(*item, "role").and_then(|id| tree.text(id)).map(Text::as_str);
                let part = match role {
                    Some("system") => Part::System,
                    Some("agent" | "assistant") => Part::Agent,
                    _ => Part::User,
                };
                add(part, tree.member(*item, "content"));
            }
        }
        Kind::ModelDefinition => add(Part::Content, top("promptTemplate")),
        Kind::ModelConfiguration | Kind::Text | Kind::Prompty | Kind::Dotprompt => {}
        Kind::LangchainPrompt => parts = langchain::parts(tree),
        Kind::Promptfoo => parts = promptfoo::parts(tree),
        Kind::SemanticKernelPrompt => parts = semantic_kernel::parts(tree),
        kind if kind.is_chat() => parts = chat::parts(tree),
        _ => {
            // Of other documents only what is called so is a prompt.
            let called = |id: &Id| tree.node(*id).key.as_ref().is_some_and(|key| PROMPTS.contains(&key.name()));
            for id in tree.ids().filter(called) {
                add(Part::Content, Some(id));
            }
        }
    }
    parts
}

/// The names of members in other programs' documents that are prompts.
const PROMPTS: [&str; 12] = [
    "prompt",
    "template",
    "system",
    "instructions",
    "system_prompt",
    "systemPrompt",
    "system_message",
    "systemMessage",
    "user_prompt",
    "userPrompt",
    "prompt_template",
    "promptTemplate",
];
