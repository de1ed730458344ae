//! Numbering plans: country codes, the North American plan, national groups.

use super::super::number::Cut;

/// What the form of ten digits is worth, or eleven with the country's.
pub(super) fn north_american(cut: &Cut<'_>) -> Option<f32> {
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
        // Three numbers of a row look the same: a word must speak of telephones.
        [3, 3, 4] if cut.gap == b' ' => 0.35,
        [3, 3, 4] => 0.6,
        [3, 7] | [6, 4] if cut.gap == b'-' || cut.is_broken() => 0.5,
        [10] if cut.is_broken() => 0.3,
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
pub(super) fn is_area(digits: &[u8]) -> bool {
    matches!(digits, [2..=9, second, third, ..] if !(*second == 1 && *third == 1))
}

pub(super) fn is_exchange(digits: &[u8]) -> bool {
    is_area(digits)
}

/// Groups as numbers are written: of two to four digits, the first perhaps of five after a
/// trunk 0, the last up to eight; or one piece.
pub(super) fn is_national(cut: &Cut<'_>) -> bool {
    let trunk = cut.digits.starts_with(&[0]);
    match cut.shape() {
        // Russia with its trunk 8, Brazil and India with groups of five.
        [1, 3, 3, 2, 2] => cut.digits.starts_with(&[8]),
        [2, 4 | 5, 4] | [5, 5] => true,
        // India, with its trunk 0.
        [6, 5] if trunk => true,
        [_] => (7..=13).contains(&cut.digits.len()) || cut.digits.len() == 6,
        [first, middle @ .., last] => {
            let most = if trunk { 5 } else { 4 };
            (2..=most).contains(first)
                && middle.iter().all(|length| (2..=if cut.is_broken() { 6 } else { 4 }).contains(length))
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

/// How many digits the country code has that these digits start with.
pub(super) fn country_code(digits: &[u8]) -> Option<usize> {
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
