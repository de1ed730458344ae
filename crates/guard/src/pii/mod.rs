//! Personal data: one file per kind, each with its rules' documentation and examples.
//!
//! Checksums and issuing rules come before confidence: a number that cannot exist is not
//! reported however it is introduced, unless a rule says otherwise. What words say around a
//! number ([`crate::evidence`]) raises or lowers what its form alone is worth.
//!
//! Not attempted, since a rule would be a guess: names of people and companies, postal
//! addresses and place names, dates other than of birth, national identity numbers other than
//! the United States' social security and taxpayer numbers, health data, licence plates,
//! bank account numbers without a check digit, e-mail addresses spelt out without brackets
//! ("name at example dot com").

mod birth_date;
mod card;
mod document;
mod email;
mod iban;
mod ip;
pub(crate) mod number;
mod phone;
mod ssn;

use crate::evidence::Evidence;
use crate::rule::Rule;
use crate::scan::{Hit, LOOK_BACK, Place};
use number::Number;

/// The rules for personal data, by code.
pub(crate) const RULES: &[Rule] = &[
    email::EMAIL,
    phone::INTERNATIONAL,
    phone::NORTH_AMERICAN,
    phone::NATIONAL,
    ssn::SSN,
    ssn::ITIN,
    ssn::LABELLED,
    card::CARD,
    card::LABELLED,
    iban::IBAN,
    ip::V4,
    ip::V6,
    birth_date::BIRTH_DATE,
    document::PASSPORT,
    document::DRIVER_LICENCE,
];

pub(crate) use email::{at_sign, spelt};
pub(crate) use ip::colon;
pub(crate) use phone::plus;

/// What starts with the digit at `at`, the first of a run of digits: the first reading that
/// is certain enough, the gravest and the most telling forms first.
pub(crate) fn digit(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let accepted = |hit: &Hit| place.accepts(hit);
    if is_nameless(place, at) {
        return None;
    }
    if let Some(hit) = iban::before_digit(place, at).filter(accepted) {
        return Some(hit);
    }
    let document = document::token(place, at).filter(accepted);
    let glued = number::glued_before(place.text, at);
    if document.is_some() || glued {
        // "ssn123456789": what a label says right before counts more.
        let number = Number::read(place.text, at);
        let labelled = card::labelled(place, &number).or_else(|| ssn::labelled(place, &number));
        return labelled.filter(accepted).or(document);
    }
    if let Some(hit) = ip::v4(place, at).filter(accepted) {
        return Some(hit);
    }
    if let Some(hit) = birth_date::date(place, at).filter(accepted) {
        return Some(hit);
    }
    let number = Number::read(place.text, at);
    if number.first() == 4
        && let Some(hit) = card::apart(place, at).filter(accepted)
    {
        return Some(hit);
    }
    if number.count() < 6 && !phone::may_be_apart(place, &number) {
        return None;
    }
    card::number(place, &number)
        .filter(accepted)
        .or_else(|| ssn::number(place, &number).filter(accepted))
        .or_else(|| phone::number(place, &number).filter(accepted))
}

/// Whether the digits at `at` are a small number of a list or column without a word anywhere before it:
/// nothing that is written in groups is found there without one.
fn is_nameless(place: &Place<'_, '_>, at: usize) -> bool {
    let text = place.text;
    let apart = |byte: u8| matches!(byte, b' ' | b'\n');
    if !apart(text.before(at)) || !text.before(at - 1).is_ascii_digit() {
        return false;
    }
    let end = text.run(at, 6, |byte| byte.is_ascii_digit());
    let floor = at.saturating_sub(LOOK_BACK).max(place.barrier.min(at));
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80;
    end - at < 6 && apart(text.at(end)) && !text.slice(floor..at).iter().any(letter)
}

/// What the words around a value say, as far as they are not another finding's.
pub(crate) fn evidence(place: &Place<'_, '_>, start: usize, end: usize) -> Evidence {
    if place.wordless {
        return Evidence::NONE;
    }
    Evidence::around(place.text, start, end, place.barrier, place.listed)
}
