//! Answers for short pieces that were met before.
//!
//! 94 to 98 % of the pieces of English text and code are single tokens, and few different ones make
//! up most of a text. The key is the piece itself, not a hash of it: an answer is never wrong.

use alloc::vec;
use alloc::vec::Vec;

/// Longest piece that is remembered, in bytes.
pub(crate) const LONGEST: usize = 16;
/// Number of sets at first (24 KB) and at most (590 KB).
const FIRST_SETS: usize = 512;
const MOST_SETS: usize = 12 << 10;
/// Most tokens of which the ids are remembered.
const MOST_IDS: usize = 3;

/// A piece of 1 to 16 bytes, zero-padded.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    low: u64,
    high: u64,
    length: usize,
}

impl Key {
    /// The key of `text[start..end]`, if that is short enough.
    #[inline]
    pub(crate) fn of(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let length = end - start;
        if length == 0 || length > LONGEST {
            return None;
        }
        let rest = text.get(start..)?;
        let word = match rest.first_chunk::<16>() {
            Some(word) => u128::from_le_bytes(*word),
            None => near_end(rest),
        };
        let (low, high) = (word as u64, (word >> 64) as u64);
        let (low, high) = if length <= 8 {
            (low & (u64::MAX >> (64 - 8 * length)), 0)
        } else {
            (low, high & (u64::MAX >> (128 - 8 * length)))
        };
        Some(Self { low, high, length })
    }

    #[inline]
    fn set(self, sets: usize) -> usize {
        let mixed = (self.low ^ self.high.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (((mixed >> 32) * sets as u64) >> 32) as usize
    }
}

/// What a piece merges into.
#[derive(Clone, Copy)]
pub(crate) struct Answer(u64);

impl Answer {
    /// The answer for a piece that merges into these tokens (at most 16, as many as it has bytes).
    pub(crate) fn new(key: Key, count: usize, tokens: impl Iterator<Item = u32>) -> Self {
        let ids = tokens.take(MOST_IDS).fold((0, 0), |(word, shift), id| (word | u64::from(id) << shift, shift + 18)).0;
        Self(ids << 9 | (count as u64) << 4 | (key.length as u64 - 1))
    }

    /// Number of tokens.
    #[inline]
    pub(crate) fn count(self) -> usize {
        (self.0 >> 4) as usize & 31
    }

    /// The tokens, if they are few enough to have been remembered.
    #[inline]
    pub(crate) fn tokens(self) -> Option<impl Iterator<Item = u32>> {
        let (ids, count) = (self.0 >> 9, self.count());
        (count <= MOST_IDS).then(|| (0..count).map(move |at| (ids >> (18 * at)) as u32 & 0x3_ffff))
    }
}

/// The table: each set holds the last two pieces that fell on it, the newer one first.
pub(crate) struct Cache {
    sets: Vec<Set>,
    /// Answers put in since the table has its size.
    puts: usize,
}

/// Two places of three words: the key's low and high half, and the answer: three ids of 18 bits, the
/// count in 5, the length less one in 4. An answer of 0: nobody is here.
type Set = [u64; 6];

impl Cache {
    pub(crate) fn new() -> Self {
        Self { sets: vec![[0; 6]; FIRST_SETS], puts: 0 }
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<Answer> {
        let &[low, high, answer, second_low, second_high, second_answer] = self.sets.get(key.set(self.sets.len()))?;
        let holds = |low, high, answer| {
            low == key.low && high == key.high && answer & 15 == key.length as u64 - 1 && answer != 0
        };
        if holds(low, high, answer) {
            return Some(Answer(answer));
        }
        holds(second_low, second_high, second_answer).then_some(Answer(second_answer))
    }

    pub(crate) fn put(&mut self, key: Key, answer: Answer) {
        self.puts += 1;
        if self.puts > 2 * self.sets.len() && self.sets.len() < MOST_SETS {
            // what was remembered is found again at a small cost; moving it would need its hash
            *self = Self { sets: vec![[0; 6]; MOST_SETS.min(self.sets.len() * 8)], puts: 0 };
        }
        let at = key.set(self.sets.len());
        if let Some(set) = self.sets.get_mut(at) {
            let [low, high, known, ..] = *set;
            *set = [key.low, key.high, answer.0, low, high, known];
        }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.sets.capacity() * size_of::<Set>()
    }
}

#[cold]
fn near_end(rest: &[u8]) -> u128 {
    let mut word = [0; 16];
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    u128::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_are_part_of_the_key() {
        let mut cache = Cache::new();
        let one = Key::of(b"\0", 0, 1).unwrap();
        let two = Key::of(b"\0\0", 0, 2).unwrap();
        cache.put(one, Answer::new(one, 1, [188].into_iter()));
        assert!(cache.get(two).is_none());
        let answer = cache.get(one).unwrap();
        assert_eq!((answer.count(), answer.tokens().unwrap().collect::<Vec<_>>()), (1, vec![188]));
    }

    #[test]
    fn the_key_is_the_piece_wherever_it_lies() {
        let text = b"a piece in the middle of a longer text";
        for (start, end) in [(2, 7), (0, 16), (30, 38), (37, 38)] {
            let (here, alone) =
                (Key::of(text, start, end).unwrap(), Key::of(&text[start..end], 0, end - start).unwrap());
            assert_eq!((here.low, here.high, here.length), (alone.low, alone.high, alone.length));
        }
        assert!(Key::of(text, 0, 17).is_none());
    }
}
