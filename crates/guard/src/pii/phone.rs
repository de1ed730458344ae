//! Telephone numbers, by the grammar of the international and of the North American plan.

use super::evidence;
use super::number::{Cut, Number, glued_after, glued_before};
use crate::evidence::{Evidence, Topic};
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::{Text, is_word};

pub(super) const INTERNATIONAL: Rule = Rule {
    code: "P002",
    name: "phone-international",
    kind: Kind::Phone,
    summary: "`+` or `00`, a country code in use and at most 15 digits in all (ITU-T E.164; \
              codes from the List of Recommendation E.164 Assigned Country Codes), in groups \
              or not, an extension included.",
    caught: &[
        "+1 415 555 0132",
        "+44 (20) 7123 4567",
        "Brazil: +55 11 98456 5666",
        "ring +491701234567 now",
        "+1-743-438-6774x62406",
        "call 0044 20 7123 4567",
        "+91\u{A0}4155\u{2011}550132",
    ],
    passed: &["+999 123 456 789", "a +12 b", "1+15551234567890123", "UTC+0100"],
};

pub(super) const NORTH_AMERICAN: Rule = Rule {
    code: "P003",
    name: "phone-north-american",
    kind: Kind::Phone,
    summary: "Ten digits, perhaps after 1 or 001, area code and exchange each starting with 2 \
              to 9 and not ending in 11 (North American Numbering Plan, ATIS-0300051), written \
              3-3-4. Ten digits in one piece need a word that speaks of telephones.",
    caught: &[
        "Reach me: 415-555-0132",
        "(415) 555-0132",
        "(415)555-0132",
        "415.555.0132",
        "1-415-555-0132 ext. 12",
        "call me at 4155550132",
        "phone 415 555 0132",
        "Tel.415-555-0132",
        "٤١٥-٥٥٥-٠١٣٢",
    ],
    passed: &[
        "order 4155550132",
        "4155550132",
        "at 1700000000 the job ran",
        "invoice no. 415-555-0132",
        "ORD-4155550132",
        "415-555-0132-77",
        "911-555-0132",
    ],
};

pub(super) const NATIONAL: Rule = Rule {
    code: "P004",
    name: "phone-national",
    kind: Kind::Phone,
    summary: "Six to fifteen digits, in the groups that numbers are written in, next to a word \
              that speaks of telephones: other countries' plans are too many and too loose for \
              the form alone to say more.",
    caught: &[
        "They're not answering at 785 8949",
        "You can call 0487 23 46 71",
        "office 089 72 63 41 fax",
        "Phone: 02.27.96.63.08",
        "my mobile is 07700 900123",
        "tel: 13812345678",
        "ring me on (069) 948-538",
        "They answer at 785 8949 or 785 8950",
        "Fon 030/1234567, Telefon: 030 / 12 34 56 78",
    ],
    passed: &[
        "0487 23 46 71",
        "tracking 785 8949",
        "call me at 5",
        "calls made 2010-2015",
        "we sold 785 8949 pieces",
        "version 02.27.96.63.08",
        "on 012/2024 we called",
    ],
};

/// Number that starts with the digit in `number`, or with a parenthesis before it.
pub(super) fn number(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let text = place.text;
    if text.before(number.start) == b'(' {
        return parenthesis(place, number);
    }
    if let Some(hit) = slash(place, number) {
        return Some(hit);
    }
    number.cuts().find_map(|cut| {
        let (end, extended) = extension(text, cut.end);
        if glued_after(text, end) {
            return None;
        }
        grouped(place, number.start..end, &cut, extended)
    })
}

/// Whether few digits may be an area code that a parenthesis or slash sets apart.
pub(super) fn may_be_apart(place: &Place<'_, '_>, number: &Number) -> bool {
    let text = place.text;
    let end = number.start + number.first();
    text.before(number.start) == b'(' || text.at(end) == b'/' || (text.at(end) == b' ' && text.at(end + 1) == b'/')
}

/// A number whose `+` stands at `at`.
pub(crate) fn plus(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    if is_word(text.before(at)) || matches!(text.before(at), b']' | b'+') {
        return None;
    }
    let mut start = at + 1;
    let open = text.at(start) == b'(';
    start += usize::from(open);
    if !text.at(start).is_ascii_digit() {
        return None;
    }
    let digits = loose(text, start)?;
    let code = country_code(digits.as_slice())?;
    // The longest of the numbers that end where a group ends and are part of nothing longer.
    let ends = digits.ends.iter().take(digits.groups).rev();
    let end = ends
        .filter(|(count, _)| *count >= code + 6)
        .map(|(_, end)| extension(text, *end).0)
        .find(|&end| !glued_after(text, end))?;
    let evidence = evidence(place, at, end);
    let score = if evidence.speaks_of(Topic::Phone, 8) {
        0.95
    } else if evidence.speaks_against(Topic::Phone) {
        0.5
    } else {
        0.8
    };
    Some(Hit::new(&INTERNATIONAL, at..end, score))
}

