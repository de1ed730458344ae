//! One thing that is wrong with a document: where, a stable code, and a sentence that tells what to do.

use std::fmt::Write as _;

use serde::Serialize;

/// A fault of a document. Neither field quotes a value: a value may be prompt text or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, as a JSONPath of names and indices (RFC 9535): `$.context[3].role`.
    pub path: String,
    /// Stable, for programs: `too_long`, `unknown_field`, ….
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// Where within the string at `path`, in UTF-16 code units, start inclusive, end exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
}

impl Fault {
    /// A fault at `path`.
    pub fn new(path: &Path, code: &'static str, message: impl Into<String>) -> Self {
        Fault { path: path.to_string(), code, message: message.into(), span: None }
    }

    /// The same fault, narrowed to the bytes `start..end` of `text`, the string at its path.
    pub fn within(mut self, text: &str, start: usize, end: usize) -> Self {
        let units = |to: usize| text.get(..to).map_or(0, |head| head.encode_utf16().count());
        self.span = Some((units(start), units(end)));
        self
    }
}

/// A path into a JSON document, grown and shrunk while walking it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Longest member name shown in a path, in characters; names come from outside.
const MAX_NAME: usize = 64;

impl Path {
    /// The document itself: `$`.
    pub fn root() -> Self {
        Path::default()
    }
    /// How many steps below the root.
    pub fn depth(&self) -> usize {
        self.0.len()
    }
    /// One step down, into the member `name`.
    pub fn push_name(&mut self, name: &str) {
        // What is not shown is not kept either: a name may be a megabyte.
        let end = if name.len() <= MAX_NAME { None } else { name.char_indices().nth(MAX_NAME + 1) };
        let shown = end.and_then(|(end, _)| name.get(..end)).unwrap_or(name);
        self.0.push(Step::Name(shown.to_owned()));
    }
    /// One step down, into the element `index`.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }
    /// One step up.
    pub fn pop(&mut self) {
        self.0.pop();
    }
    /// The path of the member `name` of what is here.
    pub fn name(&self, name: &str) -> Path {
        let mut path = self.clone();
        path.push_name(name);
        path
    }
    /// The path of the element `index` of what is here.
    pub fn index(&self, index: usize) -> Path {
        let mut path = self.clone();
        path.push_index(index);
        path
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('$')?;
        for step in &self.0 {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Name(name) if is_plain(name) => write!(f, ".{name}")?,
                Step::Name(name) => write!(f, "['{}']", printable(name))?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name from outside, fit to be shown: short, without control, invisible or quote characters.
pub fn printable(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(MAX_NAME)
        .map(|c| {
            if c == '\'' || c == '\\' || c == '`' || !(c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ') {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect();
    if name.chars().nth(MAX_NAME).is_some() {
        shown.push('…');
    }
    shown
}

/// The candidate closest to `name`, if any is close enough to be what was meant: at most a third of its
/// characters differ (optimal string alignment distance; case, `_` and `-` ignored).
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let fold = |name: &str| -> String {
        name.chars().take(MAX_NAME).flat_map(char::to_lowercase).filter(|c| *c != '_' && *c != '-').collect()
    };
    let name = fold(name);
    candidates
        .iter()
        .map(|candidate| (strsim::osa_distance(&name, &fold(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let path = Path::root().name("context").index(3);
        assert_eq!(path.name("role").to_string(), "$.context[3].role");
        assert_eq!(path.name("it's\n").to_string(), "$.context[3]['it\u{FFFD}s\u{FFFD}']");
        assert_eq!(path.name("").to_string(), "$.context[3]['']");
        let long = Path::root().name(&"x".repeat(1_000_000)).to_string();
        assert_eq!(long.chars().count(), MAX_NAME + 6);
    }

    #[test]
    fn nearest_names() {
        let known = ["systemInstructions", "context", "temperature", "maxTokens", "modelId"];
        for (name, expected) in [
            ("temprature", Some("temperature")),
            ("max_tokens", Some("maxTokens")),
            ("MAXTOKENS", Some("maxTokens")),
            ("modelID", Some("modelId")),
            ("contxet", Some("context")),
            ("system", None),
            ("stream", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
        nearest(&"é".repeat(1_000_000), &known);
    }

    #[test]
    fn spans_count_utf16_units() {
        let text = "a😀b";
        assert_eq!(Fault::new(&Path::root(), "x", "").within(text, 5, 6).span, Some((3, 4)));
    }
}
