//! One of the two parts of a packed vocabulary: the pairs whose ids lie in a range.

use alloc::vec::Vec;
use core::ops::Range;

use crate::bits::{Bits, rice_parameter};
use crate::code::Code;
use crate::packed::PackedError;

/// One pair that merges into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) id: u32,
}

/// The code and the directory of a part; its blocks stay packed.
pub(crate) struct Tier {
    /// What its pairs merge into.
    ids: Range<u32>,
    code: Code,
    /// First left token and first byte of each block.
    blocks: Vec<(u32, u32)>,
}

impl Tier {
    /// Reads the tier at byte `at`; `tokens` is the size of the vocabulary. Also returns the byte where it ends.
    ///
    /// # Errors
    /// [`PackedError`], when there is none.
    pub(crate) fn read(data: &[u8], at: usize, ids: Range<u32>, tokens: u32) -> Result<(Self, usize), PackedError> {
        let count: &[u8; 2] = data.get(at..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        let count = u16::from_le_bytes(*count);
        let (code, at) = Code::read(data, at + 2, tokens)?;
        let mut bits = Bits::new(data, at);
        let mut left = 0u32;
        let low = bits.take(5);
        let firsts = (0..count).map(|_| {
            left = left.saturating_add(bits.rice(low));
            (left, 0)
        });
        let mut blocks: Vec<(u32, u32)> = firsts.collect();
        let low = bits.take(5);
        let mut end = 0u32;
        for (_, from) in &mut blocks {
            *from = end;
            end = end.saturating_add(bits.rice(low));
        }
        let start = bits.byte() as u32;
        for (_, from) in &mut blocks {
            *from = from.saturating_add(start);
        }
        end = end.saturating_add(start);
        if data.len() < end as usize {
            return Err(PackedError::Truncated);
        }
        // every left token is in a block
        if left >= ids.end || blocks.first().is_some_and(|&(first, _)| first != 0) {
            return Err(PackedError::Invalid);
        }
        Ok((Self { ids, code, blocks }, end as usize))
    }

    /// The block that holds the pairs of `left`.
    pub(crate) fn block_of(&self, left: u32) -> usize {
        self.blocks.partition_point(|&(first, _)| first <= left).saturating_sub(1)
    }

    /// The left tokens of a block.
    pub(crate) fn lefts(&self, block: usize) -> Range<u32> {
        let first = |block| self.blocks.get(block).map_or(self.ids.end, |&(first, _): &(u32, u32)| first);
        first(block)..first(block.saturating_add(1))
    }

    /// Calls `each` with the pairs of a block: left tokens rise, and ids rise for each left token.
    #[inline]
    pub(crate) fn read_block(&self, data: &[u8], block: usize, mut each: impl FnMut(Merge)) {
        let lefts = self.lefts(block);
        let Some(&(_, from)) = self.blocks.get(block) else {
            return;
        };
        let mut bits = Bits::new(data, from as usize);
        let low = bits.take(3);
        let mut next = lefts.start;
        loop {
            let left = next.saturating_add(bits.rice(low));
            if left >= lefts.end {
                return;
            }
            next = left + 1;
            let count = bits.gamma();
            let mut last = left.max(self.ids.start.saturating_sub(1));
            for rest in (1..=count).rev() {
                let gap = bits.rice(rice_parameter(self.ids.end.saturating_sub(last), rest));
                let id = last.saturating_add(gap).saturating_add(1);
                if id >= self.ids.end {
                    return;
                }
                last = id;
                let right = self.code.next(&mut bits, id);
                if right < id {
                    each(Merge { left, right, id });
                }
            }
        }
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.blocks.capacity() * 8 + self.code.heap()
    }
}
