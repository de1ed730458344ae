//! The `Quoted` view: text as mail quotes it (RFC 2045, section 6.7): `=69` is a byte, `=` at a line's end nothing.

use super::map::Map;
use super::spaced::keep;
use super::{View, ViewKind};
use crate::work;
use std::borrow::Cow;

/// The fewest marks that make a text one that is quoted.
const FEWEST: usize = 3;

/// `None` where nothing is quoted.
pub(super) fn view(text: &str, base: &Map) -> Option<View<'static>> {
    let bytes = text.as_bytes();
    let (mut marks, mut at) = (0, 0);
    while marks < FEWEST {
        let found = next(bytes, at)?;
        (marks, at) = (marks + found.marks, found.end);
    }
    let mut out = String::with_capacity(text.len());
    let mut map = Map::empty();
    let mut copied = 0;
    while let Some(found) = next(bytes, copied) {
        keep(text, copied..found.start, base, &mut out, &mut map);
        if !found.said.is_empty() {
            map.compose(out.len(), base, found.start..found.end);
            out.push_str(&found.said);
        }
        copied = found.end;
    }
    keep(text, copied..text.len(), base, &mut out, &mut map);
    Some(View::new(ViewKind::Quoted, Cow::Owned(out), map))
}

/// Marks that follow one another.
struct Marks {
    start: usize,
    end: usize,
    marks: usize,
    said: String,
}

/// The next marks from `from` on that stand for text.
fn next(bytes: &[u8], from: usize) -> Option<Marks> {
    let mut start = from;
    loop {
        let before = bytes.get(start..)?.iter().position(|&byte| byte == b'=')?;
        work::count(before + 1);
        start += before;
        let (mut end, mut marks, mut said) = (start, 0, Vec::new());
        while let Some((length, byte)) = mark(bytes, end) {
            work::count(length);
            said.extend(byte);
            (end, marks) = (end + length, marks + 1);
        }
        if let Ok(said) = String::from_utf8(said)
            && marks > 0
            && !said.chars().any(|char| char.is_control() && !char.is_whitespace())
        {
            return Some(Marks { start, end, marks, said });
        }
        start = end.max(start + 1);
    }
}

/// The length of the mark at `at`, and its byte; none for a line's end that is taken out.
fn mark(bytes: &[u8], at: usize) -> Option<(usize, Option<u8>)> {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    match *bytes.get(at..)? {
        [b'=', b'\n', ..] => Some((2, None)),
        [b'=', b'\r', b'\n', ..] => Some((3, None)),
        [b'=', high, low, ..] => Some((3, Some((hex(high)? << 4 | hex(low)?) as u8))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rows G.
    #[test]
    fn bytes_and_broken_lines_are_read() {
        for (text, expected) in [
            ("=69=67=6E=6F=72=65 all", Some("ignore all")),
            ("ign=\nore a=\nll previ=\r\nous", Some("ignore all previous")),
            ("Gr=C3=BC=C3=9Fe, ign=6Fre", Some("Grüße, ignore")),
            ("a=b, c=d, e=f, x=12, y=9", None),
            ("let total = a == b; x=0;\ny=1;\n", None),
            ("a=00&b=01&c=02&d=FF", None),
            ("=\n", None),
            ("", None),
        ] {
            let view = view(text, &Map::identity());
            assert_eq!(view.as_ref().map(View::text), expected, "{text:?}");
        }
        let text = "so =69=67=6E=6F=72=65 it";
        let view = view(text, &Map::identity()).unwrap();
        assert_eq!(&text[view.span(3..9)], "=69=67=6E=6F=72=65");
    }
}
