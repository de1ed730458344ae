//! What is linted: its kind, its JSON, and the texts in it that are prompt text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use super::finding::Draft;
use super::fix::Edit;
use super::markdown;
use super::shape::{self, Flaw};
use super::text::Text;
use super::tree::{Id, Tree, Value};
use super::work;
use crate::fault::Path;
use crate::placeholder::Dialect;

/// What a caller wants linted.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The document.
    pub text: &'a str,
    /// What the file is called: its ending says whether it is JSON.
    pub file: Option<&'a str>,
    /// What it is, where the caller knows; else it is told from its members.
    pub kind: Option<Kind>,
}

impl<'a> Source<'a> {
    /// A prompt.
    pub fn text(text: &'a str) -> Self {
        Source { text, file: None, kind: Some(Kind::Text) }
    }
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A prompt template (requirements, E1).
    PromptTemplate,
    /// A cached template (A1).
    CachedTemplate,
    /// A chat request (B1).
    ChatRequest,
    /// A model's definition (C1).
    ModelDefinition,
    /// A model's configuration (D1).
    ModelConfiguration,
    /// JSON that is none of these: all its strings are looked at.
    Json,
    /// A prompt as it is.
    Text,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::PromptTemplate,
        Kind::CachedTemplate,
        Kind::ChatRequest,
        Kind::ModelDefinition,
        Kind::ModelConfiguration,
        Kind::Json,
        Kind::Text,
    ];

    /// The name in reports and configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::PromptTemplate => "prompt_template",
            Kind::CachedTemplate => "cached_template",
            Kind::ChatRequest => "chat_request",
            Kind::ModelDefinition => "model_definition",
            Kind::ModelConfiguration => "model_configuration",
            Kind::Json => "json",
            Kind::Text => "text",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether its texts have placeholders that are filled in later; a chat request's are final.
    pub const fn is_template(self) -> bool {
        matches!(self, Kind::PromptTemplate | Kind::CachedTemplate | Kind::ModelDefinition | Kind::Text)
    }

    /// The dialect of its placeholders, where its own definition says it: the gateway renders prompt templates
    /// (requirements, E4), and a model's definition has `{input}` or `{context}` (C1).
    pub const fn dialect(self) -> Option<Dialect> {
        match self {
            Kind::PromptTemplate => Some(Dialect::Mustache),
            Kind::ModelDefinition => Some(Dialect::Format),
            _ => None,
        }
    }

    /// Whether it may have members that are not the document's own, `$lint` and `$schema`. Requests and models come
    /// from programs, and the gateway takes nothing in them that it does not know.
    pub const fn takes_remarks(self) -> bool {
        matches!(self, Kind::PromptTemplate | Kind::CachedTemplate | Kind::Json)
    }

    /// The members that tell it from the others, and from the documents of other programs: two of them are needed.
    const fn marks(self) -> &'static [&'static str] {
        match self {
            Kind::PromptTemplate => &["system_instruction", "user_template", "safety_guardrails", "target_version"],
            Kind::CachedTemplate => &["content", "cacheSettings"],
            Kind::ChatRequest => &["systemInstructions", "context", "modelId"],
            Kind::ModelDefinition => &["credentials", "promptTemplate", "responseSchema"],
            Kind::ModelConfiguration => &["model_id", "temperature_matrix", "safety_filters", "compliance_mode"],
            Kind::Json | Kind::Text => &[],
        }
    }
}

/// Whose words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The operator's instructions to the model.
    System,
    /// The operator's template of what a user says.
    UserTemplate,
    /// A prompt that is not divided.
    Content,
    /// What a customer has said.
    User,
    /// What the contact centre's side has said.
    Agent,
    /// A value that is put into a template.
    Value,
    /// For people: never sent to a model.
    Description,
    /// Any other string, a member's name, a long number, a comment: scanned for what must not be in it.
    Other,
}

impl Part {
    /// Whether the operator wrote it, as instructions to the model.
    pub const fn instructs(self) -> bool {
        matches!(self, Part::System | Part::UserTemplate | Part::Content)
    }
}

/// A text in the document.
#[derive(Debug)]
pub struct Prompt {
    /// Whose words it is.
    pub part: Part,
    /// Where it stands.
    pub path: Path,
    /// What it says, and the way back to the document.
    pub text: Text,
    /// The same in as many bytes, with spaces where it is no prose: in Markdown.
    masked: Option<String>,
}

impl Prompt {
    /// What it says.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// What it says in prose: with spaces in the place of Markdown's code, tags and front matter.
    pub fn prose(&self) -> &str {
        self.masked.as_deref().unwrap_or(self.as_str())
    }

