//! What a file is written in, and which parts of it are prompts: one file a format.

pub(crate) mod chat;
pub(crate) mod dotprompt;
pub(crate) mod langchain;
pub(crate) mod markdown;
pub(crate) mod promptfoo;
pub(crate) mod prompty;
pub(crate) mod semantic_kernel;

use serde::Serialize;

use crate::document::Source;
use crate::placeholder::Dialect;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text without placeholders of a known dialect.
    Plain,
    /// Markdown, with or without front matter.
    Markdown,
    /// Jinja's templates.
    Jinja,
    /// Nunjucks' templates.
    Nunjucks,
    /// Liquid's templates.
    Liquid,
    /// Handlebars' templates.
    Handlebars,
    /// Mustache's templates.
    Mustache,
    /// Python's `str.format`, f-strings and their kin.
    Format,
    /// Template literals of JavaScript.
    Javascript,
    /// Genkit's `.prompt`: front matter and Handlebars.
    Dotprompt,
    /// Microsoft's `.prompty`: front matter and messages.
    Prompty,
    /// Semantic Kernel's own templates.
    SemanticKernel,
    /// JSON.
    Json,
    /// JSON with comments.
    Jsonc,
    /// YAML.
    Yaml,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The format of templates in `dialect`.
    pub(crate) const fn of(dialect: Dialect) -> Format {
        match dialect {
            Dialect::JavaScript => Format::Javascript,
            Dialect::Mustache => Format::Handlebars,
            Dialect::Format => Format::Format,
            Dialect::Jinja => Format::Jinja,
            Dialect::Nunjucks => Format::Nunjucks,
            Dialect::Liquid => Format::Liquid,
            Dialect::SemanticKernel => Format::SemanticKernel,
        }
    }

    /// The dialect of its placeholders, where it has one.
    pub(crate) const fn dialect(self) -> Option<Dialect> {
        match self {
            Format::Jinja => Some(Dialect::Jinja),
            Format::Nunjucks => Some(Dialect::Nunjucks),
            Format::Liquid => Some(Dialect::Liquid),
            Format::Handlebars | Format::Mustache | Format::Dotprompt => Some(Dialect::Mustache),
            Format::Format => Some(Dialect::Format),
            Format::Javascript => Some(Dialect::JavaScript),
            Format::SemanticKernel => Some(Dialect::SemanticKernel),
            _ => None,
        }
    }
}

/// A format, and why a text was taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectedFormat {
    /// The format.
    pub format: Format,
    /// Why, for people.
    pub reason: &'static str,
}

/// The format that the file's name says; `None` where it says nothing.
pub(crate) fn named(source: &Source<'_>) -> Option<DetectedFormat> {
    const ENDING: &str = "the file's ending";
    let name = source.file?.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    let taken = |format, reason| Some(DetectedFormat { format, reason });
    if name == "skprompt.txt" {
        return taken(Format::SemanticKernel, "the file's name, skprompt.txt");
    }
    let (stem, ending) = name.rsplit_once('.')?;
    let folder = source.file.is_some_and(|file| file.replace('\\', "/").contains(".vscode/"));
    let format = match ending {
        "md" | "mdc" | "mdx" | "markdown" => Format::Markdown,
        "j2" | "jinja" | "jinja2" => Format::Jinja,
        "njk" | "nunjucks" => Format::Nunjucks,
        "liquid" => Format::Liquid,
        "hbs" | "handlebars" => Format::Handlebars,
        "mustache" => Format::Mustache,
        "prompt" => Format::Dotprompt,
        "prompty" => Format::Prompty,
        "yaml" | "yml" => Format::Yaml,
        "jsonc" | "json5" | "code-workspace" => Format::Jsonc,
        "json" if folder || is_settings(stem) => {
            return taken(Format::Jsonc, "the file's name: this program's settings may have comments");
        }
        "json" => Format::Json,
        _ => return None,
    };
    taken(format, ENDING)
}

/// Whether the name is that of settings that are read with comments.
fn is_settings(stem: &str) -> bool {
    let programs = ["tsconfig", "jsconfig", "devcontainer", "api-extractor", "biome", "deno", ".eslintrc", ".swcrc"];
    programs
        .iter()
        .any(|known| stem == *known || stem.strip_prefix(known).is_some_and(|rest| rest.starts_with(['.', '-'])))
}
