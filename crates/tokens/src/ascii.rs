//! The pieces that nearly all English text and code consists of, told from 16 bytes without a loop over them.

use crate::class::{self, LETTER, NEWLINE, NUMBER, OTHER, SPACE};
use crate::vocabulary::Vocabulary;

/// The length of the piece that 16 bytes of text start with, if that is certain from them: all of it and the
/// character after it are ASCII and among them. 0 if it is not, and for what is rare.
#[inline(always)]
#[allow(clippy::inline_always, reason = "half of the time of counting is spent here")]
pub(crate) fn piece(bytes: &[u8; 16], vocabulary: Vocabulary) -> usize {
    match word(bytes, vocabulary) {
        0 => not_a_word(bytes, vocabulary),
        length => length,
    }
}

/// As [`piece`], for words only: letters, and one character before them that may belong to them.
#[inline(always)]
#[allow(clippy::inline_always, reason = "half of the time of counting is spent here")]
fn word(bytes: &[u8; 16], vocabulary: Vocabulary) -> usize {
    let [first, ..] = *bytes;
    let class = class::ascii_of(first);
    let start = u32::from(class & LETTER == 0);
    let letters = |word: u64| between(word | CASE, b'a', b'z');
    let (end, is_contraction) = match vocabulary {
        Vocabulary::Cl100k => (start + (positions(bytes, letters) >> start).trailing_ones(), first == b'\''),
        Vocabulary::O200k => {
            // the bit of the case, moved to the high bit of its byte
            let upper = positions(bytes, |word| letters(word) & !(word << 2));
            let lower = positions(bytes, |word| letters(word) & word << 2);
            let middle = start + (upper >> start).trailing_ones();
            let end = middle + (lower >> middle).trailing_ones();
            (end, byte(bytes, end) == b'\'')
        }
    };
    let is_certain = (class & (LETTER | SPACE | OTHER) != 0)
        & (end > start)
        & (end < 16)
        & !is_contraction
        & (byte(bytes, end) < 0x80);
    if is_certain { end as usize } else { 0 }
}

#[inline]
fn not_a_word(bytes: &[u8; 16], vocabulary: Vocabulary) -> usize {
    let [first, second, ..] = *bytes;
    let (class, next) = (class::ascii_of(first), class::ascii_of(second));
    let end = if class & NUMBER != 0 {
        let third = next & class::ascii_of(byte(bytes, 2)) & NUMBER != 0;
        if third {
            return 3;
        }
        1 + u32::from(next & NUMBER != 0)
    } else if class & (SPACE | OTHER) != 0 && (next & LETTER != 0 || second >= 0x80) {
        // a word that does not end here, or a contraction
        return 0;
    } else if class & OTHER != 0 || first == b' ' && next & OTHER != 0 {
        let mut end = 1;
        while class::ascii_of(byte(bytes, end)) & OTHER != 0 && end < 16 {
            end += 1;
        }
        let also = if vocabulary == Vocabulary::O200k { b'/' } else { b'\n' };
        while end < 16 && (class::ascii_of(byte(bytes, end)) & NEWLINE != 0 || byte(bytes, end) == also) {
            end += 1;
        }
        end
    } else if class & (SPACE | NEWLINE) != 0 {
        let newlines = positions(bytes, |word| between(word, b'\n', b'\n') | between(word, b'\r', b'\r'));
        let spaces = positions(bytes, |word| between(word, b' ', b' ') | between(word, b'\t', b'\r'));
        let run = spaces.trailing_ones();
        if run == 16 || byte(bytes, run) >= 0x80 {
            return 0;
        }
        // up to the last newline; else the last one is left to what follows
        let newlines = newlines & ((1 << run) - 1);
        let end = if newlines != 0 { 32 - newlines.leading_zeros() } else { (run - 1).max(1) };
        return end as usize;
    } else {
        return 0;
    };
    if end < 16 && byte(bytes, end) < 0x80 { end as usize } else { 0 }
}

/// The bit by which ASCII letters differ in case, in each byte of a word.
const CASE: u64 = 0x2020_2020_2020_2020;

/// The byte at a place; places are taken modulo 16.
#[inline]
#[allow(clippy::indexing_slicing, reason = "taken modulo the length, which also spares a branch")]
fn byte(bytes: &[u8; 16], at: u32) -> u8 {
    bytes[at as usize & 15]
}

/// The high bit of each byte that is in `from..=to`; both are ASCII.
#[inline]
fn between(word: u64, from: u8, to: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low = word & (ONES * 0x7f);
    (low + ONES * u64::from(0x80 - from)) & !(low + ONES * u64::from(0x7f - to)) & !word & (ONES * 0x80)
}

/// One bit for each of 16 bytes: whether `test` sets its high bit.
#[inline]
fn positions(bytes: &[u8; 16], test: impl Fn(u64) -> u64) -> u32 {
    let word = u128::from_le_bytes(*bytes);
    // gathers the high bits of eight bytes in the highest byte
    let gather = |word| ((test(word) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32;
    gather(word as u64) | gather((word >> 64) as u64) << 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Pieces;
    use alloc::vec::Vec;

    #[test]
    fn classes_of_bytes() {
        for value in 0..=255u8 {
            let bytes = core::array::from_fn(|at| if at % 3 == 0 { value } else { b'~' });
            for (from, to) in [(b'a', b'z'), (b'\t', b'\r'), (b' ', b' '), (0, 0x7f)] {
                let expected: u32 = (0..16).map(|at| u32::from((from..=to).contains(&bytes[at])) << at).sum();
                assert_eq!(positions(&bytes, |word| between(word, from, to)), expected, "{value} in {from}..={to}");
            }
        }
    }

    /// Texts of few kinds of characters, in all of their combinations of up to five and many longer ones.
    #[test]
    fn agrees_with_the_patterns() {
        const CHARACTERS: [&str; 14] = ["a", "B", "1", " ", "\t", "\n", "\r", "!", "'", "/", "s", "é", "\u{301}", "中"];
        let mut texts = Vec::new();
        for number in 0..14usize.pow(5) {
            let mut rest = number;
            texts.push((0..5).map(|_| (CHARACTERS[rest % 14], rest /= 14).0).collect::<Vec<_>>().concat());
        }
        let mut state = 1u64;
        for _ in 0..200_000 {
            let mut text = alloc::string::String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                text.push_str(&CHARACTERS[(state >> 40) as usize % 14].repeat((state >> 60) as usize % 5));
            }
            texts.push(text);
        }
        let mut certain = 0;
        for text in texts {
            // whatever follows makes no difference
            for end in [" and a word", "ééé and a word", "\n\n\n and a word", "'s and a word", "s's a word and more"]
            {
                let text = alloc::format!("{text}{end}");
                let Some(bytes) = text.as_bytes().first_chunk() else { continue };
                for vocabulary in Vocabulary::ALL {
                    let length = piece(bytes, vocabulary);
                    if length != 0 {
                        certain += 1;
                        assert_eq!(length, Pieces::new(&text, 0, vocabulary).by_pattern(), "{vocabulary:?} {text:?}");
                    }
                }
            }
        }
        assert!(certain > 1_000_000, "{certain}");
    }
}
