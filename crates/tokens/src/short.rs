//! Merging a piece of at most 64 bytes: an array of ranks, of which the least is taken each time.
#![allow(
    clippy::indexing_slicing,
    reason = "every index is taken modulo 64, the length of each array (`& LAST`), which also spares the bounds checks of the hottest loop"
)]

use crate::characters::Seed;
use crate::merges::{LATER, Merges, NONE};

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
    /// Keys from here on say nothing while there is a pair whose merge has not been read: it could come before.
    bound: i32,
    /// What the bound is then: the first key of the merges that are read later.
    late: i32,
    next: [u8; LONGEST],
    before: [u8; LONGEST],
    length: usize,
    /// The place of the last symbol pushed, and the number of them.
    last: u8,
    count: usize,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self {
            tokens: [0; LONGEST],
            keys: [[NEVER; 8]; 8],
            least: [NEVER; 8],
            bound: NEVER,
            late: NEVER,
            next: [0; LONGEST],
            before: [0; LONGEST],
            length: 0,
            last: 0,
            count: 0,
        }
    }

    /// Merges `piece` (1 to 64 bytes) and returns the number of its tokens. Starts from whole characters where
    /// that cannot change the outcome.
    #[inline]
    pub(crate) fn merge(&mut self, merges: &mut Merges, piece: &[u8]) -> usize {
        self.clear(piece);
        self.late = (merges.bound() << 6) as i32;
        // the last symbol, and the byte that it is if it is one
        let (mut last, mut last_byte) = (NONE, None);
        let mut at = 0;
        while let Some(&byte) = piece.get(at)
            && at < LONGEST
        {
            let width = width(byte);
            if width > 1
                && let Some(character) = piece.get(at..at + width)
                && merges.stands_alone(piece, at, at + width)
            {
                let Seed { first, second, split } = merges.seed(character);
                if split > 0 {
                    let rank = if at > 0 { merges.early_rank(last, first) } else { NONE };
                    self.push(at, split, first, rank);
                    if split < width {
                        self.push(at + split, width - split, second, NONE);
                    }
                    last = if split < width { second } else { first };
                    last_byte = None;
                    at += width;
                    continue;
                }
            }
            let token = merges.byte(byte);
            let rank = match last_byte {
                Some(last) => merges.early_byte_rank(last, byte),
                None if at > 0 => merges.early_rank(last, token),
                None => NONE,
            };
            self.push(at, 1, token, rank);
            (last, last_byte) = (token, Some(byte));
            at += 1;
        }
        self.reduce(merges)
    }

    fn clear(&mut self, piece: &[u8]) {
        self.length = piece.len().min(LONGEST);
        self.count = 0;
        self.last = 0;
        self.least = [NEVER; 8];
        self.bound = NEVER;
        for row in self.keys.iter_mut().take(self.length.div_ceil(8)) {
            *row = [NEVER; 8];
        }
    }

    /// Appends a symbol; `rank` is that of its merge with the one before it.
    #[inline]
    fn push(&mut self, at: usize, width: usize, token: u32, rank: u32) {
        self.tokens[at & LAST] = token;
        self.next[at & LAST] = (at + width) as u8;
        self.before[at & LAST] = self.last;
        self.set(usize::from(self.last), rank);
        self.last = at as u8;
        self.count += 1;
    }

    /// Merges until nothing merges.
    #[inline]
    fn reduce(&mut self, merges: &mut Merges) -> usize {
        let length = self.length;
        self.find_each_least();
        let mut count = self.count;
        loop {
            let least = least_of(&self.least);
            if least >= self.bound {
                if self.bound == NEVER {
                    return count;
                }
                self.read_later(merges);
                continue;
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
                rank = merges.early_rank(token, self.tokens[after & LAST]);
            }
            self.set(at, rank);
            if at > 0 {
                let before = self.before[at] as usize & LAST;
                self.set(before, merges.early_rank(self.tokens[before], token));
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

    /// Reads the merges that were left for later, since nothing else merges before them.
    #[cold]
    #[inline(never)]
    fn read_later(&mut self, merges: &mut Merges) {
        self.bound = NEVER;
        let mut at = 0;
        loop {
            let after = self.next[at & LAST] as usize;
            if after >= self.length {
                break;
            }
            if self.keys[at >> 3 & 7][at & 7] == NEVER {
                self.set(at, merges.rank(self.tokens[at & LAST], self.tokens[after & LAST]));
            }
            at = after;
        }
        self.find_each_least();
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
        self.keys[at >> 3 & 7][at & 7] = if rank >= LATER { NEVER } else { (rank << 6) as i32 | at as i32 };
        self.bound = if rank == LATER { self.late } else { self.bound };
    }

    #[inline]
    fn find_each_least(&mut self) {
        for row in 0..self.length.div_ceil(8) {
            self.find_least(row);
        }
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

/// The length of a character of two or three bytes, by its first byte; 1 for any other byte.
#[inline]
fn width(byte: u8) -> usize {
    match byte {
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 1,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary;
    use alloc::vec::Vec;

    /// The definition: of all pairs of neighbours the one of the least rank merges, the first of equals.
    pub(crate) fn merged(merges: &mut Merges, piece: &[u8]) -> Vec<(u32, usize)> {
        let mut tokens: Vec<_> = piece.iter().map(|&byte| merges.byte(byte)).zip(1..).collect();
        loop {
            let ranks = tokens.windows(2).map(|pair| merges.rank(pair[0].0, pair[1].0));
            match ranks.zip(0..).min() {
                Some((rank, at)) if rank != NONE => {
                    tokens[at] = (rank, tokens[at + 1].1);
                    tokens.remove(at + 1);
                }
                _ => return tokens,
            }
        }
    }

    /// On random texts of all scripts, cut at any byte, starting from characters gives what bytes give.
    #[test]
    fn characters_give_what_bytes_give() {
        const SETS: [(u32, u32); 10] = [
            (0x20, 0x7f),
            (0xa0, 0x250),
            (0x370, 0x530),
            (0x590, 0x700),
            (0x900, 0xe00),
            (0xe00, 0x1200),
            (0x2000, 0x2700),
            (0x3000, 0x3100),
            (0x4e00, 0x9fff),
            (0xac00, 0xd7a3),
        ];
        let mut state = 1u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) % u64::from(below)) as u32
        };
        for vocabulary in Vocabulary::ALL {
            let open = || Merges::open(vocabulary.packed().into(), false).unwrap();
            let (mut merges, mut cold) = (open(), open());
            let mut short = Short::new();
            for round in 0..50_000 {
                if round % 50 == 0 {
                    cold = open();
                }
                let mut text = alloc::string::String::new();
                let (from, to) = SETS[random(10) as usize];
                while text.len() < 80 {
                    let (from, to) = if random(8) == 0 { SETS[random(10) as usize] } else { (from, to) };
                    // the first of a set come more often, as the common ones of most scripts do
                    let bound = 1 + random(to - from);
                    text.extend(char::from_u32(from + random(bound)));
                }
                let start = random(4) as usize;
                let piece = &text.as_bytes()[start..start + 1 + random(64) as usize];
                let expected = merged(&mut merges, piece);
                // most of what it asks for has not been read yet
                assert_eq!(short.merge(&mut cold, piece), expected.len(), "{vocabulary:?} {piece:x?}");
                assert_eq!(short.tokens().collect::<Vec<_>>(), expected, "{vocabulary:?} {piece:x?}");
            }
        }
    }
}
