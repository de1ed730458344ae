//! The table of Unicode classes, from regex-syntax: the tables of the references' regex themselves.

use regex_syntax::hir::{Class, HirKind};

/// The classes with their bits, as in `class.rs` of `promptgate-tokens`; what is in none is OTHER.
const CLASSES: [(&str, u8); 7] = [
    (r"[\p{Lu}\p{Lt}]", 1),
    (r"\p{Ll}", 2),
    (r"[\p{Lm}\p{Lo}]", 4),
    (r"\p{M}", 8),
    (r"\p{N}", 16),
    (r"[\s--\r\n]", 32),
    (r"[\r\n]", 64),
];
const OTHER: u8 = 128;

/// The ranges of code points of a class of the references' regex.
///
/// # Errors
/// A sentence, if `pattern` is not a class.
pub fn ranges(pattern: &str) -> Result<Vec<(u32, u32)>, String> {
    let hir = regex_syntax::parse(&format!("[{pattern}]")).map_err(|error| error.to_string())?;
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            Ok(class.iter().map(|range| (range.start().into(), range.end().into())).collect())
        }
        HirKind::Class(Class::Bytes(class)) => {
            Ok(class.iter().map(|range| (range.start().into(), range.end().into())).collect())
        }
        _ => Err(format!("{pattern} is no class")),
    }
}

/// The class of every code point.
///
/// # Errors
/// As [`ranges`]; or the classes overlap.
pub fn classes() -> Result<Vec<u8>, String> {
    let mut table = vec![OTHER; 0x11_0000];
    for (pattern, bit) in CLASSES {
        for (first, last) in ranges(pattern)? {
            for place in table.iter_mut().take(last as usize + 1).skip(first as usize) {
                if *place != OTHER {
                    return Err(format!("{pattern} overlaps another class"));
                }
                *place = bit;
            }
        }
    }
    Ok(table)
}

/// The table in two stages: the page of each 128 code points, then the different pages.
///
/// # Errors
/// As [`classes`]; or there are more than 256 pages.
pub fn pack() -> Result<Vec<u8>, String> {
    let classes = classes()?;
    let mut pages: Vec<&[u8]> = Vec::new();
    let mut table = Vec::new();
    for page in classes.chunks(128) {
        let number = pages.iter().position(|known| *known == page).unwrap_or(pages.len());
        if number == pages.len() {
            pages.push(page);
        }
        table.push(u8::try_from(number).map_err(|_| "more than 256 pages")?);
    }
    table.extend(pages.concat());
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_16() {
        let classes = classes().unwrap();
        // U+10D50 Garay capital letter: new in 16.0. U+10940 Sidetic letter: new in 17.0
        assert_eq!((classes[0x10d50], classes[0x10940]), (1, OTHER));
        assert_eq!(promptgate_tokens::UNICODE_VERSION, (16, 0, 0));
    }
}
