//! International bank account numbers.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;

pub(super) const IBAN: Rule = Rule {
    code: "P010",
    name: "iban",
    kind: Kind::Iban,
    summary: "An account number whose country is in the registry, with that country's length \
              and right check digits (ISO 13616-1, ISO 7064 MOD 97-10; lengths from the SWIFT \
              IBAN Registry), in one piece or in groups.",
    caught: &[
        "My IBAN is GB82WEST12345698765432",
        "GB82 WEST 1234 5698 7654 32",
        "de89 3704 0044 0532 0130 00",
        "FR14-2004-1010-0505-0001-3M02-606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "GB82 WEST 1234\n5698 7654 32",
        "DE 89 3704 0044 0532 0130 00",
        "IBANDE89370400440532013000",
        "AT61.1904.3002.3457.3201",
    ],
    passed: &["GB82WEST12345698765433", "GB82WEST123456987654", "XX82WEST12345698765432", "aGB82WEST12345698765432"],
};

/// Countries and the lengths of their numbers, sorted (SWIFT IBAN Registry, release 99).
#[rustfmt::skip]
const LENGTHS: [(&[u8; 2], u8); 89] = [
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16),
    (b"BG", 22), (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22),
    (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20),
    (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22),
    (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27), (b"GT", 28), (b"HN", 28), (b"HR", 21),
    (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26), (b"IT", 27), (b"JO", 30),
    (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20),
    (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23),
    (b"PK", 24), (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22),
    (b"RU", 33), (b"SA", 24), (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24),
    (b"SM", 27), (b"SO", 23), (b"ST", 25), (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26),
    (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// A number whose check digits start at `digit`, its country standing before them.
pub(super) fn before_digit(place: &Place<'_, '_>, digit: usize) -> Option<Hit> {
    let text = place.text;
    // "DE 89 …": a blank after the country, in capitals.
    let apart = text.before(digit) == b' ';
    let start = digit.checked_sub(if apart { 3 } else { 2 })?;
    let letters = [text.at(start), text.at(start + 1)];
    let country = letters.map(|letter| letter.to_ascii_uppercase());
    let labelled = text.says(start.saturating_sub(4), "iban") && !is_word(text.before(start - start.min(4)));
    if (apart && letters != country)
        || (is_word(text.before(start)) && !labelled)
        || !text.at(digit + 1).is_ascii_digit()
    {
        return None;
    }
    let found = LENGTHS.binary_search_by(|entry| entry.0.cmp(&country)).ok()?;
    let length = usize::from(LENGTHS.get(found)?.1);
    // Remainder of the number as it stands, and what the first four characters weigh there.
    let (mut rest, mut head, mut count) = (0_u32, 0_u32, 0);
    let mut at = start;
    while count < length {
        let byte = text.at(at).to_ascii_uppercase();
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'A'..=b'Z' => u32::from(byte - b'A') + 10,
            b' ' | b'-' | b'.' | b'\n' if count >= 4 || byte == b' ' => {
                // One sign between groups; a break may stand beside it.
                let next = text.at(at + 1);
                if !(next.is_ascii_alphanumeric() || byte != b'\n' && next == b'\n') {
                    return None;
                }
                at += 1;
                continue;
            }
            _ => return None,
        };
        let sum = if count < 4 { &mut head } else { &mut rest };
        *sum = (*sum * if value > 9 { 100 } else { 10 } + value) % 97;
        count += 1;
        at += 1;
    }
    // The first four characters move to the end: two letters and two digits, six places.
    let remainder = (u64::from(rest) * 1_000_000 + u64::from(head)) % 97;
    if remainder != 1 || is_word(text.at(at)) || text.opens_tag(at) {
        return None;
    }
    Some(Hit::new(&IBAN, start..at, 0.97))
}

#[cfg(test)]
mod tests {
    use super::LENGTHS;

    #[test]
    fn countries_are_sorted() {
        assert!(LENGTHS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
