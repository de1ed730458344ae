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
    summary: "A calendar date from 1900 to 2099, in figures or with an English month, next to \
              a word that speaks of birth. Other dates are not personal data by themselves.",
    caught: &[
        "She was born on 2/7/1961.",
        "Date of birth: 1979-05-16",
        "DOB 17.04.1986",
        "my birthday is July 4, 1985",
        "born 4 July 1985",
        "geboren am 04.07.1985",
        "DOB: 07/04/85",
    ],
    passed: &["the invoice of 2/7/1961", "born in 1961", "DOB: 31/31/1985", "version 17.04.1986", "July 4, 1985"],
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
    let (first, at) = figures(text, start)?;
    let sign = text.at(at);
    if !matches!(sign, b'/' | b'-' | b'.') {
        return None;
    }
    let (second, at) = figures(text, at + 1)?;
    if text.at(at) != sign {
        return None;
    }
    let (third, end) = figures(text, at + 1)?;
    let year_first = (1900..=2099).contains(&first);
    let (year, one, two) = if year_first { (first, second, third) } else { (third, first, second) };
    let short = !year_first && end - at == 3;
    ((1900..=2099).contains(&year) || short)
        .then_some(())
        .filter(|()| one >= 1 && two >= 1 && one <= 31 && two <= 31 && (one <= 12 || two <= 12))
        .map(|()| end)
}

/// `4 July 1985`, `4th of July 1985`, `4-Jul-1985`.
fn day_first(text: &Text<'_>, start: usize) -> Option<usize> {
    let (day, mut at) = figures(text, start)?;
    if ["st", "nd", "rd", "th"].iter().any(|suffix| text.says(at, suffix)) {
        at += 2;
    }
    at = text.run(at, 1, |byte| byte == b' ' || byte == b'-');
    if text.says(at, "of ") {
        at += 3;
    }
    let name = text.run(at, 10, |byte| byte.is_ascii_alphabetic());
    if !(1..=31).contains(&day) || !is_month(text.slice(at..name)) {
        return None;
    }
    let at = text.run(name, 2, |byte| matches!(byte, b' ' | b'-' | b',' | b'.'));
    let (year, end) = figures(text, at)?;
    (1900..=2099).contains(&year).then_some(end)
}

/// `July 4, 1985`: the figure is the day, the month stands before it.
fn month_first(text: &Text<'_>, digit: usize) -> Option<(usize, usize)> {
    let (day, mut at) = figures(text, digit)?;
    let name_end = text.run_before(digit, 2, |byte| matches!(byte, b' ' | b'.' | b'-'));
    let start = text.run_before(name_end, 10, |byte| byte.is_ascii_alphabetic());
    if name_end == digit || !(1..=31).contains(&day) || !is_month(text.slice(start..name_end)) {
        return None;
    }
    if ["st", "nd", "rd", "th"].iter().any(|suffix| text.says(at, suffix)) {
        at += 2;
    }
    at = text.run(at, 2, |byte| matches!(byte, b' ' | b',' | b'-'));
    let (year, end) = figures(text, at)?;
    (1900..=2099).contains(&year).then_some((start, end))
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

fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"may",
        b"june",
        b"july",
        b"august",
        b"september",
        b"october",
        b"november",
        b"december",
    ];
    word.len() >= 3
        && MONTHS.iter().any(|month| month.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
}
