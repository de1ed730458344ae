//! A chat completion as a client asks for it: read once with every place kept, guarded in every text, and sent on as it
//! came but for what was edited.

use promptgate_guard::{Action, Entry, Guard, Role};
use serde_json::Number;

use super::trim::trim;
use super::{Answer, Window};
use crate::chat::Trim;
use crate::chat::document::Document;
use crate::chat::message::{self, ChatRequest, Kind, Message};
use crate::fault::{Fault, Faults, Path, nearest};
use crate::guard::{self, Findings};
use crate::json;
use crate::label;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use promptgate_lint::{Id, Tree, Value};

/// The roles of this wire.
const ROLES: [&str; 6] = ["developer", "system", "user", "assistant", "tool", "function"];
/// Members of a request that every wire can express, or that say how the answer is written.
const COMMON: [&str; 7] =
    ["model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "stream_options"];
/// Most bytes of text that are looked at: those of a body on every other route. Media may be larger (ours).
const MAX_TEXT: usize = json::MAX_BODY;
/// Longest name of a model, in bytes: it is in audit rows and metrics (ours).
const MAX_MODEL: usize = 256;

/// A request for a chat completion that may be sent.
#[derive(Debug, Clone)]
pub struct Completion {
    /// What is sent.
    pub request: ChatRequest,
    /// How the answer is written.
    pub answer: Answer,
    /// What the guard has found.
    pub findings: Findings,
    /// What was left out, where the model's window is known.
    pub trim: Option<Trim>,
    /// How many messages the system has, and how many others there are.
    pub counts: (usize, usize),
}

impl Completion {
    /// Reads and guards the body of a request.
    ///
    /// # Errors
    /// [`Code::InvalidJson`], [`Code::InvalidRequest`] with every fault of what is looked at here (upstream looks at
    /// the rest), [`Code::SafetyRefused`] with everything that the policy blocks, [`Code::BodyTooLarge`] for too much
    /// text, and [`Code::ContextTooLong`] for what does not fit `window`, if the model's is known.
    pub fn from_body(body: Vec<u8>, kind: Kind, guard: &Guard, mut window: Window<'_>) -> Result<Completion, Problem> {
        let body = match body.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) => rest.to_vec(),
            None => body,
        };
        let text = String::from_utf8(body).map_err(|error| invalid(error.as_bytes()))?;
        let tree = Tree::read(&text);
        if !tree.errors.is_empty() || !tree.duplicates.is_empty() || !tree.complete {
            return Err(invalid(text.as_bytes()));
        }
        let mut reader = Reader { tree: &tree, faults: Faults::default() };
        let (Some(read), true) = (reader.request(kind), reader.faults.is_empty()) else {
            return Err(Problem::with_errors(Code::InvalidRequest, reader.faults));
        };
        let mut check = Check { guard, findings: Findings::default(), faults: Faults::default(), looked: 0 };
        let mut edits = Vec::new();
        check.members(&tree, read.root, &read, &mut edits);
        if check.looked > MAX_TEXT {
            let detail = format!(
                "The request has more than {MAX_TEXT} bytes of text beside its images, sounds and files: shorten it."
            );
            return Err(Problem::new(Code::BodyTooLarge, detail));
        }
        if !check.faults.is_empty() {
            return Err(Problem::with_errors(Code::SafetyRefused, check.faults));
        }
        let model = tree.text(read.model).map(|text| text.as_str()).unwrap_or_default();
        let list = tree.member(read.root, "messages");
        let others = tree.children(read.root).iter().copied().filter(|id| Some(*id) != list && *id != read.model);
        let trimmed = match kind {
            Kind::Chat => trim(&tree, model, &read.messages, others, &mut window)?,
            Kind::Embeddings => None,
        };
        let (trim, removed) = trimmed.map(|trimmed| (trimmed.trim, trimmed.removed)).unzip();
        let removed = removed.unwrap_or_default();
        let mut request = canonical(&tree, kind, &read, &edits);
        if let Some(trim) = &trim {
            drop_messages(&mut request, &read, trim);
        }
        let model = tree.node(read.model).span.clone();
        let usage = reader.usage_wanted(read.root);
        let ask = reader.ask_for_usage(read.root);
        let findings = check.findings;
        let edits: Vec<_> = edits.into_iter().map(|(id, text)| (tree.node(id).span.clone(), text)).collect();
        drop(tree);
        let mut document = Document::new(text, model);
        let stays = |range: &std::ops::Range<usize>| {
            !removed.iter().any(|removed| removed.start <= range.start && range.end <= removed.end)
        };
        for (range, text) in edits.into_iter().filter(|(range, _)| stays(range)) {
            document.replace(range, text);
        }
        for range in removed {
            document.replace(range, String::new());
        }
        if let Some((range, text)) = ask.filter(|_| !usage) {
            document.ask_for_usage(range, text);
        }
        request.document = Some(document);
        let streamed = request.streamed;
        Ok(Completion { trim, counts: read.counts, answer: Answer { streamed, usage }, findings, request })
    }
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
    counts: (usize, usize),
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
        let system = messages.iter().filter(|(_, role)| *role == Role::System).count();
        let counts = (system, messages.len() - system);
        Some(Read { root, model: model?, messages, streamed, counts })
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

