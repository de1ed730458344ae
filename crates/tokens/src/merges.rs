//! The pair table: which two neighbouring tokens merge, and into what.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use crate::packed::{MOST_TOKENS, Packed, PackedError};
use crate::vocabulary::Vocabulary;

/// No token. Greater than every id, so that a least rank can be sought without a case for it.
pub(crate) const NONE: u32 = u32::MAX;

/// Slots at first, and at most: 512 KB, which the pairs of a few pages of one language fit in, and
/// 2.4 MB.
const FIRST_SLOTS: usize = 1 << 16;
const MOST_SLOTS: usize = 300_000;
/// In the table of byte pairs: not yet asked for; no merge; a rank too great for the table.
const UNKNOWN: u16 = 0;
const NO_MERGE: u16 = u16::MAX;
const GREAT: u16 = u16::MAX - 1;
/// In the table of parts: not a merged token, or one whose pair has not been read.
const BYTE: u64 = u64::MAX;
const ID_BITS: u32 = MOST_TOKENS.trailing_zeros();
const ID_MASK: u64 = MOST_TOKENS as u64 - 1;

/// An open-addressed table of the pairs, filled block by block as left tokens are first asked for.
///
/// A slot is the left token, the right token and what they merge into, 18 bits each. No slot in use
/// is 0, since the ids of merged tokens start at 256.
pub(crate) struct Merges {
    packed: Packed,
    slots: Vec<u64>,
    /// Slots in use.
    used: usize,
    /// The pair of each merged token, BYTE for others: made when first asked for.
    parts: Vec<u64>,
    /// One bit for each left token: its pairs are in the table.
    read: Vec<u64>,
    /// The ranks of pairs of bytes, the left byte's row first: the lookups that every piece starts
    /// with.
    bytes: Vec<u16>,
    #[cfg(test)]
    pub(crate) work: u64,
}

impl Merges {
    /// Reads the header of packed data; the pairs follow when they are asked for.
    ///
    /// # Errors
    /// [`PackedError`], when the data is not a packed vocabulary.
    pub(crate) fn open(data: Cow<'static, [u8]>, check: bool) -> Result<Self, PackedError> {
        let packed = Packed::open(data, check)?;
        let tokens = packed.tokens as usize;
        Ok(Self {
            slots: vec![0; FIRST_SLOTS],
            used: 0,
            parts: Vec::new(),
            read: vec![0; tokens / 64 + 1],
            bytes: vec![UNKNOWN; 1 << 16],
            packed,
            #[cfg(test)]
            work: 0,
        })
    }

    pub(crate) fn vocabulary(&self) -> Vocabulary {
        self.packed.vocabulary
    }

    /// The token of a byte.
    #[inline]
    pub(crate) fn byte(&self, byte: u8) -> u32 {
        self.packed.bytes.get(usize::from(byte)).map_or(NONE, |&id| u32::from(id))
    }

    /// The byte of each token below 256.
    pub(crate) fn bytes(&self) -> [u8; 256] {
        let mut bytes = [0; 256];
        for (byte, &id) in (0..=u8::MAX).zip(&self.packed.bytes) {
            if let Some(place) = bytes.get_mut(usize::from(id)) {
                *place = byte;
            }
        }
        bytes
    }

    /// The token that `left` and `right` merge into, which is also the rank of that merge; or NONE.
    #[inline]
    pub(crate) fn rank(&mut self, left: u32, right: u32) -> u32 {
        let found = self.find(left, right);
        if found == NONE && !self.has_read(left) {
            self.read_block_of(left);
            return self.find(left, right);
        }
        found
    }

    /// As [`Self::rank`], for the tokens of two bytes.
    #[inline]
    pub(crate) fn byte_rank(&mut self, left: u8, right: u8) -> u32 {
        let place = usize::from(left) << 8 | usize::from(right);
        match self.bytes.get(place) {
            Some(&NO_MERGE) => NONE,
            Some(&rank) if rank != UNKNOWN && rank != GREAT => u32::from(rank),
            _ => self.ask_byte_rank(left, right, place),
        }
    }

