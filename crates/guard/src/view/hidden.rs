//! Characters that a reader does not see: which are disguise, which are good spelling.

use crate::work;
use std::ops::Range;

/// The family of a hidden character, one per lint rule (U001–U003).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Embeddings, overrides and isolates that reorder the display (CVE-2021-42574), and the
    /// harmless directional marks: see [`Hidden::reorders`].
    Bidi,
    /// U+E0000–E007F: an invisible copy of ASCII.
    Tag,
    /// Zero width: spaces, joiners, fillers, variation selectors, soft hyphens.
    ZeroWidth,
}

/// A hidden character, or a run of the same class, that is no part of an emoji, flag or
/// joining script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Its family.
    pub class: Class,
    /// Where, in bytes.
    pub span: Range<usize>,
    /// It changes the order of the display: overrides, embeddings and isolates do, the marks
    /// U+200E, U+200F and U+061C, which right-to-left text needs, do not.
    pub reorders: bool,
}

/// All hidden characters of `text` that are not legitimate, runs of one class joined.
pub fn find(text: &str) -> Vec<Hidden> {
    let mut found: Vec<Hidden> = Vec::new();
    if text.is_ascii() {
        return found;
    }
    let mut at = 0;
    let mut before = None;
    while let Some(rest) = text.get(at..)
        && let Some(char) = rest.chars().next()
    {
        let mut length = char.len_utf8();
        if let Some(class) = class(char) {
            match legitimate(before, rest, false).unwrap_or(0) {
                0 => {
                    let reorders = reorders(char);
                    match found.last_mut() {
                        Some(last) if last.class == class && last.span.end == at && last.reorders == reorders => {
                            last.span.end = at + length;
                        }
                        _ => found.push(Hidden { class, span: at..at + length, reorders }),
                    }
                }
                sequence => length = sequence,
            }
        }
        before = rest.get(..length).and_then(|part| part.chars().next_back());
        at += length;
    }
    found
}

/// The class of a character without a look of its own.
pub(crate) fn class(char: char) -> Option<Class> {
    match char as u32 {
        0x200E | 0x200F | 0x061C | 0x202A..=0x202E | 0x2066..=0x2069 => Some(Class::Bidi),
        0xE0000..=0xE007F => Some(Class::Tag),
        0xAD
        | 0x034F
        | 0x115F
        | 0x1160
        | 0x17B4
        | 0x17B5
        | 0x180B..=0x180F
        | 0x200B..=0x200D
        | 0x2060..=0x2065
        | 0x206A..=0x206F
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF9..=0xFFFB
        | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A
        | 0xE0080..=0xE0FFF => Some(Class::ZeroWidth),
        _ => None,
    }
}

/// How many bytes of `rest`, which starts with a hidden character, are good spelling after
/// `before`: 0 for a disguise. `None`: `rest` is `open` and too short to tell.
pub(crate) fn legitimate(before: Option<char>, rest: &str, open: bool) -> Option<usize> {
    let mut chars = rest.chars();
    let Some(char) = chars.next() else {
        return Some(0);
    };
    let Some(before) = before else {
        return Some(0);
    };
    match char {
        // A variation selector picks the picture of an emoji, a digit's keycap or an ideograph.
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
            let keycap = is_keycap_base(before);
            if keycap && open && rest.len() == char.len_utf8() {
                return None;
            }
            let keycap = keycap && chars.next() == Some('\u{20E3}');
            let fits = is_emoji(before) || is_ideograph(before) || keycap;
            Some(if fits { char.len_utf8() } else { 0 })
        }
        // A joiner stands between two emoji, or inside a script that joins.
        '\u{200C}' | '\u{200D}' => match chars.next() {
            None if open => None,
            after => {
                let emoji =
                    char == '\u{200D}' && (is_emoji(before) || before == '\u{FE0F}') && after.is_some_and(is_emoji);
                let script = joins(before) && after.is_none_or(|after| joins(after) || !after.is_alphanumeric());
                Some(if emoji || script { char.len_utf8() } else { 0 })
            }
        },
        '\u{E0000}'..='\u{E007F}' if before == '\u{1F3F4}' => {
            for flag in FLAGS {
                work::count(1);
                let mut tags = rest.chars();
                let mut length = 0;
                let whole = flag.bytes().map(|byte| 0xE0000 + u32::from(byte)).chain([0xE007F]);
                let mut matched = true;
                for expected in whole {
                    match tags.next() {
                        Some(tag) if tag as u32 == expected => length += tag.len_utf8(),
                        None if open => return None,
                        _ => {
                            matched = false;
                            break;
                        }
                    }
                }
                if matched {
                    return Some(length);
                }
            }
            Some(0)
        }
        _ => Some(0),
    }
}

