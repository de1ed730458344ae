//! What is linted: its kind, its JSON, and the texts in it that are prompt text.

mod prompts;

use std::ops::Range;

pub use super::kind::Kind;

use super::finding::Draft;
use super::fix::Edit;
use super::format::{self, DetectedFormat, Format, chat, langchain, markdown, promptfoo, prompty, semantic_kernel};
use super::shape::{self, Flaw};
use super::text::Text;
use super::tree::{Id, Tree};
use super::work;
use crate::fault::Path;
use crate::placeholder::Dialect;
use prompts::prompts;

/// What a caller wants linted.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The document.
    pub text: &'a str,
    /// What the file is called: its ending tells whether it is JSON.
    pub file: Option<&'a str>,
    /// What it is, if the caller gives it; else it is detected by its members.
    pub kind: Option<Kind>,
}

impl<'a> Source<'a> {
    /// A prompt.
    pub fn text(text: &'a str) -> Self {
        Source { text, file: None, kind: Some(Kind::Text) }
    }
}

/// Whose words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The operator's instructions to the model.
    System,
    /// The operator's template of a user's message.
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
    /// Where it is.
    pub path: Path,
    /// Its text, and the way back to the document.
    pub text: Text,
    /// The same in as many bytes, with spaces where it is no prose: in Markdown.
    masked: Option<String>,
}

impl Prompt {
    /// Its text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Its prose: the text with spaces in the place of Markdown's code, tags and front matter.
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
    /// What it is written in, and why it was taken for that.
    pub taken: DetectedFormat,
    /// The dialect of its placeholders, where the file's name or its own members say it.
    pub dialect: Option<Dialect>,
    /// Its front matter, both of its `---` lines included.
    pub front: Option<Range<usize>>,
    /// What the file is called, without its folders.
    pub file: Option<&'a str>,
    /// The folders that it is in, as far as the caller says them: `.claude/agents`.
    pub folder: Option<&'a str>,
}

