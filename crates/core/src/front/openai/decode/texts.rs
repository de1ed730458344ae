//! The texts of a request: what the guard reads, and what each message says.

use promptgate_lint::{Id, Tree, Value};

use super::Read;
use crate::chat::{Form, Message, Role, Text};
use crate::json;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

/// Members of a request that every wire can express, or that say how the answer is written.
const COMMON: [&str; 7] =
    ["model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "stream_options"];
/// Most bytes of text that are looked at: those of a body on every other route. Media may be larger (ours).
pub(super) const MAX_TEXT: usize = json::MAX_BODY;
/// What a short text counts as, in bytes, so that a body of nothing else is bounded too (ours).
const LEAST: usize = 8;

/// Every text of the request in the document's order, and its messages.
///
/// # Errors
/// [`Code::BodyTooLarge`].
pub(super) fn collect(tree: &Tree, read: &Read) -> Result<(Vec<Text>, Vec<Message>), Problem> {
    let mut texts = Texts { tree, found: Vec::new(), bytes: 0 };
    let mut messages: Vec<Message> = Vec::with_capacity(read.messages.len());
    for member in tree.children(read.root) {
        match name(tree, *member).unwrap_or_default() {
            "messages" => {
                for (index, (message, role)) in read.messages.iter().enumerate() {
                    let from = texts.found.len();
                    texts.add(*message, *role, true);
                    let instruction = *role == Role::System && messages.iter().all(|message| message.instruction);
                    messages.push(Message {
                        role: *role,
                        index,
                        instruction,
                        dropped: false,
                        texts: from..texts.found.len(),
                        span: tree.node(*message).span.clone(),
                    });
                }
            }
            // Texts of users, most often.
            "input" => texts.add(*member, Role::User, false),
            _ => texts.add(*member, Role::System, false),
        }
    }
    if texts.bytes > MAX_TEXT {
        let detail = format!(
            "The request has more than {MAX_TEXT} bytes of text beside its images, sounds and files: shorten it."
        );
        return Err(Problem::new(Code::BodyTooLarge, detail));
    }
    Ok((texts.found, messages))
}

/// The first thing that only this wire can express, if there is one.
pub(super) fn particular(tree: &Tree, read: &Read) -> Option<Id> {
    let beyond = |id: Id, common: &[&str]| {
        let mut members = tree.children(id).iter().copied();
        members.find(|id| !name(tree, *id).is_some_and(|name| common.contains(&name)) && asks(tree, *id))
    };
    beyond(read.root, &COMMON).or_else(|| {
        read.messages.iter().find_map(|(message, _)| {
            let Some(content) = tree.member(*message, "content") else { return Some(*message) };
            let plain = tree.text(content).is_some() || parts(tree, content);
            beyond(*message, &["role", "content"]).or((!plain).then_some(content))
        })
    })
}

/// Whether a member asks for something: a null does not, nor does what OpenAI's wire takes for said where it is missing.
fn asks(tree: &Tree, id: Id) -> bool {
    let node = tree.node(id);
    let name = node.key.as_ref().map(|key| key.name()).unwrap_or_default();
    let text = |id| tree.text(id).map(|text| text.as_str());
    match (name, &node.value) {
        (_, Value::Null) => false,
        ("n" | "top_p", Value::Number(written)) => written.parse() != Ok(1.0),
        ("frequency_penalty" | "presence_penalty", Value::Number(written)) => written.parse() != Ok(0.0),
        ("logprobs" | "store", Value::Bool(wanted)) => *wanted,
        ("service_tier", Value::String(_)) => text(id) != Some("auto"),
        ("response_format", Value::Object(_)) => {
            tree.children(id).len() != 1 || tree.member(id, "type").and_then(text) != Some("text")
        }
        // Who asks, for the provider's own use: nothing of the answer depends on it.
        ("user" | "safety_identifier" | "prompt_cache_key", Value::String(_)) => false,
        _ => true,
    }
}

struct Texts<'a> {
    tree: &'a Tree,
    found: Vec<Text>,
    bytes: usize,
}

impl Texts<'_> {
    /// Every string, name and number at and below `id`, in the document's order. Media of a message are passed over.
    fn add(&mut self, id: Id, role: Role, message: bool) {
        let tree = self.tree;
        // Depth-first with a stack of our own: documents nest up to 64 levels.
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let name = name(tree, id);
            if let Some(name) = name {
                self.push(id, name, role, Form::Name, false);
            }
            match &tree.node(id).value {
                Value::String(text) if message && is_media(tree, id, text.as_str()) => {}
                Value::String(text) => {
                    let is_json = message && (name == Some("arguments") || role == Role::Tool);
                    let form = if is_json { Form::Json } else { Form::Text };
                    self.push(id, text.as_str(), role, form, message && is_spoken(tree, id));
                }
                Value::Number(written) => self.push(id, written, role, Form::Number, false),
                _ => open.extend(tree.children(id).iter().rev()),
            }
        }
    }

    fn push(&mut self, node: Id, text: &str, role: Role, form: Form, spoken: bool) {
        // Shorter names and numbers are none of any kind.
        if matches!(form, Form::Name | Form::Number) && text.len() < 7 {
            return;
        }
        self.bytes = self.bytes.saturating_add(text.len().max(LEAST));
        if self.bytes <= MAX_TEXT {
            self.found.push(Text { content: Sensitive::new(text), role, form, spoken, node: Some(node) });
        }
    }
}

/// The name of the member `id`, if it is one.
fn name(tree: &Tree, id: Id) -> Option<&str> {
    tree.node(id).key.as_ref().map(|key| key.name())
}

/// Whether the string `id` of a message is its content, or a part of that.
fn is_spoken(tree: &Tree, id: Id) -> bool {
    let up = |id: Id| tree.node(id).parent;
    let above = |id: Option<Id>| id.and_then(|id| name(tree, id));
    match name(tree, id) {
        // Of a message, whose array is a member of the request.
        Some("content") => above(up(id).and_then(up)) == Some("messages"),
        Some("text") => above(up(id).and_then(up)) == Some("content"),
        _ => false,
    }
}

/// Whether `content` is an array of parts that are all text.
fn parts(tree: &Tree, content: Id) -> bool {
    let Value::Array(parts) = &tree.node(content).value else { return false };
    parts.iter().all(|part| {
        let kind = tree.member(*part, "type").and_then(|kind| tree.text(kind)).map(|kind| kind.as_str());
        let text = tree.member(*part, "text").is_some_and(|text| tree.text(text).is_some());
        text && kind == Some("text") && tree.children(*part).len() == 2
    })
}

/// Whether a string of a message is the Base64 of an image, a sound or a file.
fn is_media(tree: &Tree, id: Id, text: &str) -> bool {
    let name = |id: Id| tree.node(id).key.as_ref().map(|key| key.name());
    let parent = tree.node(id).parent.and_then(name);
    let media = matches!(
        (parent, name(id)),
        (Some("image_url"), Some("url")) | (_, Some("image_url" | "file_data")) | (Some("input_audio"), Some("data"))
    );
    if !media {
        return false;
    }
    let base64 = match text.strip_prefix("data:") {
        Some(url) => match url.split_once(";base64,") {
            Some((kind, base64)) if kind.len() <= 100 => base64,
            _ => return false,
        },
        None if name(id) == Some("url") || name(id) == Some("image_url") => return false,
        None => text,
    };
    base64.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}