/// The regions whose flags are tag sequences (Unicode emoji-sequences.txt, RGI set).
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

fn reorders(char: char) -> bool {
    matches!(char as u32, 0x202A..=0x202E | 0x2066..=0x2069)
}

fn is_emoji(char: char) -> bool {
    matches!(
        char as u32,
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139
            | 0x2190..=0x21FF | 0x2300..=0x23FF | 0x2460..=0x24FF | 0x25A0..=0x27BF
            | 0x2900..=0x297F | 0x2B00..=0x2BFF | 0x3030 | 0x303D | 0x3297 | 0x3299
            | 0x1F000..=0x1FAFF
    )
}

fn is_keycap_base(char: char) -> bool {
    char.is_ascii_digit() || char == '#' || char == '*'
}

fn is_ideograph(char: char) -> bool {
    matches!(char as u32, 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
        // Mongolian and Phags-pa letters, Myanmar: standardised variants.
        || matches!(char as u32, 0x1000..=0x109F | 0x1820..=0x18AA | 0xA840..=0xA877)
}

/// Scripts in which joiners spell: Arabic and Syriac families, N'Ko, the scripts of India and
/// South-East Asia, Mongolian.
fn joins(char: char) -> bool {
    matches!(
        char as u32,
        0x0600..=0x08FF | 0x0900..=0x0DFF | 0x0E00..=0x0FFF | 0x1000..=0x109F
            | 0x1700..=0x18AF | 0x1980..=0x1AAF | 0x1B00..=0x1C4F | 0xA800..=0xA8FF
            | 0xA900..=0xAAFF | 0xABC0..=0xABFF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC
            | 0x10A00..=0x11FFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_found_and_spelling_is_not() {
        type Row<'a> = (&'a str, &'a [(Class, Range<usize>)]);
        let rows: &[Row<'_>] = &[
            ("plain", &[]),
            ("a\u{202E}b", &[(Class::Bidi, 1..4)]),
            ("a\u{200B}\u{200B}b", &[(Class::ZeroWidth, 1..7)]),
            ("a\u{E0041}\u{E0042}", &[(Class::Tag, 1..9)]),
            ("👩\u{200D}💻 ❤\u{FE0F} 1\u{FE0F}\u{20E3}", &[]),
            ("❤\u{FE0F}\u{200D}🔥", &[]),
            ("🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", &[]),
            ("🏴\u{E0067}\u{E0062}", &[(Class::Tag, 4..12)]),
            ("می\u{200C}خواهم", &[]),
            ("क्\u{200D}ष", &[]),
            ("a\u{200D}b", &[(Class::ZeroWidth, 1..4)]),
            ("שלום\u{200F}!", &[(Class::Bidi, 8..11)]),
        ];
        for (text, expected) in rows {
            let found: Vec<_> = find(text).into_iter().map(|hidden| (hidden.class, hidden.span)).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
        assert!(!find("ש\u{200F}")[0].reorders);
        assert!(find("a\u{2066}b")[0].reorders);
    }
}