    /// The two tokens that `token` was merged from; NONE for a byte. The merge must have been found
    /// before, or [`Self::read_all`] called.
    #[inline]
    pub(crate) fn parts(&mut self, token: u32) -> (u32, u32) {
        if self.parts.is_empty() {
            self.parts = vec![BYTE; self.packed.tokens as usize];
            for &slot in self.slots.iter().filter(|slot| **slot != 0) {
                if let Some(pair) = self.parts.get_mut((slot & ID_MASK) as usize) {
                    *pair = slot >> ID_BITS;
                }
            }
        }
        match self.parts.get(token as usize) {
            None | Some(&BYTE) => (NONE, NONE),
            Some(pair) => ((pair >> ID_BITS) as u32, (pair & ID_MASK) as u32),
        }
    }

    /// Fills the table with every pair.
    pub(crate) fn read_all(&mut self) {
        for block in 0..self.packed.blocks() {
            let first = self.packed.lefts(block).start;
            if !self.has_read(first) {
                self.read_block_of(first);
            }
        }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        (self.slots.capacity() + self.parts.capacity() + self.read.capacity()) * 8
            + self.bytes.capacity() * 2
            + self.packed.heap()
    }

    #[inline]
    fn find(&mut self, left: u32, right: u32) -> u32 {
        #[cfg(test)]
        {
            self.work += 1;
        }
        let pair = u64::from(left) << ID_BITS | u64::from(right);
        let mut at = place(pair, self.slots.len());
        loop {
            match self.slots.get(at) {
                Some(&slot) if slot >> ID_BITS == pair => return (slot & ID_MASK) as u32,
                Some(0) => return NONE,
                Some(_) => at += 1,
                // past the end: on with the first
                None => at = 0,
            }
        }
    }

    #[inline]
    fn has_read(&self, left: u32) -> bool {
        self.read.get(left as usize / 64).is_none_or(|word| word >> (left % 64) & 1 == 1)
    }

    #[cold]
    #[inline(never)]
    fn read_block_of(&mut self, left: u32) {
        let Self { packed, slots, used, parts, read, .. } = self;
        let block = packed.block_of(left);
        for left in packed.lefts(block) {
            if let Some(word) = read.get_mut(left as usize / 64) {
                *word |= 1 << (left % 64);
            }
        }
        packed.read_block(block, |merge| {
            if *used >= slots.len() / 2 && slots.len() < MOST_SLOTS {
                grow(slots, packed.tokens as usize);
            }
            // there is always a free slot, whatever the data says
            if *used < packed.tokens as usize {
                *used += 1;
                let pair = u64::from(merge.left) << ID_BITS | u64::from(merge.right);
                insert(slots, pair << ID_BITS | u64::from(merge.id));
                if let Some(known) = parts.get_mut(merge.id as usize) {
                    *known = pair;
                }
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn ask_byte_rank(&mut self, left: u8, right: u8, place: usize) -> u32 {
        let rank = self.rank(self.byte(left), self.byte(right));
        if let Some(known) = self.bytes.get_mut(place) {
            *known = match u16::try_from(rank) {
                Ok(rank) => rank.min(GREAT),
                Err(_) if rank == NONE => NO_MERGE,
                Err(_) => GREAT,
            };
        }
        rank
    }
}

/// The slot where the search for a pair (36 bits) starts.
#[inline]
fn place(pair: u64, slots: usize) -> usize {
    let hash = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    ((hash * slots as u64) >> 32) as usize
}

#[inline]
fn insert(slots: &mut [u64], entry: u64) {
    let mut at = place(entry >> ID_BITS, slots.len());
    loop {
        match slots.get_mut(at) {
            Some(slot) if *slot == 0 => return *slot = entry,
            Some(_) => at += 1,
            None => at = 0,
        }
    }
}

/// To the final size: a load of 1/2, or 2/3 in the greater vocabulary.
#[cold]
fn grow(slots: &mut Vec<u64>, tokens: usize) {
    let old = core::mem::replace(slots, vec![0; (tokens * 2).min(MOST_SLOTS)]);
    old.into_iter().filter(|entry| *entry != 0).for_each(|entry| insert(slots, entry));
}
