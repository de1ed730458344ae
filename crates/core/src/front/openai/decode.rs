//! A chat completion as a client asks for it: read once with every place kept, so that it can be sent on as it came but
//! for what is edited.

mod texts;

#[cfg(test)]
mod tests;

use promptgate_lint::{Id, Tree, Value};
use serde_json::Number;

use super::Answer;
use crate::chat::document::Document;
use crate::chat::members::string_end;
use crate::chat::{ChatRequest, Decoded, Kind, Role};
use crate::fault::{Fault, Faults, Path, nearest};
use crate::json;
use crate::label;
use crate::problem::{Code, Problem};

/// The roles of this wire.
const ROLES: [&str; 6] = ["developer", "system", "user", "assistant", "tool", "function"];
/// Longest name of a model, in bytes: it is in audit rows and metrics (ours).
const MAX_MODEL: usize = 256;

/// Reads the body of a request, and how its answer is to be written.
///
/// # Errors
/// [`Code::InvalidJson`], [`Code::InvalidRequest`] with every fault of what is looked at here (upstream looks at
/// the rest), and [`Code::BodyTooLarge`] for too much text.
pub fn decode(body: Vec<u8>, kind: Kind) -> Result<(Decoded, Answer), Problem> {
    let body = match body.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => rest.to_vec(),
        None => body,
    };
    let text = String::from_utf8(body).map_err(|error| invalid(error.as_bytes()))?;
    if outside_of_strings(&text) > json::MAX_BODY {
        let detail = format!("The request has more than {} bytes beside its strings: shorten it.", json::MAX_BODY);
        return Err(Problem::new(Code::BodyTooLarge, detail));
    }
    let tree = Tree::read(&text);
    if !tree.errors.is_empty() || !tree.duplicates.is_empty() || !tree.complete {
        return Err(invalid(text.as_bytes()));
    }
    let mut reader = Reader { tree: &tree, faults: Faults::default() };
    let (Some(read), true) = (reader.request(kind), reader.faults.is_empty()) else {
        return Err(Problem::with_errors(Code::InvalidRequest, reader.faults));
    };
    let (texts, messages) = texts::collect(&tree, &read)?;
    let usage = reader.usage_wanted(read.root);
    let mut document = Document::new(text, tree.node(read.model).span.clone());
    if let Some((range, text)) = reader.ask_for_usage(read.root).filter(|_| !usage) {
        document.ask_for_usage(range, text);
    }
    let request = ChatRequest {
        kind,
        model: tree.text(read.model).map(|text| text.as_str().to_owned()).unwrap_or_default(),
        texts,
        messages,
        temperature: number(&tree, read.root, "temperature"),
        max_tokens: ["max_completion_tokens", "max_tokens"]
            .iter()
            .find_map(|name| number(&tree, read.root, name)?.as_u64()),
        budget: None,
        streamed: read.streamed,
        document: Some(document),
        particular: texts::particular(&tree, &read).map(|id| tree.path(id).to_string()),
    };
    let answer = Answer { streamed: read.streamed, usage };
    Ok((Decoded::new(request, Some(tree)), answer))
}

/// How many bytes of a JSON text are outside of its strings: each may be a value, which takes a hundred times as many
/// when it is read.
fn outside_of_strings(text: &str) -> usize {
    let (mut outside, mut rest) = (0, text.as_bytes());
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        outside += start + 1;
        rest = rest.get(start + 1..).unwrap_or_default();
        let after = string_end(rest).map_or(rest.len(), |end| end + 1);
        rest = rest.get(after..).unwrap_or_default();
    }
    outside + rest.len()
}

fn invalid(body: &[u8]) -> Problem {
    let faults = json::parse(body).err().unwrap_or_else(|| {
        let message = "The body is not JSON that the gateway reads: check its syntax.";
        vec![Fault::new(&Path::root(), "invalid_json", message)].into()
    });
    Problem::with_errors(Code::InvalidJson, faults)
}

/// What a request holds, by its places.
struct Read {
    root: Id,
    model: Id,
    messages: Vec<(Id, Role)>,
    streamed: bool,
}

struct Reader<'a> {
    tree: &'a Tree,
    faults: Faults,
}

