//! The ranks of pairs of bytes: the lookups that every piece starts with.

use alloc::vec;
use alloc::vec::Vec;

use crate::merges::NONE;

/// Not yet known, or too great a rank for this table; no merge.
const UNKNOWN: u16 = 0;
const NO_MERGE: u16 = u16::MAX;

/// A row for each left byte that was met, made then: few texts have more than a hundred.
pub(crate) struct BytePairs {
    /// For each left byte the number of its row; 0 is a row of unknowns.
    rows: [u16; 256],
    ranks: Vec<u16>,
}

impl BytePairs {
    pub(crate) fn new() -> Self {
        Self { rows: [0; 256], ranks: vec![UNKNOWN; 256] }
    }

    /// The rank of a pair or NONE, if that is known.
    #[inline]
    pub(crate) fn get(&self, left: u8, right: u8) -> Option<u32> {
        let row = self.rows.get(usize::from(left)).copied().unwrap_or(0);
        match self.ranks.get(usize::from(row) << 8 | usize::from(right)) {
            Some(&NO_MERGE) => Some(NONE),
            Some(&rank) if rank != UNKNOWN => Some(u32::from(rank)),
            _ => None,
        }
    }

    /// Remembers a rank; LATER and those too great are not.
    pub(crate) fn put(&mut self, left: u8, right: u8, rank: u32) {
        let known = match u16::try_from(rank) {
            Ok(rank) if rank != NO_MERGE => rank,
            Err(_) if rank == NONE => NO_MERGE,
            _ => return,
        };
        let Some(row) = self.rows.get_mut(usize::from(left)) else {
            return;
        };
        if *row == 0 {
            *row = (self.ranks.len() >> 8) as u16;
            self.ranks.resize(self.ranks.len() + 256, UNKNOWN);
        }
        if let Some(place) = self.ranks.get_mut(usize::from(*row) << 8 | usize::from(right)) {
            *place = known;
        }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.ranks.capacity() * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merges::LATER;

    #[test]
    fn remembers_what_fits() {
        let mut pairs = BytePairs::new();
        for (left, right, rank, known) in [
            (0, 0, 256, Some(256)),
            (0, 255, NONE, Some(NONE)),
            (255, 0, 65_534, Some(65_534)),
            (255, 255, 65_535, None),
            (7, 7, 100_000, None),
            (8, 8, LATER, None),
        ] {
            assert_eq!(pairs.get(left, right), None);
            pairs.put(left, right, rank);
            assert_eq!(pairs.get(left, right), known, "{left} {right}");
        }
        for left in 0..=255 {
            pairs.put(left, 9, 300 + u32::from(left));
        }
        assert!(
            (0..=255).all(|left| pairs.get(left, 9) == Some(300 + u32::from(left)) && pairs.get(left, 8).is_none())
        );
    }
}
