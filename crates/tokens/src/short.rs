//! Merging a piece of at most 64 bytes: an array of ranks, of which the least is taken each time.
#![allow(
    clippy::indexing_slicing,
    reason = "every index is taken modulo 64, the length of each array (`& LAST`), which also spares the bounds checks of the hottest loop"
)]

use crate::merges::{Merges, NONE};

/// Longest piece in bytes.
pub(crate) const LONGEST: usize = 64;
const LAST: usize = LONGEST - 1;

/// No merge: greater than every key.
const NEVER: i32 = i32::MAX;

/// The tokens of a short piece, and where they end.
pub(crate) struct Short {
    tokens: [u32; LONGEST],
    /// For each symbol that is still there: the rank of its merge with the next one, over its place.
    /// So the least of them is the first of the least rank.
    keys: [[i32; 8]; 8],
    /// The least key of each row.
    least: [i32; 8],
    next: [u8; LONGEST],
    before: [u8; LONGEST],
    length: usize,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self {
            tokens: [0; LONGEST],
            keys: [[NEVER; 8]; 8],
            least: [NEVER; 8],
            next: [0; LONGEST],
            before: [0; LONGEST],
            length: 0,
        }
    }

    /// Merges `piece` (1 to 64 bytes) and returns the number of its tokens.
    #[inline]
    pub(crate) fn merge(&mut self, merges: &mut Merges, piece: &[u8]) -> usize {
        let length = piece.len().min(LONGEST);
        self.length = length;
        let rows = length.div_ceil(8);
        self.least = [NEVER; 8];
        self.keys[(rows - 1) & 7] = [NEVER; 8];
        let mut last = 0;
        for (at, &byte) in piece.iter().take(LONGEST).enumerate() {
            self.tokens[at & LAST] = merges.byte(byte);
            self.next[at & LAST] = at as u8 + 1;
            self.before[at & LAST] = (at as u8).wrapping_sub(1);
            if at > 0 {
                self.set(at - 1, merges.byte_rank(last, byte));
            }
            last = byte;
        }
        self.set(length - 1, NONE);
        for row in 0..rows {
            self.find_least(row);
        }
        let mut count = length;
        loop {
            let least = least_of(&self.least);
            if least == NEVER {
                return count;
            }
            #[cfg(test)]
            {
                merges.work += 1;
            }
            count -= 1;
            let at = least as usize & LAST;
            let token = least as u32 >> 6;
            let gone = self.next[at] as usize & LAST;
            let after = self.next[gone] as usize;
            self.tokens[at] = token;
            self.next[at] = after as u8;
            self.set(gone, NONE);
            let mut rank = NONE;
            if after < length {
                self.before[after & LAST] = at as u8;
                rank = merges.rank(token, self.tokens[after & LAST]);
            }
            self.set(at, rank);
            if at > 0 {
                let before = self.before[at] as usize & LAST;
                self.set(before, merges.rank(self.tokens[before], token));
                if before >> 3 != at >> 3 {
                    self.find_least(before >> 3);
                }
            }
            self.find_least(at >> 3);
            if gone >> 3 != at >> 3 {
                self.find_least(gone >> 3);
            }
        }
    }

    /// Each token of the last piece with the byte after it.
    #[inline]
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        let mut at = 0;
        core::iter::from_fn(move || {
            (at < self.length).then(|| {
                let token = self.tokens[at & LAST];
                at = self.next[at & LAST] as usize;
                (token, at)
            })
        })
    }

    /// Notes the rank of a symbol's merge with the next one: 18 bits of rank over 6 of place.
    #[inline]
    fn set(&mut self, at: usize, rank: u32) {
        self.keys[at >> 3 & 7][at & 7] = if rank == NONE { NEVER } else { (rank << 6) as i32 | at as i32 };
    }

    #[inline]
    fn find_least(&mut self, row: usize) {
        self.least[row & 7] = least_of(&self.keys[row & 7]);
    }
}

#[inline]
fn least_of(keys: &[i32; 8]) -> i32 {
    let [a, b, c, d, e, f, g, h] = *keys;
    a.min(b).min(c.min(d)).min(e.min(f).min(g.min(h)))
}
