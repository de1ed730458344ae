//! How an international number is written: separators, parentheses, an extension.

use super::super::number::glued_before;
use crate::text::{Text, is_word};

/// Digits after `+`, single separators and one pair of parentheses between them.
pub(super) fn loose(text: &Text<'_>, start: usize) -> Option<Digits> {
    let mut digits = Digits { values: [0; 16], count: 0, ends: [(0, 0); 16], groups: 0 };
    let mut at = start;
    let mut parentheses = text.before(start) == b'(';
    loop {
        let group = text.run(at, 16, |byte| byte.is_ascii_digit());
        if group == at || digits.count + (group - at) > 15 {
            break;
        }
        for &byte in text.slice(at..group) {
            if let Some(place) = digits.values.get_mut(digits.count) {
                *place = byte - b'0';
            }
            digits.count += 1;
        }
        if let Some(place) = digits.ends.get_mut(digits.groups) {
            *place = (digits.count, group);
            digits.groups += 1;
        }
        at = text.run(group, 2, |byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\n'));
        let gap = text.slice(group..at);
        if gap.is_empty() || gap == b"  " || (gap.contains(&b'(') && parentheses) {
            break;
        }
        parentheses |= gap.contains(&b'(');
    }
    if digits.count == 0 {
        return None;
    }
    if !glued_before(text, start) || text.before(start) == b'+' || text.before(start) == b'(' {
        return Some(digits);
    }
    None
}

/// Digits and where their groups end.
pub(super) struct Digits {
    values: [u8; 16],
    count: usize,
    /// For each group: how many digits up to its end, and where it ends.
    pub(super) ends: [(usize, usize); 16],
    pub(super) groups: usize,
}

impl Digits {
    pub(super) fn as_slice(&self) -> &[u8] {
        self.values.get(..self.count).unwrap_or_default()
    }
}

/// The end of an extension after `end`, if one follows: `x12`, `ext. 12`.
pub(super) fn extension(text: &Text<'_>, end: usize) -> (usize, bool) {
    let mut at = end;
    if text.at(at) == b' ' {
        at += 1;
    }
    if text.says(at, "ext") {
        at += 3;
        at = text.run(at, 2, |byte| byte == b'.' || byte == b' ');
    } else if matches!(text.at(at), b'x' | b'X') {
        at += 1;
    } else {
        return (end, false);
    }
    let last = text.run(at, 6, |byte| byte.is_ascii_digit());
    if last > at && !is_word(text.at(last)) { (last, true) } else { (end, false) }
}