/// Replacements of values: each JSON, in the document's order.
type Edits = Vec<(Id, String)>;

/// The guard over a document.
struct Check<'a> {
    guard: &'a Guard,
    findings: Findings,
    faults: Faults,
    /// How many bytes of text; beyond [`MAX_TEXT`] no more are looked at.
    looked: usize,
}

impl Check<'_> {
    /// Every member of the request, each message with its role.
    fn members(&mut self, tree: &Tree, root: Id, read: &Read, edits: &mut Edits) {
        for member in tree.children(root) {
            let name = tree.node(*member).key.as_ref().map(|key| key.name()).unwrap_or_default();
            match name {
                "messages" => {
                    for (message, role) in &read.messages {
                        self.tree(tree, *message, *role, true, edits);
                    }
                }
                // Texts of users, most often.
                "input" => self.tree(tree, *member, Role::User, false, edits),
                _ => self.tree(tree, *member, Role::System, false, edits),
            }
        }
        edits.sort_by_key(|(id, _)| *id);
    }

    /// Every string, name and number at and below `id`. Media are passed over.
    fn tree(&mut self, tree: &Tree, id: Id, role: Role, message: bool, edits: &mut Edits) {
        // Depth-first with a stack of our own: documents nest up to 64 levels.
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let node = tree.node(id);
            let name = node.key.as_ref().map(|key| key.name());
            if let Some(name) = name {
                self.name(tree, id, name, role);
            }
            match &node.value {
                Value::String(text) => {
                    let text = text.as_str();
                    if message && is_media(tree, id, text) {
                        continue;
                    }
                    let as_json = message && (name == Some("arguments") || role == Role::Tool);
                    let replaced = match as_json.then(|| self.json(tree, id, text, role)).flatten() {
                        Some(replaced) => replaced,
                        None => self.text(&|| tree.path(id), text, role, None),
                    };
                    if let Some(replaced) = replaced {
                        edits.push((id, serde_json::Value::from(replaced).to_string()));
                    }
                }
                Value::Number(written) => {
                    if let Some(replaced) = self.number(&|| tree.path(id), written, role, name) {
                        edits.push((id, replaced));
                    }
                }
                _ => open.extend(tree.children(id)),
            }
        }
    }

    /// A string that is JSON itself: the arguments of a call, or what a tool has answered. `None` where it is not; else
    /// what it becomes, if anything changes.
    fn json(&mut self, outer: &Tree, id: Id, text: &str, role: Role) -> Option<Option<String>> {
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let tree = Tree::read(text);
        if !tree.errors.is_empty() || !tree.complete {
            return None;
        }
        let path = || outer.path(id);
        let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for inner in tree.ids() {
            let node = tree.node(inner);
            let name = node.key.as_ref().map(|key| key.name());
            if let Some(name) = name {
                self.refuse(&path, name, role);
            }
            match &node.value {
                Value::String(value) => {
                    if let Some(replaced) = self.text(&path, value.as_str(), role, name) {
                        edits.push((node.span.clone(), serde_json::Value::from(replaced).to_string()));
                    }
                }
                Value::Number(written) => {
                    edits.extend(self.number(&path, written, role, name).map(|text| (node.span.clone(), text)));
                }
                _ => {}
            }
        }
        if edits.is_empty() {
            return Some(None);
        }
        let mut edited = String::with_capacity(text.len());
        let mut at = 0;
        for (range, replacement) in edits {
            edited.push_str(text.get(at..range.start).unwrap_or_default());
            edited.push_str(&replacement);
            at = range.end;
        }
        edited.push_str(text.get(at..).unwrap_or_default());
        Some(Some(edited))
    }

    /// What `text` becomes, if anything changes. In JSON the member's name, `label`, is read with it, as a person would.
    fn text(&mut self, path: &dyn Fn() -> Path, text: &str, role: Role, label: Option<&str>) -> Option<String> {
        self.looked = self.looked.saturating_add(text.len());
        if self.looked > MAX_TEXT {
            return None;
        }
        let prefix = label.map(|label| format!("{label}: ")).unwrap_or_default();
        let whole = format!("{prefix}{text}");
        let report = self.guard.check(&whole, role);
        let found: Vec<Entry> = report
            .findings
            .into_iter()
            .filter(|entry| entry.span.end > prefix.len())
            .map(|mut entry| {
                entry.span = entry.span.start.saturating_sub(prefix.len())..entry.span.end - prefix.len();
                entry
            })
            .collect();
        if found.is_empty() {
            return None;
        }
        self.findings.add(&found, role, self.guard.policy());
        let blocked = found.iter().filter(|entry| entry.action == Action::Block);
        self.faults.append(guard::faults(&path(), text, blocked));
        if !found.iter().any(|entry| entry.action >= Action::Redact) {
            return None;
        }
        let redacted = self.guard.redact(&whole, role).0;
        // Where the name itself was replaced, no more than the tag is left of both.
        Some(redacted.strip_prefix(&prefix).map_or(redacted.clone(), str::to_owned))
    }

    /// What a number becomes, if it is one that must not pass: a string in its place.
    fn number(&mut self, path: &dyn Fn() -> Path, written: &str, role: Role, label: Option<&str>) -> Option<String> {
        // Shorter ones are none of any kind.
        if written.len() < 7 {
            return None;
        }
        self.text(path, written, role, label).map(|text| serde_json::Value::from(text).to_string())
    }

    fn name(&mut self, tree: &Tree, id: Id, name: &str, role: Role) {
        self.refuse(&|| tree.path(id), name, role);
    }

    /// A member's name cannot be replaced: what would be, is refused.
    fn refuse(&mut self, path: &dyn Fn() -> Path, name: &str, role: Role) {
        // Shorter ones are none of any kind.
        self.looked = self.looked.saturating_add(name.len());
        if name.len() < 7 || self.looked > MAX_TEXT {
            return;
        }
        let report = self.guard.check(name, role);
        let found: Vec<Entry> =
            report.findings.into_iter().filter(|entry| entry.kind != promptgate_guard::Kind::Injection).collect();
        self.findings.add(&found, role, self.guard.policy());
        let refused = found.iter().filter(|entry| entry.action >= Action::Redact);
        self.faults.extend(refused.map(|entry| Fault::new(&path(), entry.code, promptgate_lint::message(entry.kind))));
    }
}

