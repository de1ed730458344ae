//! Text to words and features, in one pass that allocates nothing.
//!
//! A word is a run of letters and digits, read in lower case with accents off and apostrophes
//! dropped; a Chinese, Japanese or Korean character is a word by itself. Training and scoring
//! both read through here, so a feature means the same on either side.

use super::lexicon::{self, Classes};
use crate::work;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// Nothing, or blanks.
    #[default]
    None,
    /// A comma, a colon, a quote and the like.
    Pause,
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
    /// Whether [`Sink::feature`] is called at all; words alone are read faster.
    const FEATURES: bool = true;
    /// Whether pieces of three and four bytes are among the features.
    const SHORT_PIECES: bool = false;

    /// A feature of the word that comes next. Index it by the high bits of `hash`.
    fn feature(&mut self, kind: Kind, hash: u64);
    /// A word, after all its features.
    fn word(&mut self, word: &Word);
    /// A `<` or `[` at this byte.
    #[inline]
    fn bracket(&mut self, _at: usize) {}
}

/// Reads `text` and hands every word and feature to `sink`. Linear in the text.
pub fn read(text: &str, sink: &mut impl Sink) {
    read_on(text, &mut Mark::default(), text.len(), sink);
}

/// How far a text has been read, and what is needed of what has.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// The next byte.
    pub(crate) at: usize,
    recent: [(u32, Classes); 4],
    count: u32,
    previous: u32,
    sentence: u32,
    before: Break,
    han: Option<char>,
}

impl Default for Mark {
    fn default() -> Self {
        Self { at: 0, recent: [(0, 0); 4], count: 0, previous: 0, sentence: 0, before: Break::Sentence, han: None }
    }
}

/// Reads `text` on from `mark`, to the end of the word that begins before `until`.
pub(crate) fn read_on(text: &str, mark: &mut Mark, until: usize, sink: &mut impl Sink) {
    let Mark { mut at, recent, count, previous, sentence, before, mut han } = *mark;
    let mut reader = Reader { sink, recent, count, previous, sentence, before };
    let bytes = text.as_bytes();
    work::count(until.saturating_sub(at));
    while let Some(&byte) = bytes.get(at).filter(|_| at < until) {
        let folded = fold_ascii(byte);
        if folded == OTHER {
            let Some(found) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            if is_thai(found) {
                at = reader.unspaced(text, at);
                han = None;
                continue;
            }
            if fold_letter(found).is_none() || is_ideograph(found) {
                reader.sign(found, at, &mut han);
                at += found.len_utf8();
                continue;
            }
        } else if folded <= BREAK_SENTENCE {
            at += 1;
            if folded >= BREAK_PAUSE {
                if folded == BREAK_PAUSE {
                    reader.before = reader.before.max(Break::Pause);
                } else if folded == BRACKET {
                    reader.sink.bracket(at - 1);
                    reader.before = reader.before.max(Break::Pause);
                } else {
                    let found = breaking(folded, bytes.get(at).copied());
                    reader.before = reader.before.max(found);
                }
            }
            han = None;
            continue;
        }
        at = reader.run(text, at);
        han = None;
    }
    let Reader { recent, count, previous, sentence, before, .. } = reader;
    *mark = Mark { at, recent, count, previous, sentence, before, han };
}

/// A word being read: its hash so far and its last bytes.
struct Letters {
    hash: lexicon::Hash,
    last: u64,
}

impl Letters {
    #[inline]
    fn push<S: Sink>(&mut self, byte: u8, sink: &mut S) {
        self.hash = self.hash.push(byte);
        if S::FEATURES && self.hash.len <= GRAM_BYTES {
            self.last = self.last << 8 | u64::from(byte);
            self.pieces(self.hash.len + 1, sink);
        }
    }

    /// The pieces that end here, `have` bytes into the word with its edges.
    #[inline]
    fn pieces<S: Sink>(&self, have: u32, sink: &mut S) {
        if S::SHORT_PIECES && have >= 3 {
            sink.feature(Kind::Gram3, mix(self.last & 0xff_ffff, 3));
        }
        if S::SHORT_PIECES && have >= 4 {
            sink.feature(Kind::Gram4, mix(self.last & 0xffff_ffff, 4));
        }
        if have >= 5 {
            sink.feature(Kind::Gram5, mix(self.last & 0xff_ffff_ffff, 5));
        }
    }

