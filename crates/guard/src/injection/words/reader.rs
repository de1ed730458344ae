//! Words and their features, from letters.

use super::letter::{APOSTROPHE, BREAK_SENTENCE, OTHER, fold_ascii, fold_letter, is_ideograph, is_thai};
use super::{Break, Kind, Sink, Word};
use crate::injection::lexicon::{self, Classes};
use crate::work;

/// Bytes of a word whose character n-grams count; the rest of a longer word (a base64 run, a
/// hash) is read but says nothing.
const GRAM_BYTES: u32 = 24;

/// How far back pairs of word classes reach, in words.
const PAIR_REACH: u32 = 8;

/// The longest word of an unspaced script that is looked for, in characters.
const LONGEST_UNSPACED: usize = 16;

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

/// What reads a text: the last words, and who takes what it reads.
pub(super) struct Reader<'a, S> {
    pub(super) sink: &'a mut S,
    /// The last words with a class: their number and classes, newest first.
    pub(super) recent: [(u32, Classes); 4],
    pub(super) count: u32,
    pub(super) previous: u32,
    pub(super) sentence: u32,
    /// What separates the next word from the last.
    pub(super) before: Break,
}

impl<S: Sink> Reader<'_, S> {
    /// Reads the word that starts at `start`; where it ends.
    #[inline(always)]
    pub(super) fn run(&mut self, text: &str, start: usize) -> usize {
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
    pub(super) fn unspaced(&mut self, text: &str, start: usize) -> usize {
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
    pub(super) fn sign(&mut self, found: char, at: usize, han: &mut Option<char>) {
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
