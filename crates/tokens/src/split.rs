//! The pre-tokeniser: cuts text into the pieces that merges never cross.
//!
//! Each vocabulary's regular expression, by hand. Their alternatives in the order in which they are
//! tried; what backtracking would do is worked out at each place.
//!
//! ```text
//! cl100k_base                                o200k_base
//! (?i:'s|'t|'re|'ve|'m|'ll|'d)               [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*
//! [^\r\n\p{L}\p{N}]?\p{L}+                     [\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! \p{N}{1,3}                                 [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+
//!  ?[^\s\p{L}\p{N}]+[\r\n]*                    [\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! \s*[\r\n]+                                 \p{N}{1,3}
//! \s+(?!\S)                                   ?[^\s\p{L}\p{N}]+[\r\n/]*
//! \s+                                        \s*[\r\n]+ | \s+(?!\S) | \s+
//! ```
//! A piece depends on nothing before it, so a text may be cut at the start of any piece and its
//! end counted alone. It may depend on what follows: [`Pieces::saw_end`].

use crate::ascii;
use crate::class::{self, Classes, LETTER, LOWER, MARK, NEWLINE, NUMBER, OTHER_LETTER, SPACE, SYMBOL, UPPER};
use crate::vocabulary::Vocabulary;

/// The pieces of a text, from left to right.
pub(crate) struct Pieces<'t> {
    text: &'t [u8],
    vocabulary: Vocabulary,
    at: usize,
    saw_end: bool,
    /// Characters looked at.
    #[cfg(test)]
    pub(crate) work: u64,
}

impl<'t> Pieces<'t> {
    /// Starts at byte `at` of a UTF-8 text, which must be the start of a character.
    pub(crate) fn new(text: &'t str, at: usize, vocabulary: Vocabulary) -> Self {
        Self {
            text: text.as_bytes(),
            vocabulary,
            at,
            saw_end: false,
            #[cfg(test)]
            work: 0,
        }
    }

    /// Whether the last piece might have been another had the text gone on.
    pub(crate) fn saw_end(&self) -> bool {
        self.saw_end
    }

    /// The end of the next piece, in bytes; `None` at the end of the text.
    #[inline]
    pub(crate) fn next_end(&mut self) -> Option<usize> {
        if self.at >= self.text.len() {
            return None;
        }
        self.saw_end = false;
        // a piece has at least one byte, whatever happens
        self.at = self.by_pattern().max(self.at + 1);
        Some(self.at)
    }

    /// As [`Self::next_end`], faster on text that is mostly ASCII.
    pub(crate) fn next_end_in_ascii(&mut self) -> Option<usize> {
        let first = self.text.get(self.at..).and_then(|rest| rest.first_chunk());
        match first.map_or(0, |bytes| ascii::piece(bytes, self.vocabulary)) {
            0 => self.next_end(),
            length => {
                self.saw_end = false;
                self.at += length;
                Some(self.at)
            }
        }
    }

    /// The end of the next piece, by the patterns alone.
    pub(crate) fn by_pattern(&mut self) -> usize {
        match self.vocabulary {
            Vocabulary::Cl100k => self.cl100k(),
            Vocabulary::O200k => self.o200k(),
        }
    }

    fn cl100k(&mut self) -> usize {
        let start = self.at;
        let (class, width) = self.class(start);
        let next = start + width;
        if class & LETTER != 0 {
            return self.run(next, LETTER);
        }
        if class & NUMBER != 0 {
            return self.numbers(next);
        }
        if class & NEWLINE != 0 {
            return self.white_space(start);
        }
        if let Some(end) = self.contraction(start) {
            return end;
        }
        let (second, width) = self.class(next);
        if second & LETTER != 0 {
            return self.run(next + width, LETTER);
        }
        if class & SYMBOL != 0 {
            let end = self.run(next, SYMBOL);
            return self.run(end, NEWLINE);
        }
        if second & SYMBOL != 0 && self.byte(start) == Some(b' ') {
            let end = self.run(next + width, SYMBOL);
            return self.run(end, NEWLINE);
        }
        self.white_space(start)
    }

