//! The placeholders of a document's texts: in which dialect, and where.

use super::config::Config;
use super::document::{Document, Kind, Prompt};
use super::work;
use crate::placeholder::{Detected, Dialect, Scan, detect, scan};

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
        let guessed = || told(document.kind, &detected).or_else(|| begun(texts().map(|(_, prompt)| prompt)));
        let dialect = stated.or_else(guessed);
        let mut found = Placeholders { dialect, stated: stated.is_some(), ..Placeholders::default() };
        let Some(dialect) = dialect else { return found };
        for (index, prompt, detected) in detected {
            let text = read_as(prompt, found.stated);
            found.scans.push((index, counted(text, dialect)));
            if prompt.is_markdown() {
                // Other braces are of the prose.
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

/// The dialect with the most placeholders in all texts together; the earlier one of equals. What is cached is filled
/// in by `${…}` (requirements, A2) or `{{…}}`: single braces are its own text there, unless it is said otherwise. In
/// Markdown nothing but `{{…}}` is believed.
fn told(kind: Kind, detected: &[(usize, &Prompt, Detected)]) -> Option<Dialect> {
    let count = |dialect: Dialect| -> usize {
        let occurring = detected.iter().flat_map(|(_, _, detected)| &detected.occurring);
        occurring.filter(|(other, ..)| *other == dialect).map(|(_, count, _)| count).sum()
    };
    let markdown = detected.iter().any(|(_, prompt, _)| prompt.is_markdown());
    let possible = Dialect::ALL.into_iter().filter(|dialect| match dialect {
        Dialect::Mustache => true,
        Dialect::JavaScript => !markdown,
        Dialect::Format => !markdown && kind != Kind::CachedTemplate,
    });
    let counts = possible.rev().map(|dialect| (count(dialect), dialect));
    counts.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count).map(|(_, dialect)| dialect)
}

/// Texts without one whole placeholder may have one that is not closed: `Hello {{name`.
fn begun<'a>(mut prompts: impl Iterator<Item = &'a Prompt>) -> Option<Dialect> {
    let opens = |prompt: &Prompt| {
        let names = |rest: &str| rest.starts_with(|char: char| char.is_alphabetic() || char == '_');
        !prompt.is_markdown() && prompt.as_str().split("{{").skip(1).any(names)
    };
    prompts.any(opens).then_some(Dialect::Mustache)
}
