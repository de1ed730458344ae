//! The placeholders of a document's texts: in which dialect, and where.

use super::config::Config;
use super::document::{Document, Kind, Prompt};
use super::work;
use crate::placeholder::{Detected, Dialect, LinePrefixes, Malformation, Malformed, Scan, detect, scan_lines};

/// What the texts of a template hold.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    /// The dialect they are read in.
    pub(super) dialect: Option<Dialect>,
    /// Whether the configuration, the document, its kind or the file's ending says so: else it is a guess.
    pub(super) stated: bool,
    /// Each with the number of its text.
    pub(super) scans: Vec<(usize, Scan)>,
    /// What is there in other dialects, each with the number of its text.
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
            found.scans.push((index, counted(text, dialect, &config.line_prefixes)));
            if prompt.is_markdown() || dialect.has_statements() || dialect == Dialect::SemanticKernel {
                // Other braces are of the prose, or of the samples in it.
                continue;
            }
            for (other, ..) in detected.occurring.into_iter().filter(|(other, ..)| *other != dialect) {
                let scan = counted(text, other, &config.line_prefixes);
                // A2: upstream's edge wants every `${…}` well formed, whatever else is there.
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

fn counted(text: &str, dialect: Dialect, prefixes: &LinePrefixes) -> Scan {
    let scan = scan_lines(text, dialect, prefixes);
    work::count(usize::try_from(scan.steps).unwrap_or(usize::MAX));
    scan
}

/// The dialect that the texts look to be in: Jinja or Liquid by a statement in it, Semantic Kernel by a `{{$name}}`, else the one
/// with the most placeholders in all texts together, the earlier one of equals. What is cached is filled in by `${…}`
/// (requirements, A2) or `{{…}}`: single braces are its own text there, unless it is said otherwise. In prose and in
/// documents of other programs nothing but two braces is believed.
fn told(document: &Document<'_>, detected: &[(usize, &Prompt, Detected)]) -> Option<Dialect> {
    let texts = || detected.iter().map(|(_, prompt, _)| prompt.prose());
    if let Some(dialect) =
        texts().filter_map(statements).reduce(|one, other| if one == Dialect::Liquid { one } else { other })
    {
        return Some(dialect);
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
    // `\u{200D}` and `\frac{a}` are escapes, `${HOME}` a shell's, `{{ .Name }}` Go's.
    let possible = |dialect: &Dialect| {
        count(*dialect) > 0
            && match dialect {
                Dialect::Mustache => !texts().any(is_go),
                Dialect::Format => !braces_only && document.kind != Kind::CachedTemplate && !texts().any(has_escape),
                _ => !(braces_only || document.kind == Kind::Text && texts().all(is_shell)),
            }
    };
    let possible: Vec<Dialect> =
        [Dialect::JavaScript, Dialect::Mustache, Dialect::Format].into_iter().filter(possible).collect();
    // A sample whose braces are doubled shows that single ones are the placeholders.
    if possible.contains(&Dialect::Format) && texts().any(has_doubled_sample) {
        return Some(Dialect::Format);
    }
    let counts = possible.into_iter().rev().map(|dialect| (count(dialect), dialect));
    let most = counts.max_by_key(|(count, _)| *count).map(|(_, dialect)| dialect)?;
    let fits = |dialect| {
        let odd = |text: &str| {
            counted(text, dialect, &LinePrefixes::default())
                .malformed
                .iter()
                .any(|bad| bad.kind == Malformation::NotAnExpression)
        };
        !texts().any(odd)
    };
    match most {
        // `{{ name | upper }}` is no Mustache.
        Dialect::Mustache if !fits(Dialect::Mustache) && fits(Dialect::Jinja) => Some(Dialect::Jinja),
        // Where most braces are those of code, a name between two of them is no placeholder.
        Dialect::Format => {
            let (mut placeholders, mut code) = (0, 0);
            for text in texts() {
                let scan = counted(text, Dialect::Format, &LinePrefixes::default());
                placeholders += scan.placeholders.len();
                code += scan.malformed.iter().filter(|bad| !is_json(text, bad)).count();
            }
            (code <= placeholders).then_some(Dialect::Format)
        }
        most => Some(most),
    }
}

/// Whether most names between `${` and `}` are in capitals, as those of the environment are, or used as a shell does.
fn is_shell(text: &str) -> bool {
    work::count(text.len());
    let (mut capitals, mut others) = (0_usize, 0_usize);
    for rest in text.split("${").skip(1) {
        let name = rest.trim_start_matches(['{', '$']);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        let (name, behind) = name.split_at_checked(end).unwrap_or_default();
        // `${file%.txt}`, `${env:KEY}`, `${{ github.sha }}`: no expressions.
        let shell = behind.starts_with([':', '%', '#', '^', ',']) || rest.starts_with('{');
        let small = name.contains(|c: char| c.is_ascii_lowercase());
        if !shell && (name.is_empty() || small) { others += 1 } else { capitals += 1 }
    }
    capitals > others
}

/// Whether an escape with braces is in `text`: `\u{200D}`, `\textbf{x}`.
fn has_escape(text: &str) -> bool {
    work::count(text.len());
    text.split('\\').skip(1).any(|rest| {
        let name = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        name > 0 && rest.as_bytes().get(name) == Some(&b'{')
    })
}

/// Whether placeholders of Go's templates are in `text`: `{{ .Name }}`, `{{- range .Items }}`.
fn is_go(text: &str) -> bool {
    work::count(text.len());
    text.split("{{").skip(1).any(|rest| {
        let body = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(' ');
        let named = body.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        named || ["range .", "with .", "if .", "template \""].iter().any(|word| body.starts_with(word))
    })
}

/// Whether the braces are those of a sample of JSON.
fn is_json(text: &str, bad: &Malformed) -> bool {
    let inner = text.get(bad.span.start + 1..).unwrap_or_default();
    bad.kind == Malformation::LiteralBraces && inner.trim_start().starts_with(['"', '\'', '}', '['])
}

/// The dialect of the statements in `text`: Liquid by one that Jinja does not have, `{% assign`; else Jinja, `{%- for`.
fn statements(text: &str) -> Option<Dialect> {
    const LIQUID: [&str; 9] =
        ["assign", "unless", "elsif", "capture", "tablerow", "comment", "liquid", "render", "endunless"];
    fn word(rest: &str) -> &str {
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start_matches([' ', '\n']);
        rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
    }
    work::count(text.len());
    let mut words = text.split("{%").skip(1).map(word).filter(|word| !word.is_empty()).peekable();
    words.peek()?;
    Some(if words.any(|word| LIQUID.contains(&word)) { Dialect::Liquid } else { Dialect::Jinja })
}

/// Whether a name follows `opener` somewhere.
fn names_after(text: &str, opener: &str) -> bool {
    work::count(text.len());
    text.split(opener).skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// Whether a sample of JSON is in `text` whose braces are doubled, as `str.format` wants them.
fn has_doubled_sample(text: &str) -> bool {
    work::count(text.len());
    let sample = |rest: &str| rest.starts_with("{{") || rest.trim_start().starts_with(['"', '\'']);
    text.split("{{").skip(1).any(sample) || text.contains("{{{{")
}

/// Texts without one whole placeholder may have one that is not closed: `Hello {{name`.
fn begun<'a>(mut prompts: impl Iterator<Item = &'a Prompt>) -> Option<Dialect> {
    prompts
        .any(|prompt| !prompt.is_markdown() && names_after(prompt.as_str(), "{{") && !is_go(prompt.as_str()))
        .then_some(Dialect::Mustache)
}
