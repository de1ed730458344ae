//! What is linted: its kind, its JSON, and the texts in it that are prompt text.

use std::ops::Range;

use serde::Serialize;

use super::finding::Draft;
use super::fix::Edit;
use super::shape::{self, Flaw};
use super::text::Text;
use super::tree::{Id, Tree, Value};
use super::work;
use crate::fault::Path;
use crate::template::placeholder::Dialect;

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

    /// The members that tell it from the others.
    const fn marks(self) -> &'static [&'static str] {
        match self {
            Kind::PromptTemplate => &["system_instruction", "user_template", "safety_guardrails"],
            Kind::CachedTemplate => &["content", "cacheSettings", "metadata"],
            Kind::ChatRequest => &["systemInstructions", "context", "maxTokens", "temperature"],
            Kind::ModelDefinition => &["provider", "credentials", "configuration", "promptTemplate", "responseSchema"],
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
}

impl Prompt {
    /// What it says.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
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
}

impl<'a> Document<'a> {
    /// Reads `source`.
    pub fn read(source: &Source<'a>) -> Document<'a> {
        let text = source.text;
        if source.kind == Some(Kind::Text) || (source.kind.is_none() && !is_json(source)) {
            let prompt = Prompt { part: Part::Content, path: Path::root(), text: Text::plain(text, 0) };
            return Document { source: text, kind: Kind::Text, tree: None, prompts: vec![prompt], flaws: Vec::new() };
        }
        let tree = Tree::read(text);
        let kind = source.kind.or_else(|| stated(&tree)).unwrap_or_else(|| detect(&tree));
        let prompts = prompts(&tree, kind);
        let flaws = shape::of(kind).map_or_else(Vec::new, |shape| shape::compare(&tree, shape, kind.takes_remarks()));
        Document { source: text, kind, tree: Some(tree), prompts, flaws }
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

/// By the file's ending; without one, by its first characters.
fn is_json(source: &Source<'_>) -> bool {
    let ending =
        source.file.and_then(|file| file.rsplit(['/', '\\']).next()?.rsplit_once('.')).map(|(_, ending)| ending);
    match ending {
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

/// The kind most of whose marks are among the members; the first of equals.
fn detect(tree: &Tree) -> Kind {
    let marks = |kind: Kind| kind.marks().iter().filter(|mark| tree.find(&[mark]).is_some()).count();
    let counted = Kind::ALL.into_iter().rev().map(|kind| (marks(kind), kind)).filter(|(marks, _)| *marks > 0);
    counted.max_by_key(|(marks, _)| *marks).map_or(Kind::Json, |(_, kind)| kind)
}

fn prompts(tree: &Tree, kind: Kind) -> Vec<Prompt> {
    let Some(root) = tree.root() else { return Vec::new() };
    let mut prompts = Vec::new();
    let mut add = |part: Part, id: Option<Id>| {
        if let Some(id) = id
            && let Some(text) = tree.text(id)
        {
            prompts.push((id, Prompt { part, path: tree.path(id), text: text.clone() }));
        }
    };
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
            for id in tree.ids() {
                let node = tree.node(id);
                if matches!(node.value, Value::String(_)) && !settings.contains(&node.span.start) {
                    add(Part::Content, Some(id));
                }
            }
        }
    }
    // A member that stands twice is looked at where it counts, all in the document's order.
    prompts.sort_by_key(|(id, _)| *id);
    prompts.into_iter().map(|(_, prompt)| prompt).collect()
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
            (None, "\u{feff} {\"context\": []}", Kind::ChatRequest),
            (Some("a/b.txt"), "{\"context\": []}", Kind::Text),
            (Some("a.b/README"), "{\"context\": []}", Kind::ChatRequest),
            (Some("x.JSON"), "hello", Kind::Json),
            (Some("x.json"), "{}", Kind::Json),
            (Some("x.json"), "{\"name\":\"x\",\"user_template\":\"\",\"content\":\"\"}", Kind::PromptTemplate),
            (Some("x.json"), "{\"content\":\"\",\"cacheSettings\":{}}", Kind::CachedTemplate),
            (Some("x.json"), "{\"provider\":\"openai\",\"maxTokens\":1,\"credentials\":{}}", Kind::ModelDefinition),
            (Some("x.json"), "{\"model_id\":\"\"}", Kind::ModelConfiguration),
            (Some("x.json"), "{\"systemInstructions\":[\"a", Kind::ChatRequest),
            (Some("x.json"), "{\"context\":[],\"$lint\":{\"kind\":\"cached_template\"}}", Kind::CachedTemplate),
        ] {
            assert_eq!(kind(file, text), expected, "{file:?} {text}");
        }
    }

    #[test]
    fn prompts_in_the_documents_order() {
        let text = r#"{"context":[{"content":"a","role":"system"},{"role":"agent","content":"b"},{"content":"c"},7],
            "systemInstructions":["d", 1]}"#;
        let document = Document::read(&Source { text, file: None, kind: None });
        let rows: Vec<_> = document
            .prompts
            .iter()
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
