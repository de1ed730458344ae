//! The pair table: which two neighbouring tokens merge, and into what.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use crate::byte_pairs::BytePairs;
use crate::characters::Characters;
use crate::packed::{Packed, PackedError};
use crate::pairs::Pairs;
use crate::vocabulary::Vocabulary;

/// No token. Greater than every id, so that a least rank can be sought without a case for it.
pub(crate) const NONE: u32 = u32::MAX;
/// No merge of the first tier; whether there is one of the second has not been read yet.
pub(crate) const LATER: u32 = u32::MAX - 1;

/// Buckets of four slots at first, and at most: 65 KB, since memory that is touched for the first time is what a
/// cold start waits for, and 2.6 MB.
const FIRST_BUCKETS: usize = 1 << 11;
const MOST_BUCKETS: usize = 82_000;

/// Left tokens of a word of [`Merges::read`], and that word where there is nothing to read of the first tier.
const LEFTS: usize = 32;
const FIRST_TIER: u64 = 0x5555_5555_5555_5555;

/// The pairs, read block by block as left tokens are first asked for.
pub(crate) struct Merges {
    packed: Packed,
    pairs: Pairs,
    /// The place of each merged token's pair plus one, 0 for others: made when first asked for, and again
    /// when the table has grown.
    places: Vec<u32>,
    /// Two bits for each left token: its pairs of the first tier are in the table, and those of the second. The
    /// first tier has none whose left token is beyond its bound.
    read: Vec<u64>,
    /// Every pair is in the table.
    is_whole: bool,
    byte_pairs: BytePairs,
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
        let mut read = vec![0; packed.tokens as usize / LEFTS + 1];
        read.iter_mut().skip(packed.bound as usize / LEFTS).for_each(|word| *word = FIRST_TIER);
        Ok(Self {
            pairs: Pairs::new(FIRST_BUCKETS),
            places: Vec::new(),
            read,
            is_whole: false,
            byte_pairs: BytePairs::new(),
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
    pub(crate) fn rank(&mut self, left: u32, right: u32) -> u32 {
        let found = self.early_rank(left, right);
        if found == LATER {
            self.read_block_of(left, true);
            return self.find(left, right);
        }
        found
    }

    /// As [`Self::rank`], but LATER if only the pairs of the second tier could tell and have not been read.
    // a call costs less than the lookup, and code must be compiled at a cold start
    #[inline(never)]
    pub(crate) fn early_rank(&mut self, left: u32, right: u32) -> u32 {
        let found = self.find(left, right);
        // whether there is a merge cannot be predicted: so both are asked, and there is one branch
        if (found == NONE) & (self.tiers_read(left) != 3) {
            return self.find_unread(left, right);
        }
        found
    }

    /// As [`Self::rank`], for the tokens of two bytes.
    #[inline]
    pub(crate) fn byte_rank(&mut self, left: u8, right: u8) -> u32 {
        match self.early_byte_rank(left, right) {
            LATER => self.rank(self.byte(left), self.byte(right)),
            rank => rank,
        }
    }

    /// As [`Self::early_rank`], for the tokens of two bytes.
    #[inline]
    pub(crate) fn early_byte_rank(&mut self, left: u8, right: u8) -> u32 {
        match self.byte_pairs.get(left, right) {
            Some(rank) => rank,
            None => self.ask_byte_rank(left, right),
        }
    }

    /// The bound of the first tier: no merge that is yet to be read has a lower rank.
    pub(crate) fn bound(&self) -> u32 {
        self.packed.bound
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
        if core::mem::replace(&mut self.is_whole, true) {
            return;
        }
        for (is_late, lefts) in [(false, self.packed.bound), (true, self.packed.tokens)] {
            for left in 0..lefts {
                if self.tiers_read(left) >> u32::from(is_late) & 1 == 0 {
                    self.read_block_of(left, is_late);
                }
            }
        }
    }

    /// Number of pairs in the table.
    #[cfg(test)]
    pub(crate) fn pairs_read(&self) -> usize {
        self.pairs.used()
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.pairs.heap()
            + self.places.capacity() * 4
            + self.read.capacity() * 8
            + self.byte_pairs.heap()
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

    /// Which tiers of a left token are in the table: 3 if both.
    #[inline]
    fn tiers_read(&self, left: u32) -> u64 {
        self.read.get(left as usize / LEFTS).map_or(3, |word| word >> (left as usize % LEFTS * 2) & 3)
    }

    /// The rank of a pair not all of whose tiers have been read.
    #[cold]
    #[inline(never)]
    fn find_unread(&mut self, left: u32, right: u32) -> u32 {
        if self.tiers_read(left) & 1 == 0 {
            self.read_block_of(left, false);
        }
        match self.find(left, right) {
            NONE if self.tiers_read(left) != 3 => LATER,
            found => found,
        }
    }

    #[cold]
    #[inline(never)]
    fn read_block_of(&mut self, left: u32, is_late: bool) {
        let Self { packed, pairs, places, read, .. } = self;
        let most = packed.tokens as usize;
        let lefts = packed.read_block_of(left, is_late, |merge| {
            if pairs.used() >= pairs.buckets() * 2 && pairs.buckets() < MOST_BUCKETS {
                // a load of 1/2 of four slots each, or 3/5 in the greater vocabulary
                pairs.resize((pairs.buckets() * 8).min(most / 2).min(MOST_BUCKETS));
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
        // also where forged data says otherwise
        for left in lefts.chain([left]) {
            if let Some(word) = read.get_mut(left as usize / LEFTS) {
                *word |= 1 << (left as usize % LEFTS * 2 + usize::from(is_late));
            }
        }
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
    fn ask_byte_rank(&mut self, left: u8, right: u8) -> u32 {
        let rank = self.early_rank(self.byte(left), self.byte(right));
        self.byte_pairs.put(left, right, rank);
        rank
    }
}