    /// The pieces with the word's second edge.
    #[inline]
    fn close<S: Sink>(&mut self, sink: &mut S) {
        if S::FEATURES && self.hash.len <= GRAM_BYTES {
            self.last = self.last << 8 | u64::from(b' ');
            self.pieces(self.hash.len + 2, sink);
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
    /// What separates the next word from the last.
    before: Break,
}

impl<S: Sink> Reader<'_, S> {
    /// Reads the word that starts at `start`; where it ends.
    #[inline(always)]
    fn run(&mut self, text: &str, start: usize) -> usize {
        let bytes = text.as_bytes();
        if !S::FEATURES
            && let Some(found) = short(bytes, start)
        {
            self.finish(start, start + found.len as usize, found.end(), found.end());
            return start + found.len as usize;
        }
        let mut letters = Letters { hash: lexicon::Hash::NEW, last: u64::from(b' ') };
        let mut at = start;
        let mut end = start;
        while let Some(&byte) = bytes.get(at) {
            let folded = fold_ascii(byte);
            if folded > BREAK_SENTENCE {
                letters.push(folded, self.sink);
                at += 1;
                end = at;
            } else if folded == APOSTROPHE {
                at += 1;
            } else if folded == OTHER {
                let found = text.get(at..).and_then(|rest| rest.chars().next());
                let Some(found) = found else { break };
                if found != '\u{2019}' && lexicon::silent(bytes, at) == 0 {
                    let folded = (!is_ideograph(found) && !is_thai(found)).then(|| fold_letter(found)).flatten();
                    let Some(letter) = folded else { break };
                    let mut utf8 = [0; 4];
                    for &byte in letter.encode_utf8(&mut utf8).as_bytes() {
                        letters.push(byte, self.sink);
                    }
                    end = at + found.len_utf8();
                }
                at += found.len_utf8();
            } else {
                break;
            }
        }
        letters.close(self.sink);
        let hash = letters.hash.end();
        self.finish(start, end, hash, hash);
        at
    }

    /// Reads on from `start` in a script without blanks: the longest word of the lexicon there, or a
    /// character that is in none. Where it ends.
    #[inline(never)]
    fn unspaced(&mut self, text: &str, start: usize) -> usize {
        let rest = text.get(start..).unwrap_or_default();
        let mut hash = lexicon::Hash::NEW;
        let mut longest = None;
        for (at, letter) in rest.char_indices().take(LONGEST_UNSPACED) {
            if !is_thai(letter) {
                break;
            }
            work::count(1);
            let end = start + at + letter.len_utf8();
            if lexicon::silent(text.as_bytes(), start + at) == 0 {
                hash = hash.letter(letter);
            }
            if lexicon::classes(hash.end()) != 0 {
                longest = Some((end, hash.end()));
            }
        }
        let (end, hash) = longest.unwrap_or((start + rest.chars().next().map_or(1, char::len_utf8), 0));
        if hash != 0 {
            self.finish(start, end, hash, hash);
        }
        end
    }

    /// A character that is in no word of several: an ideograph, or none.
    #[inline(never)]
    fn sign(&mut self, found: char, at: usize, han: &mut Option<char>) {
        if is_ideograph(found) {
            self.ideograph(*han, found, at);
            *han = Some(found);
            return;
        }
        if matches!(found, '。' | '！' | '？' | '…' | '\u{2028}' | '\u{2029}' | '।') {
            self.before = Break::Sentence;
        } else if !found.is_whitespace() {
            self.before = self.before.max(Break::Pause);
        }
        *han = None;
    }

    fn ideograph(&mut self, previous: Option<char>, found: char, start: usize) {
        let alone = lexicon::Hash::NEW.letter(found);
        let pair = previous.map(|previous| lexicon::Hash::NEW.letter(previous).letter(found));
        let hash = alone.end();
        let end = start + found.len_utf8();
        self.finish(start, end, hash, pair.map_or(hash, lexicon::Hash::end));
    }

    #[inline]
    fn finish(&mut self, start: usize, end: usize, hash: u32, lookup: u32) {
        self.count += 1;
        let before = self.before;
        self.before = Break::None;
        let classes = lexicon::classes(lookup);
        if S::FEATURES {
            if before == Break::Sentence {
                self.sentence = self.count;
            } else {
                let pair = u64::from(self.previous) << 32 | u64::from(hash);
                self.sink.feature(Kind::Bigram, mix(pair, 7));
            }
            self.sink.feature(Kind::Word, mix(u64::from(hash), 6));
            if classes & lexicon::LEARNT != 0 {
                self.pair(classes & lexicon::LEARNT);
            }
            self.previous = hash;
        }
        self.sink.word(&Word { start, end, hash, classes, before });
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

/// The word at `start` if it is plain: ASCII, at most sixteen letters and digits, no apostrophe.
#[inline(always)]
fn short(bytes: &[u8], start: usize) -> Option<lexicon::Hash> {
    let (sixteen, after) = bytes.get(start..)?.split_first_chunk::<16>()?;
    let plain = sixteen.iter().position(|&byte| fold_ascii(byte) <= BREAK_SENTENCE);
    let len = plain.unwrap_or(16);
    let next = sixteen.get(len).or(after.first()).copied().unwrap_or(b' ');
    let next = fold_ascii(next);
    let ends = next != OTHER && next != APOSTROPHE && next <= BREAK_SENTENCE;
    (ends && len > 0).then(|| lexicon::Hash::short(sixteen, len))
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
const BREAK_PAUSE: u8 = 3;
const BRACKET: u8 = 4;
const BREAK_LINE: u8 = 5;
const BREAK_SENTENCE: u8 = 6;

static FOLD: [u8; 256] = fold_table();

/// A folded letter or digit, or one of the seven constants above.
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
                b'<' | b'[' => BRACKET,
                b',' | b':' | b'"' | b'(' | b')' | b'{' | b'}' | b'=' | b'*' | b'#' | b'>' | b'|' | b'`' | b'/'
                | b']' => BREAK_PAUSE,
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
        BREAK_SENTENCE if next.is_none_or(|next| fold_ascii(next) <= BREAK_SENTENCE) => Break::Sentence,
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
        None if matches!(code, 0x218..=0x21b) => Some(if code < 0x21a { 's' } else { 't' }),
        None if found.is_alphanumeric() => found.to_lowercase().next(),
        None => None,
    }
}

/// The longest word of an unspaced script that is looked for, in characters.
const LONGEST_UNSPACED: usize = 16;

/// Thai: letters without blanks between words.
fn is_thai(found: char) -> bool {
    matches!(found, '\u{e01}'..='\u{e4e}')
}

/// Characters written without blanks between words.
fn is_ideograph(found: char) -> bool {
    matches!(found,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}
