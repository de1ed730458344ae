//! Text to words and features, in one pass that allocates nothing.
//!
//! A word is a run of letters and digits, read in lower case with accents off and apostrophes
//! dropped; a Chinese, Japanese or Korean character is a word by itself. Training and scoring
//! both read through here, so a feature means the same on either side.

use super::lexicon::{self, Classes};

/// Bytes of a word whose character n-grams count; the rest of a longer word (a base64 run, a
/// hash) is read but says nothing.
const GRAM_BYTES: u32 = 24;

/// How far back pairs of word classes reach, in words.
const PAIR_REACH: u32 = 8;

/// What a feature was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Three bytes within a word and its two edges.
    Gram3,
    /// Four bytes within a word and its two edges.
    Gram4,
    /// Five bytes within a word and its two edges.
    Gram5,
    /// A word.
    Word,
    /// A word and the one before it, in one sentence.
    Bigram,
    /// The class of a word.
    Class,
    /// The classes of two words at most eight apart in one sentence.
    ClassPair,
}

/// What separates a word from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// Nothing, blanks, commas and the like, or a line break in running text.
    None,
    /// The end of a line.
    Line,
    /// The end of a sentence: `.`, `!`, `?`, an empty line, or the start of the text.
    Sentence,
}

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// First byte in the text.
    pub start: usize,
    /// Byte after the last one in the text.
    pub end: usize,
    /// Hash of the folded word.
    pub hash: u32,
    /// Word classes, a bit each; 0 for most words.
    pub classes: u64,
    /// What separates it from the word before.
    pub before: Break,
}

/// Takes words and features as they are read.
pub trait Sink {
    /// A feature of the word that comes next. Index it by the high bits of `hash`.
    fn feature(&mut self, kind: Kind, hash: u64);
    /// A word, after all its features.
    fn word(&mut self, word: &Word);
}

/// Reads `text` and hands every word and feature to `sink`. Linear in the text.
pub fn read(text: &str, sink: &mut impl Sink) {
    let mut reader = Reader {
        sink,
        recent: [(0, 0); 4],
        count: 0,
        previous: 0,
        sentence: 0,
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut before = Break::Sentence;
    let mut open = Open::new(0);
    let mut han: Option<char> = None;
    while let Some(&byte) = bytes.get(at) {
        let folded = fold_ascii(byte);
        if folded > BREAK_SENTENCE {
            if open.len == 0 {
                open = Open::new(at);
            }
            open.push(folded, reader.sink);
            han = None;
            at += 1;
            continue;
        }
        if folded != OTHER {
            if folded != APOSTROPHE || open.len == 0 {
                if open.len > 0 {
                    reader.close(&open, at, before);
                    open.len = 0;
                    before = Break::None;
                }
                before = before.max(breaking(folded, bytes.get(at + 1).copied()));
                han = None;
            }
            at += 1;
            continue;
        }
        let Some(found) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        let end = at + found.len_utf8();
        if is_ideograph(found) {
            if open.len > 0 {
                reader.close(&open, at, before);
                open.len = 0;
                before = Break::None;
            }
            reader.ideograph(han, found, at, before);
            before = Break::None;
            han = Some(found);
        } else if let Some(letter) = fold_letter(found) {
            if open.len == 0 {
                open = Open::new(at);
            }
            let mut utf8 = [0; 4];
            for &byte in letter.encode_utf8(&mut utf8).as_bytes() {
                open.push(byte, reader.sink);
            }
            han = None;
        } else if found != '\u{2019}' || open.len == 0 {
            if open.len > 0 {
                reader.close(&open, at, before);
                open.len = 0;
                before = Break::None;
            }
            if matches!(found, '。' | '！' | '？' | '…' | '\u{2028}' | '\u{2029}' | '।') {
                before = Break::Sentence;
            }
            han = None;
        }
        at = end;
    }
    if open.len > 0 {
        reader.close(&open, bytes.len(), before);
    }
}

/// A word being read.
struct Open {
    start: usize,
    hash: u64,
    last: u64,
    len: u32,
}

impl Open {
    fn new(start: usize) -> Self {
        Self {
            start,
            hash: 0,
            last: u64::from(b' '),
            len: 0,
        }
    }

    #[inline]
    fn push(&mut self, byte: u8, sink: &mut impl Sink) {
        self.hash = lexicon::hash_step(self.hash, byte);
        self.len += 1;
        if self.len <= GRAM_BYTES {
            self.last = self.last << 8 | u64::from(byte);
            self.grams(self.len + 1, sink);
        }
    }

    /// The n-grams that end here, `have` bytes into the word with its edges.
    #[inline]
    fn grams(&self, have: u32, sink: &mut impl Sink) {
        if have >= 3 {
            sink.feature(Kind::Gram3, mix(self.last & 0xff_ffff, 3));
        }
        if have >= 4 {
            sink.feature(Kind::Gram4, mix(self.last & 0xffff_ffff, 4));
        }
        if have >= 5 {
            sink.feature(Kind::Gram5, mix(self.last & 0xff_ffff_ffff, 5));
        }
    }
}

struct Reader<'a, S> {
    sink: &'a mut S,
    /// The last words with a class: their number and classes, newest first.
    recent: [(u32, Classes); 4],
    count: u32,
    previous: u32,
    sentence: u32,
}

