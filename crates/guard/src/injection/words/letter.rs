//! What a character is to a word: a letter, folded, or what separates.

use super::Break;

pub(super) const OTHER: u8 = 0;
const SEPARATOR: u8 = 1;
pub(super) const APOSTROPHE: u8 = 2;
pub(super) const BREAK_PAUSE: u8 = 3;
pub(super) const BRACKET: u8 = 4;
const BREAK_LINE: u8 = 5;
pub(super) const BREAK_SENTENCE: u8 = 6;

static FOLD: [u8; 256] = fold_table();

/// A folded letter or digit, or one of the seven constants above.
#[inline]
pub(super) fn fold_ascii(byte: u8) -> u8 {
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
pub(super) fn breaking(folded: u8, next: Option<u8>) -> Break {
    match folded {
        BREAK_SENTENCE if next.is_none_or(|next| fold_ascii(next) <= BREAK_SENTENCE) => Break::Sentence,
        BREAK_LINE if next.is_some_and(|next| fold_ascii(next) == BREAK_LINE) => Break::Sentence,
        BREAK_LINE => Break::Line,
        _ => Break::None,
    }
}

/// Lower case and without its accent (Latin); `None` for what is no letter or digit.
pub(super) fn fold_letter(found: char) -> Option<char> {
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

/// Thai: letters without blanks between words.
pub(super) fn is_thai(found: char) -> bool {
    matches!(found, '\u{e01}'..='\u{e4e}')
}

/// Characters written without blanks between words.
pub(super) fn is_ideograph(found: char) -> bool {
    matches!(found,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}
