//! A hash table from pairs of tokens to what they merge into.

use alloc::vec;
use alloc::vec::Vec;

use crate::merges::NONE;
use crate::packed::MOST_TOKENS;

/// Bits of a token id, and of a pair of them.
const ID_BITS: u32 = MOST_TOKENS.trailing_zeros();
const ID_MASK: u64 = MOST_TOKENS as u64 - 1;
const PAIR_BITS: u32 = 2 * ID_BITS;
/// Set in the last slot of a bucket that an entry did not fit in: the search goes on in the next.
const OVERFLOW: u64 = 1 << 63;

/// The table, in buckets of four slots. Each slot is the left token plus one, the right token and what they merge
/// into, 18 bits each; 0 is an empty one. So the exclusive or of a slot with a sought pair is the answer where they
/// are one pair, and greater than any id elsewhere: the least of four is found without a branch. Buckets fill from
/// their first slot; nothing is ever taken out.
pub(crate) struct Pairs {
    slots: Vec<u64>,
    /// Where the first bucket starts: no bucket crosses a line of the processor's cache.
    base: usize,
    buckets: usize,
    used: usize,
}

impl Pairs {
    /// An empty table of so many buckets.
    pub(crate) fn new(buckets: usize) -> Self {
        let slots = vec![0u64; buckets * 4 + 3];
        let base = slots.as_ptr().align_offset(32).min(3);
        Self { slots, base, buckets, used: 0 }
    }

    /// The token that a pair merges into, or NONE.
    #[inline]
    pub(crate) fn find(&self, left: u32, right: u32) -> u32 {
        let key = key(left, right);
        let mut at = home(key, self.buckets);
        loop {
            let Some(&[a, b, c, d]) = self.slots.get(self.base + at * 4..).and_then(|rest| rest.first_chunk()) else {
                return NONE;
            };
            let least = (a ^ key).min(b ^ key).min(c ^ key).min((d ^ key) & !OVERFLOW);
            let found = if least <= ID_MASK { least as u32 } else { NONE };
            // one branch, as the first half of it cannot be predicted
            if (found != NONE) | (d & OVERFLOW == 0) {
                return found;
            }
            at = if at + 1 < self.buckets { at + 1 } else { 0 };
        }
    }

    /// Adds a pair that is not there yet, and returns its place. One bucket must have room: see
    /// [`Self::used`] and [`Self::buckets`].
    pub(crate) fn insert(&mut self, left: u32, right: u32, token: u32) -> u32 {
        let entry = key(left, right) | u64::from(token);
        let mut at = home(key(left, right), self.buckets);
        // as many tries as there are buckets find room, if there is any
        for _ in 0..self.buckets {
            let from = self.base + at * 4;
            let Some(bucket) = self.slots.get_mut(from..).and_then(|rest| rest.first_chunk_mut::<4>()) else {
                break;
            };
            for (slot, place) in bucket.iter_mut().zip(from..) {
                if *slot & !OVERFLOW == 0 {
                    *slot |= entry;
                    self.used += 1;
                    return place as u32;
                }
            }
            bucket[3] |= OVERFLOW;
            at = if at + 1 < self.buckets { at + 1 } else { 0 };
        }
        0
    }

    /// Makes it so many buckets; all places change.
    pub(crate) fn resize(&mut self, buckets: usize) {
        let old = core::mem::replace(self, Self::new(buckets));
        for (token, place) in old.places() {
            if let Some((left, right)) = old.pair_at(place) {
                self.insert(left, right, token);
            }
        }
    }

    /// The pair at a place.
    #[inline]
    pub(crate) fn pair_at(&self, place: u32) -> Option<(u32, u32)> {
        let slot = self.slots.get(place as usize)? & !OVERFLOW;
        let left = ((slot >> PAIR_BITS) as u32).checked_sub(1)?;
        Some((left, (slot >> ID_BITS & ID_MASK) as u32))
    }

    /// Each token that a pair in the table merges into, with the place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let slots = self.slots.iter().zip(0u32..);
        slots.map(|(slot, place)| ((slot & ID_MASK) as u32, place)).filter(|(token, _)| *token != 0)
    }

    /// Number of entries.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Number of buckets.
    pub(crate) fn buckets(&self) -> usize {
        self.buckets
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.slots.capacity() * 8
    }
}

/// The left token plus one, the right token, and room for what they merge into.
#[inline]
fn key(left: u32, right: u32) -> u64 {
    (u64::from(left) + 1) << PAIR_BITS | u64::from(right) << ID_BITS
}

/// The bucket where the search starts. The low bits of a key are zeros.
#[inline]
fn home(key: u64, buckets: usize) -> usize {
    let hash = (key >> ID_BITS).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    ((hash * buckets as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn finds_what_was_put_in_and_nothing_else() {
        let (mut pairs, mut known) = (Pairs::new(64), BTreeMap::new());
        let mut state = 1u64;
        for id in 256..500 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // few left tokens, so that the pair (0, 0) and neighbours come too
            let pair = ((state >> 40) as u32 % 8, (state >> 20) as u32 % 300);
            if known.insert(pair, id).is_none() {
                pairs.insert(pair.0, pair.1, id);
            } else {
                known.insert(pair, pairs.find(pair.0, pair.1));
            }
            if id == 490 {
                pairs.resize(65);
            }
        }
        assert!(pairs.used() > 200 && pairs.used() == known.len());
        for left in 0..8 {
            for right in 0..300 {
                assert_eq!(pairs.find(left, right), known.get(&(left, right)).copied().unwrap_or(NONE));
            }
        }
        for (token, place) in pairs.places() {
            assert_eq!(known.get(&pairs.pair_at(place).unwrap()), Some(&token));
        }
    }

    #[test]
    fn a_full_table_ends_each_search() {
        let mut pairs = Pairs::new(2);
        for token in 300..308 {
            pairs.insert(token, 1, token);
        }
        assert_eq!(pairs.find(303, 1), 303);
    }
}