impl<S: Sink> Reader<'_, S> {
    fn close(&mut self, open: &Open, end: usize, before: Break) {
        if open.len <= GRAM_BYTES {
            let closed = Open {
                last: open.last << 8 | u64::from(b' '),
                ..*open
            };
            closed.grams(open.len + 2, self.sink);
        }
        let hash = lexicon::hash_end(open.hash);
        self.finish(open.start, end, hash, hash, before);
    }

    fn ideograph(&mut self, previous: Option<char>, found: char, start: usize, before: Break) {
        let mut utf8 = [0; 4];
        let mut hash = 0;
        for &byte in found.encode_utf8(&mut utf8).as_bytes() {
            hash = lexicon::hash_step(hash, byte);
        }
        let alone = lexicon::hash_end(hash);
        let mut pair = alone;
        let end = start + found.len_utf8();
        if let Some(previous) = previous {
            let mut hash = 0;
            for found in [previous, found] {
                for &byte in found.encode_utf8(&mut utf8).as_bytes() {
                    hash = lexicon::hash_step(hash, byte);
                }
            }
            pair = lexicon::hash_end(hash);
        }
        self.finish(start, end, alone, pair, before);
    }

    fn finish(&mut self, start: usize, end: usize, hash: u32, lookup: u32, before: Break) {
        self.count += 1;
        if before == Break::Sentence {
            self.sentence = self.count;
        } else {
            self.sink.feature(
                Kind::Bigram,
                mix(u64::from(self.previous) << 32 | u64::from(hash), 7),
            );
        }
        self.sink.feature(Kind::Word, mix(u64::from(hash), 6));
        let classes = lexicon::classes(lookup);
        if classes & lexicon::LEARNT != 0 {
            self.pair(classes & lexicon::LEARNT);
        }
        self.previous = hash;
        self.sink.word(&Word {
            start,
            end,
            hash,
            classes,
            before,
        });
    }

    fn pair(&mut self, classes: Classes) {
        for class in bits(classes) {
            self.sink.feature(Kind::Class, mix(u64::from(class), 8));
        }
        for (number, earlier) in self.recent {
            if number < self.sentence || number + PAIR_REACH < self.count || number == 0 {
                break;
            }
            let near = u64::from(self.count - number <= 2);
            for first in bits(earlier) {
                for second in bits(classes) {
                    let pair = near << 16 | u64::from(first) << 8 | u64::from(second);
                    self.sink.feature(Kind::ClassPair, mix(pair, 9));
                }
            }
        }
        self.recent.rotate_right(1);
        if let Some(newest) = self.recent.first_mut() {
            *newest = (self.count, classes);
        }
    }
}

/// The set bits, lowest first.
fn bits(mut set: Classes) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let bit = set.trailing_zeros();
            set &= set - 1;
            bit
        })
    })
}

#[inline]
fn mix(value: u64, kind: u64) -> u64 {
    (value ^ kind << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

const OTHER: u8 = 0;
const SEPARATOR: u8 = 1;
const APOSTROPHE: u8 = 2;
const BREAK_LINE: u8 = 3;
const BREAK_SENTENCE: u8 = 4;

static FOLD: [u8; 256] = fold_table();

/// A folded letter or digit, or one of the five constants above.
#[inline]
fn fold_ascii(byte: u8) -> u8 {
    FOLD.get(usize::from(byte)).copied().unwrap_or(OTHER)
}

/// Runs in the compiler: an index out of range there is a build error.
#[allow(clippy::indexing_slicing)]
const fn fold_table() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = if b.is_ascii_alphanumeric() {
            b.to_ascii_lowercase()
        } else {
            match b {
                b'\'' => APOSTROPHE,
                b'\n' | b'\r' => BREAK_LINE,
                b'.' | b'!' | b'?' | b';' => BREAK_SENTENCE,
                _ => SEPARATOR,
            }
        };
        byte += 1;
    }
    table
}

/// What an ASCII separator ends. A full stop inside `3.5` or `e.g` ends nothing.
fn breaking(folded: u8, next: Option<u8>) -> Break {
    match folded {
        BREAK_SENTENCE if next.is_none_or(|next| fold_ascii(next) <= BREAK_SENTENCE) => {
            Break::Sentence
        }
        BREAK_LINE if next.is_some_and(|next| fold_ascii(next) == BREAK_LINE) => Break::Sentence,
        BREAK_LINE => Break::Line,
        _ => Break::None,
    }
}

/// Lower case and without its accent (Latin); `None` for what is no letter or digit.
fn fold_letter(found: char) -> Option<char> {
    const LATIN_1: &[u8; 64] = b"aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty";
    const EXTENDED: &[u8; 128] = b"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllln\
nnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    let code = found as usize;
    let plain = match code {
        0xc0..=0xff => LATIN_1.get(code - 0xc0),
        0x100..=0x17f => EXTENDED.get(code - 0x100),
        _ => None,
    };
    match plain {
        Some(b'*') => None,
        Some(&plain) => Some(char::from(plain)),
        None if found.is_alphanumeric() => found.to_lowercase().next(),
        None => None,
    }
}

/// Characters written without blanks between words.
fn is_ideograph(found: char) -> bool {
    matches!(found,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}