impl Reader<'_> {
    fn fault(&mut self, path: &Path, code: &'static str, message: impl Into<String>) {
        self.faults.add(|| Fault::new(path, code, message));
    }

    fn request(&mut self, kind: Kind) -> Option<Read> {
        let tree = self.tree;
        let root = tree.root()?;
        let Value::Object(_) = tree.node(root).value else {
            let message = format!("Expected an object, found {}.", tree.node(root).value.kind());
            self.fault(&Path::root(), "wrong_type", message);
            return None;
        };
        let model = self.model(root);
        let chat = kind == Kind::Chat;
        let streamed = chat && self.flag(root, "stream");
        let messages = if chat { self.messages(root) } else { Vec::new() };
        Some(Read { root, model: model?, messages, streamed })
    }

    fn model(&mut self, root: Id) -> Option<Id> {
        let path = Path::root().name("model");
        let Some(id) = self.tree.member(root, "model") else {
            self.fault(&path, "missing_field", "`model` is required: add it.");
            return None;
        };
        let name = self.tree.text(id).map(|text| text.as_str());
        let plain =
            |name: &str| (1..=MAX_MODEL).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        match name {
            Some(name) if plain(name) && label::is_clean(name) => Some(id),
            Some(name) if plain(name) => {
                self.fault(&path, "not_a_name", label::NOT_CLEAN);
                None
            }
            Some(_) => {
                let message = format!("`model` must be 1 to {MAX_MODEL} visible ASCII characters.");
                self.fault(&path, "out_of_range", message);
                None
            }
            None => {
                let message = format!("Expected a string, found {}.", self.tree.node(id).value.kind());
                self.fault(&path, "wrong_type", message);
                None
            }
        }
    }

    /// A boolean that may be missing or null.
    fn flag(&mut self, object: Id, name: &str) -> bool {
        let Some(id) = self.tree.member(object, name) else { return false };
        match &self.tree.node(id).value {
            Value::Bool(value) => *value,
            Value::Null => false,
            other => {
                let message = format!("Expected true or false, found {}.", other.kind());
                self.fault(&self.tree.path(id), "wrong_type", message);
                false
            }
        }
    }

    fn messages(&mut self, root: Id) -> Vec<(Id, Role)> {
        let path = Path::root().name("messages");
        let Some(id) = self.tree.member(root, "messages") else {
            self.fault(&path, "missing_field", "`messages` is required: add it.");
            return Vec::new();
        };
        let items = match &self.tree.node(id).value {
            Value::Array(items) if !items.is_empty() => items,
            Value::Array(_) => {
                self.fault(&path, "out_of_range", "`messages` must have one message at least.");
                return Vec::new();
            }
            other => {
                self.fault(&path, "wrong_type", format!("Expected an array, found {}.", other.kind()));
                return Vec::new();
            }
        };
        let mut messages = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = || path.index(index);
            let value = &self.tree.node(*item).value;
            if !matches!(value, Value::Object(_)) {
                self.fault(&path(), "wrong_type", format!("Expected an object, found {}.", value.kind()));
                continue;
            }
            let role = self.tree.member(*item, "role").and_then(|role| self.tree.text(role)).map(|text| text.as_str());
            match role {
                Some("developer" | "system") => messages.push((*item, Role::System)),
                Some("user") => messages.push((*item, Role::User)),
                Some("assistant") => messages.push((*item, Role::Assistant)),
                Some("tool" | "function") => messages.push((*item, Role::Tool)),
                Some(other) => {
                    let message = match nearest(other, &ROLES) {
                        Some(meant) => format!("There is no such role: did you mean `{meant}`?"),
                        None => format!("`role` must be one of {}.", ROLES.join(", ")),
                    };
                    self.fault(&path().name("role"), "unknown_value", message);
                }
                None => self.fault(&path().name("role"), "missing_field", "`role` is required: add it, as a string."),
            }
        }
        messages
    }

    fn usage_wanted(&mut self, root: Id) -> bool {
        self.tree.member(root, "stream_options").is_some_and(|options| self.flag(options, "include_usage"))
    }

    /// The edit that asks upstream for usage at the end of a stream, so that the call can be accounted for.
    fn ask_for_usage(&self, root: Id) -> Option<(std::ops::Range<usize>, String)> {
        const OPTIONS: &str = "{\"include_usage\":true}";
        let tree = self.tree;
        let end = |id: Id| tree.node(id).span.end.saturating_sub(1);
        let comma = |id: Id| if tree.children(id).is_empty() { "" } else { "," };
        let Some(options) = tree.member(root, "stream_options") else {
            let at = end(root);
            return Some((at..at, format!("{}\"stream_options\":{OPTIONS}", comma(root))));
        };
        if !matches!(tree.node(options).value, Value::Object(_)) {
            let null = matches!(tree.node(options).value, Value::Null);
            return null.then(|| (tree.node(options).span.clone(), OPTIONS.to_owned()));
        }
        Some(match tree.member(options, "include_usage") {
            Some(flag) => (tree.node(flag).span.clone(), "true".to_owned()),
            None => {
                let at = end(options);
                (at..at, format!("{}\"include_usage\":true", comma(options)))
            }
        })
    }
}

fn number(tree: &Tree, object: Id, name: &str) -> Option<Number> {
    match &tree.node(tree.member(object, name)?).value {
        Value::Number(written) => serde_json::from_str(written).ok(),
        _ => None,
    }
}