    /// Whether it is Markdown.
    pub fn is_markdown(&self) -> bool {
        self.masked.is_some()
    }

    /// A finding in the bytes `range` of the text.
    pub fn draft(&self, range: Range<usize>, message: impl Into<String>) -> Draft {
        Draft::new(self.path.clone(), self.text.source(range), message)
    }

    /// The edit of the document that puts `replacement` in the place of `range` of the text.
    pub fn edit(&self, range: Range<usize>, replacement: &str) -> Edit {
        self.text.edit(range, replacement)
    }
}

/// A document, read.
#[derive(Debug)]
pub struct Document<'a> {
    /// As it was given.
    source: &'a str,
    /// What it is.
    pub kind: Kind,
    /// Its values, where it is JSON.
    pub tree: Option<Tree>,
    /// The texts in it, in its order.
    pub prompts: Vec<Prompt>,
    /// Where it differs from what its kind must look like.
    pub flaws: Vec<Flaw>,
    /// The dialect of its placeholders, where the file's ending says it.
    pub dialect: Option<Dialect>,
}

impl<'a> Document<'a> {
    /// Reads `source`.
    pub fn read(source: &Source<'a>) -> Document<'a> {
        let text = source.text;
        if source.kind == Some(Kind::Text) || (source.kind.is_none() && !is_json(source)) {
            let masked = is_markdown(source).then(|| markdown::mask(text));
            let prompt = Prompt { part: Part::Content, path: Path::root(), text: Text::plain(text, 0), masked };
            let prompts = vec![prompt];
            let dialect = dialect(source);
            return Document { source: text, kind: Kind::Text, tree: None, prompts, flaws: Vec::new(), dialect };
        }
        let tree = Tree::read(text);
        let kind = source.kind.or_else(|| stated(&tree)).unwrap_or_else(|| detect(&tree));
        let prompts = prompts(text, &tree, kind);
        let flaws = shape::of(kind).map_or_else(Vec::new, |shape| shape::compare(&tree, shape, kind.takes_remarks()));
        Document { source: text, kind, tree: Some(tree), prompts, flaws, dialect: None }
    }

    /// As it was given.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The edit that puts `json` before the first element or member of the array or object `id`, on a line of its own
    /// where that one has one.
    pub fn prepend(&self, id: Id, json: &str) -> Edit {
        let at = self.tree.as_ref().map_or(0, |tree| tree.node(id).span.start + 1);
        let rest = self.source.get(at..).unwrap_or_default();
        let body = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let space = rest.get(..rest.len() - body.len()).unwrap_or_default();
        let text = match (body.is_empty() || body.starts_with(['}', ']']), space) {
            (true, _) => json.to_owned(),
            (false, "") => format!("{json}, "),
            (false, space) => format!("{space}{json},"),
        };
        work::count(space.len());
        Edit { span: at..at, text }
    }

    /// The value at the end of `names`, from the root.
    pub fn find(&self, names: &[&str]) -> Option<Id> {
        self.tree.as_ref()?.find(names)
    }
}

impl<'a> Source<'a> {
    /// What its name ends with, behind the last dot.
    pub(super) fn ending(&self) -> Option<&'a str> {
        let (_, ending) = self.file?.rsplit(['/', '\\']).next()?.rsplit_once('.')?;
        Some(ending)
    }
}

