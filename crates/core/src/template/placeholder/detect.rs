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
}

/// Longest look ahead from an opening brace, in bytes: what takes longer counts as no placeholder here.
const REACH: usize = 256;

/// Which dialects occur in `text`. `${x}` is not taken for `{x}`, nor is `{{x}}`; braces count only where what
/// they hold looks like a placeholder, so that samples of JSON are none.
pub fn detect(text: &str) -> Detected {
    let bytes = text.as_bytes();
    let mut found: [(usize, Range<usize>); 3] = [const { (0, 0..0) }; 3];
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        let (dialect, length) = match (byte, next) {
            (b'\\', Some(b'$' | b'{' | b'\\')) => {
                at += 2;
                continue;
            }
            (b'$', Some(b'{')) => (Some(Dialect::JavaScript), expression(text, at)),
            (b'{', Some(b'{')) => match tag(text, at) {
                Some(length) => (Some(Dialect::Mustache), length),
                None => (None, 2),
            },
            (b'{', _) => match field(text, at) {
                Some(length) => (Some(Dialect::Format), length),
                None => (None, 1),
            },
            _ => (None, 1),
        };
        if let Some((count, first)) = dialect.and_then(|dialect| found.get_mut(dialect as usize)) {
            *count += 1;
            if *count == 1 {
                *first = at..at + length;
            }
        }
        at += length;
    }
    let occurring: Vec<_> = Dialect::ALL
        .into_iter()
        .zip(found)
        .filter(|(_, (count, _))| *count > 0)
        .map(|(dialect, (count, first))| (dialect, count, first))
        .collect();
    // `max_by_key` takes the last of equals.
    let dialect = occurring.iter().rev().max_by_key(|(_, count, _)| *count).map(|(dialect, _, _)| *dialect);
    Detected { dialect, occurring }
}

/// What lies within reach after `at`.
fn ahead(text: &str, at: usize) -> &str {
    text.get(at..text.floor_char_boundary(at.saturating_add(REACH))).unwrap_or_default()
}

/// `${ … }`, or just the `${` where its end is not at once to be seen.
fn expression(text: &str, at: usize) -> usize {
    let rest = ahead(text, at + 2);
    match rest.find(['{', '}']) {
        Some(end) if rest.as_bytes().get(end) == Some(&b'}') => end + 3,
        _ => 2,
    }
}

/// `{{name …}}`, `{{#name …}}`, `{{! … }}`: the length.
fn tag(text: &str, at: usize) -> Option<usize> {
    let rest = ahead(text, at + 2);
    let body = rest.trim_start_matches(['{', '~', ' ']);
    let sigil = body.starts_with(['#', '^', '/', '>', '&', '!']);
    let name = body.trim_start_matches(['#', '^', '/', '>', '&', '!', '@', '.', ' ']);
    let end = rest.find("}}")?;
    let clean = !rest.get(..end)?.contains("{{");
    let opened = rest.len() - body.len() <= end;
    (clean && opened && (sigil || body.starts_with(['@', '.']) || name.starts_with(begins_name)) && !is_sample(body))
        .then_some(end + 4)
}

/// Whether what follows a brace is a member of a JSON or JavaScript sample: `name: …`.
fn is_sample(body: &str) -> bool {
    body.trim_start_matches(continues_name).trim_start().starts_with(':')
}

/// `{name}`, `{name.member[0]!r:>10}`, `{}`: the length.
fn field(text: &str, at: usize) -> Option<usize> {
    let rest = ahead(text, at + 1);
    let end = rest.find(['{', '}', '\n'])?;
    let body = rest.get(..end).filter(|_| rest.as_bytes().get(end) == Some(&b'}'))?;
    let reference = body.split(['!', ':']).next().unwrap_or_default();
    let tail = body.get(reference.len()..)?;
    let named = reference.is_empty()
        || (reference.starts_with(|c: char| begins_name(c) || c.is_ascii_digit())
            && reference.chars().all(|c| continues_name(c) || matches!(c, '.' | '[' | ']')));
    let formatted =
        tail.is_empty() || tail.starts_with('!') || tail.get(1..).is_some_and(|spec| !spec.starts_with(' '));
    (named && formatted).then_some(end + 2)
}
