//! The packed form of a vocabulary.
//!
//! Both vocabularies are 256 bytes and merges in the order of their ids, so the pairs alone suffice:
//! a token's bytes follow by recursion. The pairs are grouped by their **left** token and the groups
//! gathered in blocks of a few hundred pairs, each of which can be decoded alone: a text pays only
//! for the blocks it asks for.
//!
//! ```text
//! "PGTOKEN2"  checksum u64  vocabulary u8  0 u8  blocks u16  tokens u32     little endian
//! the token id of each byte                                                256 bytes
//! the seams: for each last byte of a character (its low 6 bits) one bit for
//!   each first byte of the next (its low 6 bits), set if a token crosses
//!   that border with only a part of a character on a side                  64 × u64
//! the code of right tokens: shortest length, longest length, and for each
//!   length the number of symbols (u16), the Rice parameter (u8); then the
//!   symbols of each length in rising order, as Rice gaps                     byte-aligned
//! the directory: for each block the gap of its first left token, then for
//!   each its length in bytes: a Rice parameter (5 bits) and Rice numbers     byte-aligned
//! the blocks: a Rice parameter (3 bits); for each left token a gap (Rice),
//!   its number of pairs (gamma), and for each pair the gap of its id (Rice)
//!   and its right token (the code); then a gap to the first left token of
//!   the next block                                                           byte-aligned each
//! ```
//! The symbol `tokens` of the code means: the right token follows in plain, in as many bits as the
//! id has.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use crate::bits::{Bits, rice_parameter};
use crate::checksum::checksum;
use crate::vocabulary::Vocabulary;

/// The length of the fixed part: magic, checksum, vocabulary, number of blocks and of tokens.
const HEADER: usize = 24;
/// Bytes of the seams.
const SEAMS: usize = 64 * 8;
const MAGIC: &[u8; 8] = b"PGTOKEN2";
/// Longest code word of a right token, in bits.
const LONGEST: usize = 24;
/// Ids have 18 bits throughout.
pub(crate) const MOST_TOKENS: u32 = 1 << 18;

/// Why packed data was refused. Nothing of it is used then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackedError {
    /// Too short to be a packed vocabulary, or it ends before what its header announces.
    Truncated,
    /// It does not start with `PGTOKEN2`: another file, or another version of the format.
    Unknown,
    /// The checksum does not fit the data: it was damaged on its way.
    Checksum,
    /// It names a vocabulary that this version does not know.
    Vocabulary,
    /// The checksum fits, yet the content contradicts itself.
    Invalid,
}

impl fmt::Display for PackedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the packed vocabulary is truncated",
            Self::Unknown => "not a packed vocabulary of this version (no PGTOKEN2 at its start)",
            Self::Checksum => "the packed vocabulary is damaged (its checksum does not fit)",
            Self::Vocabulary => "the packed vocabulary is none of cl100k_base, o200k_base",
            Self::Invalid => "the packed vocabulary contradicts itself",
        })
    }
}

impl core::error::Error for PackedError {}

/// One pair that merges into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) id: u32,
}

/// A packed vocabulary whose header and directory have been read.
pub(crate) struct Packed {
    data: Cow<'static, [u8]>,
    pub(crate) vocabulary: Vocabulary,
    /// Number of ordinary tokens; ids are below it.
    pub(crate) tokens: u32,
    /// The token id of each byte.
    pub(crate) bytes: [u8; 256],
    seams: [u64; 64],
    /// First left token and first byte of each block, and a last row that ends the last block.
    blocks: Vec<(u32, u32)>,
    /// For each length of a code word that occurs: the last of its words, filled up with ones to 32
    /// bits; what to add to a word to have its place in `symbols`; and the length.
    limits: Vec<(u32, u32, u32)>,
    /// For the first 8 bits of a word the row of `limits` from which to search.
    starts: [u8; 256],
    symbols: Vec<u32>,
}

