//! The placeholders of a document's texts: in which dialect, and where.

use super::config::Config;
use super::document::{Document, Kind, Prompt};
use super::work;
use crate::template::placeholder::{Detected, Dialect, Scan, detect, scan};

/// What the texts of a template hold.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    /// The dialect they are read in.
    pub(super) dialect: Option<Dialect>,
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
        let detected: Vec<(usize, &Prompt, Detected)> =
            texts().map(|(index, prompt)| (index, prompt, detected(prompt.as_str()))).collect();
        let stated = || {
            let tree = document.tree.as_ref().filter(|_| config.inline_ignores && document.kind.takes_remarks())?;
            Dialect::from_name(tree.text(tree.find(&["$lint", "dialect"])?)?.as_str())
        };
        let told = || told(document.kind, &detected).or_else(|| begun(texts().map(|(_, prompt)| prompt)));
        let dialect = config.dialect.or_else(stated).or(document.kind.dialect()).or_else(told);
        let mut found = Placeholders { dialect, ..Placeholders::default() };
        let Some(dialect) = dialect else { return found };
        for (index, prompt, detected) in detected {
            found.scans.push((index, counted(prompt, dialect)));
            for (other, ..) in detected.occurring.into_iter().filter(|(other, ..)| *other != dialect) {
                let scan = counted(prompt, other);
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

fn detected(text: &str) -> Detected {
    let detected = detect(text);
    work::count(usize::try_from(detected.steps).unwrap_or(usize::MAX));
    detected
}

fn counted(prompt: &Prompt, dialect: Dialect) -> Scan {
    let scan = scan(prompt.as_str(), dialect);
    work::count(usize::try_from(scan.steps).unwrap_or(usize::MAX));
    scan
}

/// The dialect with the most placeholders in all texts together; the earlier one of equals. What is cached is filled
/// in by `${…}` (requirements, A2) or `{{…}}`: single braces are its own text there, unless it is said otherwise.
fn told(kind: Kind, detected: &[(usize, &Prompt, Detected)]) -> Option<Dialect> {
    let count = |dialect: Dialect| -> usize {
        let occurring = detected.iter().flat_map(|(_, _, detected)| &detected.occurring);
        occurring.filter(|(other, ..)| *other == dialect).map(|(_, count, _)| count).sum()
    };
    let possible =
        Dialect::ALL.into_iter().filter(|dialect| kind != Kind::CachedTemplate || *dialect != Dialect::Format);
    let counts = possible.rev().map(|dialect| (count(dialect), dialect));
    counts.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count).map(|(_, dialect)| dialect)
}

/// Texts without one whole placeholder may have one that is not closed: `Hello {{name`.
fn begun<'a>(mut prompts: impl Iterator<Item = &'a Prompt>) -> Option<Dialect> {
    let opens = |prompt: &Prompt| {
        let names = |rest: &str| rest.starts_with(|char: char| char.is_alphabetic() || char == '_');
        prompt.as_str().split("{{").skip(1).any(names)
    };
    prompts.any(opens).then_some(Dialect::Mustache)
}
