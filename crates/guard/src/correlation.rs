//! A keyed hash of a value: HMAC-SHA-256 (RFC 2104, RFC 4231).

use sha2::{Digest as _, Sha256};

const BLOCK: usize = 64;

/// The first 16 hexadecimal digits of the code of `value` under `key`.
pub(crate) fn code(key: &[u8], value: &str) -> String {
    let mut code: String = hmac(key, value.as_bytes())
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect();
    code.truncate(16);
    code
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        fill(&mut block, &Sha256::digest(key));
    } else {
        fill(&mut block, key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5C)).chain_update(inner).finalize().into()
}

fn fill(block: &mut [u8; BLOCK], bytes: &[u8]) {
    for (place, &byte) in block.iter_mut().zip(bytes) {
        *place = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn the_code_is_the_standard_one() {
        // RFC 4231, test cases 2 and 6
        assert_eq!(code(b"Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e");
        assert_eq!(code(&[0xAA; 131], "Test Using Larger Than Block-Size Key - Hash Key First"), "60e431591ee0b67f");
    }
}