    fn o200k(&mut self) -> usize {
        let start = self.at;
        let (class, width) = self.class(start);
        let next = start + width;
        if class & LETTER != 0 {
            let end = match self.word(start) {
                Word::Lower(end) | Word::Upper(end) => end,
                Word::None => next,
            };
            return self.contraction(end).unwrap_or(end);
        }
        if class & NUMBER != 0 {
            return self.numbers(next);
        }
        if class & NEWLINE != 0 {
            return self.white_space(start);
        }
        match (self.word(next), class & MARK != 0) {
            (Word::Lower(end), _) | (Word::Upper(end), false) => {
                return self.contraction(end).unwrap_or(end);
            }
            // the first alternative without its optional character comes before the second with it
            (_, true) => {
                if let Word::Lower(end) = self.word(start) {
                    return self.contraction(end).unwrap_or(end);
                }
            }
            (Word::None, false) => {}
        }
        if class & SYMBOL != 0 {
            let end = self.run(next, SYMBOL);
            return self.newlines_and_slashes(end);
        }
        let (second, width) = self.class(next);
        if second & SYMBOL != 0 && self.byte(start) == Some(b' ') {
            let end = self.run(next + width, SYMBOL);
            return self.newlines_and_slashes(end);
        }
        self.white_space(start)
    }

    /// What the two word alternatives of o200k_base make of the text at `start`.
    #[inline]
    fn word(&mut self, start: usize) -> Word {
        let (mut at, mut last_of_both) = (start, None);
        loop {
            let (class, width) = self.class(at);
            if class & (OTHER_LETTER | MARK) != 0 {
                last_of_both = Some(at + width);
            } else if class & LOWER != 0 {
                return Word::Lower(self.run(at + width, LOWER | OTHER_LETTER | MARK));
            } else if class & UPPER == 0 {
                break;
            }
            at += width;
        }
        // `[..]+` of the first alternative gets the last character that is in both sets
        match last_of_both {
            Some(end) => Word::Lower(end),
            None if at > start => Word::Upper(at),
            None => Word::None,
        }
    }

    /// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`. `ſ` (U+017F) folds to `s`.
    #[inline]
    fn contraction(&mut self, at: usize) -> Option<usize> {
        if self.byte(at) != Some(b'\'') {
            return None;
        }
        let lower = |byte: Option<u8>| byte.map(|byte| byte.to_ascii_lowercase());
        match lower(self.byte(at + 1))? {
            b's' | b't' | b'm' | b'd' => Some(at + 2),
            b'l' => (lower(self.byte(at + 2))? == b'l').then_some(at + 3),
            b'r' | b'v' => (lower(self.byte(at + 2))? == b'e').then_some(at + 3),
            0xc5 => (self.byte(at + 2)? == 0xbf).then_some(at + 3),
            _ => None,
        }
    }

    /// `\p{N}{1,3}`, of which the first is passed.
    #[inline]
    fn numbers(&mut self, mut at: usize) -> usize {
        for _ in 0..2 {
            let (class, width) = self.class(at);
            if class & NUMBER == 0 {
                break;
            }
            at += width;
        }
        at
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    #[inline]
    fn white_space(&mut self, start: usize) -> usize {
        let (mut at, mut last, mut after_newline) = (start, start, None);
        loop {
            let (class, width) = self.class(at);
            if class & NEWLINE != 0 {
                after_newline = Some(at + width);
            } else if class & SPACE == 0 {
                break;
            }
            last = at;
            at += width;
        }
        match after_newline {
            Some(end) => end,
            // before a character that is no white space, the last one is left to it
            None if at < self.text.len() && last > start => last,
            None => at,
        }
    }

    #[inline]
    fn newlines_and_slashes(&mut self, mut at: usize) -> usize {
        while let Some(b'\r' | b'\n' | b'/') = self.byte(at) {
            at += 1;
        }
        at
    }

    /// The end of the run of characters in `classes` that starts at `at`.
    #[inline]
    fn run(&mut self, mut at: usize, classes: Classes) -> usize {
        loop {
            while let Some(&byte) = self.text.get(at)
                && class::ascii_of(byte) & classes != 0
            {
                at += 1;
            }
            let (class, width) = self.class(at);
            if class & classes == 0 {
                return at;
            }
            at += width;
        }
    }

    // a call costs less than its copies: code must be compiled at a cold start
    #[inline(never)]
    fn class(&mut self, at: usize) -> (Classes, usize) {
        #[cfg(test)]
        {
            self.work += 1;
        }
        let (class, width) = class::at(self.text, at);
        self.saw_end |= width == 0;
        (class, width)
    }

    #[inline]
    fn byte(&mut self, at: usize) -> Option<u8> {
        let byte = self.text.get(at).copied();
        self.saw_end |= byte.is_none();
        byte
    }
}

/// How far a word of o200k_base goes.
enum Word {
    /// By its first alternative, which ends in `[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`.
    Lower(usize),
    /// By its second.
    Upper(usize),
    None,
}

#[cfg(test)]
mod tests;
