//! Answers for pieces that were met before.
//!
//! 94 to 98 % of the pieces of English text and code are single tokens, and few different ones make
//! up most of a text. The key is the piece itself, not a hash of it: an answer is never wrong.

use alloc::vec;
use alloc::vec::Vec;

/// Longest piece that is remembered, in bytes: a word of most scripts.
pub(crate) const LONGEST: usize = 4 * WORD_BYTES;
/// Longest piece of the small table, which nearly all pieces are in.
pub(crate) const LONGEST_SMALL: usize = 2 * WORD_BYTES;
/// Numbers of sets at first and at most: 16 KB and 524 KB of small pieces, 8 KB and 131 KB of great ones.
const SMALL_SETS: (usize, usize) = (1 << 8, 1 << 13);
const GREAT_SETS: (usize, usize) = (1 << 6, 1 << 10);
/// Entries of a set. All are compared without a branch, since which one it is cannot be predicted.
const WAYS: usize = 4;
/// Most tokens of a piece that is remembered, and of one whose ids are too.
const MOST_TOKENS: u64 = 15;
const MOST_IDS: usize = 3;
/// Bytes of a piece in a word of its key.
const WORD_BYTES: usize = 7;

/// A piece, zero-padded, seven bytes in each word above an empty byte. That of the first word has the length in
/// its upper half; that of the last gets the number of tokens in an entry, in its lower half. So the exclusive
/// or of an entry and a key, its words or-ed, is the number of tokens if they are of one piece, and greater
/// than any otherwise.
pub(crate) type SmallKey = [u64; 2];

/// The key of a piece of any length that is remembered: as a small one, or twice as wide. A great piece's length is
/// what it is longer than small ones.
pub(crate) struct Key {
    words: [u64; 4],
    width: usize,
}

impl Key {
    /// The key of a piece, unless it is too long to be remembered.
    pub(crate) fn of(piece: &[u8]) -> Option<Self> {
        if piece.len() > LONGEST {
            return None;
        }
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(piece.chunks(WORD_BYTES)) {
            *word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)) << 8;
        }
        let is_small = piece.len() <= LONGEST_SMALL;
        let length = piece.len() - if is_small { 0 } else { LONGEST_SMALL };
        words[0] |= (length as u64 % 16) << 4;
        Some(Self { words, width: if is_small { 2 } else { 4 } })
    }

    fn words(&self) -> &[u64] {
        self.words.get(..self.width).unwrap_or(&[])
    }
}

/// The key of the first `length` (1 to [`LONGEST_SMALL`]) of 16 bytes.
#[inline]
pub(crate) fn small_key(bytes: &[u8; 16], length: usize) -> SmallKey {
    let word = u128::from_le_bytes(*bytes);
    let [low, high] = PADDING.get(length).copied().unwrap_or_default();
    [(word as u64) << 8 & low | (length as u64) << 4, (word >> 48) as u64 & high]
}

/// For each length the bits of a small key that the piece takes.
static PADDING: [[u64; 2]; LONGEST_SMALL + 1] = padding();

/// What a piece merges into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Number of tokens, not 0.
    pub(crate) count: usize,
    /// Three ids of 18 bits, the first lowest; 0 if they are not known or more.
    ids: u64,
}

impl Answer {
    /// The answer for a piece that merges into these tokens.
    pub(crate) fn new(count: usize, tokens: impl Iterator<Item = u32>) -> Self {
        let ids = tokens.take(MOST_IDS).fold((0, 0), |(word, shift), id| (word | u64::from(id) << shift, shift + 18)).0;
        Self { count, ids: if count <= MOST_IDS { ids } else { 0 } }
    }

    /// The tokens, if they are known.
    #[inline]
    pub(crate) fn tokens(self) -> Option<impl Iterator<Item = u32>> {
        (self.ids != 0).then(|| (0..self.count).map(move |at| (self.ids >> (18 * at)) as u32 & 0x3_ffff))
    }
}

