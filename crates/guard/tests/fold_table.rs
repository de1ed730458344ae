//! `src/view/fold_table.rs` is what the Unicode data and the look-alikes below give.
//!
//! `UPDATE_FOLD_TABLE=1 cargo test -p promptgate-guard --test fold_table` writes it anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization as _;

/// First digits (zeros) of the decimal digits of each script (Unicode `Nd`).
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16B50, 0x1E140,
    0x1E2F0, 0x1E950,
];

/// Letters and signs that are drawn like ASCII ones, as one sees them; left: what they look like.
const LOOKALIKES: &[(&str, &str)] = &[
    // Cyrillic
    ("a", "а"),
    ("A", "А"),
    ("B", "В"),
    ("c", "сϲ"),
    ("C", "СϹ"),
    ("d", "ԁ"),
    ("e", "еҽєэ"),
    ("E", "Е"),
    ("G", "Ԍ"),
    ("h", "һ"),
    ("H", "Н"),
    ("i", "іιı"),
    ("I", "ІӀ"),
    ("j", "јϳ"),
    ("J", "Ј"),
    ("k", "к"),
    ("K", "К"),
    ("M", "М"),
    ("n", "п"),
    ("o", "о"),
    ("O", "О"),
    ("p", "р"),
    ("P", "Р"),
    ("q", "ԛ"),
    ("Q", "Ԛ"),
    ("r", "гɾ"),
    ("s", "ѕ"),
    ("S", "Ѕ"),
    ("t", "т"),
    ("T", "Т"),
    ("u", "ц"),
    ("v", "ѵ"),
    ("V", "Ѵ"),
    ("w", "ԝш"),
    ("W", "Ԝ"),
    ("x", "х"),
    ("X", "Х"),
    ("y", "уү"),
    ("Y", "УҮ"),
    ("m", "м"),
    ("b", "Ь"),
    ("l", "ӏ"),
    // Greek
    ("a", "α"),
    ("A", "Α"),
    ("B", "Β"),
    ("E", "Ε"),
    ("Z", "Ζ"),
    ("H", "Η"),
    ("I", "Ι"),
    ("K", "Κ"),
    ("M", "Μ"),
    ("N", "Ν"),
    ("O", "Ο"),
    ("P", "Ρ"),
    ("T", "Τ"),
    ("Y", "Υ"),
    ("X", "Χ"),
    ("o", "οσ"),
    ("p", "ρ"),
    ("u", "υ"),
    ("v", "ν"),
    ("k", "κ"),
    ("e", "ε"),
    ("n", "η"),
    ("t", "τ"),
    ("x", "χ"),
    ("w", "ω"),
    // Armenian, Cherokee, Lisu, Coptic
    ("o", "օ"),
    ("u", "ս"),
    ("n", "ո"),
    ("h", "հ"),
    ("g", "ց"),
    ("q", "զ"),
    ("f", "ք"),
    ("O", "Օ"),
    ("S", "Տ"),
    ("U", "Ս"),
    ("A", "Ꭺ"),
    ("B", "Ᏼ"),
    ("C", "Ꮯ"),
    ("D", "Ꭰ"),
    ("E", "Ꭼ"),
    ("G", "Ꮐ"),
    ("H", "Ꮋ"),
    ("J", "Ꭻ"),
    ("K", "Ꮶ"),
    ("L", "Ꮮ"),
    ("M", "Ꮇ"),
    ("P", "Ꮲ"),
    ("R", "Ꭱ"),
    ("S", "Ꮪ"),
    ("T", "Ꭲ"),
    ("V", "Ꮩ"),
    ("W", "Ꮤ"),
    ("Y", "Ꭹ"),
    ("Z", "Ꮓ"),
    ("A", "ꓮ"),
    ("B", "ꓐ"),
    ("C", "ꓚ"),
    ("D", "ꓓ"),
    ("E", "ꓰ"),
    ("F", "ꓝ"),
    ("G", "ꓖ"),
    ("H", "ꓧ"),
    ("I", "ꓲ"),
    ("J", "ꓙ"),
    ("K", "ꓗ"),
    ("L", "ꓡ"),
    ("M", "ꓟ"),
    ("N", "ꓠ"),
    ("O", "ꓳ"),
    ("P", "ꓑ"),
    ("R", "ꓣ"),
    ("S", "ꓢ"),
    ("T", "ꓔ"),
    ("U", "ꓴ"),
    ("V", "ꓦ"),
    ("W", "ꓪ"),
    ("X", "ꓫ"),
    ("Y", "ꓬ"),
    ("Z", "ꓜ"),
    // Latin that does not decompose: phonetic letters, small capitals, strokes, hooks
    ("a", "ɑᴀɐ"),
    ("b", "ʙƀɓ"),
    ("c", "ᴄƈ"),
    ("d", "ᴅđɗɖ"),
    ("e", "ᴇɇəɘɛ"),
    ("f", "ꜰƒ"),
    ("g", "ɡɢǥɠ"),
    ("h", "ʜħɦ"),
    ("i", "ɪɨ"),
    ("j", "ᴊɉȷ"),
    ("k", "ᴋƙ"),
    ("l", "ʟłƚɫɭ"),
    ("m", "ᴍɱ"),
    ("n", "ɴɲŋƞ"),
    ("o", "ᴏøɵ"),
    ("p", "ᴘƥ"),
    ("q", "ɋ"),
    ("r", "ʀɍɽ"),
    ("s", "ꜱʂ"),
    ("t", "ᴛŧƭʈ"),
    ("u", "ᴜʉ"),
    ("v", "ᴠʋ"),
    ("w", "ᴡ"),
    ("x", "ⅹ"),
    ("y", "ʏɏƴ"),
    ("z", "ᴢƶȥʐ"),
    ("A", "Ⱥ"),
    ("B", "ɃƁ"),
    ("C", "Ƈ"),
    ("D", "ĐƉƊ"),
    ("E", "ƎƐɆ"),
    ("F", "Ƒ"),
    ("G", "ǤƓ"),
    ("H", "Ħ"),
    ("I", "Ɨ"),
    ("K", "Ƙ"),
    ("L", "Ł"),
    ("N", "ƝŊ"),
    ("O", "Ø"),
    ("P", "Ƥ"),
    ("R", "Ɍ"),
    ("T", "ŦƬƮ"),
    ("U", "Ʉ"),
    ("V", "Ʋ"),
    ("Y", "ƳɎ"),
    ("Z", "Ƶ"),
    ("ss", "ß"),
    ("ae", "æ"),
    ("AE", "Æ"),
    ("oe", "œ"),
    ("OE", "Œ"),
    ("th", "þ"),
    ("TH", "Þ"),
    ("d", "ð"),
    ("D", "Ð"),
    // signs
    ("-", "‐‑‒–—―−⁃﹘˗➖ー"),
    ("'", "‘’‚‛′ʹʼˈ`´"),
    ("\"", "“”„‟″«»"),
    ("...", "…"),
    (".", "․。·۔"),
    (",", "،、"),
    (":", "∶꞉ː："),
    ("/", "⁄∕╱"),
    ("*", "∗⁎•"),
    ("|", "∣ǀ｜"),
    ("~", "∼˜"),
    ("^", "ˆ"),
    ("<", "‹"),
    (">", "›"),
    ("=", "꓿"),
    ("@", "＠"),
    ("_", "‿"),
    ("?", "؟"),
    (";", "؛"),
    ("%", "٪"),
    ("\n", "\u{85}\u{2028}\u{2029}"),
    (
        " ",
        "\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}\u{2800}",
    ),
];