/// `(area) rest`: the parenthesis stands before the number's first digit.
fn parenthesis(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let text = place.text;
    let start = number.start - 1;
    let area = number.first();
    let close = number.start + area;
    let before = text.before(start);
    if area > 5 || text.at(close) != b')' || is_word(before) || before == b']' {
        return None;
    }
    let mut next = close + 1;
    if matches!(text.at(next), b' ' | b'-' | b'.' | b'\n') {
        next += 1;
    }
    if !text.at(next).is_ascii_digit() {
        return None;
    }
    let rest = Number::read(text, next);
    let area_code = number.cuts().last()?;
    rest.cuts().find_map(|cut| {
        let (end, _) = extension(text, cut.end);
        let total = area + cut.digits.len();
        if !(6..=13).contains(&total) || glued_after(text, end) {
            return None;
        }
        let evidence = evidence(place, start, end);
        let shape = matches!(cut.shape(), [3, 4] | [7]);
        if area == 3 && shape && is_area(area_code.digits) {
            let score = if is_exchange(cut.digits) { 0.65 } else { 0.5 };
            return Some(Hit::new(&NORTH_AMERICAN, start..end, weigh(&evidence, score, 8)));
        }
        if cut.mixed || cut.shape().iter().any(|&length| length < 2) {
            return None;
        }
        let score = if area == 3 && shape { 0.45 } else { 0.4 };
        Some(Hit::new(&NATIONAL, start..end, weigh(&evidence, score, 8)))
    })
}

/// `030/1234567`, as in Germany: an area code with its trunk 0, next to a telling word.
fn slash(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let text = place.text;
    let area = number.start + number.first();
    let sign = text.run(area, 1, |byte| byte == b' ');
    if text.at(number.start) != b'0' || !(3..=6).contains(&number.first()) || text.at(sign) != b'/' {
        return None;
    }
    let next = text.run(sign + 1, 1, |byte| byte == b' ');
    if !text.at(next).is_ascii_digit() {
        return None;
    }
    let rest = Number::read(text, next);
    let cut = rest.cuts().find(|cut| {
        let total = number.first() + cut.digits.len();
        (8..=13).contains(&total) && !glued_after(text, cut.end)
    })?;
    let evidence = evidence(place, number.start, cut.end);
    let score = weigh(&evidence, 0.4, 8);
    Some(Hit::new(&NATIONAL, number.start..cut.end, score))
}

fn grouped(place: &Place<'_, '_>, span: std::ops::Range<usize>, cut: &Cut<'_>, extended: bool) -> Option<Hit> {
    let (start, end) = (span.start, span.end);
    let digits = cut.digits;
    if !(6..=15).contains(&digits.len()) {
        return None;
    }
    if let Some(plain) = north_american(cut) {
        let evidence = evidence(place, start, end);
        let score = weigh(&evidence, plain + if extended { 0.1 } else { 0.0 }, 8);
        return Some(Hit::new(&NORTH_AMERICAN, start..end, score));
    }
    if digits.starts_with(&[0, 0])
        && let Some(code) = digits.get(2..).and_then(country_code)
        && digits.len() >= 2 + code + 6
    {
        let evidence = evidence(place, start, end);
        let grouped = cut.shape().len() > 1;
        let score = weigh(&evidence, if grouped { 0.55 } else { 0.35 }, 8);
        return Some(Hit::new(&INTERNATIONAL, start..end, score));
    }
    if !is_national(cut) {
        return None;
    }
    // More groups, or what redaction left of them: a list of numbers, not one.
    if cut.more || (place.text.at(end) == b' ' && place.text.at(end + 1) == b'[') {
        return None;
    }
    let evidence = evidence(place, start, end);
    let score = weigh(&evidence, if digits.starts_with(&[0]) { 0.4 } else { 0.2 }, 6);
    Some(Hit::new(&NATIONAL, start..end, score))
}

fn weigh(evidence: &Evidence, alone: f32, words: u8) -> f32 {
    if evidence.speaks_of(Topic::Phone, words) {
        alone.max(0.25) + 0.35
    } else if evidence.speaks_against(Topic::Phone) {
        // "the phone number on the account": spoken of, if not next to it.
        if evidence.distance(Topic::Phone) < u8::MAX { alone } else { alone - 0.3 }
    } else {
        alone
    }
}

/// What the form of ten digits is worth, or eleven with the country's.
fn north_american(cut: &Cut<'_>) -> Option<f32> {
    let (digits, shape) = match (cut.digits, cut.shape()) {
        ([1, digits @ ..], [1, shape @ ..]) => (digits, shape),
        ([0, 0, 1, digits @ ..], [3, shape @ ..]) => (digits, shape),
        both => both,
    };
    let prefixed = digits.len() != cut.digits.len();
    if digits.len() != 10 {
        return None;
    }
    let (area, exchange) = digits.split_at_checked(3)?;
    let valid = is_area(area) && is_exchange(exchange);
    let form = match shape {
        [3, 3, 4] if cut.mixed && !prefixed => 0.4,
        [3, 3, 4] if cut.gap == b' ' => 0.5,
        [3, 3, 4] => 0.6,
        [3, 7] | [6, 4] if cut.gap == b'-' || cut.broken => 0.5,
        [10] if cut.broken => 0.3,
        [10] => 0.3,
        _ => return None,
    };
    Some(match (valid, prefixed) {
        (true, true) => form + 0.1,
        (true, false) => form,
        (false, true) => form - 0.05,
        (false, false) => form - 0.2,
    })
}

