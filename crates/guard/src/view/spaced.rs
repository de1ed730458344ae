//! The `Spaced` view: letters standing apart closed up to words.

use super::map::Map;
use super::{View, ViewKind};
use crate::work;
use std::borrow::Cow;
use std::ops::Range;

/// So many single letters in a row are spelling, not initials.
const FEWEST: usize = 4;

/// `None` where nothing stands apart.
pub(super) fn view(text: &str, base: &Map) -> Option<View<'static>> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let mut at = first_pair(bytes)?;
    while let Some(run) = next_run(bytes, at) {
        at = run.end;
        runs.push(run);
    }
    if runs.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut map = Map::empty();
    let mut copied = 0;
    for run in runs {
        keep(text, copied..run.start, base, &mut out, &mut map);
        close_up(bytes, run.clone(), base, &mut out, &mut map);
        copied = run.end;
    }
    keep(text, copied..text.len(), base, &mut out, &mut map);
    Some(View::new(ViewKind::Spaced, Cow::Owned(out), map))
}

/// Where a single letter stands one to three bytes after another: prose has few such places,
/// and finding none takes a fraction of looking for runs. Whole chunks without a branch, which
/// the compiler turns into vector code.
fn first_pair(bytes: &[u8]) -> Option<usize> {
    const CHUNK: usize = 64;
    let mut start = 0;
    while start < bytes.len() {
        // One byte before the chunk and five after it belong to its patterns.
        let mut letters = [false; CHUNK + 6];
        let from = start.saturating_sub(1);
        let window = bytes.get(from..).unwrap_or_default();
        for (place, &byte) in letters.iter_mut().skip(usize::from(start == 0)).zip(window) {
            let digit = byte.wrapping_sub(b'0') < 10;
            *place = digit | ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte >= 0x80);
        }
        let at = |offset: usize| letters.get(offset..offset + CHUNK).unwrap_or_default().iter();
        let mut found = false;
        let shifted = at(0).zip(at(1)).zip(at(2)).zip(at(3)).zip(at(4)).zip(at(5)).zip(at(6));
        for ((((((a, b), c), d), e), f), g) in shifted {
            let next = (*d & !e) | (!d & *e & !f) | (!d & !e & *f & !g);
            found |= !a & *b & !c & next;
        }
        if found {
            return Some(start.saturating_sub(1));
        }
        start += CHUNK;
    }
    None
}

/// What stands between letters that were pulled apart.
fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'.' | b'-' | b'_' | b'*' | b'|' | b'/' | b'+' | b',' | b'~' | b'\n')
}

/// The next run of single letters with gaps of one to three bytes between them.
fn next_run(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let single = |at: usize| {
        let letter = |at: usize| bytes.get(at).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
        letter(at) && bytes.get(at).is_some_and(u8::is_ascii) && !letter(at + 1) && (at == 0 || !letter(at - 1))
    };
    let mut at = from;
    while at + 2 * FEWEST - 1 <= bytes.len() {
        work::count(1);
        if !single(at) {
            at += 1;
            continue;
        }
        let (start, mut end, mut count, mut letters) = (at, at + 1, 1, 0);
        letters += usize::from(bytes.get(at).is_some_and(u8::is_ascii_alphabetic));
        loop {
            work::count(4);
            let gap = bytes.get(end..).unwrap_or_default().iter().take(4).take_while(|&&byte| is_gap(byte)).count();
            if gap == 0 || gap > 3 || !single(end + gap) {
                break;
            }
            letters += usize::from(bytes.get(end + gap).is_some_and(u8::is_ascii_alphabetic));
            end += gap + 1;
            count += 1;
        }
        if count >= FEWEST && letters * 2 > count {
            return Some(start..end);
        }
        at = end;
    }
    None
}

/// A single gap byte closes up; a wider gap, or another sign than the first, ends a word.
fn close_up(bytes: &[u8], run: Range<usize>, base: &Map, out: &mut String, map: &mut Map) {
    let usual = bytes.get(run.start + 1).copied().unwrap_or(b' ');
    let mut gap = 0;
    for at in run.clone() {
        let Some(&byte) = bytes.get(at) else {
            break;
        };
        if is_gap(byte) {
            gap += 1;
            continue;
        }
        let odd = bytes.get(at.wrapping_sub(1)).is_some_and(|&before| before != usual);
        if at > run.start && (gap > 1 || odd) {
            map.compose(out.len(), base, at - gap..at);
            out.push(' ');
        }
        gap = 0;
        map.compose(out.len(), base, at..at + 1);
        out.push(char::from(byte));
    }
}

/// Takes over `range` of `text` as it is.
pub(super) fn keep(text: &str, range: Range<usize>, base: &Map, out: &mut String, map: &mut Map) {
    let Some(part) = text.get(range.clone()) else {
        return;
    };
    for (offset, word) in words(part) {
        let at = range.start + offset;
        let span = base.span(at..at + word.len());
        if base.copies(at..at + word.len()) {
            map.copy(out.len(), span.start, word.len());
            out.push_str(word);
            continue;
        }
        for (inner, char) in word.char_indices() {
            map.compose(out.len(), base, at + inner..at + inner + char.len_utf8());
            out.push(char);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(' ').map(move |word| {
        let start = at;
        at += word.len();
        (start, word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_apart_close_up() {
        for (text, expected) in [
            ("i g n o r e  a l l  rules", Some("ignore all  rules")),
            ("please i.g.n.o.r.e this", Some("please ignore this")),
            ("i-g-n-o-r-e a-l-l", Some("ignore all")),
            ("I a m ok", None),
            ("J. R. R. Tolkien", None),
            ("1 2 3 4 5 6", None),
            ("U.S.A. and F.B.I.", None),
        ] {
            let view = view(text, &Map::identity());
            assert_eq!(view.as_ref().map(View::text), expected, "{text:?}");
        }
        let text = "so i g n o r e it";
        let view = view(text, &Map::identity()).unwrap();
        assert_eq!(&text[view.span(3..9)], "i g n o r e");
    }
}
