//! The code of right tokens: a canonical Huffman code, read from packed data.

use alloc::vec::Vec;

use crate::bits::Bits;
use crate::packed::PackedError;

/// Longest code word in bits.
const LONGEST: u8 = 24;
/// Greatest Rice parameter of the gaps between symbols.
const MOST_LOW: u8 = 20;

/// A code whose symbols are tokens that often are on the right of a pair.
pub(crate) struct Code {
    /// The symbol that says: the token follows in plain.
    escape: u32,
    /// For each length of a word that occurs: the last of its words, filled up with ones to 32 bits; what to add
    /// to a word to have its place in `symbols`; and the length.
    limits: Vec<(u32, u32, u32)>,
    /// For the first 8 bits of a word the row of `limits` from which to search.
    starts: [u8; 256],
    symbols: Vec<u32>,
}

impl Code {
    /// Reads the code at byte `at`, whose greatest symbol is `escape`; also returns the byte where it ends.
    ///
    /// # Errors
    /// [`PackedError`], when there is none.
    pub(crate) fn read(data: &[u8], at: usize, escape: u32) -> Result<(Self, usize), PackedError> {
        let &[shortest, longest] = data.get(at..).and_then(|rest| rest.first_chunk()).ok_or(PackedError::Truncated)?;
        if shortest == 0 || shortest > longest || longest > LONGEST {
            return Err(PackedError::Invalid);
        }
        let lengths = usize::from(longest - shortest) + 1;
        let rows = data.get(at + 2..at + 2 + 3 * lengths).ok_or(PackedError::Truncated)?;
        let rows = rows.as_chunks::<3>().0;
        let counts = || rows.iter().map(|&[low, high, _]| u16::from_le_bytes([low, high]));
        let mut bits = Bits::new(data, at + 2 + 3 * lengths);
        let mut symbols = Vec::with_capacity(counts().map(usize::from).sum());
        let mut limits = Vec::with_capacity(lengths);
        // the next code word, of the length in turn
        let mut word = 0u64;
        for ((length, &[_, _, low]), count) in (u32::from(shortest)..).zip(rows).zip(counts()) {
            if low > MOST_LOW {
                return Err(PackedError::Invalid);
            }
            let offset = (symbols.len() as u32).wrapping_sub(word as u32);
            let mut next = 0u32;
            symbols.extend((0..count).map(|_| {
                // beyond the escape is nothing but in forged data
                let symbol = next.saturating_add(bits.rice(u32::from(low))).min(escape);
                next = symbol + 1;
                symbol
            }));
            word += u64::from(count);
            if count > 0 {
                limits.push(((word << (32 - length)).saturating_sub(1) as u32, offset, length));
            }
            word <<= 1;
        }
        let mut starts = [0; 256];
        let mut row = 0;
        for (start, first) in starts.iter_mut().zip(0u32..) {
            while limits.get(usize::from(row)).is_some_and(|&(limit, ..)| limit < first << 24) {
                row += 1;
            }
            *start = row;
        }
        Ok((Self { escape, limits, starts, symbols }, bits.byte()))
    }

    /// The next right token of a pair that merges into `id`; what is not a word gives the escape.
    #[inline]
    pub(crate) fn next(&self, bits: &mut Bits<'_>, id: u32) -> u32 {
        let word = bits.peek();
        // by far the most words start the search at their own length
        let first = usize::from(self.starts.get(word as usize >> 24).copied().unwrap_or(0));
        for &(limit, offset, length) in self.limits.get(first..).unwrap_or(&[]) {
            if word <= limit {
                bits.skip(length);
                let place = (word >> (32 - length)).wrapping_add(offset);
                return match self.symbols.get(place as usize) {
                    Some(&symbol) if symbol != self.escape => symbol,
                    _ => bits.take(32 - id.leading_zeros()),
                };
            }
        }
        self.escape
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.limits.capacity() * 12 + self.symbols.capacity() * 4
    }
}
