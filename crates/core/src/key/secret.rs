//! What a key looks like: `pgk_`, 32 random characters, 6 of a checksum. Whoever finds one in a text knows it for one
//! without asking anybody, and an invented one is refused without asking anybody.

use sha2::{Digest, Sha256};

/// How every key begins; the guard finds it by this (its rule K326).
const PREFIX: &str = "pgk_";
/// Random characters after it: 190 bits.
const RANDOM: usize = 32;
/// Characters of the checksum: 62⁶ is more than 2³².
const SUM: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a text has the form of a key, checksum included: an invented or mistyped one has it once in 2³².
pub fn is_well_formed(key: &str) -> bool {
    let Some((front, sum)) = key.split_at_checked(PREFIX.len() + RANDOM) else { return false };
    let random = front.strip_prefix(PREFIX).unwrap_or_default();
    !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric()) && sum == checksum(front)
}

/// The CRC-32 (ISO-HDLC, as in zip) of a text, in base 62. It finds mistakes and is no secret.
fn checksum(text: &str) -> String {
    let crc = text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    let digit = |power| digit(!crc / 62_u32.pow(power) % 62);
    (0..SUM as u32).rev().map(digit).collect()
}

fn digit(value: u32) -> char {
    ALPHABET.get(value as usize).copied().map_or('0', char::from)
}

/// A key from `random` bytes (190 bits of them are used): `pgk_…`.
pub fn secret(random: &[u8; 32]) -> String {
    // 62 does not divide 256: a digit of a large number is as good as even. 2²⁵⁶ / 62³² leaves more than 65 bits.
    let mut number = *random;
    let mut key = PREFIX.to_owned();
    for _ in 0..RANDOM {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest << 8 | u32::from(*byte);
            (*byte, rest) = ((value / 62) as u8, value % 62);
        }
        key.push(digit(rest));
    }
    let sum = checksum(&key);
    key + &sum
}

/// The SHA-256 of a key, in hexadecimal: all that is kept of it.
pub fn digest(secret: &str) -> String {
    Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_form() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..1_000_u32 {
            let random = Sha256::digest(number.to_be_bytes()).into();
            let key = secret(&random);
            assert!(is_well_formed(&key) && key.len() == 42, "{key}");
            assert!(seen.insert(key.clone()));
            // One character that was mistyped is found.
            for at in [4, 20, 35, 41] {
                let mut wrong = key.clone().into_bytes();
                wrong[at] = if wrong[at] == b'a' { b'b' } else { b'a' };
                assert!(!is_well_formed(&String::from_utf8(wrong).unwrap()), "{at} of {key}");
            }
        }
        for text in ["", "pgk_", "pgk_é", "pg_test_0123456789", &"pgk_".repeat(11), &"x".repeat(42)] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    /// Each of the 62 characters about as often as any other.
    #[test]
    fn digits_are_even() {
        let mut counts = [0_u32; 128];
        for number in 0..4_000_u32 {
            for byte in secret(&Sha256::digest(number.to_be_bytes()).into()).bytes().skip(4).take(32) {
                counts[usize::from(byte)] += 1;
            }
        }
        // 128,000 / 62 are 2,064; five standard deviations are 225.
        assert!(ALPHABET.iter().all(|c| (1_839..=2_289).contains(&counts[usize::from(*c)])), "{counts:?}");
    }
}