/// Whether a string of a message is the Base64 of an image, a sound or a file.
pub(super) fn is_media(tree: &Tree, id: Id, text: &str) -> bool {
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

/// The conversation as any wire can have it, as far as it can be expressed there.
fn canonical(tree: &Tree, kind: Kind, read: &Read, edits: &Edits) -> ChatRequest {
    let mut request = ChatRequest {
        kind,
        model: tree.text(read.model).map(|text| text.as_str().to_owned()).unwrap_or_default(),
        instructions: Vec::new(),
        messages: Vec::new(),
        temperature: number(tree, read.root, "temperature"),
        max_tokens: ["max_completion_tokens", "max_tokens"]
            .iter()
            .find_map(|name| number(tree, read.root, name)?.as_u64()),
        streamed: read.streamed,
        document: None,
        particular: None,
    };
    let name = |id: &Id| tree.node(*id).key.as_ref().map(|key| key.name().to_owned()).unwrap_or_default();
    let uncommon = tree.children(read.root).iter().find(|id| !COMMON.contains(&name(id).as_str()));
    request.particular = uncommon.map(|id| tree.path(*id).to_string());
    for (id, role) in &read.messages {
        if request.particular.is_some() {
            break;
        }
        let plain = tree.children(*id).iter().find(|id| !matches!(name(id).as_str(), "role" | "content"));
        let Some(content) = tree.member(*id, "content") else {
            request.particular = Some(tree.path(*id).to_string());
            break;
        };
        if let Some(other) = plain {
            request.particular = Some(tree.path(*other).to_string());
            break;
        }
        let text = match (tree.text(content), texts(tree, content)) {
            (Some(_), _) => edited(tree, content, edits),
            (None, Some(parts)) => parts.iter().map(|part| edited(tree, *part, edits)).collect::<Vec<_>>().join("\n"),
            (None, None) => {
                request.particular = Some(tree.path(content).to_string());
                break;
            }
        };
        let content = Sensitive::new(text);
        let role = match role {
            Role::System if request.messages.is_empty() => {
                request.instructions.push(content);
                continue;
            }
            Role::System => message::Role::System,
            Role::Assistant => message::Role::Assistant,
            Role::Tool => message::Role::Tool,
            _ => message::Role::User,
        };
        request.messages.push(Message { role, content });
    }
    if request.particular.is_some() {
        // Nothing but the document itself says all of it.
        (request.instructions, request.messages) = Default::default();
    }
    request
}

/// Leaves out of the conversation what trimming has dropped.
fn drop_messages(request: &mut ChatRequest, read: &Read, trim: &Trim) {
    if request.messages.is_empty() {
        return;
    }
    // Instructions are the messages before all others, and are never dropped.
    let first = read.messages.len() - request.messages.len();
    let mut at = first;
    request.messages.retain(|_| {
        let kept = !trim.dropped.contains(&at);
        at += 1;
        kept
    });
}

/// The texts of an array of parts that are all text.
fn texts(tree: &Tree, content: Id) -> Option<Vec<Id>> {
    let Value::Array(parts) = &tree.node(content).value else { return None };
    let text = |part: &Id| {
        let kind = tree.member(*part, "type").and_then(|kind| tree.text(kind)).map(|kind| kind.as_str());
        let text = tree.member(*part, "text").filter(|text| tree.text(*text).is_some());
        text.filter(|_| kind == Some("text") && tree.children(*part).len() == 2)
    };
    parts.iter().map(text).collect()
}

/// The string `id` as it is after the edits.
fn edited(tree: &Tree, id: Id, edits: &Edits) -> String {
    let edit = edits.binary_search_by_key(&id, |(edited, _)| *edited).ok().and_then(|at| edits.get(at));
    match edit {
        Some((_, text)) => serde_json::from_str(text).unwrap_or_default(),
        None => tree.text(id).map(|text| text.as_str().to_owned()).unwrap_or_default(),
    }
}

fn number(tree: &Tree, object: Id, name: &str) -> Option<Number> {
    match &tree.node(tree.member(object, name)?).value {
        Value::Number(written) => serde_json::from_str(written).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Counting;
    use promptgate_guard::Policy;
    use serde_json::{Value as Json, json};

    fn read(body: &str) -> Result<Completion, Problem> {
        Completion::from_body(
            body.as_bytes().to_vec(),
            Kind::Chat,
            &crate::guard::Guards::default().input,
            window(None),
        )
    }

    fn window(size: Option<u64>) -> Window<'static> {
        let of = Box::leak(Box::new(move |_: &str| size));
        Window { of, ratio_permille: 1000, counting: Counting::Estimate, counters: Box::leak(Box::default()) }
    }

    fn trimmed(messages: &Json, size: u64) -> Result<(Vec<usize>, Json), Problem> {
        let body = json!({ "model": "m", "messages": messages, "x": 1 }).to_string();
        let guard = Guard::new(&Policy::all(Action::Redact));
        let completion = Completion::from_body(body.into_bytes(), Kind::Chat, &guard, window(Some(size)))?;
        let dropped = completion.trim.as_ref().unwrap().dropped.clone();
        Ok((dropped, serde_json::from_str(&sent(&completion)).unwrap()))
    }

    #[test]
    fn an_exchange_with_tools_goes_as_one() {
        let text = |role: &str, tokens: usize| json!({ "role": role, "content": "x".repeat(tokens * 4) });
        let messages = json!([
            text("system", 5), text("user", 20), { "role": "assistant", "tool_calls": [{ "id": "a" }], "content": "jo@example.com" },
            text("tool", 30), text("tool", 30), text("assistant", 10), text("user", 5), text("assistant", 5),
        ]);
        let all = messages.as_array().unwrap().clone();
        // Roles are texts too: some tokens each.
        for (size, dropped) in [(1000, vec![]), (110, vec![1]), (100, vec![1, 2, 3, 4]), (30, vec![1, 2, 3, 4, 5])] {
            let (found, sent) = trimmed(&messages, size).unwrap();
            assert_eq!(found, dropped, "{size}");
            let kept: Vec<&Json> = (0..all.len()).filter(|at| !dropped.contains(at)).map(|at| &all[at]).collect();
            let sent = sent["messages"].as_array().unwrap();
            assert_eq!(sent.len(), kept.len());
            for (sent, kept) in sent.iter().zip(kept).filter(|(_, kept)| kept.get("tool_calls").is_none()) {
                assert_eq!(sent, kept);
            }
        }
        assert_eq!(trimmed(&messages, 10).unwrap_err().code, Code::ContextTooLong);
        // All but one, at either end.
        assert_eq!(trimmed(&json!([text("user", 50), text("user", 5)]), 20).unwrap().0, [0]);
        assert_eq!(trimmed(&json!([text("assistant", 50)]), 20).unwrap().1["messages"], json!([]));
        assert_eq!(trimmed(&json!([text("user", 5), text("assistant", 50)]), 20).unwrap().0, [1]);
    }

    /// What is sent of a body under a policy that redacts all.
    fn redacted(body: &str) -> String {
        let guard = Guard::new(&Policy::all(Action::Redact));
        sent(&Completion::from_body(body.as_bytes().to_vec(), Kind::Chat, &guard, window(None)).unwrap())
    }

    fn sent(completion: &Completion) -> String {
        completion.request.document.as_ref().unwrap().to_text(&completion.request.model, completion.answer.streamed)
    }

    #[test]
    fn what_is_not_edited_goes_out_as_it_came() {
        for body in [
            r#"{ "messages" : [ {"content":"Where is\u0020my parcel? \ud83d\ude00","role":"user","x":1.50} ],"model":"m" , "new_member":{"b":1,"a":[ ]} }"#,
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#,
        ] {
            assert_eq!(sent(&read(body).unwrap()), body);
        }
        let body = "{\"model\":\"m\",\n \"messages\":[{\"role\":\"user\",\"content\":\"IBAN DE89 3704 0044 0532 0130 00, \\u00e9\"}]}";
        assert_eq!(sent(&read(body).unwrap()), body.replace("DE89 3704 0044 0532 0130 00, \\u00e9", "[IBAN], é"));
    }

    #[test]
    fn usage_is_asked_for_at_the_end_of_a_stream() {
        let body = |options: &str| {
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"stream":true{options}}}"#)
        };
        for (options, expected) in [
            ("", r#","stream_options":{"include_usage":true}"#),
            (r#","stream_options":null"#, r#","stream_options":{"include_usage":true}"#),
            (r#","stream_options":{}"#, r#","stream_options":{"include_usage":true}"#),
            (r#","stream_options":{"a":1}"#, r#","stream_options":{"a":1,"include_usage":true}"#),
            (r#","stream_options":{"include_usage":false}"#, r#","stream_options":{"include_usage":true}"#),
        ] {
            let completion = read(&body(options)).unwrap();
            assert_eq!(sent(&completion), body(expected), "{options}");
            assert_eq!(completion.answer, Answer { streamed: true, usage: false });
        }
        let whole = body("").replace("true", "false");
        assert_eq!(sent(&read(&whole).unwrap()), whole);
    }

    #[test]
    fn every_text_has_its_path() {
        let card = "card 4111 1111 1111 1111";
        let message = |message: Json| json!({ "model": "m", "messages": [message] });
        let call = |arguments: &str| {
            json!({ "role": "assistant", "content": null, "tool_calls": [
                { "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } }] })
        };
        for (body, path) in [
            (message(json!({ "role": "user", "content": card })), "$.messages[0].content"),
            (message(json!({ "role": "developer", "content": card })), "$.messages[0].content"),
            (message(json!({ "role": "assistant", "refusal": card })), "$.messages[0].refusal"),
            (message(json!({ "role": "user", "name": card, "content": "x" })), "$.messages[0].name"),
            (
                message(json!({ "role": "user", "content": [{ "type": "text", "text": card }] })),
                "$.messages[0].content[0].text",
            ),
            (message(json!({ "role": "tool", "tool_call_id": "a", "content": card })), "$.messages[0].content"),
            (
                message(json!({ "role": "tool", "tool_call_id": "a", "content": "{\"card\": 4111111111111111}" })),
                "$.messages[0].content",
            ),
            (message(call("{\"n\": \"\\u0034111 1111 1111 1111\"}")), "$.messages[0].tool_calls[0].function.arguments"),
            (message(call("{\"password\": \"hunter2!x\"}")), "$.messages[0].tool_calls[0].function.arguments"),
            (message(call("not JSON, card 4111 1111 1111 1111")), "$.messages[0].tool_calls[0].function.arguments"),
            (message(json!({ "role": "user", "content": "x", "4111111111111111": 1 })), "$.messages[0]['[CARD]']"),
            (
                json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "prediction": { "content": card } }),
                "$.prediction.content",
            ),
            (
                json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "card": 4111111111111111_u64 }),
                "$.card",
            ),
            (
                json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "tools": [
                { "type": "function", "function": { "name": "f", "description": card } }] }),
                "$.tools[0].function.description",
            ),
        ] {
            let problem = read(&body.to_string()).unwrap_err();
            assert_eq!(problem.code, Code::SafetyRefused, "{body}");
            assert_eq!(problem.errors[0].path, path, "{body}");
            assert!(!format!("{problem:?}").contains("4111"), "{problem:?}");
        }
    }

    #[test]
    fn what_is_redacted_in_json_is_json_still() {
        let arguments = r#"{"note": "mail jo\u0040example.com", "card": 4111111111111111, "n": 5, "list": ["DE89 3704 0044 0532 0130 00"]}"#;
        let body = json!({ "model": "m", "messages": [
            { "role": "assistant", "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } }] },
            { "role": "tool", "tool_call_id": "a", "content": "[{\"mail\": \"jo@example.com\"}]" },
        ] });
        let sent: Json = serde_json::from_str(&redacted(&body.to_string())).unwrap();
        let arguments = sent["messages"][0]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Json>(arguments).unwrap(),
            json!({ "note": "mail [EMAIL]", "card": "[CARD]", "n": 5, "list": ["[IBAN]"] })
        );
        assert_eq!(sent["messages"][1]["content"], "[{\"mail\": \"[EMAIL]\"}]");
    }

    #[test]
    fn media_are_passed_over() {
        // Base64 in which a scanner would find a card.
        let base64 = "4111111111111111".repeat(4);
        let content = json!([
            { "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{base64}") } },
            { "type": "input_audio", "input_audio": { "data": base64, "format": "wav" } },
            { "type": "file", "file": { "file_data": format!("data:application/pdf;base64,{base64}"), "filename": "a.pdf" } },
        ]);
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }] }).to_string();
        assert_eq!(sent(&read(&body).unwrap()), body);
        // What is no medium is text, wherever.
        for part in [
            json!({ "type": "image_url", "image_url": { "url": "https://x.example/?card=4111 1111 1111 1111" } }),
            json!({ "type": "image_url", "image_url": { "url": "data:text/plain,card 4111 1111 1111 1111" } }),
            json!({ "type": "text", "text": "data:image/png;base64, card 4111 1111 1111 1111" }),
            json!({ "type": "file", "file": { "file_data": "my card is 4111 1111 1111 1111" } }),
        ] {
            let body = json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] });
            assert_eq!(read(&body.to_string()).unwrap_err().code, Code::SafetyRefused, "{body}");
        }
    }

    #[test]
    fn text_has_a_cap_and_media_have_that_of_the_body() {
        let body =
            |part: Json| json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] }).to_string();
        let image = format!("data:image/png;base64,{}", "A".repeat(8 << 20));
        assert!(read(&body(json!({ "type": "image_url", "image_url": { "url": image } }))).is_ok());
        let fits = body(json!({ "type": "text", "text": " ".repeat(MAX_TEXT - 1000) }));
        assert!(read(&fits).is_ok());
        for text in
            [json!(" ".repeat(MAX_TEXT)), json!(vec!["a".repeat(1000); 1100]), json!({ "b".repeat(MAX_TEXT): 1 })]
        {
            let problem = read(&body(json!({ "type": "text", "text": text }))).unwrap_err();
            assert_eq!(problem.code, Code::BodyTooLarge);
        }
    }

    #[test]
    fn hostile_bodies() {
        let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        for (body, code, path) in [
            ("", "empty_body", "$"),
            ("[]", "wrong_type", "$"),
            ("{", "invalid_json", "$"),
            (nested.as_str(), "too_deep", "$"),
            (r#"{"model":"m","model":"n","messages":[{"role":"user"}]}"#, "duplicate_key", "$.model"),
            (r#"{"messages":[{"role":"user"}]}"#, "missing_field", "$.model"),
            (r#"{"model":"","messages":[{"role":"user"}]}"#, "out_of_range", "$.model"),
            (r#"{"model":"a\nb","messages":[{"role":"user"}]}"#, "out_of_range", "$.model"),
            (r#"{"model":1,"messages":[{"role":"user"}]}"#, "wrong_type", "$.model"),
            (r#"{"model":"m"}"#, "missing_field", "$.messages"),
            (r#"{"model":"m","messages":[]}"#, "out_of_range", "$.messages"),
            (r#"{"model":"m","messages":{}}"#, "wrong_type", "$.messages"),
            (r#"{"model":"m","messages":[1]}"#, "wrong_type", "$.messages[0]"),
            (r#"{"model":"m","messages":[{}]}"#, "missing_field", "$.messages[0].role"),
            (r#"{"model":"m","messages":[{"role":"usr"}]}"#, "unknown_value", "$.messages[0].role"),
            (r#"{"model":"m","messages":[{"role":"user"}],"stream":"yes"}"#, "wrong_type", "$.stream"),
        ] {
            let problem = read(body).unwrap_err();
            let first = &problem.errors[0];
            assert_eq!((first.code, first.path.as_str()), (code, path), "{body}");
        }
        assert!(
            Completion::from_body(
                b"{\"model\":\"\xff\"}".to_vec(),
                Kind::Chat,
                &Guard::new(&Policy::default()),
                window(None)
            )
            .is_err()
        );
    }

    proptest::proptest! {
        /// Whatever a document holds, what is sent is JSON and has the same members.
        #[test]
        fn edits_keep_the_document(
            texts in proptest::collection::vec("(a|é|\\\\u0041|\\\\n| |jo@example\\.com|4111 1111 1111 1111|😀){0,6}", 1..6),
            spaces in "[ \n]{0,3}",
        ) {
            let parts: Vec<String> = texts
                .iter()
                .map(|text| format!("{{{spaces}\"role\":\"user\",\"content\":{spaces}\"{text}\",\"x\":[]}}"))
                .collect();
            let body = format!("{{\"model\":\"m\",{spaces}\"messages\":[{}],\"y\":{{}}{spaces}}}", parts.join(","));
            let sent: Json = serde_json::from_str(&redacted(&body)).unwrap();
            let came: Json = serde_json::from_str(&body).unwrap();
            assert_eq!(sent["messages"].as_array().unwrap().len(), texts.len());
            for (sent, came) in sent["messages"].as_array().unwrap().iter().zip(came["messages"].as_array().unwrap()) {
                let text = came["content"].as_str().unwrap();
                let guard = Guard::new(&Policy::all(Action::Redact));
                assert_eq!(sent["content"].as_str().unwrap(), guard.redact(text, Role::User).0);
                assert_eq!(&sent["x"], &came["x"]);
            }
        }
    }
}
