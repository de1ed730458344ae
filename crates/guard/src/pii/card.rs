//! Payment cards: issuer ranges, lengths and the check digit.

use super::evidence;
use super::number::{Cut, Number, glued_after};
use crate::evidence::Topic;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::Text;

pub(super) const CARD: Rule = Rule {
    code: "P008",
    name: "payment-card",
    kind: Kind::Card,
    summary: "A number of 12 to 19 digits in the range and length of a card network, with a \
              right check digit (ISO/IEC 7812-1, annex B), written in one piece or in the \
              usual groups. Groups that stand in a list, row or column, and those of other sizes, \
              need a word that speaks of cards. Short and unusual ranges need a word that speaks of cards; words \
              that speak of orders, shipments or times lower it.",
    caught: &[
        "my card is 4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005 and 3782 822463 10005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
        "Visa 4917 6100 0000 0000 003",
        "maestro card 675964982648",
        "2200770239097761",
        "4111 1111\n1111 1111",
        "４１１１ １１１１ １１１１ １１１１",
        "٤١١١١١١١١١١١١١١١",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111_1111_1111_1111 and 4111  1111  1111  1111",
        "card: 4111/1111/1111/1111",
        "my visa is 4111-1111 1111-1111",
        "4111111111111111,12/29,123",
        "card no.4111111111111111",
        "[b]4111111111111111[/b]",
        "|4111|1111|1111|1111|",
        "4111 1111 1111 1111\n5555 5555 5555 4444",
        "4111 1111 1111 1111 04/29 123",
    ],
    passed: &[
        "4111 1111 1111 1112",
        "1700000000000",
        "order number 675964982648",
        "4111111111111111.25",
        "0x4111111111111111",
        "4111,1111,1111,1111",
        "4111-1111 1111-1111",
        "4111_1111_1111_1111_1111",
        "41111111111111114111111111111111",
        "tracking 9400111899223397846239",
        "17 4111 1111 1111 1111",
        "| 4111 | 1111 | 1111 | 1111 |",
        "4111\n1111\n1111\n1111",
        "blk_-4111111111111111",
    ],
};

pub(super) const LABELLED: Rule = Rule {
    code: "P009",
    name: "payment-card-as-labelled",
    kind: Kind::Card,
    summary: "Sixteen digits in fours right after `cc` or `credit card`, whatever their range \
              and check digit: what the chat gateway's safety matrix refuses. Scores 0.4, so it \
              acts only where a policy asks for it.",
    caught: &[],
    passed: &["credit card: 1234 5678 9012 3456"],
};

/// A network's numbers.
struct Range {
    /// First and last prefix, of the same length.
    from: u32,
    to: u32,
    /// Digits in the prefix.
    prefix: u32,
    /// Fewest and most digits in the number.
    shortest: u8,
    longest: u8,
    /// How telling the form is on its own: short prefixes of long ranges are not.
    alone: f32,
}

const fn range(from: u32, to: u32, prefix: u32, shortest: u8, longest: u8, alone: f32) -> Range {
    Range { from, to, prefix, shortest, longest, alone }
}

