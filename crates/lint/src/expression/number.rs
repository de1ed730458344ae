//! Numeric literals of strict code (ECMA-262, 12.9.3).

/// The length of the number at the start of `text`; `None` if it is none.
pub(super) fn length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let radix = match bytes.get(1) {
        Some(b'x' | b'X') => Some(16),
        Some(b'o' | b'O') => Some(8),
        Some(b'b' | b'B') => Some(2),
        _ => None,
    };
    if let (Some(b'0'), Some(radix)) = (bytes.first(), radix) {
        let end = digits(bytes, 2, radix)?;
        return Some(end + usize::from(bytes.get(end) == Some(&b'n')));
    }
    let mut at = 0;
    if bytes.first() != Some(&b'.') {
        at = digits(bytes, 0, 10)?;
        // `01` and `08` are of sloppy code.
        if at > 1 && bytes.first() == Some(&b'0') {
            return None;
        }
        if bytes.get(at) == Some(&b'n') {
            return Some(at + 1);
        }
    }
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        match bytes.get(at) {
            Some(b'0'..=b'9') => at = digits(bytes, at, 10)?,
            Some(b'_') => return None,
            _ => {}
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(bytes.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        at = digits(bytes, at, 10)?;
    }
    Some(at)
}

/// The end of the digits that begin at `at`, which single separators may part; `None` if there are none, or a
/// separator is not between two digits.
fn digits(bytes: &[u8], at: usize, radix: u32) -> Option<usize> {
    let mut end = at;
    let mut separator = true;
    while let Some(byte) = bytes.get(end) {
        if char::from(*byte).is_digit(radix) {
            separator = false;
        } else if *byte == b'_' && !separator {
            separator = true;
        } else {
            break;
        }
        end += 1;
    }
    (!separator).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("0", Some(1)),
            ("1_000.5e-3x", Some(10)),
            ("1.", Some(2)),
            (".5", Some(2)),
            ("1..a", Some(2)),
            ("0xFFn", Some(5)),
            ("0b2", None),
            ("0o17", Some(4)),
            ("10n", Some(3)),
            ("1__0", None),
            ("1_", None),
            ("1._5", None),
            ("1e", None),
            ("010", None),
            ("08", None),
            ("0_1", None),
            ("0x", None),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }
}
