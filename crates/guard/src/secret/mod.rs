//! Keys, tokens and passwords: one file per form.

mod assignment;
mod connection;
pub(crate) mod encoded;
mod entropy;
mod jwt;
mod name;
mod placeholder;
mod private_key;
mod prose;
mod sources;
mod tokens;
mod value;
mod vendor;

use crate::rule::Rule;
use crate::scan::{Hit, Place};
use tokens::TOKENS;

/// The rules for forms of secrets, by code.
pub(crate) const FORMS: &[Rule] = &[
    private_key::PRIVATE_KEY,
    jwt::JWT,
    connection::URL_PASSWORD,
    connection::WEBHOOK,
    assignment::ASSIGNMENT,
    assignment::AUTHORIZATION,
    prose::PASSWORD,
    prose::NAMED,
    connection::TELEGRAM,
    encoded::DISCORD,
    vendor::MAILCHIMP,
    vendor::AZURE,
    vendor::PASSWORD_HASH,
    encoded::AZURE,
];

/// The rules for vendors' tokens, by code.
pub(crate) use vendor::RULES as VENDORS;

/// Whether a token or one of the words in [`prose`] may start with these three bytes.
pub(crate) fn may_start(first: u8, second: u8, third: u8) -> bool {
    let slot = slot(first, second, third);
    FILTER.get(slot / 8).is_some_and(|byte| byte >> (slot % 8) & 1 == 1)
}

/// What starts with the letter or digit at `at`, where a word or part of one starts; what a word within a
/// secret (`within`) introduces is a part of that.
pub(crate) fn word(place: &Place<'_, '_>, at: usize, within: bool, found: &mut Vec<Hit>) {
    let hit = vendor::token(place, at).or_else(|| jwt::token(place, at));
    match hit {
        Some(hit) => found.push(hit),
        None if within => {}
        None => found.extend(prose::word(place, at)),
    }
}

/// Whether a value may follow this word without a sign between.
pub(crate) fn introduces(word: &[u8]) -> bool {
    prose::WORDS.iter().any(|(name, _)| {
        name.as_bytes().get(..word.len()).is_some_and(|head| word.len() > 2 && head.eq_ignore_ascii_case(word))
    })
}

/// What the digit at `at` is part of, the first of its run.
pub(crate) fn digit(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    vendor::azure(place, at).or_else(|| vendor::bcrypt(place, at))
}

/// What the colon at `at` is part of.
pub(crate) fn colon(place: &Place<'_, '_>, at: usize, found: &mut Vec<Hit>) {
    found.extend(connection::telegram(place, at));
    if place.text.at(at + 1) == b'/' && place.text.at(at + 2) == b'/' {
        found.extend(connection::url(place, at));
    } else {
        found.extend(assignment::sign(place, at));
    }
}

/// What the equals sign at `at` is part of.
pub(crate) fn equals(place: &Place<'_, '_>, at: usize, found: &mut Vec<Hit>) {
    found.extend(assignment::sign(place, at));
}

/// What the comma at `at`, after a quote, is part of.
pub(crate) fn comma(place: &Place<'_, '_>, at: usize, found: &mut Vec<Hit>) {
    found.extend(assignment::comma(place, at));
}

/// What the hyphen at `at`, the first of a run, is part of.
pub(crate) fn hyphen(place: &Place<'_, '_>, at: usize, found: &mut Vec<Hit>) {
    found.extend(private_key::block(place, at));
    found.extend(vendor::mailchimp(place, at));
}

const SLOTS: usize = 8192;

const fn slot(first: u8, second: u8, third: u8) -> usize {
    (first as usize * 961 + second as usize * 31 + third as usize) % SLOTS
}

/// One bit for each start, worked out by the compiler.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
const FILTER: [u8; SLOTS / 8] = {
    let mut filter = [0; SLOTS / 8];
    let mut at = 0;
    while at < TOKENS.len() {
        let prefix = TOKENS[at].prefix.as_bytes();
        let mut third = 0;
        while third < 256 {
            if prefix.len() == 2 || prefix[2] == third as u8 {
                let slot = slot(prefix[0], prefix[1], third as u8);
                filter[slot / 8] |= 1 << (slot % 8);
            }
            third += 1;
        }
        at += 1;
    }
    let words: [&[u8; 3]; 6] = [b"pas", b"pwd", b"sec", b"api", b"eyJ", b"ewo"];
    let mut at = 0;
    while at < words.len() * 8 {
        let word = words[at / 8];
        let first = if at & 1 == 0 { word[0] } else { word[0].to_ascii_uppercase() };
        let second = if at & 2 == 0 { word[1] } else { word[1].to_ascii_uppercase() };
        let third = if at & 4 == 0 { word[2] } else { word[2].to_ascii_uppercase() };
        let slot = slot(first, second, third);
        filter[slot / 8] |= 1 << (slot % 8);
        at += 1;
    }
    filter
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_lets_all_starts_through_and_few_words() {
        for token in &TOKENS {
            let mut bytes = token.prefix.bytes().chain(*b"0");
            let [first, second, third] = [(); 3].map(|()| bytes.next().unwrap());
            assert!(may_start(first, second, third), "{}", token.prefix);
        }
        let words = "the quick brown fox jumps over lazy dogs while people were asking about their orders and whether shipping would cost more than last year";
        let through =
            words.split(' ').filter(|word| matches!(word.as_bytes(), [a, b, c, ..] if may_start(*a, *b, *c))).count();
        assert!(through <= 4, "{through}");
    }
}
