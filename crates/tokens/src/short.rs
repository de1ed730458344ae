//! Merging a piece of at most 64 bytes: an array of ranks, of which the least is taken each time.
#![allow(
    clippy::indexing_slicing,
    reason = "every index is taken modulo 64, the length of each array (`& LAST`), which also spares the bounds checks of the hottest loop"
)]

use crate::merges::{Merges, NONE};

/// Longest piece in bytes.
pub(crate) const LONGEST: usize = 64;
const LAST: usize = LONGEST - 1;

/// The tokens of a short piece, and where they end.
pub(crate) struct Short {
    tokens: [u32; LONGEST],
    /// For each symbol that is still there: the rank of its merge with the next one, over its place.
    /// So the least of them is the first of the least rank.
    keys: [u32; LONGEST],
    next: [u8; LONGEST],
    before: [u8; LONGEST],
    length: usize,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self {
            tokens: [0; LONGEST],
            keys: [0; LONGEST],
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
        let mut last = NONE;
        for (at, &byte) in piece.iter().take(LONGEST).enumerate() {
            let token = merges.byte(byte);
            self.tokens[at & LAST] = token;
            self.next[at & LAST] = at as u8 + 1;
            self.before[at & LAST] = (at as u8).wrapping_sub(1);
            if at > 0 {
                self.keys[(at - 1) & LAST] = key(merges.rank(last, token), at - 1);
            }
            last = token;
        }
        let padded = length.next_multiple_of(8);
        for at in length.saturating_sub(1)..padded {
            self.keys[at & LAST] = NONE;
        }
        let mut count = length;
        loop {
            let least = self.least(padded);
            if least == NONE {
                return count;
            }
            #[cfg(test)]
            {
                merges.work += padded as u64 / 8;
            }
            count -= 1;
            let at = least as usize & LAST;
            let token = least >> 6;
            let gone = self.next[at] as usize;
            let after = self.next[gone & LAST] as usize;
            self.tokens[at] = token;
            self.next[at] = after as u8;
            self.keys[gone & LAST] = NONE;
            self.keys[at] = if after < length {
                self.before[after & LAST] = at as u8;
                key(merges.rank(token, self.tokens[after & LAST]), at)
            } else {
                NONE
            };
            if at > 0 {
                let before = self.before[at] as usize & LAST;
                self.keys[before] = key(merges.rank(self.tokens[before], token), before);
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

    #[inline]
    fn least(&self, padded: usize) -> u32 {
        let (chunks, _) = self.keys[..padded.min(LONGEST)].as_chunks::<8>();
        let mut lanes = [NONE; 8];
        for chunk in chunks {
            for (lane, &key) in lanes.iter_mut().zip(chunk) {
                *lane = (*lane).min(key);
            }
        }
        lanes.into_iter().fold(NONE, u32::min)
    }
}

/// A rank has 18 bits, a place 6.
#[inline]
fn key(rank: u32, at: usize) -> u32 {
    if rank == NONE { NONE } else { rank << 6 | at as u32 }
}