impl<'a> Document<'a> {
    /// Reads `source`.
    pub fn read(source: &Source<'a>) -> Document<'a> {
        let taken = taken(source);
        let (folder, file) = match source.file.and_then(|file| file.rsplit_once(['/', '\\'])) {
            Some((folder, file)) => (Some(folder), Some(file)),
            None => (None, source.file),
        };
        let mut document = match taken.format {
            Format::Json => Document::values(source, taken, Tree::read(source.text)),
            Format::Jsonc => Document::values(source, taken, Tree::read_lenient(source.text)),
            Format::Yaml => Document::yaml(source, taken),
            _ => Document::text(source, taken),
        };
        (document.file, document.folder) = (file, folder);
        document
    }

    /// A text, with or without front matter.
    fn text(source: &Source<'a>, taken: DetectedFormat) -> Document<'a> {
        let text = source.text;
        let fronted = matches!(taken.format, Format::Markdown | Format::Dotprompt | Format::Prompty);
        let front = fronted.then(|| markdown::front_matter(text)).flatten();
        let start = front.as_ref().map_or(0, |front| front.end);
        let tree = front.as_ref().map(|front| Tree::read_yaml(text, markdown::inner(text, front)));
        let kind = match taken.format {
            Format::Dotprompt => Kind::Dotprompt,
            Format::Prompty => Kind::Prompty,
            _ => Kind::Text,
        };
        let dialect = match (&tree, kind) {
            (Some(tree), Kind::Prompty) => Some(prompty::dialect(tree)),
            (None, Kind::Prompty) => Some(Dialect::Jinja),
            _ => taken.format.dialect(),
        };
        let body = text.get(start..).unwrap_or_default();
        let masked = (taken.format == Format::Markdown).then(|| markdown::mask(body));
        let mut prompts = tree.as_ref().map_or_else(Vec::new, |tree| prompts(text, tree, kind));
        prompts.push(Prompt { part: Part::Content, path: Path::root(), text: Text::plain(body, start), masked });
        Document {
            source: text,
            kind,
            tree,
            prompts,
            flaws: Vec::new(),
            taken,
            dialect,
            front,
            file: None,
            folder: None,
        }
    }

    /// A document of values.
    fn values(source: &Source<'a>, taken: DetectedFormat, tree: Tree) -> Document<'a> {
        let text = source.text;
        let kind = source.kind.or_else(|| stated(&tree)).unwrap_or_else(|| detect(&tree));
        let prompts = prompts(text, &tree, kind);
        let flaws = shape::of(kind).filter(|_| !tree.yaml).map_or_else(Vec::new, |shape| shape::compare(&tree, shape));
        let dialect = match kind {
            Kind::LangchainPrompt => Some(langchain::dialect(&tree)),
            Kind::Promptfoo => Some(Dialect::Nunjucks),
            Kind::SemanticKernelPrompt => semantic_kernel::dialect(&tree),
            _ => None,
        };
        Document {
            source: text,
            kind,
            tree: Some(tree),
            prompts,
            flaws,
            taken,
            dialect,
            front: None,
            file: None,
            folder: None,
        }
    }

    fn yaml(source: &Source<'a>, taken: DetectedFormat) -> Document<'a> {
        let text = source.text;
        let tree = Tree::read_yaml(text, 0..text.len());
        // What a program makes YAML of by a template: only scanned for what harms.
        if !tree.complete && ["{{", "{%"].iter().any(|sign| text.contains(sign)) {
            let whole = Prompt { part: Part::Other, path: Path::root(), text: Text::plain(text, 0), masked: None };
            let (kind, prompts, flaws) = (Kind::Yaml, vec![whole], Vec::new());
            return Document {
                source: text,
                kind,
                tree: None,
                prompts,
                flaws,
                taken,
                dialect: None,
                front: None,
                file: None,
                folder: None,
            };
        }
        Document::values(source, taken, tree)
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

/// What the source is written in: by its kind, by its file's name, else by its first characters.
fn taken(source: &Source<'_>) -> DetectedFormat {
    let json = DetectedFormat { format: Format::Json, reason: "the kind that was asked for" };
    let named = format::named(source);
    match source.kind {
        Some(Kind::Text) => match named {
            Some(taken) if !matches!(taken.format, Format::Json | Format::Jsonc | Format::Yaml) => taken,
            _ => DetectedFormat { format: Format::Plain, reason: "the kind that was asked for" },
        },
        Some(Kind::Yaml) => DetectedFormat { format: Format::Yaml, ..json },
        Some(Kind::Prompty) => DetectedFormat { format: Format::Prompty, ..json },
        Some(Kind::Dotprompt) => DetectedFormat { format: Format::Dotprompt, ..json },
        Some(_) => named.filter(|taken| matches!(taken.format, Format::Jsonc | Format::Yaml)).unwrap_or(json),
        None => named.unwrap_or_else(|| {
            let ended = source.file.and_then(|file| file.rsplit(['/', '\\']).next()?.rsplit_once('.')).is_some();
            let start = source.text.trim_start_matches('\u{FEFF}').trim_start();
            // `{{name}}` and `{name}` begin templates, `[INST]` begins a prompt.
            let begins = start.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']));
            if begins && !ended {
                DetectedFormat { format: Format::Json, reason: "its first characters" }
            } else {
                DetectedFormat { format: Format::Plain, reason: "nothing says otherwise" }
            }
        }),
    }
}

/// What `$lint.kind` says.
fn stated(tree: &Tree) -> Option<Kind> {
    let name = tree.text(tree.find(&["$lint", "kind"])?)?;
    Kind::from_name(name.as_str()).filter(|kind| *kind != Kind::Text)
}

/// The fewest marks by which a kind is detected: one may be anybody's.
const FEWEST_MARKS: usize = 2;

/// The kind most of whose marks are among the members; the first of equals.
fn detect(tree: &Tree) -> Kind {
    let marks = |kind: Kind| kind.marks().iter().filter(|mark| tree.find(&[mark]).is_some()).count();
    let counted = Kind::ALL.iter().copied().rev().map(|kind| (marks(kind), kind));
    let counted = counted.filter(|(marks, _)| *marks >= FEWEST_MARKS);
    let ours = counted.max_by_key(|(marks, _)| *marks).map(|(_, kind)| kind).filter(|_| !tree.yaml);
    ours.or_else(|| chat::detect(tree)).unwrap_or_else(|| match () {
        () if langchain::detect(tree) => Kind::LangchainPrompt,
        () if semantic_kernel::detect(tree) => Kind::SemanticKernelPrompt,
        () if promptfoo::detect(tree) => Kind::Promptfoo,
        () if tree.yaml => Kind::Yaml,
        () => Kind::Json,
    })
}

#[cfg(test)]
mod tests;
