//! The `Plain` view: one character at a time, to what it looks like in ASCII.
//!
//! Compatibility decomposition without the marks (Unicode Standard Annex 15), digits of every
//! script, look-alike letters of Cyrillic, Greek and others, punctuation of typography,
//! invisible characters dropped, tag characters read out, HTML character references, percent and
//! backslash escapes decoded, Markdown's marks inside words dropped. Everything else is kept. Nothing looks further than one reference or emoji sequence ahead,
//! so a stream can be folded as it comes.

use super::escape::{self, Escape};
use super::fold_table::{RUNS, STRINGS};
use super::hidden::{self, Class};
use super::map::Map;
use super::reference::{Reference, reference};
use crate::work;

/// A text folded piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Folding {
    text: String,
    map: Map,
    /// How many of the caller's bytes are behind it.
    consumed: usize,
}

impl Folding {
    /// A stretch of `raw` by itself.
    pub(crate) fn of(raw: &str, stretch: std::ops::Range<usize>) -> Self {
        let mut folding = Self { consumed: stretch.start, ..Self::default() };
        folding.extend(raw.get(..stretch.end).unwrap_or_default(), false, &[]);
        folding
    }

    /// Folds on to the end of `raw`, which starts with all that was folded before. If more may
    /// follow (`open`), stops before what more text could change. The stretches of `raw` named
    /// in `tags`, in order, read as their tags.
    pub(crate) fn extend(&mut self, raw: &str, open: bool, tags: &[Tag]) {
        let folded = self.consumed;
        for tag in tags.iter().filter(|tag| tag.span.start >= folded) {
            let before = raw.get(..tag.span.start).unwrap_or_default();
            run(before, self.consumed, false, &mut self.text, &mut self.map);
            self.map.replace(self.text.len(), tag.span.clone());
            self.text.push_str(&tag.text);
            self.consumed = tag.span.end;
        }
        self.consumed = run(raw, self.consumed, open, &mut self.text, &mut self.map);
    }

    /// What the text says so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn map(&self) -> &Map {
        &self.map
    }

    /// The caller's byte behind the byte at `at`.
    pub(crate) fn source(&self, at: usize) -> usize {
        if at < self.text.len() { self.map.span(at..at + 1).start } else { self.consumed }
    }

    /// Drops at most `spare` bytes of the text, and none behind which are the caller's bytes
    /// from `limit` on. Returns how many bytes of the text and of the caller's have gone.
    pub(crate) fn forget(&mut self, spare: usize, limit: usize) -> (usize, usize) {
        let mut cut = self.text.floor_char_boundary(spare);
        while cut > 0 && self.source(cut) > limit {
            // Back to where the caller's bytes are few enough: within a segment, byte by byte.
            let over = self.source(cut) - limit;
            cut = self.text.floor_char_boundary(cut.saturating_sub(over));
        }
        // What was left out before the first character can not be dropped by itself.
        if self.source(cut) > limit {
            return (0, 0);
        }
        let (cut, source) = self.map.forget(cut);
        self.text.drain(..cut);
        self.consumed -= source;
        (cut, source)
    }
}

/// What stands in the place of a stretch.
#[derive(Debug)]
pub(crate) struct Tag {
    /// The stretch, in the caller's bytes.
    pub(crate) span: std::ops::Range<usize>,
    pub(crate) text: String,
}

/// The `Plain` view, or `None` where it would be the text itself.
pub(crate) fn fold(text: &str) -> Option<(String, Map)> {
    // Whole chunks without a branch, which the compiler turns into vector code.
    let clean = |chunk: &[u8]| !chunk.iter().fold(false, |found, &byte| found | needs_work(byte));
    if text.as_bytes().chunks(64).all(clean) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut map = Map::empty();
    run(text, 0, false, &mut out, &mut map);
    Some((out, map))
}

/// What `char` looks like in ASCII, if not itself.
pub(crate) fn look(char: char) -> Option<Look> {
    let code = char as u32;
    // Ideographs, syllables: long stretches without an entry.
    if (0x3400..0xA000).contains(&code) || (0xAC00..0xD7A4).contains(&code) {
        return None;
    }
    let after = RUNS.partition_point(|run| run.0 <= code);
    if let Some(&(start, length, step, ascii)) = RUNS.get(after.wrapping_sub(1))
        && code - start < u32::from(length)
    {
        let offset = (code - start) as u8;
        return Some(Look::Byte(match step {
            0 => ascii,
            1 => ascii.wrapping_add(offset),
            _ => ascii ^ (0x20 * (offset & 1)),
        }));
    }
    let found = STRINGS.binary_search_by_key(&code, |entry| entry.0).ok()?;
    STRINGS.get(found).map(|entry| Look::Str(entry.1))
}

