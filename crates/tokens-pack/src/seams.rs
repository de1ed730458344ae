//! Between which bytes tokens join a part of a character with something outside of it.

use crate::reference::Merges;

/// A row for each last byte of a character, by its low six bits; in it one bit for each first byte of the next
/// character, by its low six bits: set if some token crosses such a border with only a part of a character on
/// one side or both.
pub fn seams(merges: &Merges) -> [u64; 64] {
    let mut seams = [0u64; 64];
    for token in tokens(merges) {
        for (at, pair) in token.windows(2).enumerate() {
            let &[before, lead] = pair else { continue };
            // a border of characters beyond ASCII; others are no seeds' in any case
            if before < 0x80 || lead < 0xc0 {
                continue;
            }
            let (left, right) = token.split_at(at + 1);
            let is_part = !ends_whole(left) || right.len() < width(lead);
            if is_part && let Some(row) = seams.get_mut(usize::from(before & 0x3f)) {
                *row |= 1 << (lead & 0x3f);
            }
        }
    }
    seams
}

/// The bytes of each merged token.
fn tokens(merges: &Merges) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = vec![Vec::new(); 256];
    for (&id, byte) in merges.bytes.iter().zip(0..=u8::MAX) {
        if let Some(token) = tokens.get_mut(usize::from(id)) {
            token.push(byte);
        }
    }
    for &(left, right) in &merges.pairs {
        let part = |id: u32| tokens.get(id as usize).cloned().unwrap_or_default();
        tokens.push([part(left), part(right)].concat());
    }
    tokens
}

/// Whether the last character of these bytes starts in them and is all there.
fn ends_whole(bytes: &[u8]) -> bool {
    let rest = bytes.iter().rev().take_while(|byte| **byte & 0xc0 == 0x80).count();
    let lead = bytes.len().checked_sub(rest + 1).and_then(|at| bytes.get(at));
    lead.is_some_and(|&lead| width(lead) == rest + 1)
}

/// The length of the character that starts with this byte.
fn width(lead: u8) -> usize {
    match lead {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_that_tokens_cross_with_a_part() {
        let bytes = core::array::from_fn(|byte| byte as u8);
        // "é" (c3 a9), "é\xc3": a part of what follows; "\xa9é": of what is before; "éé": whole
        let merges = Merges { bytes, pairs: vec![(0xc3, 0xa9), (256, 0xc3), (0xa9, 256), (256, 256)] };
        let rows = seams(&merges);
        assert_eq!(rows.iter().map(|row| row.count_ones()).sum::<u32>(), 1);
        assert_eq!(rows[0x29], 1 << 3);
        let merges = Merges { bytes, pairs: vec![(0xc3, 0xa9), (256, 256), (0x20, 0xc3)] };
        assert_eq!(seams(&merges), [0; 64]);
    }
}
