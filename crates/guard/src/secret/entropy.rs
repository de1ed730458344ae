//! How random a value looks.

/// Shannon's entropy in bits per byte, of the first 256 bytes.
pub(super) fn bits(value: &[u8]) -> f32 {
    let mut counts = [0_u16; 256];
    let mut all = 0.0_f32;
    for &byte in value.iter().take(256) {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
        all += 1.0;
    }
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f32::from(count) / all;
            -share * share.log2()
        })
        .sum()
}

/// Long enough, letters and digits mixed, and no words: keys and tokens without a form.
pub(super) fn is_random(value: &[u8]) -> bool {
    let sign = |byte: &u8| matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~' | b':' | b'%');
    value.len() >= 16
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
        && (is_mixed(value) || is_long_mix(value))
        && bits(value) >= 3.0
}

/// Long, of small and capital letters and at least one digit: random Base64 may have no more.
fn is_long_mix(value: &[u8]) -> bool {
    value.len() >= 32
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && bits(value) >= 4.0
}

/// Letters and digits both, at least two of each.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    digits >= 2 && letters >= 2
}

/// Small and capital letters in turns, as no words have them: random letters may have no digits.
pub(super) fn is_scrambled(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic());
    let cases: Vec<bool> = letters.map(u8::is_ascii_uppercase).collect();
    let turns = cases.windows(2).filter(|pair| matches!(pair, [a, b] if a != b)).count();
    let capitals = cases.iter().filter(|&&capital| capital).count();
    cases.len() >= 16 && turns * 4 >= cases.len() && (cases.len() * 3..=cases.len() * 7).contains(&(capitals * 10))
}

/// The same character all along, as in `xxxxxxxx`: a placeholder.
pub(super) fn is_one_character(value: &[u8]) -> bool {
    let mut bytes = value.iter().filter(|byte| !matches!(byte, b'-' | b'_' | b'.'));
    match bytes.next() {
        Some(first @ (b'x' | b'X' | b'*' | b'0' | b'.' | b'a' | b'A')) => bytes.all(|byte| byte == first),
        Some(_) => false,
        None => true,
    }
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_told_from_words() {
        for (value, random) in [
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1", true),
            ("9f86d081884c7d659a2feaa0c55ad015", true),
            ("correct-horse-battery-staple", false),
            ("thisIsACamelCaseName", false),
            ("short1", false),
            ("1111111111111111aa", false),
        ] {
            assert_eq!(is_random(value.as_bytes()), random, "{value}");
        }
        assert!((bits(b"abcd") - 2.0).abs() < 1e-6);
    }
}
