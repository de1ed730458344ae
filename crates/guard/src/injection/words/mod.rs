//! Text to words and features, in one pass that allocates nothing.
//!
//! A word is a run of letters and digits, read in lower case with accents off and apostrophes
//! dropped; a Chinese, Japanese or Korean character is a word by itself. Training and scoring
//! both read through here, so a feature means the same on either side.

mod letter;
mod reader;

use super::lexicon::Classes;
use crate::work;
use letter::{BRACKET, BREAK_PAUSE, BREAK_SENTENCE, OTHER, breaking, fold_ascii, fold_letter, is_ideograph, is_thai};
use reader::Reader;

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
