//! Telephone numbers, by the grammar of the international and of the North American plan.

mod plan;
mod written;

use super::evidence;
use super::number::{Cut, Number, glued_after, tag_follows};
use crate::evidence::{Evidence, Topic};
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;
use plan::{country_code, is_area, is_exchange, is_national, north_american};
use written::{extension, loose};

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
        "011 44 20 7946 0958",
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
        "Phone 415/555-0132",
        "my number is 07911 123456",
        "手机号 13800138000 和 电话:010-12345678",
        "Звоните 8-800-555-35-35",
        "telefone 11 91234-5678",
        "Contact: 98765 43210",
    ],
    passed: &[
        "0487 23 46 71",
        "tracking 785 8949",
        "call me at 5",
        "calls made 2010-2015",
        "we sold 785 8949 pieces",
        "version 02.27.96.63.08",
        "on 012/2024 we called",
        "订单 13800138000",
        "call(1234567)",
        "calls: 1234567890",
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
    // What is left of a longer number is none.
    if number.cuts().any(|cut| text.opens_tag(cut.end)) {
        return None;
    }
    number.cuts().filter(|cut| (6..=15).contains(&cut.digits.len())).find_map(|cut| {
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
    if is_word(text.before(at)) || text.before(at) == b'+' {
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
    if area > 5 || text.at(close) != b')' || is_word(before) {
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

/// `030/1234567`, as in Germany: an area code with its trunk 0, next to a telling word; or
/// `415/555-0132`.
fn slash(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let text = place.text;
    let area = number.start + number.first();
    let sign = text.run(area, 1, |byte| byte == b' ');
    let trunk = text.at(number.start) == b'0' && (3..=6).contains(&number.first());
    let area_code = number.first() == 3 && number.cuts().last().is_some_and(|cut| is_area(cut.digits));
    if !(trunk || area_code) || text.at(sign) != b'/' {
        return None;
    }
    let next = text.run(sign + 1, 1, |byte| byte == b' ');
    if !text.at(next).is_ascii_digit() {
        return None;
    }
    let rest = Number::read(text, next);
    let cut = rest.cuts().find(|cut| {
        let total = number.first() + cut.digits.len();
        (8..=13).contains(&total) && (trunk || cut.shape() == [3, 4]) && !glued_after(text, cut.end)
    })?;
    let evidence = evidence(place, number.start, cut.end);
    let score = weigh(&evidence, 0.4, 8);
    Some(Hit::new(&NATIONAL, number.start..cut.end, score))
}

fn grouped(place: &Place<'_, '_>, span: std::ops::Range<usize>, cut: &Cut<'_>, extended: bool) -> Option<Hit> {
    let (start, end) = (span.start, span.end);
    let digits = cut.digits;
    let first = cut.shape().first().copied().unwrap_or(0);
    // A number in binary digits; a colour.
    if digits.iter().all(|digit| *digit < 2) || place.text.before(start) == b'#' && first == 6 && digits.len() == 6 {
        return None;
    }
    if let Some(plain) = north_american(cut) {
        let evidence = evidence(place, start, end);
        let score = weigh(&evidence, plain + if extended { 0.1 } else { 0.0 }, 8);
        return Some(Hit::new(&NORTH_AMERICAN, start..end, score));
    }
    // 00, or 011 as it is dialled in North America.
    let exit = if first == 3 && digits.starts_with(&[0, 1, 1]) { 3 } else { 2 };
    if (exit == 3 || first >= 2 && digits.starts_with(&[0, 0]))
        && let Some(code) = digits.get(exit..).and_then(country_code)
        && digits.len() >= exit + code + 6
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
    if cut.more || tag_follows(place.text, end) {
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
