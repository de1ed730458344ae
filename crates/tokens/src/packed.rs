//! The packed form of a vocabulary.
//!
//! Both vocabularies are 256 bytes and merges in the order of their ids, so the pairs alone suffice:
//! a token's bytes follow by recursion. The pairs are in two tiers: those that merge into an id below a
//! bound, which common words are made of, and the others. In each they are grouped by their **left**
//! token and the groups gathered in blocks of a few hundred pairs, each of which can be decoded alone: a
//! text pays only for the blocks it asks for.
//!
//! ```text
//! "PGTOKEN3"  checksum u64  vocabulary u8  0 u8  bound u16  tokens u32      little endian
//! the token id of each byte                                                256 bytes
//! the seams: for each last byte of a character (its low 6 bits) one bit for
//!   each first byte of the next (its low 6 bits), set if a token crosses
//!   that border with only a part of a character on a side                  64 × u64
//! each of the tiers:
//!   blocks u16
//!   the code of right tokens: shortest length, longest length, and for each
//!     length the number of symbols (u16), the Rice parameter (u8); then the
//!     symbols of each length in rising order, as Rice gaps                   byte-aligned
//!   the directory: for each block the gap of its first left token, then for
//!     each its length in bytes: a Rice parameter (5 bits) and Rice numbers   byte-aligned
//!   the blocks: a Rice parameter (3 bits); for each left token a gap (Rice),
//!     its number of pairs (gamma), and for each pair the gap of its id (Rice)
//!     and its right token (the code); then a gap to the first left token of
//!     the next block                                                         byte-aligned each
//! zeros                                                                    7 bytes
//! ```
//! The symbol `tokens` of a code means: the right token follows in plain, in as many bits as the
//! id has. The bound is a multiple of 256. The first block of a tier starts with the left token 0.

use alloc::borrow::Cow;
use core::fmt;
use core::ops::Range;

use crate::checksum::checksum;
use crate::tier::{Merge, Tier};
use crate::vocabulary::Vocabulary;

/// The length of the fixed part: magic, checksum, vocabulary, bound and number of tokens.
const HEADER: usize = 24;
/// Bytes of the seams.
const SEAMS: usize = 64 * 8;
const MAGIC: &[u8; 8] = b"PGTOKEN3";
/// Ids have 18 bits throughout.
pub(crate) const MOST_TOKENS: u32 = 1 << 18;

/// Why packed data was refused. Nothing of it is used then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackedError {
    /// Too short to be a packed vocabulary, or it ends before what its header announces.
    Truncated,
    /// It does not start with `PGTOKEN3`: another file, or another version of the format.
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
            Self::Unknown => "not a packed vocabulary of this version (no PGTOKEN3 at its start)",
            Self::Checksum => "the packed vocabulary is damaged (its checksum does not fit)",
            Self::Vocabulary => "the packed vocabulary is none of cl100k_base, o200k_base",
            Self::Invalid => "the packed vocabulary contradicts itself",
        })
    }
}

impl core::error::Error for PackedError {}

/// A packed vocabulary whose header and first tier have been read.
pub(crate) struct Packed {
    data: Cow<'static, [u8]>,
    pub(crate) vocabulary: Vocabulary,
    /// Number of ordinary tokens; ids are below it.
    pub(crate) tokens: u32,
    /// The ids below it are merged by pairs of the first tier.
    pub(crate) bound: u32,
    /// The token id of each byte.
    pub(crate) bytes: [u8; 256],
    seams: [u64; 64],
    early: Tier,
    /// Read when first asked for.
    late: Option<Tier>,
    /// The byte where the second tier starts.
    late_at: usize,
}

impl Packed {
    /// Reads the header and the first tier; with `check`, the checksum first and the second tier too.
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
        let bound = u32::from(u16::from_le_bytes([b0, b1]));
        let tokens = u32::from_le_bytes([t0, t1, t2, t3]);
        if tokens != vocabulary.ordinary_tokens() || bound < 256 || bound % 256 != 0 {
            return Err(PackedError::Invalid);
        }
        let bytes = *data.get(HEADER..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        let rows = data.get(HEADER + 256..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        let seams = seams(rows);
        let (early, late_at) = Tier::read(&data, HEADER + 256 + SEAMS, 256..bound, tokens)?;
        let mut packed = Self { data, vocabulary, tokens, bound, bytes, seams, early, late: None, late_at };
        if check {
            packed.late = Some(packed.open_late()?);
        }
        Ok(packed)
    }

    /// Whether no token joins a part of a character with something beyond the border between the byte `before`
    /// and the byte `lead` that starts a character. Borders of ASCII never count as such.
    #[inline]
    pub(crate) fn is_clean(&self, before: u8, lead: u8) -> bool {
        let row = self.seams.get(usize::from(before & 0x3f)).copied().unwrap_or(u64::MAX);
        before >= 0x80 && lead >= 0xc0 && row >> (lead & 0x3f) & 1 == 0
    }

    /// Calls `each` with the pairs of the block that holds those of `left` in the first or the second tier. Returns
    /// the left tokens of that block.
    #[inline]
    pub(crate) fn read_block_of(&mut self, left: u32, is_late: bool, each: impl FnMut(Merge)) -> Range<u32> {
        if is_late && self.late.is_none() {
            self.late = self.open_late().ok();
        }
        let Some(tier) = (if is_late { self.late.as_ref() } else { Some(&self.early) }) else {
            return 0..self.tokens;
        };
        let block = tier.block_of(left);
        tier.read_block(&self.data, block, each);
        tier.lefts(block)
    }

    /// Bytes of heap in use, the data itself included if it was fetched.
    pub(crate) fn heap(&self) -> usize {
        let fetched = match &self.data {
            Cow::Owned(data) => data.capacity(),
            Cow::Borrowed(_) => 0,
        };
        fetched + self.early.heap() + self.late.as_ref().map_or(0, Tier::heap)
    }

    fn open_late(&self) -> Result<Tier, PackedError> {
        Tier::read(&self.data, self.late_at, self.bound..self.tokens, self.tokens).map(|(tier, _)| tier)
    }
}

fn seams(bytes: &[u8; SEAMS]) -> [u64; 64] {
    let mut rows = [0; 64];
    for (row, bytes) in rows.iter_mut().zip(bytes.as_chunks().0) {
        *row = u64::from_le_bytes(*bytes);
    }
    rows
}