impl Packed {
    /// Reads the header, the code and the directory; with `check`, the checksum first.
    ///
    /// # Errors
    /// [`PackedError`], when the data is not a packed vocabulary.
    pub(crate) fn open(data: Cow<'static, [u8]>, check: bool) -> Result<Self, PackedError> {
        let header: &[u8; HEADER] = data.first_chunk().ok_or(PackedError::Truncated)?;
        let [m0, m1, m2, m3, m4, m5, m6, m7, c0, c1, c2, c3, c4, c5, c6, c7, v, _, b0, b1, t0, t1, t2, t3] = *header;
        if [m0, m1, m2, m3, m4, m5, m6, m7] != *MAGIC {
            return Err(PackedError::Unknown);
        }
        let body = data.get(16..).ok_or(PackedError::Truncated)?;
        if check && checksum(body) != u64::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7]) {
            return Err(PackedError::Checksum);
        }
        let vocabulary = Vocabulary::from_number(v).ok_or(PackedError::Vocabulary)?;
        let tokens = u32::from_le_bytes([t0, t1, t2, t3]);
        if tokens != vocabulary.ordinary_tokens() {
            return Err(PackedError::Invalid);
        }
        let bytes = *data.get(HEADER..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        let rows = data.get(HEADER + 256..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        let seams = seams(rows);
        let mut packed = Self {
            data,
            vocabulary,
            tokens,
            bytes,
            seams,
            blocks: Vec::new(),
            limits: Vec::new(),
            starts: [0; 256],
            symbols: Vec::new(),
        };
        let at = packed.read_code(HEADER + 256 + SEAMS)?;
        packed.read_directory(at, u16::from_le_bytes([b0, b1]))?;
        Ok(packed)
    }

    /// Whether no token joins a part of a character with something beyond the border between the byte `before`
    /// and the byte `lead` that starts a character. Borders of ASCII never count as such.
    #[inline]
    pub(crate) fn is_clean(&self, before: u8, lead: u8) -> bool {
        let row = self.seams.get(usize::from(before & 0x3f)).copied().unwrap_or(u64::MAX);
        before >= 0x80 && lead >= 0xc0 && row >> (lead & 0x3f) & 1 == 0
    }

    /// The block that holds the pairs of `left`.
    pub(crate) fn block_of(&self, left: u32) -> usize {
        self.blocks.partition_point(|&(first, _)| first <= left).saturating_sub(1)
    }

    /// The left tokens of a block.
    pub(crate) fn lefts(&self, block: usize) -> core::ops::Range<u32> {
        let first = |block| self.blocks.get(block).map_or(self.tokens, |&(first, _): &(u32, u32)| first);
        first(block)..first(block.saturating_add(1))
    }

    /// Bytes of heap in use, the data itself included if it was fetched.
    pub(crate) fn heap(&self) -> usize {
        let fetched = match &self.data {
            Cow::Owned(data) => data.capacity(),
            Cow::Borrowed(_) => 0,
        };
        fetched + self.blocks.capacity() * 8 + self.limits.capacity() * 12 + self.symbols.capacity() * 4
    }

    /// Number of blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    /// Calls `each` with the pairs of a block: left tokens rise, and ids rise for each left token.
    #[inline]
    pub(crate) fn read_block(&self, block: usize, mut each: impl FnMut(Merge)) {
        let lefts = self.lefts(block);
        let Some(&(_, from)) = self.blocks.get(block) else {
            return;
        };
        let mut bits = Bits::new(&self.data, from as usize);
        let low = bits.take(3);
        let mut next = lefts.start;
        loop {
            let left = next.saturating_add(bits.rice(low));
            if left >= lefts.end {
                return;
            }
            next = left + 1;
            let count = bits.gamma();
            let mut last = left.max(255);
            for rest in (1..=count).rev() {
                let id = last
                    .saturating_add(bits.rice(rice_parameter(self.tokens.saturating_sub(last), rest)))
                    .saturating_add(1);
                if id >= self.tokens {
                    return;
                }
                last = id;
                let right = self.right(&mut bits, id);
                if right < id {
                    each(Merge { left, right, id });
                }
            }
        }
    }

    #[inline]
    fn right(&self, bits: &mut Bits<'_>, id: u32) -> u32 {
        let word = bits.peek();
        // by far the most words start the search at their own length
        let first = usize::from(self.starts.get(word as usize >> 24).copied().unwrap_or(0));
        for &(limit, offset, length) in self.limits.get(first..).unwrap_or(&[]) {
            if word <= limit {
                bits.skip(length);
                let place = (word >> (32 - length)).wrapping_add(offset);
                return match self.symbols.get(place as usize) {
                    Some(&symbol) if symbol != self.tokens => symbol,
                    _ => bits.take(32 - id.leading_zeros()),
                };
            }
        }
        self.tokens
    }

    fn read_code(&mut self, at: usize) -> Result<usize, PackedError> {
        let &[shortest, longest] =
            self.data.get(at..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        if shortest == 0 || shortest > longest || longest as usize > LONGEST {
            return Err(PackedError::Invalid);
        }
        let lengths = usize::from(longest - shortest) + 1;
        let rows = self.data.get(at + 2..at + 2 + 3 * lengths).ok_or(PackedError::Truncated)?;
        let at = at + 2 + 3 * lengths;
        let mut bits = Bits::new(&self.data, at);
        let (mut symbols, mut limits) = (Vec::new(), Vec::new());
        // the next code word, of the length in turn
        let mut word = 0u64;
        for (length, row) in (u32::from(shortest)..).zip(rows.as_chunks::<3>().0) {
            let count = u64::from(u16::from_le_bytes([row[0], row[1]]));
            let low = u32::from(row[2]);
            if low > 20 {
                return Err(PackedError::Invalid);
            }
            let offset = (symbols.len() as u32).wrapping_sub(word as u32);
            let mut next = 0u32;
            for _ in 0..count {
                let symbol = next.saturating_add(bits.rice(low));
                if symbol > self.tokens {
                    return Err(PackedError::Invalid);
                }
                symbols.push(symbol);
                next = symbol + 1;
            }
            word += count;
            if count > 0 {
                limits.push(((word << (32 - length)).saturating_sub(1) as u32, offset, length));
            }
            word <<= 1;
        }
        let end = bits.byte();
        for (start, first) in self.starts.iter_mut().zip(0u32..) {
            *start = limits.partition_point(|&(limit, ..)| limit < first << 24) as u8;
        }
        (self.symbols, self.limits) = (symbols, limits);
        Ok(end)
    }

    fn read_directory(&mut self, at: usize, blocks: u16) -> Result<(), PackedError> {
        let mut bits = Bits::new(&self.data, at);
        let (mut left, mut length) = (0u32, 0u32);
        let mut rows = Vec::with_capacity(usize::from(blocks) + 1);
        let low = bits.take(5);
        for _ in 0..blocks {
            left = left.saturating_add(bits.rice(low));
            rows.push((left, 0u32));
        }
        let low = bits.take(5);
        for row in &mut rows {
            row.1 = length;
            length = length.saturating_add(bits.rice(low));
        }
        let start = bits.byte() as u32;
        for row in &mut rows {
            row.1 = row.1.saturating_add(start);
        }
        let end = start.saturating_add(length);
        rows.push((self.tokens, end));
        self.blocks = rows;
        if self.data.len() < end as usize {
            return Err(PackedError::Truncated);
        }
        if left >= self.tokens {
            return Err(PackedError::Invalid);
        }
        Ok(())
    }
}

fn seams(bytes: &[u8; SEAMS]) -> [u64; 64] {
    let mut rows = [0; 64];
    for (row, bytes) in rows.iter_mut().zip(bytes.as_chunks().0) {
        *row = u64::from_le_bytes(*bytes);
    }
    rows
}
