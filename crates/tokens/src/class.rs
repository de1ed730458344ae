//! Classes of code points, from Unicode 16.0: the version of the reference's regex.

/// A set of classes, one bit each. The end of the text is in none.
pub(crate) type Classes = u8;

/// `\p{Lu}`, `\p{Lt}`
pub(crate) const UPPER: Classes = 1;
/// `\p{Ll}`
pub(crate) const LOWER: Classes = 2;
/// `\p{Lm}`, `\p{Lo}`
pub(crate) const OTHER_LETTER: Classes = 4;
/// `\p{M}`
pub(crate) const MARK: Classes = 8;
/// `\p{N}`
pub(crate) const NUMBER: Classes = 16;
/// `\s` but for carriage return and line feed
pub(crate) const SPACE: Classes = 32;
/// Carriage return, line feed
pub(crate) const NEWLINE: Classes = 64;
/// Everything else
pub(crate) const OTHER: Classes = 128;
/// `\p{L}`
pub(crate) const LETTER: Classes = UPPER | LOWER | OTHER_LETTER;
/// `[^\s\p{L}\p{N}]`
pub(crate) const SYMBOL: Classes = MARK | OTHER;

/// The Unicode version of the table.
pub const UNICODE_VERSION: (u8, u8, u8) = (16, 0, 0);

/// Which page of 128 classes each 128 code points have (8704 bytes), then the pages.
static TABLE: &[u8] = include_bytes!("../data/unicode16.classes");
const PAGES: usize = 0x11_0000 / 128;

/// The class of an ASCII byte; of others 0.
pub(crate) static ASCII: [Classes; 256] = ascii();

/// The class of a code point.
#[inline]
pub(crate) fn of(code_point: u32) -> Classes {
    let page = TABLE.get(code_point as usize / 128).map_or(0, |&page| usize::from(page));
    TABLE.get(PAGES + page * 128 + code_point as usize % 128).copied().unwrap_or(OTHER)
}

/// The class of the character that starts at byte `at`, and its length in bytes; at the end of the
/// text both are 0.
#[inline]
pub(crate) fn at(text: &[u8], at: usize) -> (Classes, usize) {
    match text.get(at) {
        Some(&byte) if byte < 0x80 => (ascii_of(byte), 1),
        Some(_) => multibyte(text, at),
        None => (0, 0),
    }
}

/// The class of an ASCII byte.
#[inline]
pub(crate) fn ascii_of(byte: u8) -> Classes {
    ASCII.get(usize::from(byte)).copied().unwrap_or(0)
}

/// `text` is UTF-8, so what is cut short here cannot come.
#[inline]
fn multibyte(text: &[u8], at: usize) -> (Classes, usize) {
    let rest = text.get(at..).unwrap_or(&[]);
    let low = |byte: u8| u32::from(byte & 0x3f);
    match *rest {
        [a, b, ..] if a < 0xe0 => (of(u32::from(a & 0x1f) << 6 | low(b)), 2),
        [a, b, c, ..] if a < 0xf0 => (of(u32::from(a & 0x0f) << 12 | low(b) << 6 | low(c)), 3),
        [a, b, c, d, ..] => (of(u32::from(a & 0x07) << 18 | low(b) << 12 | low(c) << 6 | low(d)), 4),
        _ => (OTHER, rest.len().max(1)),
    }
}

const fn ascii() -> [Classes; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        #[allow(clippy::indexing_slicing, reason = "evaluated at compile time; a byte is below 256")]
        {
            table[byte as usize] = match byte {
                b'A'..=b'Z' => UPPER,
                b'a'..=b'z' => LOWER,
                b'0'..=b'9' => NUMBER,
                b'\r' | b'\n' => NEWLINE,
                b' ' | b'\t' | 0x0b | 0x0c => SPACE,
                _ => OTHER,
            };
        }
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_agrees_with_the_table() {
        for byte in 0..128u8 {
            assert_eq!(ascii_of(byte), of(u32::from(byte)), "byte {byte}");
        }
    }

    #[test]
    fn decodes_each_length() {
        for (c, class) in [('é', LOWER), ('中', OTHER_LETTER), ('\u{1d400}', UPPER), ('\u{301}', MARK)] {
            assert_eq!(at(alloc::format!("{c}").as_bytes(), 0), (class, c.len_utf8()), "{c}");
        }
    }
}
