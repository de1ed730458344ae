//! HTML character references (HTML Standard, "Character references").

/// What an `&` starts.
pub(super) enum Reference {
    /// A character, and the length of what stands for it.
    Char(char, usize),
    /// The text ends where one may have begun.
    Open,
    None,
}

/// The longest reference understood, from `&` to `;`.
const LONGEST: usize = 12;

/// What starts with the `&` at `at`: HTML character references, numeric ones and the named ones that hide ASCII.
pub(super) fn reference(text: &str, at: usize) -> Reference {
    let bytes = text.as_bytes().get(at + 1..).unwrap_or_default();
    let name_end = bytes.iter().take(LONGEST).position(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'#'));
    let Some(end) = name_end else {
        return if bytes.len() < LONGEST { Reference::Open } else { Reference::None };
    };
    let name = text.get(at + 1..at + 1 + end).unwrap_or_default();
    let semicolon = bytes.get(end) == Some(&b';');
    let length = 1 + end + usize::from(semicolon);
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return match code.ok().and_then(char::from_u32) {
            Some(char) if char != '\0' => Reference::Char(char, length),
            _ => Reference::None,
        };
    }
    if !semicolon {
        return Reference::None;
    }
    match NAMES.binary_search_by_key(&name, |entry| entry.0) {
        Ok(found) => match NAMES.get(found) {
            Some(&(_, char)) => Reference::Char(char, length),
            None => Reference::None,
        },
        Err(_) => Reference::None,
    }
}

/// Named references of ASCII and of what hides it (HTML Standard, "Named character references").
const NAMES: [(&str, char); 46] = [
    ("NewLine", '\n'),
    ("Tab", '\t'),
    ("ZeroWidthSpace", '\u{200B}'),
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dash", '-'),
    ("dollar", '$'),
    ("emsp", ' '),
    ("ensp", ' '),
    ("equals", '='),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("hyphen", '-'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lrm", '\u{200E}'),
    ("lsqb", '['),
    ("lt", '<'),
    ("mdash", '-'),
    ("minus", '-'),
    ("nbsp", ' '),
    ("ndash", '-'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rlm", '\u{200F}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
    ("shy", '\u{AD}'),
    ("sol", '/'),
    ("zwj", '\u{200D}'),
    ("zwnj", '\u{200C}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
