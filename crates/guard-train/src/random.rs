//! Seeded pseudo-random choices for generated examples (SplitMix64).

/// The generator.
pub(crate) struct Random(u64);

impl Random {
    /// A generator that always gives the same for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`, which is small.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// So many decimal digits, the first not 0.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|place| {
                let digit = if place == 0 { 1 + self.below(9) } else { self.below(10) };
                char::from(b'0' + digit as u8)
            })
            .collect()
    }

    /// So many hexadecimal digits.
    pub(crate) fn hex(&mut self, count: usize) -> String {
        (0..count).filter_map(|_| char::from_digit(self.below(16) as u32, 16)).collect()
    }

    /// One of the frames with `@` replaced by the value.
    pub(crate) fn frame(&mut self, frames: &[&str], value: &str) -> String {
        self.pick(frames).replace('@', value)
    }

    /// One of the texts.
    pub(crate) fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let place = self.below(texts.len() as u64) as usize;
        texts.get(place).copied().unwrap_or("@")
    }
}
