//! Ids: shaped as UUIDs, made of digests, so that a run with the same seed has the same ones.

use sha2::{Digest, Sha256};

/// A version 4 UUID (RFC 9562) made of `text`.
pub(crate) fn uuid_of(text: &str) -> String {
    let digest = Sha256::digest(text);
    let mut number = digest.iter().take(16).fold(0_u128, |all, byte| (all << 8) | u128::from(*byte));
    number = number & !(0xf << 76) | (4 << 76);
    number = number & !(0b11 << 62) | (0b10 << 62);
    let hex = format!("{number:032x}");
    let mut parts = Vec::new();
    let mut rest = hex.as_str();
    for length in [8, 4, 4, 4] {
        let (head, tail) = rest.split_at(length.min(rest.len()));
        parts.push(head);
        rest = tail;
    }
    parts.push(rest);
    parts.join("-")
}

/// Whether `text` is written as a UUID: 8-4-4-4-12 hex digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_4() {
        for text in ["", "a", "b"] {
            let id = uuid_of(text);
            assert!(is_uuid(&id), "{id}");
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        }
        assert_ne!(uuid_of("a"), uuid_of("b"));
        for no in ["", "x", "0123456789abcdef0123456789abcdef0123", "g0000000-0000-4000-8000-000000000000"] {
            assert!(!is_uuid(no), "{no}");
        }
    }
}