/// What a character looks like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Byte(u8),
    Str(&'static str),
}

fn needs_work(byte: u8) -> bool {
    let kept = (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
    let sign = (byte == b'&') | (byte == b'%') | (byte == b'\\') | (byte == b'*') | (byte == b'`');
    (byte >= 0x7F) | sign | ((byte < 0x20) & !kept)
}

/// Folds `text` from `from` on; returns where it stopped.
fn run(text: &str, from: usize, open: bool, out: &mut String, map: &mut Map) -> usize {
    // The copied stretch that has not been written yet starts here.
    let mut pending = from;
    let mut at = from;
    loop {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let clean = rest.iter().position(|&byte| needs_work(byte)).unwrap_or(rest.len());
        work::count(clean + 1);
        at += clean;
        let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        let (length, result) = step(text, at, char, open);
        let (look, decoded) = match result {
            Step::Wait => break,
            Step::Keep => {
                at += length;
                continue;
            }
            Step::Write(look) => (Some(look), None),
            Step::Decoded(char) => (None, Some(char)),
        };
        flush(text, out, map, pending..at);
        if look != Some(Look::Byte(0)) {
            map.replace(out.len(), at..at + length);
        }
        match (look, decoded) {
            (Some(Look::Byte(byte)), _) if byte > 0 => out.push(char::from(byte)),
            (Some(Look::Str(string)), _) => out.push_str(string),
            (_, Some(char)) => out.push(char),
            _ => {}
        }
        at += length;
        pending = at;
    }
    flush(text, out, map, pending..at);
    at
}

fn flush(text: &str, out: &mut String, map: &mut Map, range: std::ops::Range<usize>) {
    if let Some(part) = text.get(range.clone()) {
        map.copy(out.len(), range.start, part.len());
        out.push_str(part);
    }
}

enum Step {
    /// As it is.
    Keep,
    /// More text could change this.
    Wait,
    /// This instead; byte 0: nothing.
    Write(Look),
    /// This character instead, which has no look of its own.
    Decoded(char),
}

/// What becomes of the character at `at`, and how many bytes of the text that takes.
fn step(text: &str, at: usize, char: char, open: bool) -> (usize, Step) {
    let length = char.len_utf8();
    if char == '&' {
        return match reference(text, at) {
            Reference::Char(decoded, length) => (length, decoded_step(decoded)),
            Reference::Open if open => (length, Step::Wait),
            Reference::Open | Reference::None => (length, Step::Keep),
        };
    }
    if let Some(escape) = escape::of(text.as_bytes().get(at..).unwrap_or_default(), char) {
        return match escape {
            Escape::Char(decoded, length) => (length, decoded_step(decoded)),
            Escape::Open(length) if open => (length, Step::Wait),
            Escape::Open(length) | Escape::None(length) => (length, Step::Keep),
        };
    }
    if char == '*' || char == '`' {
        return emphasis(text.as_bytes(), at, open);
    }
    if char.is_ascii() {
        return (length, Step::Write(Look::Byte(0)));
    }
    match hidden::class(char) {
        None => match look(char) {
            Some(look) => (length, Step::Write(look)),
            None => (length, Step::Keep),
        },
        Some(class) => {
            let (head, rest) = text.split_at_checked(at).unwrap_or_default();
            let before = head.chars().next_back();
            match hidden::legitimate(before, rest, open) {
                None => (length, Step::Wait),
                // A keycap, too, is read as its digit.
                Some(_) if before.is_some_and(|before| before.is_ascii()) => {
                    (length, Step::Write(if class == Class::Tag { tag(char) } else { Look::Byte(0) }))
                }
                Some(0) => match class {
                    Class::Tag => (length, Step::Write(tag(char))),
                    _ => (length, Step::Write(Look::Byte(0))),
                },
                Some(length) => (length, Step::Keep),
            }
        }
    }
}

/// What becomes of a character that a reference or an escape stands for.
fn decoded_step(decoded: char) -> Step {
    match hidden::class(decoded) {
        Some(_) => Step::Write(Look::Byte(0)),
        None => look(decoded).map_or(Step::Decoded(decoded), Step::Write),
    }
}

/// Markdown's marks: two or three stars say nothing, nor does a backtick beside a digit. Single stars
/// multiply, and longer runs hide what they stand for.
fn emphasis(bytes: &[u8], at: usize, open: bool) -> (usize, Step) {
    let rest = bytes.get(at..).unwrap_or_default();
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    if rest.first() == Some(&b'`') {
        let beside = digit(rest.get(1)) || at.checked_sub(1).is_some_and(|before| digit(bytes.get(before)));
        return match (beside, rest.len() == 1 && open) {
            (true, _) => (1, Step::Write(Look::Byte(0))),
            (false, true) => (1, Step::Wait),
            (false, false) => (1, Step::Keep),
        };
    }
    let stars = rest.iter().take_while(|&&byte| byte == b'*').count();
    match stars {
        // A stream has let the longer run go by now.
        _ if at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'*') => (stars, Step::Keep),
        _ if open && stars == rest.len() && stars < 4 => (stars, Step::Wait),
        2 | 3 => (stars, Step::Write(Look::Byte(0))),
        _ => (stars, Step::Keep),
    }
}

