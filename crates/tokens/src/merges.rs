//! The pair table: which two neighbouring tokens merge, and into what.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use crate::packed::{MOST_TOKENS, Merge, Packed, PackedError};
use crate::vocabulary::Vocabulary;

/// No token. Greater than every id, so that a least rank can be sought without a case for it.
pub(crate) const NONE: u32 = u32::MAX;

const ID_BITS: u32 = MOST_TOKENS.trailing_zeros();
const ID_MASK: u32 = MOST_TOKENS - 1;

/// An open-addressed table of the pairs, filled block by block as left tokens are first asked for.
///
/// A slot is 14 bits of the pair's hash over 18 bits of the id; the pair itself is compared in
/// `parts`, which decoding and the check of neighbours need anyway. No slot in use is 0, since the
/// ids of merged tokens start at 256.
pub(crate) struct Merges {
    packed: Packed,
    slots: Vec<u32>,
    /// For each token the two it was merged from; (NONE, NONE) for bytes and what is not yet read.
    parts: Vec<(u32, u32)>,
    /// One bit for each left token: its pairs are in the table.
    read: Vec<u64>,
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
            // a load of at most 0.39, so that there is always a free slot
            slots: vec![0; (tokens * 2).next_power_of_two()],
            parts: vec![(NONE, NONE); tokens],
            read: vec![0; tokens / 64 + 1],
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

    /// The two tokens that `token` was merged from; NONE for a byte. The merge must have been found
    /// before, or [`Self::read_all`] called.
    #[inline]
    pub(crate) fn parts(&self, token: u32) -> (u32, u32) {
        self.parts.get(token as usize).copied().unwrap_or((NONE, NONE))
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
        self.slots.capacity() * 4 + self.parts.capacity() * 8 + self.read.capacity() * 8 + self.packed.heap()
    }

    #[inline]
    fn find(&mut self, left: u32, right: u32) -> u32 {
        #[cfg(test)]
        {
            self.work += 1;
        }
        let (mut at, mark) = place(left, right, self.slots.len());
        loop {
            match self.slots.get(at) {
                None | Some(0) => return NONE,
                Some(&slot) if slot >> ID_BITS == mark => {
                    let id = slot & ID_MASK;
                    if self.parts(id) == (left, right) {
                        return id;
                    }
                }
                Some(_) => {}
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn has_read(&self, left: u32) -> bool {
        self.read.get(left as usize / 64).is_none_or(|word| word >> (left % 64) & 1 == 1)
    }

    #[cold]
    #[inline(never)]
    fn read_block_of(&mut self, left: u32) {
        let Self { packed, slots, parts, read, .. } = self;
        let block = packed.block_of(left);
        for left in packed.lefts(block) {
            if let Some(word) = read.get_mut(left as usize / 64) {
                *word |= 1 << (left % 64);
            }
        }
        packed.read_block(block, |merge| insert(slots, parts, merge));
    }
}

/// Where the search for a pair starts, and the 14 bits of its hash that its slot holds.
#[inline]
fn place(left: u32, right: u32, slots: usize) -> (usize, u32) {
    let pair = u64::from(left) << ID_BITS | u64::from(right);
    let hash = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mark = (hash >> 30) as u32 & (u32::MAX >> ID_BITS);
    ((hash >> 44) as usize & (slots - 1), mark)
}

#[inline]
fn insert(slots: &mut [u32], parts: &mut [(u32, u32)], merge: Merge) {
    let Some(part) = parts.get_mut(merge.id as usize) else {
        return;
    };
    // each id is taken once, which also bounds the load whatever the data says
    if part.0 != NONE {
        return;
    }
    *part = (merge.left, merge.right);
    let (mut at, mark) = place(merge.left, merge.right, slots.len());
    while let Some(slot) = slots.get_mut(at) {
        if *slot == 0 {
            *slot = mark << ID_BITS | merge.id;
            return;
        }
        at = (at + 1) & (slots.len() - 1);
    }
}