/// Letters in black circles and squares, which do not decompose: their As.
const SQUARED: &[u32] = &[0x1F130, 0x1F150, 0x1F170, 0x1F1E6];

/// Marks that sit on a letter and are dropped with it.
fn is_mark(code: u32) -> bool {
    matches!(code, 0x300..=0x36F | 0x483..=0x489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

fn table() -> BTreeMap<u32, String> {
    let mut table = BTreeMap::new();
    for char in ('\u{80}'..=char::MAX).filter(|char| !char.is_ascii()) {
        let code = char as u32;
        if is_mark(code) {
            table.insert(code, "\0".to_owned());
            continue;
        }
        let look: String = char.nfkd().filter(|&char| !is_mark(char as u32)).collect();
        let look = look.replace('\u{2044}', "/");
        // "(1)" and "1." of list signs are noise; what stands for more than eight is prose.
        if !look.is_empty() && look.is_ascii() && look.len() <= 8 && !(look.len() > 1 && look.starts_with('(')) {
            let look = if look.len() > 1 { look.trim_end_matches('.') } else { &look };
            table.insert(code, look.to_owned());
        }
    }
    for &zero in ZEROS {
        for digit in 0..10 {
            table.insert(zero + digit, char::from(b'0' + digit as u8).to_string());
        }
    }
    for &start in SQUARED {
        for letter in 0..26 {
            table.insert(start + letter, char::from(b'A' + letter as u8).to_string());
        }
    }
    for (look, chars) in LOOKALIKES {
        for char in chars.chars().filter(|char| !char.is_ascii()) {
            table.insert(char as u32, (*look).to_owned());
        }
    }
    // What decomposes into a look-alike and marks looks like it too: "й", "ё", "ά".
    for char in ('\u{370}'..='\u{52F}').chain('\u{1F00}'..='\u{1FFF}') {
        let mut base = char.nfkd().filter(|&char| !is_mark(char as u32));
        if let (Some(first), None) = (base.next(), base.next())
            && let Some(look) = table.get(&(first as u32)).cloned()
            && look != "\0"
        {
            table.entry(char as u32).or_insert(look);
        }
    }
    table.insert(0x2026, "...".to_owned());
    // Hidden characters are not looks (`hidden.rs` decides about them).
    table.retain(|&code, _| !matches!(code, 0x34F | 0xFE00..=0xFE0F));
    table
}

fn rendered(table: &BTreeMap<u32, String>) -> String {
    let mut runs: Vec<(u32, u16, u8, u8)> = Vec::new();
    let mut strings = Vec::new();
    for (&code, look) in table {
        let &[byte] = look.as_bytes() else {
            strings.push((code, look));
            continue;
        };
        if let Some((start, length, step, ascii)) = runs.last_mut()
            && *start + u32::from(*length) == code
            && *length < 200
        {
            let offset = *length as u8;
            let fits = |step: u8| match step {
                0 => byte == *ascii,
                1 => Some(byte) == ascii.checked_add(offset),
                _ => byte.is_ascii_alphabetic() && byte == *ascii ^ (0x20 * (offset & 1)),
            };
            if *length == 1 {
                if let Some(found) = [0, 1, 2].into_iter().find(|&step| fits(step)) {
                    *step = found;
                    *length += 1;
                    continue;
                }
            } else if fits(*step) {
                *length += 1;
                continue;
            }
        }
        runs.push((code, 1, 0, byte));
    }
    let mut out = String::from(
        "//! Generated by `tests/fold_table.rs` from the Unicode data: do not edit.\n\n\
         /// First character, how many, step (0: all alike, 1: counting up, 2: case alternates),\n\
         /// what the first looks like; 0 is nothing.\n",
    );
    writeln!(out, "#[rustfmt::skip]\npub(super) const RUNS: [(u32, u16, u8, u8); {}] = [", runs.len()).unwrap();
    for line in runs.chunks(6) {
        out.push_str("   ");
        for (start, length, step, ascii) in line {
            write!(out, " (0x{start:X}, {length}, {step}, {ascii}),").unwrap();
        }
        out.push('\n');
    }
    out.push_str("];\n\n/// Characters that look like several.\n");
    writeln!(out, "#[rustfmt::skip]\npub(super) const STRINGS: [(u32, &str); {}] = [", strings.len()).unwrap();
    for line in strings.chunks(8) {
        out.push_str("   ");
        for (code, look) in line {
            write!(out, " (0x{code:X}, {look:?}),").unwrap();
        }
        out.push('\n');
    }
    out.push_str("];\n");
    out
}

#[test]
fn table_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/view/fold_table.rs");
    let wanted = rendered(&table());
    if std::env::var("UPDATE_FOLD_TABLE").is_ok() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(found == wanted, "run with UPDATE_FOLD_TABLE=1");
}
