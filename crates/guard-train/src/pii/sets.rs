//! The labelled sets: rows, labels, and which labels can be right.

use promptgate_guard::Kind;
use serde_json::Value;
use std::ops::Range;
use std::path::Path;

/// The labels of the sets that rules can find, and our kinds.
pub(super) const LABELS: [(&str, Kind); 6] = [
    ("CREDIT_CARD", Kind::Card),
    ("EMAIL_ADDRESS", Kind::Email),
    ("IBAN_CODE", Kind::Iban),
    ("IP_ADDRESS", Kind::Ip),
    ("PHONE_NUMBER", Kind::Phone),
    ("US_SSN", Kind::Ssn),
];

/// A text and its labelled values in bytes.
pub(super) struct Row {
    pub(super) text: String,
    pub(super) spans: Vec<(Kind, Range<usize>)>,
}

/// The rows of a labelled set, or nothing if it is not there.
pub(super) fn read(path: &Path) -> Option<Vec<Row>> {
    let file = std::fs::read_to_string(path).ok()?;
    let rows = file.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = field(&row, "text").as_str()?.to_owned();
        // Offsets in the files count characters.
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let spans = field(&row, "spans").as_array()?.iter().filter_map(|span| {
            let kind = LABELS.iter().find(|label| field(span, "label").as_str() == Some(label.0))?.1;
            let border = |name: &str| borders.get(field(span, name).as_u64()? as usize).copied();
            Some((kind, border("start")?..border("end")?))
        });
        let spans = spans.collect();
        Some(Row { text, spans })
    });
    Some(rows.collect())
}

/// A field of a row, or null.
pub(crate) fn field<'r>(row: &'r Value, name: &str) -> &'r Value {
    row.get(name).unwrap_or(&Value::Null)
}

/// Whether a labelled value passes its check digits, where its kind has them.
pub(super) fn possible(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Card => {
            let digits: Vec<u32> = value.chars().filter_map(|char| char.to_digit(10)).collect();
            let doubled = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
                (0, digit) => digit,
                (_, digit) => digit * 2 / 10 + digit * 2 % 10,
            };
            digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
        }
        Kind::Iban => {
            let plain: Vec<char> = value.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
            let moved = plain.iter().skip(4).chain(plain.iter().take(4));
            let remainder = moved
                .filter_map(|char| char.to_digit(36))
                .fold(0, |sum, value| (sum * if value > 9 { 100 } else { 10 } + value) % 97);
            remainder == 1
        }
        _ => true,
    }
}

/// A value and what stands around it.
pub(super) fn window(text: &str, span: &Range<usize>) -> String {
    let start = text.floor_char_boundary(span.start.saturating_sub(30));
    let end = text.ceil_char_boundary((span.end + 15).min(text.len()));
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    format!("{}<<{}>>{}", part(start..span.start), part(span.clone()), part(span.end..end))
}
