//! The pair table: which two neighbouring tokens merge, and into what.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use crate::packed::{MOST_TOKENS, Merge, Packed, PackedError};
use crate::vocabulary::Vocabulary;

/// No token. Greater than every id, so that a least rank can be sought without a case for it.
pub(crate) const NONE: u32 = u32::MAX;

/// Most slots: 2.4 MB.
const SLOTS: usize = 300_000;
const ID_BITS: u32 = MOST_TOKENS.trailing_zeros();
const ID_MASK: u64 = MOST_TOKENS as u64 - 1;

/// An open-addressed table of the pairs, filled block by block as left tokens are first asked for.
///
/// A slot is the left token, the right token and what they merge into, 18 bits each. No slot in use
/// is 0, since the ids of merged tokens start at 256.
pub(crate) struct Merges {
    packed: Packed,
    slots: Vec<u64>,
    /// The slot of each merged token; NONE for bytes and what is not yet read.
    slot_of: Vec<u32>,
    /// One bit for each left token: its pairs are in the table.
    read: Vec<u64>,
    /// The ranks of pairs of bytes, the left byte's row first: the lookups that every piece starts
    /// with. 0: not yet asked for.
    bytes: Vec<u32>,
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
            // a load of 1/2 or 2/3, so that there is always a free slot
            slots: vec![0; (tokens * 2).min(SLOTS)],
            slot_of: vec![NONE; tokens],
            read: vec![0; tokens / 64 + 1],
            bytes: vec![0; 1 << 16],
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
            Some(&rank) if rank != 0 => rank,
            _ => self.ask_byte_rank(left, right, place),
        }
    }

    /// The two tokens that `token` was merged from; NONE for a byte. The merge must have been found
    /// before, or [`Self::read_all`] called.
    #[inline]
    pub(crate) fn parts(&self, token: u32) -> (u32, u32) {
        let slot = self.slot_of.get(token as usize).and_then(|&slot| self.slots.get(slot as usize));
        match slot {
            Some(slot) => ((slot >> (2 * ID_BITS)) as u32, (slot >> ID_BITS & ID_MASK) as u32),
            None => (NONE, NONE),
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
        (self.slots.capacity() + self.read.capacity()) * 8
            + (self.slot_of.capacity() + self.bytes.capacity()) * 4
            + self.packed.heap()
    }

    #[inline]
    fn find(&mut self, left: u32, right: u32) -> u32 {
        #[cfg(test)]
        {
            self.work += 1;
        }
        let (pair, mut at) = place(left, right, self.slots.len());
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
        let Self { packed, slots, slot_of, read, .. } = self;
        let block = packed.block_of(left);
        for left in packed.lefts(block) {
            if let Some(word) = read.get_mut(left as usize / 64) {
                *word |= 1 << (left % 64);
            }
        }
        packed.read_block(block, |merge| insert(slots, slot_of, merge));
    }

    #[cold]
    #[inline(never)]
    fn ask_byte_rank(&mut self, left: u8, right: u8, place: usize) -> u32 {
        let rank = self.rank(self.byte(left), self.byte(right));
        if let Some(known) = self.bytes.get_mut(place) {
            *known = rank;
        }
        rank
    }
}

/// A pair as in the upper bits of its slot, and the slot where the search for it starts.
#[inline]
fn place(left: u32, right: u32, slots: usize) -> (u64, usize) {
    let pair = u64::from(left) << ID_BITS | u64::from(right);
    let hash = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (pair, ((hash * slots as u64) >> 32) as usize)
}

#[inline]
fn insert(slots: &mut [u64], slot_of: &mut [u32], merge: Merge) {
    let Some(known) = slot_of.get_mut(merge.id as usize) else {
        return;
    };
    // each id is taken once, which also bounds the load whatever the data says
    if *known != NONE {
        return;
    }
    let (pair, mut at) = place(merge.left, merge.right, slots.len());
    loop {
        match slots.get_mut(at) {
            Some(slot) if *slot == 0 => {
                *slot = pair << ID_BITS | u64::from(merge.id);
                *known = at as u32;
                return;
            }
            Some(_) => at += 1,
            None => at = 0,
        }
    }
}
