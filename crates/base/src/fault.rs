//! One thing that is wrong with a document: where, a stable code, and a sentence with what to do.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

use crate::{label, work};

/// A fault of a document. Neither field quotes a value: a value may be prompt text or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, as a JSONPath of names and indices (RFC 9535): `$.context[3].role`.
    pub path: String,
    /// Stable, for programs: `too_long`, `unknown_field`, ….
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// Where within the string at `path`, in UTF-16 code units, start inclusive, end exclusive; of a value that is no
    /// string, within it as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
    /// Where in the body, where that is known and long enough to need it.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// A place in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// From 1. Lines end at LF, CR LF or CR.
    pub line: usize,
    /// From 1, in UTF-16 code units.
    pub column: usize,
}

impl Fault {
    /// A fault at `path`.
    pub fn new(path: &Path, code: &'static str, message: impl Into<String>) -> Self {
        Fault { path: path.to_string(), code, message: message.into(), span: None, place: None }
    }
}

/// Most faults of one document that are listed; the others are counted (requirements, "Errors and bad input").
pub const MAX_FAULTS: usize = 100;

/// What is wrong with one document: the first [`MAX_FAULTS`] faults, and how many more there are. A document of a
/// megabyte may have a hundred thousand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    list: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Adds a fault. `make` is called only if it is to be listed: describing it may cost more than finding it.
    pub fn add(&mut self, make: impl FnOnce() -> Fault) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(make());
        } else {
            self.more += 1;
        }
    }

    /// How many there are, listed or not.
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }

    /// How many there are that are not listed.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Those that are listed, to say more of each.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Fault> {
        self.list.iter_mut()
    }

    /// Adds those of another part.
    pub fn append(&mut self, other: Faults) {
        self.more += other.more;
        self.extend(other.list);
    }

    /// Adds those of a document that is the value at `path` of this one.
    pub fn below(&mut self, path: &Path, other: Faults) {
        self.more += other.more;
        let path = path.to_string();
        for fault in other.list {
            let rest = fault.path.strip_prefix('$').unwrap_or_default();
            let path = format!("{path}{rest}");
            self.add(|| Fault { path, ..fault });
        }
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        faults.into_iter().for_each(|fault| self.add(|| fault));
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut all = Faults::default();
        all.extend(faults);
        all
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        faults.into_iter().collect()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Faults { list: vec![fault], more: 0 }
    }
}

impl From<Faults> for Vec<Fault> {
    fn from(faults: Faults) -> Self {
        faults.list
    }
}

/// Those that are listed.
impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl std::ops::Deref for Faults {
    type Target = [Fault];
    fn deref(&self) -> &[Fault] {
        &self.list
    }
}

/// The bytes `ranges` of `text` in UTF-16 code units, in the same order, in one pass over the text however many there
/// are and however they overlap.
pub fn spans(text: &str, ranges: &[Range<usize>]) -> Vec<(usize, usize)> {
    let mut offsets: Vec<usize> = ranges.iter().flat_map(|range| [range.start, range.end]).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let (mut before, mut units) = (0, 0);
    let places: Vec<usize> = offsets
        .iter()
        .map(|&offset| {
            let part = text.get(before..offset).unwrap_or_default();
            work::count(part.len());
            units += if part.is_ascii() { part.len() } else { part.encode_utf16().count() };
            before += part.len();
            units
        })
        .collect();
    let place = |offset: usize| {
        let found = offsets.binary_search(&offset).ok().and_then(|index| places.get(index));
        found.copied().unwrap_or_default()
    };
    ranges.iter().map(|range| (place(range.start), place(range.end))).collect()
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
                Step::Name(name) => match printable(name) {
                    shown if is_plain(name) && shown == *name => write!(f, ".{name}")?,
                    shown => write!(f, "['{shown}']")?,
                },
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

/// A name from outside, fit to be shown: short, without control, invisible or quote characters, and [clean](label).
pub fn printable(name: &str) -> String {
    label::redacted(&legible(name))
}

/// A name as [`printable`] shows it, with what is secret in it.
pub fn legible(name: &str) -> String {
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
    work::count(candidates.len());
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
    fn a_secret_is_not_shown_as_a_name() {
        for name in ["AKIAQX3KZ7PLM2WVB6TN", "4111111111111111", "jane.doe@mail.example.org"] {
            let path = Path::root().name(name).name("x").to_string();
            assert!(!path.contains(name) && path.starts_with("$['[") && path.ends_with("]'].x"), "{path}");
            assert!(!printable(name).contains(name), "{name}");
        }
        assert_eq!(Path::root().name("safety_guardrails").to_string(), "$.safety_guardrails");
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
        let text = "a😀b😀";
        let ranges = [5..6, 0..10, 1..5, 6..10, 0..0];
        assert_eq!(spans(text, &ranges), [(3, 4), (0, 6), (1, 3), (4, 6), (0, 0)]);
        assert_eq!(spans("", &[]), []);
    }

    #[test]
    fn spans_are_found_in_one_pass() {
        for piece in ["é 12 ", "plain ", "😀"] {
            let text = piece.repeat(20_000);
            let step = piece.len();
            let starts = (0..20_000).map(|at| at * step);
            let dense: Vec<_> = starts.clone().map(|at| at..at + step).collect();
            let nested: Vec<_> = starts.map(|at| at..text.len()).collect();
            for ranges in [dense, nested] {
                let looked = work::of(|| drop(spans(&text, &ranges)));
                assert!(looked <= text.len() as u64, "{piece}: {looked} of {}", text.len());
            }
        }
    }

    #[test]
    fn a_hundred_faults_are_listed_and_the_others_counted() {
        let mut faults = Faults::default();
        let mut made = 0;
        for _ in 0..95_000 {
            faults.add(|| {
                made += 1;
                Fault::new(&Path::root(), "x", "")
            });
        }
        assert_eq!((faults.len(), faults.more(), faults.count(), made), (MAX_FAULTS, 94_900, 95_000, MAX_FAULTS));
        let mut outer = Faults::default();
        outer.below(&Path::root().name("a"), faults);
        assert_eq!((outer.len(), outer.count(), outer[0].path.as_str()), (MAX_FAULTS, 95_000, "$.a"));
    }
}
