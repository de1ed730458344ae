//! The placeholders of a document's texts: in which dialect, and where.

use super::config::Config;
use super::document::{Document, Kind, Prompt};
use super::work;
use crate::placeholder::{Detected, Dialect, Malformation, Malformed, Scan, detect, scan};

/// What the texts of a template hold.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    /// The dialect they are read in.
    pub(super) dialect: Option<Dialect>,
    /// Whether the configuration, the document, its kind or the file's ending says so: else it is a guess.
    pub(super) stated: bool,
    /// Each with the number of its text.
    pub(super) scans: Vec<(usize, Scan)>,
    /// What stands there in other dialects, each with the number of its text.
    pub(super) others: Vec<(usize, Scan)>,
}

impl Placeholders {
    /// Reads the texts of `document` that have placeholders. Cost: a constant per byte.
    pub(super) fn read(document: &Document<'_>, config: &Config) -> Self {
        if !document.kind.is_template() {
            return Placeholders::default();
        }
        let texts = || document.prompts.iter().enumerate().filter(|(_, prompt)| prompt.part.instructs());
        let own = || {
            let tree = document.tree.as_ref().filter(|_| config.inline_ignores && document.kind.takes_remarks())?;
            Dialect::from_name(tree.text(tree.find(&["$lint", "dialect"])?)?.as_str())
        };
        let stated = config.dialect.or_else(own).or(document.kind.dialect()).or(document.dialect);
        let detected: Vec<(usize, &Prompt, Detected)> =
            texts().map(|(index, prompt)| (index, prompt, detected(read_as(prompt, stated.is_some())))).collect();
        let guessed = || told(document, &detected).or_else(|| begun(texts().map(|(_, prompt)| prompt)));
        let dialect = stated.or_else(guessed);
        let mut found = Placeholders { dialect, stated: stated.is_some(), ..Placeholders::default() };
        let Some(dialect) = dialect else { return found };
        for (index, prompt, detected) in detected {
            let text = read_as(prompt, found.stated);
            found.scans.push((index, counted(text, dialect)));
            if prompt.is_markdown() || dialect.is_jinja() || dialect == Dialect::SemanticKernel {
                // Other braces are of the prose, or of the samples in it.
                continue;
            }
            for (other, ..) in detected.occurring.into_iter().filter(|(other, ..)| *other != dialect) {
                let scan = counted(text, other);
                // A2: upstream's edge wants every `${…}` well formed, whatever else stands there.
                if other == Dialect::JavaScript && document.kind == Kind::CachedTemplate {
                    found.scans.push((index, scan.clone()));
                }
                found.others.push((index, scan));
            }
        }
        found
    }
}

/// What of `prompt` is read: all of it where its dialect is stated, else not what is code.
fn read_as(prompt: &Prompt, stated: bool) -> &str {
    if stated { prompt.as_str() } else { prompt.prose() }
}

fn detected(text: &str) -> Detected {
    let detected = detect(text);
    work::count(usize::try_from(detected.steps).unwrap_or(usize::MAX));
    detected
}

fn counted(text: &str, dialect: Dialect) -> Scan {
    let scan = scan(text, dialect);
    work::count(usize::try_from(scan.steps).unwrap_or(usize::MAX));
    scan
}