/// Two to nine first, not N11.
fn is_area(digits: &[u8]) -> bool {
    matches!(digits, [2..=9, second, third, ..] if !(*second == 1 && *third == 1))
}

fn is_exchange(digits: &[u8]) -> bool {
    is_area(digits)
}

/// Groups as numbers are written: of two to four digits, the first perhaps of five after a
/// trunk 0, the last up to eight; or one piece.
fn is_national(cut: &Cut<'_>) -> bool {
    let trunk = cut.digits.starts_with(&[0]);
    match cut.shape() {
        [_] => (7..=13).contains(&cut.digits.len()) || cut.digits.len() == 6,
        [first, middle @ .., last] => {
            let most = if trunk { 5 } else { 4 };
            (2..=most).contains(first)
                && middle.iter().all(|length| (2..=if cut.broken { 6 } else { 4 }).contains(length))
                && (2..=8).contains(last)
                && (!cut.mixed || trunk)
                // Two small groups are a range of pages or years.
                && (cut.digits.len() >= 7 || middle.len() == 1)
                && !(cut.gap == b'.' && middle.is_empty())
                && !is_years(cut.digits, cut.shape())
        }
        [] => false,
    }
}

/// `2010-2015`
fn is_years(digits: &[u8], shape: &[u8]) -> bool {
    shape == [4, 4] && digits.chunks(4).all(|year| matches!(year, [1, 8..=9, ..] | [2, 0, ..]))
}

/// Digits after `+`, single separators and one pair of parentheses between them.
fn loose(text: &Text<'_>, start: usize) -> Option<Digits> {
    let mut digits = Digits { values: [0; 16], count: 0, ends: [(0, 0); 16], groups: 0 };
    let mut at = start;
    let mut parentheses = text.before(start) == b'(';
    loop {
        let group = text.run(at, 16, |byte| byte.is_ascii_digit());
        if group == at || digits.count + (group - at) > 15 {
            break;
        }
        for &byte in text.slice(at..group) {
            if let Some(place) = digits.values.get_mut(digits.count) {
                *place = byte - b'0';
            }
            digits.count += 1;
        }
        if let Some(place) = digits.ends.get_mut(digits.groups) {
            *place = (digits.count, group);
            digits.groups += 1;
        }
        at = text.run(group, 2, |byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\n'));
        let gap = text.slice(group..at);
        if gap.is_empty() || gap == b"  " || (gap.contains(&b'(') && parentheses) {
            break;
        }
        parentheses |= gap.contains(&b'(');
    }
    if digits.count == 0 {
        return None;
    }
    if !glued_before(text, start) || text.before(start) == b'+' || text.before(start) == b'(' {
        return Some(digits);
    }
    None
}

struct Digits {
    values: [u8; 16],
    count: usize,
    /// For each group: how many digits up to its end, and where it ends.
    ends: [(usize, usize); 16],
    groups: usize,
}

impl Digits {
    fn as_slice(&self) -> &[u8] {
        self.values.get(..self.count).unwrap_or_default()
    }
}

/// The end of an extension after `end`, if one follows: `x12`, `ext. 12`.
fn extension(text: &Text<'_>, end: usize) -> (usize, bool) {
    let mut at = end;
    if text.at(at) == b' ' {
        at += 1;
    }
    if text.says(at, "ext") {
        at += 3;
        at = text.run(at, 2, |byte| byte == b'.' || byte == b' ');
    } else if matches!(text.at(at), b'x' | b'X') {
        at += 1;
    } else {
        return (end, false);
    }
    let last = text.run(at, 6, |byte| byte.is_ascii_digit());
    if last > at && !is_word(text.at(last)) { (last, true) } else { (end, false) }
}

/// How many digits the country code has that these digits start with.
fn country_code(digits: &[u8]) -> Option<usize> {
    let mut value = 0_u16;
    for (index, &digit) in digits.iter().take(3).enumerate() {
        value = value * 10 + u16::from(digit);
        let known = match index {
            0 => matches!(value, 1 | 7),
            1 => TWO.contains(&(value as u8)),
            _ => is_three(value),
        };
        if known {
            return Some(index + 1);
        }
    }
    None
}

/// Country codes of two digits.
#[rustfmt::skip]
const TWO: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Country codes of three digits: all of the blocks but for spare ones.
fn is_three(code: u16) -> bool {
    matches!(
        code,
        211..=213 | 216 | 218 | 220..=269 | 290 | 291 | 297..=299 | 350..=359 | 370..=378
            | 379..=383 | 385..=387 | 389 | 420 | 421 | 423 | 500..=509 | 590..=599 | 670
            | 672..=683 | 685..=692 | 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878 | 880
            | 881..=883 | 886 | 888 | 960..=968 | 970..=977 | 979 | 980..=989 | 992..=996 | 998
    )
}