/// Issuer identification numbers as the networks publish them (collected in "Payment card
/// number", Wikipedia, table of issuer identification numbers).
#[rustfmt::skip]
const RANGES: [Range; 40] = [
    range(4, 4, 1, 16, 16, 0.8),            // Visa
    range(4, 4, 1, 19, 19, 0.7),
    range(4, 4, 1, 13, 13, 0.35),           // Visa, old
    range(51, 55, 2, 16, 16, 0.8),          // Mastercard
    range(2221, 2720, 4, 16, 16, 0.8),      // Mastercard, second series
    range(34, 34, 2, 15, 15, 0.8),          // American Express
    range(37, 37, 2, 15, 15, 0.8),
    range(300, 305, 3, 14, 19, 0.65),       // Diners Club
    range(3095, 3095, 4, 14, 19, 0.65),
    range(36, 36, 2, 14, 19, 0.6),
    range(38, 39, 2, 14, 19, 0.6),
    range(6011, 6011, 4, 16, 19, 0.8),      // Discover
    range(622126, 622925, 6, 16, 19, 0.8),
    range(644, 649, 3, 16, 19, 0.8),
    range(65, 65, 2, 16, 19, 0.7),
    range(3528, 3589, 4, 16, 19, 0.8),      // JCB
    range(1800, 1800, 4, 15, 15, 0.35),
    range(2131, 2131, 4, 15, 15, 0.5),
    range(62, 62, 2, 16, 19, 0.7),          // UnionPay
    range(81, 81, 2, 16, 19, 0.6),          // UnionPay, RuPay
    range(60, 60, 2, 16, 16, 0.6),          // RuPay
    range(82, 82, 2, 16, 16, 0.6),
    range(508, 508, 3, 16, 16, 0.6),
    range(2200, 2204, 4, 16, 19, 0.7),      // Mir
    range(2205, 2205, 4, 16, 16, 0.6),      // BORICA
    range(9792, 9792, 4, 16, 16, 0.6),      // Troy
    range(506099, 506198, 6, 16, 19, 0.7),  // Verve
    range(507865, 507964, 6, 16, 19, 0.7),
    range(650002, 650027, 6, 16, 19, 0.7),
    range(606282, 606282, 6, 16, 19, 0.7),  // Hipercard
    range(636, 639, 3, 16, 19, 0.6),        // InterPayment, InstaPayment
    range(5019, 5019, 4, 16, 16, 0.7),      // Dankort
    range(4571, 4571, 4, 16, 16, 0.8),
    range(357111, 357111, 6, 16, 16, 0.7),  // LankaPay
    range(8600, 8600, 4, 16, 16, 0.6),      // UzCard
    range(9860, 9860, 4, 16, 16, 0.6),      // Humo
    range(1946, 1946, 4, 16, 16, 0.45),     // Ukrcard
    range(50, 50, 2, 12, 19, 0.35),         // Maestro and national debit cards
    range(56, 69, 2, 12, 19, 0.35),
    range(1, 1, 1, 15, 15, 0.3),            // UATP
];

pub(super) fn number(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    if number.count() < 12 {
        return None;
    }
    // A negative number, or the number in a name (`blk_-395…`).
    let signed = place.text.before(number.start) == b'-';
    for cut in number.cuts().filter(|cut| (12..=19).contains(&cut.digits.len())) {
        let layout = layout(&cut);
        if layout == Layout::Other || !has_check_digit(cut.digits) {
            continue;
        }
        if glued_after(place.text, cut.end) && !expires(place.text, cut.end) {
            continue;
        }
        let alone = RANGES.iter().filter(|range| fits(range, cut.digits)).map(|range| range.alone).fold(0.0, f32::max);
        if alone == 0.0 {
            continue;
        }
        let evidence = evidence(place, number.start, cut.end);
        let named = evidence.speaks_of(Topic::Card, 8);
        if !named && (layout == Layout::Odd || signed || is_list(place.text, number, &cut)) {
            continue;
        }
        let groups = cut.shape().len();
        let score = if named {
            (alone + 0.35).min(1.0)
        } else if evidence.speaks_against(Topic::Card) && (groups == 1 || cut.is_broken()) {
            if alone < 0.5 { 0.2 } else { AGAINST }
        } else if groups > 1 && groups < 7 && !cut.is_broken() {
            // Groups alone make no card of a short range, but they do of a usual one.
            alone + 0.05
        } else if alone < 0.5 && cut.digits.len() >= 16 {
            alone + 0.15
        } else {
            alone
        };
        let hit = Hit::new(&CARD, number.start..cut.end, score);
        // What a label says right before counts more than a word against it.
        return if score < 0.4 { labelled(place, number).or(Some(hit)) } else { Some(hit) };
    }
    labelled(place, number)
}

/// What a right number is worth next to a word that speaks of orders, shipments or times.
const AGAINST: f32 = 0.35;

