//! Reading of bits, most significant first.

/// Bytes that follow what is read: a read takes eight at once.
pub const PADDING: usize = 7;

/// A position in a byte slice, in bits. Reading yields zeros from [`PADDING`] bytes before the end on, so
/// that damaged data cannot make it fail; the reader's owner bounds what it reads.
pub(crate) struct Bits<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Bits<'d> {
    /// Starts at byte `at` of `data`.
    pub(crate) fn new(data: &'d [u8], at: usize) -> Self {
        Self { data, at: at.saturating_mul(8) }
    }

    /// The next 32 bits, without moving.
    #[inline]
    pub(crate) fn peek(&self) -> u32 {
        let byte = self.at >> 3;
        let word = self.data.get(byte..).and_then(|rest| rest.first_chunk::<8>());
        ((word.map_or(0, |word| u64::from_be_bytes(*word)) << (self.at & 7)) >> 32) as u32
    }

    /// Moves by `count` bits.
    #[inline]
    pub(crate) fn skip(&mut self, count: u32) {
        self.at = self.at.saturating_add(count as usize);
    }

    /// The next `count` bits as a number; `count` ≤ 32.
    #[inline]
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        let value = self.peek().checked_shr(32 - count.min(32)).unwrap_or(0);
        self.skip(count);
        value
    }

    /// The number of one bits before the next zero bit, which is passed too.
    #[cold]
    #[inline(never)]
    fn unary(&mut self) -> u32 {
        let mut total = 0;
        loop {
            // past the end come zeros, so this ends
            let ones = (!self.peek()).leading_zeros();
            if ones < 32 {
                self.skip(ones + 1);
                return total + ones;
            }
            self.skip(32);
            total += 32;
        }
    }

    /// The first byte that no read bit lies in.
    pub(crate) fn byte(&self) -> usize {
        self.at.div_ceil(8)
    }

    /// An Elias gamma number (≥ 1).
    #[inline(never)]
    pub(crate) fn gamma(&mut self) -> u32 {
        let zeros = self.peek().leading_zeros().min(31);
        self.skip(zeros);
        self.take(zeros + 1)
    }

    /// A Rice number: the quotient by 2^`low` in unary, then `low` bits.
    // a call costs little, and code must be compiled at a cold start
    #[inline(never)]
    pub(crate) fn rice(&mut self, low: u32) -> u32 {
        let word = self.peek();
        let ones = (!word).leading_zeros();
        if ones + low < 32 {
            // by far the most lie in one word
            self.skip(ones + 1 + low);
            let rest = u64::from(word << ones << 1);
            return ones << low | (rest >> (32 - low)) as u32;
        }
        let quotient = self.unary();
        (quotient << low.min(31)) | self.take(low)
    }
}

/// The parameter for the gap to the next of `rest` ids that are spread over `span`: about
/// log2(mean gap), by what packs best.
#[inline]
pub fn rice_parameter(span: u32, rest: u32) -> u32 {
    let scaled = (u64::from(span) * 14) >> 4;
    let mean = (scaled as u32) / (rest + 1);
    31u32.saturating_sub((mean | 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_each_kind() {
        // gamma 5 = 00101, rice(2) 7 = 10·11, unary 3 = 1110, take 3 = 101
        let data = [0b0010_1101, 0b1111_0101, 0, 0, 0, 0, 0, 0, 0];
        let mut bits = Bits::new(&data, 0);
        assert_eq!(bits.gamma(), 5);
        assert_eq!(bits.rice(2), 7);
        assert_eq!(bits.unary(), 3);
        assert_eq!(bits.take(3), 5);
    }

    #[test]
    fn past_the_end_are_zeros() {
        let mut bits = Bits::new(&[0xff, 0, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(bits.unary(), 8);
        assert_eq!(bits.take(32), 0);
        assert_eq!(bits.gamma(), 0);
    }
}
