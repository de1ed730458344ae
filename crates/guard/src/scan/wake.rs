//! Which bytes wake a rule.

use crate::secret;

/// What a byte may wake.
pub(super) const NONE: u8 = 0;
pub(super) const LETTER: u8 = 1;
pub(super) const DIGIT: u8 = 2;
pub(super) const SIGN: u8 = 3;

/// Classes of bytes; the high bit says that Base64 uses it.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
pub(super) const CLASSES: [u8; 256] = {
    let mut classes = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER | RUN,
            b'0'..=b'9' => DIGIT | RUN,
            b'-' | b'+' => SIGN | RUN,
            b'/' | b'_' => NONE | RUN,
            b'@' | b':' | b'=' | b',' | b'[' | b'(' => SIGN,
            _ => NONE,
        };
        byte += 1;
    }
    classes
};
pub(super) const RUN: u8 = 0x80;

/// A byte that may wake a rule.
pub(super) struct Wake {
    pub(super) at: usize,
    pub(super) byte: u8,
    pub(super) class: u8,
    pub(super) last: u8,
}

pub(super) fn starts_part(byte: u8, last: u8) -> bool {
    !last.is_ascii_alphanumeric() || (byte.is_ascii_uppercase() && last.is_ascii_lowercase())
}

/// Whether a sign wakes anything: a comma does after a quoted name, a bracket before "at"; near the end of a
/// growing text a bracket always may.
#[inline]
pub(super) fn sign_wakes(bytes: &[u8], at: usize, byte: u8, last: u8, open: bool) -> bool {
    match byte {
        b',' => matches!(last, b'"' | b'\''),
        b'[' | b'(' => match bytes.get(at + 1) {
            Some(next) => next.eq_ignore_ascii_case(&b'a'),
            None => open,
        },
        _ => true,
    }
}

/// Whether a token or a telling word may start with the letters at `at`; near the end of a
/// growing text it always may.
#[inline]
pub(super) fn letter_wakes(bytes: &[u8], at: usize, open: bool) -> bool {
    match bytes.get(at..at + 3) {
        Some(&[first, second, third]) => secret::may_start(first, second, third),
        _ => {
            let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
            open || secret::may_start(byte(at), byte(at + 1), byte(at + 2))
        }
    }
}
