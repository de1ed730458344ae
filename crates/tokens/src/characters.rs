//! What characters beyond ASCII merge into on their own.
//!
//! Merging may start from whole characters rather than from bytes where that cannot change the outcome: where
//! no token of the vocabulary joins a part of the character with anything outside of it. The packed data
//! says between which two bytes tokens do so (`Packed::is_clean`).

use alloc::vec;
use alloc::vec::Vec;

use crate::merges::{Merges, NONE};

/// Entries: 64 KB, made when the first such character comes. Neighbours in Unicode share no entry.
const ENTRIES: usize = 1 << 13;

/// The tokens of a character of two or three bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seed {
    pub(crate) first: u32,
    /// The second token, if there are two.
    pub(crate) second: u32,
    /// How many bytes the first one is: all of them if there is one token, 0 if there are three.
    pub(crate) split: usize,
}

/// Characters that were met before. An entry is three bytes of key (the third 0 for a shorter character), two
/// ids of 18 bits and the split in 4 bits; 0 is nobody, since a character does not start with 0.
pub(crate) struct Characters {
    entries: Vec<u64>,
}

impl Characters {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.entries.capacity() * 8
    }

    #[inline]
    fn get(&self, key: u64) -> Option<Seed> {
        let entry = *self.entries.get(place(key))?;
        (entry >> 40 == key).then_some(Seed {
            first: (entry >> 22 & 0x3_ffff) as u32,
            second: (entry >> 4 & 0x3_ffff) as u32,
            split: (entry & 15) as usize,
        })
    }

    fn put(&mut self, key: u64, seed: Seed) {
        if self.entries.is_empty() {
            self.entries = vec![0; ENTRIES];
        }
        if let Some(entry) = self.entries.get_mut(place(key)) {
            let ids = u64::from(seed.first & 0x3_ffff) << 18 | u64::from(seed.second & 0x3_ffff);
            *entry = key << 40 | ids << 4 | seed.split as u64;
        }
    }
}

impl Merges {
    /// What the character of two or three bytes merges into alone.
    #[inline]
    pub(crate) fn seed(&mut self, character: &[u8]) -> Seed {
        let key = character.iter().fold(0, |key, &byte| key << 8 | u64::from(byte));
        match self.characters.get(key) {
            Some(seed) => seed,
            None => self.find_seed(character, key),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_seed(&mut self, character: &[u8], key: u64) -> Seed {
        let none = Seed { first: 0, second: 0, split: 0 };
        let seed = match *character {
            [a, b] => match self.byte_rank(a, b) {
                NONE => Seed { first: self.byte(a), second: self.byte(b), split: 1 },
                token => Seed { first: token, second: 0, split: 2 },
            },
            [a, b, c] => {
                let (left, right) = (self.byte_rank(a, b), self.byte_rank(b, c));
                let (first, second, split) =
                    if left <= right { (left, self.byte(c), 2) } else { (self.byte(a), right, 1) };
                if left.min(right) == NONE {
                    none
                } else {
                    match self.rank(first, second) {
                        NONE => Seed { first, second, split },
                        token => Seed { first: token, second: 0, split: 3 },
                    }
                }
            }
            _ => none,
        };
        self.characters.put(key, seed);
        seed
    }
}

/// Of a character's bytes the low six bits count, and of the first one a bit.
#[inline]
fn place(key: u64) -> usize {
    ((key & 0x3f) | (key >> 8 & 0x3f) << 6 | (key >> 16 & 1) << 12) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::short::tests::merged;
    use crate::vocabulary::Vocabulary;

    /// The tokens of each character, found and remembered, are those of merging its bytes.
    #[test]
    fn seeds_are_what_bytes_merge_into() {
        for vocabulary in Vocabulary::ALL {
            let mut merges = Merges::open(vocabulary.packed().into(), false).unwrap();
            for character in ('\u{80}'..'\u{ffff}').step_by(3) {
                let mut bytes = [0; 4];
                let bytes = character.encode_utf8(&mut bytes).as_bytes();
                let expected = merged(&mut merges, bytes);
                for _ in 0..2 {
                    let seed = merges.seed(bytes);
                    let first = (seed.first, seed.split);
                    match seed.split {
                        0 => assert_eq!(expected.len(), 3),
                        split if split == bytes.len() => assert_eq!(expected, [first]),
                        _ => assert_eq!(expected, [first, (seed.second, bytes.len())]),
                    }
                }
            }
        }
    }
}