/// Sixteen digits after a label, whatever they are.
pub(super) fn labelled(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let sixteen = number.cuts().find(|cut| cut.digits.len() == 16)?;
    is_labelled(place, number.start).then(|| Hit::new(&LABELLED, number.start..sixteen.end, 0.4))
}

/// ISO/IEC 7812-1, annex B: every second digit from the right doubled, digits summed.
pub(crate) fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, digit) {
            (0, digit) => u32::from(digit),
            (_, digit) if digit > 4 => u32::from(digit) * 2 - 9,
            (_, digit) => u32::from(digit) * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn fits(range: &Range, digits: &[u8]) -> bool {
    let length = digits.len() as u8;
    let prefix = digits.iter().take(range.prefix as usize).fold(0_u32, |value, &digit| value * 10 + u32::from(digit));
    (range.shortest..=range.longest).contains(&length) && (range.from..=range.to).contains(&prefix)
}

/// Whether a month and year follow after a comma: `,12/29`, as cards are listed.
fn expires(text: &Text<'_>, end: usize) -> bool {
    let digits = |at: usize| text.at(at).is_ascii_digit() && text.at(at + 1).is_ascii_digit();
    text.at(end) == b',' && digits(end + 1) && text.at(end + 3) == b'/' && digits(end + 4)
}

/// Four times four digits with a sign between that numbers seldom have: `_`, two blanks; `|` in a row of
/// its own; and next to a word that speaks of cards also `/`, `,` and `|`.
pub(super) fn apart(place: &Place<'_, '_>, start: usize) -> Option<Hit> {
    let text = place.text;
    let sign = text.at(start + 4);
    let width = match sign {
        b'_' | b'/' | b',' | b'|' => 1,
        b' ' if text.at(start + 5) == b' ' => 2,
        _ => return None,
    };
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().enumerate() {
        let at = start + place + place / 4 * width;
        if !text.at(at).is_ascii_digit() || (place > 0 && place % 4 == 0 && text.at(at - 1) != sign) {
            return None;
        }
        *digit = text.at(at) - b'0';
    }
    let end = start + 16 + 3 * width;
    let row = sign == b'|' && is_row(text, start, end);
    let known = RANGES.iter().any(|range| range.alone >= 0.6 && fits(range, &digits));
    if !known || !has_check_digit(&digits) || glued_after(text, end) || (text.at(end) == sign && !row) {
        return None;
    }
    let near = evidence(place, start, end).speaks_of(Topic::Card, 8);
    let score = match (sign, near) {
        (_, true) => 0.9,
        (b'_', false) => 0.6,
        (b' ', false)
            if !Number::read(text, start).listed
                && !text.at(text.run(end, 3, |byte| byte == b' ')).is_ascii_digit() =>
        {
            0.6
        }
        (_, false) if row => 0.6,
        (_, false) => 0.3,
    };
    Some(Hit::new(&CARD, start..end, score))
}

/// `|4111|1111|1111|1111|` with no other row before or after.
fn is_row(text: &Text<'_>, start: usize, end: usize) -> bool {
    let blank = |byte: u8| byte.is_ascii_whitespace();
    let before = text.run_before(start - usize::from(start > 0), 2, blank);
    let after = text.run(end + 1, 2, blank);
    text.before(start) == b'|'
        && text.at(end) == b'|'
        && !matches!(text.before(before), b'|' | b'0'..=b'9')
        && !matches!(text.at(after), b'|' | b'0'..=b'9')
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// In one piece, in fours, as on the cards of American Express and Diners Club, or spelt digit by
    /// digit; one line break inside.
    Usual,
    /// As two or more numbers stand beside each other: a word must speak of cards.
    Odd,
    /// As no card is written.
    Other,
}

fn layout(cut: &Cut<'_>) -> Layout {
    let shape = cut.shape();
    let amex = matches!(cut.digits, [3, 4 | 7, ..]);
    let diners = matches!(cut.digits, [3, 0 | 6 | 8 | 9, ..]);
    if cut.is_broken() {
        // A break within a group leaves it as it was, one between two makes them one of eight.
        let joined = shape.iter().filter(|&&length| length == 8).count();
        let fours = shape.iter().all(|length| matches!(length, 4 | 8)) && joined <= usize::from(cut.breaks);
        return match shape {
            [_] if cut.breaks == 1 => Layout::Usual,
            _ if fours && cut.breaks == 1 && !cut.mixed => Layout::Usual,
            [4, 6, 5] | [10, 5] | [4, 11] if amex && cut.breaks == 1 => Layout::Usual,
            [4, 6, 4] | [10, 4] | [4, 10] if diners && cut.breaks == 1 => Layout::Usual,
            _ if fours || shape.iter().all(|&length| length >= 2) => Layout::Odd,
            _ => Layout::Other,
        };
    }
    if cut.mixed {
        return if shape == [4, 4, 4, 4] { Layout::Odd } else { Layout::Other };
    }
    match shape {
        [_] => Layout::Usual,
        [4, 6, 5] if amex => Layout::Usual,
        [4, 6, 4] if diners => Layout::Usual,
        [4, 6, 9] | [8, 8] | [6, 13] | [6, 10] | [4, 4, 5] => Layout::Odd,
        [head @ .., last] if head.iter().all(|&length| length == 4) && *last <= 4 => Layout::Usual,
        _ if shape.iter().all(|&length| length == 1) => Layout::Usual,
        _ => Layout::Other,
    }
}

/// Whether the groups are numbers of a list, row or column, which a card is not made of.
fn is_list(text: &Text<'_>, number: &Number, cut: &Cut<'_>) -> bool {
    if cut.is_broken() {
        let before = text.before(number.start);
        let after = text.run(cut.end, 1, |byte| byte == b'\r');
        let alone = matches!(before, b'\n' | 0) && matches!(text.at(after), b'\n' | 0);
        return (alone && cut.shape().len() == 1) || number.listed || cut.more || starts_line(text, cut.end).is_some();
    }
    if cut.shape().len() == 1 {
        return false;
    }
    number.listed
        || (cut.more && !is_code(text, cut.end))
        || starts_line(text, cut.end).is_some_and(|line| {
            // Rows of four numbers: one of them may have the check digit by chance.
            let next = Number::read(text, line);
            next.cuts().find(|cut| cut.digits.len() == 16).is_some_and(|cut| !has_check_digit(cut.digits))
        })
}

/// Where the digits stand that start the line after `end`.
fn starts_line(text: &Text<'_>, end: usize) -> Option<usize> {
    let line = text.run(end, 3, |byte| byte.is_ascii_whitespace());
    (text.slice(end..line).contains(&b'\n') && text.at(line).is_ascii_digit()).then_some(line)
}

/// Whether what follows on the line are a card's other numbers: three digits, or a month and a year.
fn is_code(text: &Text<'_>, end: usize) -> bool {
    let start = text.run(end, 2, |byte| matches!(byte, b' ' | b'-'));
    let last = text.run(start, 4, |byte| byte.is_ascii_digit());
    match last - start {
        2 => text.at(last) == b'/',
        3 => !text.at(text.run(last, 1, |byte| matches!(byte, b' ' | b'.'))).is_ascii_digit(),
        _ => false,
    }
}

/// `cc` or `credit card` stands right before, with a colon at the most.
fn is_labelled(place: &Place<'_, '_>, start: usize) -> bool {
    let text = place.text;
    let end = text.run_before(start, 8, |byte| byte.is_ascii_whitespace() || byte == b':');
    let card = end.saturating_sub("card".len());
    text.says(end.saturating_sub(2), "cc")
        || (text.says(card, "card")
            && text.says(
                text.run_before(card, 4, |byte| byte.is_ascii_whitespace()).saturating_sub("credit".len()),
                "credit",
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        for (number, right) in
            [("4111111111111111", true), ("4111111111111112", false), ("79927398713", true), ("0", true)]
        {
            let digits: Vec<u8> = number.bytes().map(|byte| byte - b'0').collect();
            assert_eq!(has_check_digit(&digits), right, "{number}");
        }
    }
}
