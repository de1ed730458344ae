//! The pair table: which two neighbouring tokens merge, and into what.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use crate::characters::Characters;
use crate::packed::{Packed, PackedError};
use crate::pairs::Pairs;
use crate::vocabulary::Vocabulary;

/// No token. Greater than every id, so that a least rank can be sought without a case for it.
pub(crate) const NONE: u32 = u32::MAX;

/// Buckets of four slots at first, and at most: 524 KB, which the pairs of a few pages of one language fit
/// in, and 2.8 MB.
const FIRST_BUCKETS: usize = 1 << 14;
const MOST_BUCKETS: usize = 87_000;
/// In the table of byte pairs: not yet asked for; no merge; a rank too great for the table.
const UNKNOWN: u16 = 0;
const NO_MERGE: u16 = u16::MAX;
const GREAT: u16 = u16::MAX - 1;
/// The pairs, read block by block as left tokens are first asked for.
pub(crate) struct Merges {
    packed: Packed,
    pairs: Pairs,
    /// The place of each merged token's pair plus one, 0 for others: made when first asked for, and again
    /// when the table has grown.
    places: Vec<u32>,
    /// One bit for each left token: its pairs are in the table.
    read: Vec<u64>,
    /// The ranks of pairs of bytes, the left byte's row first: the lookups that every piece starts
    /// with.
    bytes: Vec<u16>,
    pub(crate) characters: Characters,
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
            pairs: Pairs::new(FIRST_BUCKETS),
            places: Vec::new(),
            read: vec![0; tokens / 64 + 1],
            bytes: vec![UNKNOWN; 1 << 16],
            characters: Characters::new(),
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

    /// Whether merging may start from the character that takes up `piece[at..end]`, as nothing can join a part of
    /// it with a neighbour.
    #[inline]
    pub(crate) fn stands_alone(&self, piece: &[u8], at: usize, end: usize) -> bool {
        let border = |at: usize| match (at.checked_sub(1).and_then(|at| piece.get(at)), piece.get(at)) {
            (Some(&before), Some(&lead)) => self.packed.is_clean(before, lead),
            _ => true,
        };
        border(at) && border(end)
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
    // a call costs less than the lookup, and code must be compiled at a cold start
    #[inline(never)]
    pub(crate) fn rank(&mut self, left: u32, right: u32) -> u32 {
        let found = self.find(left, right);
        if found == NONE && !self.has_read(left) {
            self.read_block_of(left);
            return self.rank(left, right);
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
        if self.places.is_empty() {
            self.find_places();
        }
        let place = self.places.get(token as usize).and_then(|place| place.checked_sub(1));
        place.and_then(|place| self.pairs.pair_at(place)).unwrap_or((NONE, NONE))
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
        self.pairs.heap()
            + self.places.capacity() * 4
            + self.read.capacity() * 8
            + self.bytes.capacity() * 2
            + self.characters.heap()
            + self.packed.heap()
    }

    #[inline]
    fn find(&mut self, left: u32, right: u32) -> u32 {
        #[cfg(test)]
        {
            self.work += 1;
        }
        self.pairs.find(left, right)
    }

    #[inline]
    fn has_read(&self, left: u32) -> bool {
        self.read.get(left as usize / 64).is_none_or(|word| word >> (left % 64) & 1 == 1)
    }

    #[cold]
    #[inline(never)]
    fn read_block_of(&mut self, left: u32) {
        let Self { packed, pairs, places, read, .. } = self;
        let block = packed.block_of(left);
        for left in packed.lefts(block) {
            if let Some(word) = read.get_mut(left as usize / 64) {
                *word |= 1 << (left % 64);
            }
        }
        let most = packed.tokens as usize;
        packed.read_block(block, |merge| {
            if pairs.used() >= pairs.slots() / 2 && pairs.slots() < MOST_BUCKETS * 4 {
                // a load of 1/2, or 4/7 in the greater vocabulary
                pairs.resize((most / 2).min(MOST_BUCKETS));
                *places = Vec::new();
            }
            // there is always a free slot, whatever the data says
            if pairs.used() < most {
                let place = pairs.insert(merge.left, merge.right, merge.id);
                if let Some(known) = places.get_mut(merge.id as usize) {
                    *known = place + 1;
                }
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn find_places(&mut self) {
        self.places = vec![0; self.packed.tokens as usize];
        for (token, place) in self.pairs.places() {
            if let Some(known) = self.places.get_mut(token as usize) {
                *known = place + 1;
            }
        }
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