/// The answers of one vocabulary.
pub(crate) struct Cache {
    small: Table,
    great: Table,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self { small: Table::new(2, SMALL_SETS), great: Table::new(4, GREAT_SETS) }
    }

    /// The number of tokens of a small piece; 0 if it is not known.
    #[inline]
    pub(crate) fn count(&self, key: SmallKey) -> usize {
        let at = self.small.base + place(&key, self.small.sets) * 8;
        let Some(set) = self.small.words.get(at..).and_then(|rest| rest.first_chunk::<8>()) else {
            return 0;
        };
        let entries = set.as_chunks::<2>().0;
        let least = entries.iter().fold(u64::MAX, |least, entry| least.min(difference(entry, &key)));
        if least <= MOST_TOKENS { least as usize } else { 0 }
    }

    /// What a piece merges into, if it is known.
    pub(crate) fn get(&self, key: &Key) -> Option<Answer> {
        let table = if key.width == 2 { &self.small } else { &self.great };
        table.get(key.words())
    }

    /// Remembers a piece; the ids too `with_ids`, which takes memory of its own.
    pub(crate) fn put(&mut self, key: &Key, answer: Answer, with_ids: bool) {
        let table = if key.width == 2 { &mut self.small } else { &mut self.great };
        if answer.count as u64 <= MOST_TOKENS {
            table.put(key.words(), answer, with_ids);
        }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.small.heap() + self.great.heap()
    }
}

/// Sets of four entries, each a key with the number of tokens in it, or zeros where nobody is.
struct Table {
    words: Vec<u64>,
    /// Where the first set starts: at a line of the processor's cache, which a set of small pieces fills.
    base: usize,
    /// Words of a key.
    width: usize,
    sets: usize,
    most: usize,
    /// The ids of each entry, made when first asked for.
    ids: Vec<[u64; WAYS]>,
    /// Entries put in since the table has its size.
    puts: usize,
}

impl Table {
    fn new(width: usize, (sets, most): (usize, usize)) -> Self {
        let words = vec![0u64; sets * WAYS * width + 7];
        let base = words.as_ptr().align_offset(64).min(7);
        Self { words, base, width, sets, most, ids: Vec::new(), puts: 0 }
    }

    fn get(&self, key: &[u64]) -> Option<Answer> {
        let at = place(key, self.sets);
        let from = self.base + at * WAYS * self.width;
        let entries = self.words.get(from..)?.chunks_exact(self.width).take(WAYS);
        let counts = entries.map(|entry| difference(entry, key));
        let (way, count) = counts.enumerate().find(|(_, count)| *count <= MOST_TOKENS)?;
        let ids = self.ids.get(at).and_then(|ids| ids.get(way)).copied().unwrap_or(0);
        Some(Answer { count: count as usize, ids })
    }

    fn put(&mut self, key: &[u64], answer: Answer, with_ids: bool) {
        self.puts += 1;
        if self.puts > self.sets * WAYS / 2 && self.sets < self.most {
            // what was remembered is found again at a small cost
            *self = Self::new(self.width, (self.most.min(self.sets * 8), self.most));
        }
        if with_ids && self.ids.is_empty() {
            self.ids = vec![[0; WAYS]; self.sets];
        }
        let at = place(key, self.sets);
        let from = self.base + at * WAYS * self.width;
        // its own place, the first that is free, or one taken in turn
        let mut entries = self.words.get(from..).unwrap_or(&[]).chunks_exact(self.width).take(WAYS);
        let way = entries.position(|entry| entry.first() == Some(&0) || difference(entry, key) <= MOST_TOKENS);
        let way = way.unwrap_or(self.puts % WAYS);
        if let Some(entry) = self.words.get_mut(from + way * self.width..).and_then(|rest| rest.get_mut(..key.len())) {
            entry.copy_from_slice(key);
            entry.iter_mut().last().into_iter().for_each(|word| *word |= answer.count as u64);
        }
        if let Some(known) = self.ids.get_mut(at).and_then(|known| known.get_mut(way)) {
            *known = if with_ids { answer.ids } else { 0 };
        }
    }