/// Whether the file's ending is one of Markdown's, that of Cursor's rules included.
fn is_markdown(source: &Source<'_>) -> bool {
    let endings = ["md", "mdc", "markdown"];
    source.ending().is_some_and(|ending| endings.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

/// The dialect that the file's ending names.
fn dialect(source: &Source<'_>) -> Option<Dialect> {
    let endings = ["mustache", "handlebars", "hbs"];
    let named = source.ending().is_some_and(|ending| endings.iter().any(|known| known.eq_ignore_ascii_case(ending)));
    named.then_some(Dialect::Mustache)
}

/// By the file's ending; without one, by its first characters.
fn is_json(source: &Source<'_>) -> bool {
    match source.ending() {
        Some(ending) if ending.eq_ignore_ascii_case("json") => true,
        Some(_) => false,
        None => {
            let start = source.text.trim_start_matches('\u{FEFF}').trim_start();
            // `{{name}}` and `{name}` begin templates, `[INST]` begins a prompt.
            start.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']))
        }
    }
}

/// What `$lint.kind` says.
fn stated(tree: &Tree) -> Option<Kind> {
    let name = tree.text(tree.find(&["$lint", "kind"])?)?;
    Kind::from_name(name.as_str()).filter(|kind| *kind != Kind::Text)
}

/// The fewest marks by which a kind is told: one may be anybody's.
const FEWEST_MARKS: usize = 2;

/// The kind most of whose marks are among the members; the first of equals.
fn detect(tree: &Tree) -> Kind {
    let marks = |kind: Kind| kind.marks().iter().filter(|mark| tree.find(&[mark]).is_some()).count();
    let counted = Kind::ALL.into_iter().rev().map(|kind| (marks(kind), kind));
    let counted = counted.filter(|(marks, _)| *marks >= FEWEST_MARKS);
    counted.max_by_key(|(marks, _)| *marks).map_or(Kind::Json, |(_, kind)| kind)
}

/// Every string of the document, in its order: those that are prompt text by their parts, and all others with the
/// members' names, long numbers, comments and what could not be read.
fn prompts(source: &str, tree: &Tree, kind: Kind) -> Vec<Prompt> {
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

/// The strings that are prompt text, and whose words each is. Of a member that stands twice the one that counts.
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
        Kind::ModelConfiguration | Kind::Text => {}
        Kind::Json => {
            let settings = top("$lint").map(|id| tree.node(id).span.clone()).unwrap_or_default();
            for id in tree.ids().filter(|id| !settings.contains(&tree.node(*id).span.start)) {
                add(Part::Content, Some(id));
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(file: Option<&str>, text: &str) -> Kind {
        Document::read(&Source { text, file, kind: None }).kind
    }

    #[test]
    fn kinds_are_told_from_name_and_members() {
        for (file, text, expected) in [
            (None, "Hello {{name}}", Kind::Text),
            (None, "{{name}}, hello", Kind::Text),
            (None, "{name}, hello", Kind::Text),
            (None, "[INST] x", Kind::Text),
            (None, "", Kind::Text),
            (None, "\u{feff} {\"context\": [], \"modelId\": \"m\"}", Kind::ChatRequest),
            (Some("a/b.txt"), "{\"context\": [], \"modelId\": \"m\"}", Kind::Text),
            (Some("a.b/README"), "{\"context\": [], \"modelId\": \"m\"}", Kind::ChatRequest),
            (Some("x.JSON"), "hello", Kind::Json),
            (Some("x.json"), "{}", Kind::Json),
            (
                Some("x.json"),
                "{\"system_instruction\":\"x\",\"user_template\":\"\",\"content\":\"\"}",
                Kind::PromptTemplate,
            ),
            (Some("x.json"), "{\"content\":\"\",\"cacheSettings\":{}}", Kind::CachedTemplate),
            (Some("x.json"), "{\"responseSchema\":{},\"maxTokens\":1,\"credentials\":{}}", Kind::ModelDefinition),
            (Some("x.json"), "{\"model_id\":\"\",\"safety_filters\":[]}", Kind::ModelConfiguration),
            (Some("x.json"), "{\"context\":[],\"systemInstructions\":[\"a\"],\"x", Kind::ChatRequest),
            // One member may be anybody's.
            (Some("x.json"), "{\"model\":\"m\",\"messages\":[],\"temperature\":1,\"metadata\":{}}", Kind::Json),
            (Some("x.json"), "{\"system_instruction\":{},\"contents\":[],\"safety_settings\":[]}", Kind::Json),
            (Some("x.json"), "{\"content\":\"a\",\"metadata\":{},\"variables\":[]}", Kind::Json),
            (Some("x.json"), "{\"provider\":\"a\",\"configuration\":{}}", Kind::Json),
            (Some("x.json"), "{\"model_id\":\"a\",\"max_tokens\":1}", Kind::Json),
            (Some("x.json"), "{\"context\":[],\"$lint\":{\"kind\":\"cached_template\"}}", Kind::CachedTemplate),
        ] {
            assert_eq!(kind(file, text), expected, "{file:?} {text}");
        }
    }

    #[test]
    fn prompts_in_the_documents_order() {
        let text = r#"{"modelId":"m","context":[{"content":"a","role":"system"},{"role":"agent","content":"b"},{"content":"c"},7],
            "systemInstructions":["d", 1]}"#;
        let document = Document::read(&Source { text, file: None, kind: None });
        let rows: Vec<_> = document
            .prompts
            .iter()
            .filter(|prompt| prompt.part != Part::Other)
            .map(|prompt| (prompt.part, prompt.path.to_string(), prompt.as_str().to_owned()))
            .collect();
        let row = |part, path: &str, text: &str| (part, path.to_owned(), text.to_owned());
        assert_eq!(
            rows,
            [
                row(Part::System, "$.context[0].content", "a"),
                row(Part::Agent, "$.context[1].content", "b"),
                row(Part::User, "$.context[2].content", "c"),
                row(Part::System, "$.systemInstructions[0]", "d"),
            ]
        );
    }
}