/// The dialect that the texts look to be in: Jinja by a statement in it, Semantic Kernel by a `{{$name}}`, else the one
/// with the most placeholders in all texts together, the earlier one of equals. What is cached is filled in by `${…}`
/// (requirements, A2) or `{{…}}`: single braces are its own text there, unless it is said otherwise. In prose and in
/// documents of other programs nothing but two braces is believed.
fn told(document: &Document<'_>, detected: &[(usize, &Prompt, Detected)]) -> Option<Dialect> {
    let texts = || detected.iter().map(|(_, prompt, _)| prompt.prose());
    if texts().any(has_statement) {
        return Some(Dialect::Jinja);
    }
    if texts().any(|text| names_after(text, "{{$")) {
        return Some(Dialect::SemanticKernel);
    }
    let count = |dialect: Dialect| -> usize {
        let occurring = detected.iter().flat_map(|(_, _, detected)| &detected.occurring);
        occurring.filter(|(other, ..)| *other == dialect).map(|(_, count, _)| count).sum()
    };
    let braces_only = document.kind != Kind::CachedTemplate && document.tree.is_some()
        || detected.iter().any(|(_, prompt, _)| prompt.is_markdown());
    // `\u{200D}` is an escape, and `${HOME}` a shell's.
    let escapes = texts().any(|text| text.contains("\\u{"));
    let shell = document.kind == Kind::Text && texts().all(is_shell);
    let possible = [Dialect::JavaScript, Dialect::Mustache, Dialect::Format].into_iter();
    let possible = possible.filter(|dialect| match dialect {
        Dialect::Mustache => true,
        Dialect::Format => !braces_only && !escapes && document.kind != Kind::CachedTemplate,
        _ => !braces_only && !shell,
    });
    // A sample whose braces are doubled shows that single ones are the placeholders.
    let format = possible.clone().any(|dialect| dialect == Dialect::Format) && count(Dialect::Format) > 0;
    if format && texts().any(has_doubled_sample) {
        return Some(Dialect::Format);
    }
    let counts = possible.rev().map(|dialect| (count(dialect), dialect));
    let most = counts.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count).map(|(_, dialect)| dialect)?;
    let fits = |dialect| {
        let odd =
            |text: &str| counted(text, dialect).malformed.iter().any(|bad| bad.kind == Malformation::NotAnExpression);
        !texts().any(odd)
    };
    match most {
        // `{{ name | upper }}` is no Mustache.
        Dialect::Mustache if !fits(Dialect::Mustache) && fits(Dialect::Jinja) => Some(Dialect::Jinja),
        // Where most braces are those of code, a name between two of them is no placeholder.
        Dialect::Format => {
            let (mut placeholders, mut code) = (0, 0);
            for text in texts() {
                let scan = counted(text, Dialect::Format);
                placeholders += scan.placeholders.len();
                code += scan.malformed.iter().filter(|bad| !is_json(text, bad)).count();
            }
            (code <= placeholders).then_some(Dialect::Format)
        }
        most => Some(most),
    }
}

/// Whether most names between `${` and `}` are in capitals, as those of the environment are.
fn is_shell(text: &str) -> bool {
    work::count(text.len());
    let (mut capitals, mut others) = (0_usize, 0_usize);
    for rest in text.split("${").skip(1) {
        let name = rest.trim_start_matches(['{', '$']);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        if name.is_empty() || name.contains(|c: char| c.is_ascii_lowercase()) { others += 1 } else { capitals += 1 }
    }
    capitals > others
}

/// Whether the braces are those of a sample of JSON.
fn is_json(text: &str, bad: &Malformed) -> bool {
    let inner = text.get(bad.span.start + 1..).unwrap_or_default();
    bad.kind == Malformation::LiteralBraces && inner.trim_start().starts_with(['"', '\'', '}', '['])
}

/// Whether a statement of Jinja stands in `text`: `{% if`, `{%- for`.
fn has_statement(text: &str) -> bool {
    let begins = |rest: &str| {
        let word = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start_matches([' ', '\n']);
        word.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    work::count(text.len());
    text.split("{%").skip(1).any(begins)
}

/// Whether a name follows `opener` somewhere.
fn names_after(text: &str, opener: &str) -> bool {
    work::count(text.len());
    text.split(opener).skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// Whether a sample of JSON stands in `text` whose braces are doubled, as `str.format` wants them.
fn has_doubled_sample(text: &str) -> bool {
    work::count(text.len());
    let sample = |rest: &str| rest.starts_with("{{") || rest.trim_start().starts_with(['"', '\'']);
    text.split("{{").skip(1).any(sample) || text.contains("{{{{")
}

/// Texts without one whole placeholder may have one that is not closed: `Hello {{name`.
fn begun<'a>(mut prompts: impl Iterator<Item = &'a Prompt>) -> Option<Dialect> {
    prompts.any(|prompt| !prompt.is_markdown() && names_after(prompt.as_str(), "{{")).then_some(Dialect::Mustache)
}
