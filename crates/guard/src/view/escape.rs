//! Escapes of characters: percent (RFC 3986, section 2.1), `\\u0041`, `\\u{41}` and `\\x41` of programs.

/// What a sign starts.
pub(super) enum Escape {
    /// A character, and the length of what stands for it.
    Char(char, usize),
    /// The text ends where one may have begun; the length of the rest.
    Open(usize),
    /// The sign itself, and what belongs to it.
    None(usize),
}

/// What starts with the `%` or `\\` that is `sign`, the first of `rest`.
pub(super) fn of(rest: &[u8], sign: char) -> Option<Escape> {
    let (start, digits) = match (sign, rest.get(1)) {
        ('%', _) => (1, 2),
        ('\\', Some(b'x')) => (2, 2),
        ('\\', Some(b'u')) if rest.get(2) == Some(&b'{') => return Some(braced(rest)),
        ('\\', Some(b'u')) => (2, 4),
        ('\\', None) => return Some(Escape::Open(1)),
        ('\\', Some(_)) => return Some(Escape::None(1)),
        _ => return None,
    };
    let hex: &[u8] = rest.get(start..).unwrap_or_default();
    let length = hex.iter().take(digits).take_while(|byte| byte.is_ascii_hexdigit()).count();
    if length < digits {
        return Some(if hex.len() == length { Escape::Open(start + length) } else { Escape::None(1) });
    }
    // Bytes beyond ASCII are halves of characters.
    let decoded = value(hex.get(..digits)).filter(|&char| is_text(char) && (digits == 4 || char.is_ascii()));
    Some(decoded.map_or(Escape::None(1), |char| Escape::Char(char, start + digits)))
}

/// `\\u{…}` with at most six digits.
fn braced(rest: &[u8]) -> Escape {
    let hex = rest.get(3..).unwrap_or_default();
    let length = hex.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match hex.get(length) {
        Some(b'}') => {
            let decoded = value(hex.get(..length)).filter(|&char| is_text(char));
            decoded.map_or(Escape::None(1), |char| Escape::Char(char, length + 4))
        }
        None => Escape::Open(rest.len()),
        Some(_) => Escape::None(1),
    }
}

fn value(hex: Option<&[u8]>) -> Option<char> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let code = hex?.iter().map(digit).try_fold(0_u32, |value, digit| Some(value << 4 | digit?))?;
    char::from_u32(code)
}

/// What may stand in the place of an escape: no control character.
fn is_text(char: char) -> bool {
    !char.is_control()
}