/// Tag characters mirror ASCII; the language tag and the cancel tag say nothing.
fn tag(char: char) -> Look {
    match char as u32 {
        code @ 0xE0020..=0xE007E => Look::Byte((code - 0xE0000) as u8),
        _ => Look::Byte(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        fold(text).map_or_else(|| text.to_owned(), |(plain, _)| plain)
    }

    #[test]
    fn tables_are_sorted_for_the_search() {
        assert!(RUNS.is_sorted_by(|a, b| a.0 + u32::from(a.1) <= b.0));
        assert!(STRINGS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn disguises_of_characters_are_undone() {
        for (text, expected) in [
            ("ignore", "ignore"),
            ("іgnоrе", "ignore"),
            ("ｉｇｎｏｒｅ ４１１１", "ignore 4111"),
            ("i\u{200B}g\u{AD}n\u{2060}o\u{FEFF}re", "ignore"),
            ("i\u{336}g\u{336}nóré", "ignore"),
            ("𝐢𝓰𝔫𝕠𝖗𝘦", "ignore"),
            ("ⓘⓖⓝⓞⓡⓔ", "ignore"),
            ("&#105;&#x67;nore&nbsp;all &lt;b&gt;", "ignore all <b>"),
            ("R&D; A&B &unknown; &#0; &", "R&D; A&B &unknown; &#0; &"),
            ("٤١١١ ۴۱۱۱ ४१११", "4111 4111 4111"),
            ("555\u{2011}1234\u{A0}x", "555-1234 x"),
            ("\u{E0069}\u{E0067}\u{E006E}!", "ign!"),
            ("ﬁne ½ № ℡", "fine 1/2 No TEL"),
            ("a\u{0}b\u{1b}c\td\n", "abc\td\n"),
            ("4111%201111 a%40b.io 100% of %zz", "4111 1111 a@b.io 100% of %zz"),
            (r"\u0069gn\x6fre \u{4f}ne C:\users \n", r"ignore One C:\users \n"),
            ("**4111** `1111` a**b** 2*3 **** `x`", "4111 1111 ab 2*3 **** `x`"),
            ("“quoted” ‘it’s’ — yes…", "\"quoted\" 'it's' - yes..."),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_disguise_stays() {
        for text in
            ["👩‍👩‍👧 ❤️ 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!", "क्‍ष می‌خواهم", "日本語のテキスト 한국어"]
        {
            assert_eq!(plain(text), text, "{text:?}");
        }
    }

    #[test]
    fn offsets_lead_back() {
        let text = "é4\u{200B}1 &#52;２";
        let (plain, map) = fold(text).unwrap();
        assert_eq!(plain, "e41 42");
        for (view, caller) in [(0..1, "é"), (1..3, "4\u{200B}1"), (4..5, "&#52;"), (5..6, "２"), (0..6, text)] {
            assert_eq!(&text[map.span(view)], caller);
        }
    }
}
