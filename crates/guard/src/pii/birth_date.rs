//! Dates of birth: dates that words call so.

use super::evidence;
use super::number::glued_before;
use crate::evidence::Topic;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::{Text, is_word};

pub(super) const BIRTH_DATE: Rule = Rule {
    code: "P013",
    name: "birth-date",
    kind: Kind::BirthDate,
    summary: "A calendar date from 1900 to 2099, in figures or with a month's name in seven \
              languages, next to a word that speaks of birth. Other dates are not personal data by themselves.",
    caught: &[
        "She was born on 2/7/1961.",
        "Date of birth: 1979-05-16",
        "DOB 17.04.1986",
        "my birthday is July 4, 1985",
        "born 4 July 1985",
        "geboren am 04.07.1985",
        "DOB: 07/04/85",
        "Geburtsdatum: 4. Juli 1985",
        "n\u{e9}e le 4 juillet 1985",
        "fecha de nacimiento: 4 de julio de 1985",
        "nato il 4 luglio 1985",
        "生年月日: 1985年7月4日",
        "D.O.B. 19850704",
        "born 4 July '85",
    ],
    passed: &[
        "the invoice of 2/7/1961",
        "born in 1961",
        "DOB: 31/31/1985",
        "version 17.04.1986",
        "July 4, 1985",
        "NATO met on 04/07/1985",
        "build 19850704",
    ],
};

/// A date that starts with the digit at `start` or with the month before it.
pub(super) fn date(place: &Place<'_, '_>, start: usize) -> Option<Hit> {
    let text = place.text;
    let (start, end) = numeric(text, start)
        .map(|end| (start, end))
        .or_else(|| day_first(text, start).map(|end| (start, end)))
        .or_else(|| month_first(text, start))?;
    if glued_before(text, start) || is_word(text.at(end)) || text.opens_tag(end) {
        return None;
    }
    let evidence = evidence(place, start, end);
    let near = evidence.speaks_of(Topic::Birth, 6);
    near.then(|| Hit::new(&BIRTH_DATE, start..end, 0.85))
}

fn numeric(text: &Text<'_>, start: usize) -> Option<usize> {
    let Some((first, at)) = figures(text, start) else {
        return compact(text, start);
    };
    let sign = text.at(at);
    if !matches!(sign, b'/' | b'-' | b'.') {
        return ideographs(text, first, at);
    }
    let (second, at) = figures(text, at + 1)?;
    if text.at(at) != sign {
        return None;
    }
    let (third, end) = figures(text, at + 1)?;
    let year_first = YEARS.contains(&first);
    let (year, one, two) = if year_first { (first, second, third) } else { (third, first, second) };
    let short = !year_first && end - at == 3;
    (YEARS.contains(&year) || short)
        .then_some(())
        .filter(|()| one >= 1 && two >= 1 && one <= 31 && two <= 31 && (one <= 12 || two <= 12))
        .map(|()| end)
}

/// `19850704`
fn compact(text: &Text<'_>, start: usize) -> Option<usize> {
    let end = text.run(start, 9, |byte| byte.is_ascii_digit());
    let value = |range: std::ops::Range<usize>| {
        text.slice(range).iter().fold(0, |value, &digit| value * 10 + u16::from(digit - b'0'))
    };
    let is_date = end - start == 8
        && YEARS.contains(&value(start..start + 4))
        && (1..=12).contains(&value(start + 4..start + 6))
        && (1..=31).contains(&value(start + 6..end));
    is_date.then_some(end)
}

/// `1985年7月4日`, after its first figures.
fn ideographs(text: &Text<'_>, year: u16, at: usize) -> Option<usize> {
    let sign = |at: usize, sign: &str| text.says(at, sign).then_some(at + sign.len());
    let (month, at) = figures(text, sign(at, "年")?)?;
    let (day, at) = figures(text, sign(at, "月")?)?;
    (YEARS.contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then_some(sign(at, "日").unwrap_or(at))
}

/// `4 July 1985`, `4th of July 1985`, `4. Juli 1985`, `4 de julio de 1985`, `4-Jul-1985`, `4 July '85`.
fn day_first(text: &Text<'_>, start: usize) -> Option<usize> {
    let (day, mut at) = figures(text, start)?;
    if ["st", "nd", "rd", "th", "er", "º ", "o "].iter().any(|suffix| text.says(at, suffix)) {
        at += 2;
    }
    at = text.run(at, 1, |byte| byte == b'.');
    at = text.run(at, 1, |byte| byte == b' ' || byte == b'-');
    at = link(text, at);
    let name = text.run(at, 10, |byte| byte.is_ascii_alphabetic());
    if !(1..=31).contains(&day) || !is_month(text.slice(at..name)) {
        return None;
    }
    let at = link(text, text.run(name, 2, |byte| matches!(byte, b' ' | b'-' | b',' | b'.')));
    if text.at(at) == b'\'' {
        let (_, end) = figures(text, at + 1)?;
        return (end - at == 3).then_some(end);
    }
    let (year, end) = figures(text, at)?;
    YEARS.contains(&year).then_some(end)
}

/// After "of", "de" and the like, if one stands here.
fn link(text: &Text<'_>, at: usize) -> usize {
    let found = ["of ", "de ", "del ", "di "].iter().find(|link| text.says(at, link));
    at + found.map_or(0, |link| link.len())
}

/// `July 4, 1985`: the figure is the day, the month stands before it.
fn month_first(text: &Text<'_>, digit: usize) -> Option<(usize, usize)> {
    let (day, mut at) = figures(text, digit)?;
    let blank = text.run_before(digit, 1, |byte| byte == b' ' || byte == b'-');
    let name_end = text.run_before(blank, 1, |byte| byte == b'.');
    let start = text.run_before(name_end, 10, |byte| byte.is_ascii_alphabetic());
    if name_end == digit || !(1..=31).contains(&day) || !is_month(text.slice(start..name_end)) {
        return None;
    }
    // The end of a run of Base64 that was read before the date was.
    if matches!(text.before(start), b'+' | b'/') {
        return None;
    }
    if ["st", "nd", "rd", "th"].iter().any(|suffix| text.says(at, suffix)) {
        at += 2;
    }
    at = text.run(at, 2, |byte| matches!(byte, b' ' | b',' | b'-'));
    let (year, end) = figures(text, at)?;
    YEARS.contains(&year).then_some((start, end))
}

/// One to four figures and where they end.
fn figures(text: &Text<'_>, start: usize) -> Option<(u16, usize)> {
    let end = text.run(start, 5, |byte| byte.is_ascii_digit());
    let digits = text.slice(start..end);
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    let value = digits.iter().fold(0, |value, &digit| value * 10 + u16::from(digit - b'0'));
    Some((value, end))
}

/// Years that somebody alive may have been born in, or that stand in an example.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2099;

/// Months in English, German, French, Spanish, Italian, Portuguese and Dutch, accents dropped.
#[rustfmt::skip]
const MONTHS: [&str; 61] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "januar", "februar", "marz", "maerz", "mai", "juni", "juli", "oktober", "dezember", "janvier",
    "fevrier", "mars", "avril", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre", "enero",
    "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre", "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre",
    "janeiro", "fevereiro", "maio", "junho", "julho", "setembro", "maart", "mei",
];

/// A month's name or its beginning.
fn is_month(word: &[u8]) -> bool {
    let begins = |month: &str| month.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    word.len() >= 3 && MONTHS.iter().any(|month| begins(month))
}
