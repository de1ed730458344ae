//! The text under scan, which may still be growing.

use crate::finding::Kind;
use crate::work;
use std::cell::Cell;
use std::ops::Range;

/// Bytes of a view with a memory of how far anybody looked.
///
/// A rule decides about a place by looking at bytes around it. If it looked past the end of a
/// text that is still growing, its decision waits; if it did not, more text cannot change it, nor
/// can what is replaced beyond the last byte that it looked at.
/// That is all a stream needs to give the same result as the whole text.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    reach: Cell<usize>,
    floor: Cell<usize>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), reach: Cell::new(0), floor: Cell::new(0) }
    }

    /// Everything, for the one loop that looks at every byte.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// From now on what lies before `floor`, where a finding has ended, reads as [`TAG_END`].
    pub(crate) fn set_floor(&self, floor: usize) {
        self.floor.set(floor);
    }

    /// The byte at `at`; 0 past the end.
    pub(crate) fn at(&self, at: usize) -> u8 {
        self.looked(at + 1);
        self.peek(at)
    }

    /// The same for loops, which say themselves how far they have looked.
    #[inline]
    fn peek(&self, at: usize) -> u8 {
        work::count(1);
        if at < self.floor.get() {
            return TAG_END;
        }
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte before `at`; 0 at the start.
    pub(crate) fn before(&self, at: usize) -> u8 {
        work::count(1);
        self.looked(at);
        if at > 0 && at <= self.floor.get() {
            return TAG_END;
        }
        at.checked_sub(1).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    /// The bytes of a range that has been looked at.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        work::count(range.len());
        self.looked(range.end);
        let end = range.end.min(self.bytes.len());
        self.bytes.get(range.start.min(end)..end).unwrap_or_default()
    }

    /// Where the run of bytes that `belongs` accepts ends, from `from` on, after `most` bytes
    /// at the latest.
    pub(crate) fn run(&self, from: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        while at < from + most && belongs(self.peek(at)) {
            at += 1;
        }
        self.looked((at + 1).min(from + most));
        at
    }

    /// The same, but ends before five hyphens, with which a private key begins.
    pub(crate) fn run_to_armour(&self, from: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        while at < from + most && belongs(self.at(at)) && !(self.at(at) == b'-' && self.says(at, "-----")) {
            at += 1;
        }
        at
    }

    /// Whether a tag of redaction starts at `at` ([`Kind::tag`], perhaps with four digits), or one
    /// that an override has turned around: a value that runs into one was part of something longer.
    pub(crate) fn opens_tag(&self, at: usize) -> bool {
        let turned = match self.at(at) {
            b'[' => false,
            TAG_END => true,
            _ => return false,
        };
        let digits = if turned { self.run(at + 1, 5, |byte| byte.is_ascii_digit() || byte == b' ') } else { at + 1 };
        let end = self.run(digits, LONGEST_TAG, |byte| byte.is_ascii_uppercase() || byte == b'_');
        let closed = if turned { self.at(end) == b'[' } else { matches!(self.at(end), TAG_END | b' ') };
        closed && names_tag(self.slice(digits..end), turned)
    }

    /// Whether a tag that an override has turned around ends before `at`.
    pub(crate) fn closes_turned_tag(&self, at: usize) -> bool {
        if self.before(at) != b'[' {
            return false;
        }
        let start = self.run_before(at - 1, LONGEST_TAG, |byte| byte.is_ascii_uppercase() || byte == b'_');
        matches!(self.before(start), TAG_END | b' ') && names_tag(self.slice(start..at - 1), true)
    }

    /// Where the run of bytes before `from` starts, `most` bytes earlier at the most.
    pub(crate) fn run_before(&self, from: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        while at > 0 && from - at < most && belongs(self.before(at)) {
            at -= 1;
        }
        at
    }

    /// Whether `word` (lower case) stands at `at`, in any case.
    pub(crate) fn says(&self, at: usize, word: &str) -> bool {
        for (offset, byte) in word.bytes().enumerate() {
            if self.peek(at + offset).to_ascii_lowercase() != byte {
                self.looked(at + offset + 1);
                return false;
            }
        }
        self.looked(at + word.len());
        true
    }

    /// The end of what has been looked at since this was last set to 0: more than the text's
    /// length if somebody asked for what lies past its end.
    pub(crate) fn reach(&self) -> usize {
        self.reach.get()
    }

    /// Forgets how far anybody looked.
    pub(crate) fn clear_reach(&self) {
        self.reach.set(0);
    }

    #[inline]
    fn looked(&self, end: usize) {
        if end > self.reach.get() {
            self.reach.set(end);
        }
    }
}

/// Letters of the longest tag's name.
const LONGEST_TAG: usize = "FILTERED_INJECTION_ATTEMPT".len();

/// The last byte of what redaction puts in the place of a value. A rule sees it also where a
/// value that has been found ends, so that it decides as it would once that one is replaced.
pub(crate) const TAG_END: u8 = b']';

/// Whether this is the name of a kind's tag, perhaps backwards.
fn names_tag(name: &[u8], turned: bool) -> bool {
    Kind::ALL.iter().any(|kind| match kind.tag().as_bytes() {
        [_, tag @ .., _] if turned => tag.iter().rev().eq(name),
        [_, tag @ .., _] => tag == name,
        _ => false,
    })
}

/// Part of a name or number: what makes a value part of something longer.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
