//! Writing of bits, most significant first: the counterpart of the reader in `promptgate-tokens`.

/// A growing row of bits.
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    /// Appends the low `count` bits of `value`.
    pub fn put(&mut self, value: u64, count: u32) {
        for bit in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << self.free;
            }
        }
    }

    /// Appends an Elias gamma number (≥ 1).
    pub fn gamma(&mut self, value: u32) {
        let length = 32 - value.leading_zeros();
        self.put(0, length - 1);
        self.put(u64::from(value), length);
    }

    /// Appends a Rice number with `low` low bits.
    pub fn rice(&mut self, value: u32, low: u32) {
        for _ in 0..value >> low {
            self.put(1, 1);
        }
        self.put(0, 1);
        self.put(u64::from(value), low);
    }

    /// The bytes, the last one filled with zeros.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
