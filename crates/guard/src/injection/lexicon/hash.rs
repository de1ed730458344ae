//! Hashes of folded words.

/// Hash of a folded word in the source of this crate.
pub(crate) const fn word(word: &str) -> u32 {
    let mut hash = Hash::NEW;
    let mut rest = word.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match silent(rest, 0) {
            0 => {
                hash = hash.push(byte);
                rest = tail;
            }
            mark => rest = rest.split_at(mark).1,
        }
    }
    hash.end()
}

/// Hash of a folded word, byte by byte; one multiplication for eight of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hash {
    done: u64,
    open: u64,
    /// Bytes so far.
    pub(crate) len: u32,
}

impl Hash {
    pub(crate) const NEW: Self = Self { done: 0, open: 0, len: 0 };
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

    #[inline]
    pub(crate) const fn push(mut self, byte: u8) -> Self {
        self.open = self.open << 8 | byte as u64;
        self.len += 1;
        if self.len & 7 == 0 {
            self.done = (self.done ^ self.open).wrapping_mul(Self::ODD).rotate_left(29);
            self.open = 0;
        }
        self
    }

    /// Hash of the ASCII word of `len` letters and digits that `sixteen` starts with, any case;
    /// at most sixteen of them.
    #[inline]
    pub(crate) fn short(sixteen: &[u8; 16], len: usize) -> Self {
        // Letters differ from their small forms by this bit, and digits have it.
        const SMALL: u64 = 0x2020_2020_2020_2020;
        let both = u128::from_be_bytes(*sixteen);
        let first = (both >> 64) as u64 | SMALL;
        let cut = |eight: u64, len: usize| eight >> (64 - 8 * len as u32).min(63);
        let mut hash = Self::NEW;
        hash.len = len as u32;
        if len < 8 {
            hash.open = cut(first, len);
            return hash;
        }
        hash.done = first.wrapping_mul(Self::ODD).rotate_left(29);
        match len {
            8 => {}
            9..16 => hash.open = cut(both as u64 | SMALL, len - 8),
            _ => {
                let done = hash.done ^ (both as u64 | SMALL);
                hash.done = done.wrapping_mul(Self::ODD).rotate_left(29);
            }
        }
        hash
    }

    pub(crate) fn letter(mut self, letter: char) -> Self {
        let mut utf8 = [0; 4];
        for &byte in letter.encode_utf8(&mut utf8).as_bytes() {
            self = self.push(byte);
        }
        self
    }

    /// Never 0.
    #[inline]
    pub(crate) const fn end(self) -> u32 {
        let hash = (self.done ^ self.open).wrapping_mul(Self::ODD);
        ((hash ^ hash >> 29).wrapping_mul(Self::ODD) >> 32) as u32 | 1
    }
}

/// Bytes of the mark at `at` that words are read without: viramas and nuktas, Thai tone signs.
/// They are no letters to Unicode and would cut words in two.
#[allow(clippy::indexing_slicing)]
pub(crate) const fn silent(bytes: &[u8], at: usize) -> usize {
    if at + 2 >= bytes.len() || bytes[at] != 0xe0 {
        return 0;
    }
    match (bytes[at + 1], bytes[at + 2]) {
        (0xa4, 0xbc) | (0xa5 | 0xa7 | 0xa9 | 0xab | 0xaf | 0xb1 | 0xb3 | 0xb5, 0x8d) | (0xa6, 0xbc) => 3,
        (0xb9, 0x87..=0x8c | 0x8e) => 3,
        _ => 0,
    }
}
