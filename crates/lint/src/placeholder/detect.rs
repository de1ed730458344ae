//! Which dialects a text is written in.

use super::{Dialect, begins_name, continues_name};
use std::ops::Range;

/// What [`detect`] has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The dialect to read the text as: the one with the most placeholders, the earlier of
    /// [`Dialect::ALL`] where they are equal. `None` where there are none.
    pub dialect: Option<Dialect>,
    /// Each dialect that occurs: how often, and where first. More than one means that placeholders of all but
    /// one stay as they are.
    pub occurring: Vec<(Dialect, usize, Range<usize>)>,
    /// Bytes looked at: at most a constant for each of the text.
    pub steps: u64,
}

/// Which dialects occur in `text`. `${x}` is not taken for `{x}`, nor is `{{x}}`; braces count only where what
/// they hold looks like a placeholder, so that samples of JSON are none. Samples in doubled braces (`{{"a": …`) are
/// written so for `str.format` alone: where they are more than the tags of Mustache, those are its escapes.
pub fn detect(text: &str) -> Detected {
    let bytes = text.as_bytes();
    let mut found: [(usize, Range<usize>); 3] = [const { (0, 0..0) }; 3];
    let mut doubled = 0;
    let mut at = 0;
    let mut steps = 0;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        // Each looks ahead to the next brace of its kind and no farther, so no two of a kind look at the same bytes.
        let (dialect, seen, length) = match (byte, next) {
            (b'\\', Some(b'$' | b'{' | b'\\')) => (None, 2, 2),
            (b'$', Some(b'{')) => {
                let (seen, length) = expression(text, at);
                (Some(Dialect::JavaScript), seen, length)
            }
            (b'{', Some(b'{')) => match tag(text, at) {
                // Comments tell nothing: the linter's own are in texts of every dialect.
                (seen, true) => ((bytes.get(at + 2) != Some(&b'!')).then_some(Dialect::Mustache), seen, seen),
                (seen, false) => {
                    doubled += usize::from(is_member(text.get(at + 2..).unwrap_or_default()));
                    (None, seen, 2)
                }
            },
            // `stash@{0}`
            (b'{', _) if at > 0 && bytes.get(at - 1) == Some(&b'@') => (None, 1, 1),
            (b'{', _) => match field(text, at) {
                (seen, true) => (Some(Dialect::Format), seen, seen),
                (seen, false) => (None, seen, 1),
            },
            _ => (None, 1, 1),
        };
        steps += seen as u64;
        if let Some((count, first)) = dialect.and_then(|dialect| found.get_mut(dialect as usize)) {
            *count += 1;
            if *count == 1 {
                *first = at..at + length;
            }
        }
        at += length;
    }
    let [_, (tags, _), (fields, _)] = &mut found;
    if doubled > 0 && *fields + doubled > *tags {
        *tags = 0;
    }
    let occurring: Vec<_> = Dialect::ALL
        .iter()
        .copied()
        .zip(found)
        .filter(|(_, (count, _))| *count > 0)
        .map(|(dialect, (count, first))| (dialect, count, first))
        .collect();
    // `max_by_key` takes the last of equals.
    let dialect = occurring.iter().rev().max_by_key(|(_, count, _)| *count).map(|(dialect, _, _)| *dialect);
    Detected { dialect, occurring, steps }
}

/// `${ … }`, or just the `${` where another brace comes before its end: the bytes looked at, and the length.
fn expression(text: &str, at: usize) -> (usize, usize) {
    let rest = text.get(at + 2..).unwrap_or_default();
    let end = rest.find(['{', '}']).unwrap_or(rest.len());
    (end + 3, if rest.as_bytes().get(end) == Some(&b'}') { end + 3 } else { 2 })
}

/// `{{name …}}`, `{{#name …}}`, `{{! … }}`: the bytes looked at, which are its length if it is one, and whether it is.
fn tag(text: &str, at: usize) -> (usize, bool) {
    let rest = text.as_bytes().get(at + 2..).unwrap_or_default();
    let pair = |pair: &[u8]| pair == b"{{" || pair == b"}}";
    let end = rest.windows(2).position(pair).unwrap_or(rest.len());
    let Some(inner) = text.get(at + 2..at + 2 + end).filter(|_| rest.get(end) == Some(&b'}')) else {
        return (end + 4, false);
    };
    let body = inner.trim_start_matches(['{', '~', ' ']);
    let sigil = body.starts_with(['#', '^', '/', '>', '&', '!']);
    let name = body.trim_start_matches(['#', '^', '/', '>', '&', '!', '@', '.', ' ']);
    let begins = sigil || body.starts_with(['@', '.']) || name.starts_with(begins_name);
    (end + 4, begins && !is_sample(body))
}

/// Whether what follows doubled braces is the first member of a sample of JSON: `"name": …`.
fn is_member(rest: &str) -> bool {
    let Some(name) = rest.trim_start().strip_prefix('"') else { return false };
    let end = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))).unwrap_or(name.len());
    name.get(end..).and_then(|rest| rest.strip_prefix('"')).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

/// Whether what follows a brace is a member of a JSON or JavaScript sample: `name: …`.
fn is_sample(body: &str) -> bool {
    body.trim_start_matches(continues_name).trim_start().starts_with(':')
}

/// `{name}`, `{name.member[0]!r:>10}`, `{}`: the bytes looked at, which are its length if it is one, and whether it is.
fn field(text: &str, at: usize) -> (usize, bool) {
    let rest = text.get(at + 1..).unwrap_or_default();
    let end = rest.find(['{', '}', '\n']).unwrap_or(rest.len());
    let Some(body) = rest.get(..end).filter(|_| rest.as_bytes().get(end) == Some(&b'}')) else {
        return (end + 2, false);
    };
    let reference = body.split(['!', ':']).next().unwrap_or_default();
    let tail = body.get(reference.len()..).unwrap_or_default();
    let named = reference.is_empty()
        || (reference.starts_with(|c: char| begins_name(c) || c.is_ascii_digit())
            && reference.chars().all(|c| continues_name(c) || matches!(c, '.' | '[' | ']')));
    let formatted =
        tail.is_empty() || tail.starts_with('!') || tail.get(1..).is_some_and(|spec| !spec.starts_with(' '));
    (end + 2, named && formatted)
}