    fn heap(&self) -> usize {
        self.words.capacity() * 8 + self.ids.capacity() * WAYS * 8
    }
}

/// The number of tokens in an entry, if it is a key's; else a number greater than [`MOST_TOKENS`].
#[inline]
fn difference(entry: &[u64], key: &[u64]) -> u64 {
    entry.iter().zip(key).fold(0, |all, (a, b)| all | (a ^ b))
}

/// The set of a key.
#[inline]
fn place(key: &[u64], sets: usize) -> usize {
    let mixed = key.iter().fold(0u64, |mixed, word| mixed.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (((mixed >> 32) * sets as u64) >> 32) as usize
}

const fn padding() -> [[u64; 2]; LONGEST_SMALL + 1] {
    let mut table = [[0; 2]; LONGEST_SMALL + 1];
    let mut length = 0;
    while length <= LONGEST_SMALL {
        let bits = (1u128 << (8 * length)) - 1;
        #[allow(clippy::indexing_slicing, reason = "evaluated at compile time, in bounds")]
        {
            table[length] = [(bits as u64) << 8, (bits >> 48) as u64 & !0xff];
        }
        length += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use std::collections::BTreeMap;

    #[test]
    fn zeros_at_the_end_are_part_of_the_key() {
        let (zeros, mut cache) = ([0; LONGEST], Cache::new());
        for length in 1..=LONGEST {
            let key = Key::of(&zeros[..length]).unwrap();
            assert_eq!(cache.get(&key), None, "{length}");
            cache.put(&key, Answer::new(length.min(3), [188, 1, 2].into_iter()), true);
        }
        for length in 1..=LONGEST {
            let answer = cache.get(&Key::of(&zeros[..length]).unwrap()).map(|answer| answer.count);
            // a set holds two, and the same zeros fall on few sets
            assert!(answer.is_none_or(|count| count == length.min(3)), "{length}");
        }
    }

    #[test]
    fn the_small_key_is_the_key_wherever_the_piece_lies() {
        let text = b"a piece in the middle of a longer text";
        for start in 0..text.len() - 16 {
            for length in 1..=LONGEST_SMALL {
                let bytes = text[start..].first_chunk().unwrap();
                let [low, high] = small_key(bytes, length);
                assert_eq!(Key::of(&text[start..start + length]).unwrap().words(), [low, high]);
            }
        }
    }

    /// An answer may be forgotten, but it is never another piece's, ids and all, whatever comes between.
    #[test]
    fn an_answer_is_the_one_that_was_put_in() {
        let (mut cache, mut known, mut found) = (Cache::new(), BTreeMap::new(), 0);
        let mut state = 1u64;
        for round in 0..200_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let number = (state >> 33) % 30_000;
            let piece: String = format!("{number:x}.").repeat(1 + number as usize % 5);
            let Some(key) = Key::of(piece.as_bytes()) else {
                assert!(piece.len() > LONGEST);
                continue;
            };
            let listed = round > 100_000 && state >> 20 & 1 == 0;
            let ids = [number as u32 + 1, number as u32, 7];
            let count = 1 + number as usize % 15;
            match cache.get(&key) {
                Some(answer) => {
                    found += 1;
                    assert_eq!(Some(&answer.count), known.get(&piece));
                    if let Some(tokens) = answer.tokens() {
                        assert_eq!(tokens.collect::<Vec<_>>(), ids[..count], "{piece}");
                    }
                }
                None => cache.put(&key, Answer::new(count, ids.into_iter().take(count)), listed),
            }
            known.insert(piece, count);
        }
        assert!(found > 50_000, "{found}");
        assert!(cache.heap() < 1_000_000);
    }
}
