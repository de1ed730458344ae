//! Paths of Mustache: `name`, `a.b`, `../a`, `this.a`, `@index`, `a.[any thing]`.

use super::{begins_name, continues_name};

/// Whether a path begins with a variable, and not with `this`.
pub(super) fn names_root(path: &str) -> bool {
    path.split(['.', '/']).next() != Some("this")
}

/// The length of the word at the start of `rest`; `[…]` may hold anything but `]`.
pub(super) fn word_length(rest: &str) -> usize {
    let mut bracketed = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'[' => bracketed = true,
            b']' => bracketed = false,
            b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b'=' | b'"' | b'\'' if !bracketed => return at,
            _ => {}
        }
    }
    rest.len()
}

/// Whether `word` is `name`, `a.b`, `a/b`, `../a`, `this.a`, `@index`, `.` or `a.[any thing]`.
pub(super) fn is_path(word: &str) -> bool {
    let mut rest = word.strip_prefix('@').unwrap_or(word);
    while let Some(after) = rest.strip_prefix("../") {
        rest = after;
    }
    rest = rest.strip_prefix("./").unwrap_or(rest);
    if matches!(rest, "." | "..") {
        return true;
    }
    loop {
        let length = if rest.starts_with('[') {
            match rest.find(']') {
                Some(at) if at > 1 => at + 1,
                _ => return false,
            }
        } else if rest.starts_with(begins_name) || rest.starts_with(|c: char| c.is_ascii_digit()) {
            rest.find(|c: char| !(continues_name(c) || c == '-')).unwrap_or(rest.len())
        } else {
            return false;
        };
        rest = rest.get(length..).unwrap_or_default();
        if rest.is_empty() {
            return !word.starts_with(|c: char| c.is_ascii_digit());
        }
        match rest.strip_prefix(['.', '/']) {
            Some(after) => rest = after,
            None => return false,
        }
    }
}

/// The names of a path that [`is_path`], and where each begins: `this`, `.` and `..` are none.
pub(super) fn segments(path: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    let mut bracketed = false;
    path.split(move |c: char| {
        match c {
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ => {}
        }
        !bracketed && (c == '.' || c == '/')
    })
    .map(move |part| {
        let from = at;
        at += part.len() + 1;
        match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
            Some(name) => (name, from + 1),
            None if part.starts_with('@') => (part.get(1..).unwrap_or_default(), from + 1),
            None => (part, from),
        }
    })
    .filter(|(part, _)| !part.is_empty() && *part != "this")
}
