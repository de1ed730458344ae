//! Tokens that name their vendor by a prefix.

use super::entropy;
use super::sources::source;
use super::tokens::TOKENS;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;

/// A vendor's token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) prefix: &'static str,
    pub(super) alphabet: Alphabet,
    /// Fewest and most characters after the prefix.
    pub(super) shortest: u16,
    pub(super) longest: u16,
}

/// What follows a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `0-9a-f`
    Hex,
    /// `0-9a-fA-F`
    AnyHex,
    /// Hexadecimal digits in groups with hyphens.
    HexDash,
    /// `0-9a-z`
    Lower,
    /// `0-9A-Z`
    Upper,
    /// `0-9A-Z` in groups with hyphens.
    UpperDash,
    /// `0-9A-Za-z`
    Alnum,
    /// `0-9A-Za-z_-`
    Word,
    /// The same in parts with points.
    Dotted,
    /// Base64 with its padding.
    Base64,
    /// Words with `=` among them.
    Equals,
    /// Words and percent escapes.
    Percent,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        let lower = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let upper = byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let word = lower || upper || byte == b'_' || byte == b'-';
        match self {
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::AnyHex => byte.is_ascii_hexdigit(),
            Self::HexDash => byte.is_ascii_hexdigit() || byte == b'-',
            Self::Lower => lower,
            Self::Upper => upper,
            Self::UpperDash => upper || byte == b'-',
            Self::Alnum => lower || upper,
            Self::Word => word,
            Self::Dotted => word || byte == b'.',
            Self::Base64 => lower || upper || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'),
            Self::Equals => word || byte == b'=',
            Self::Percent => word || matches!(byte, b'%' | b'+' | b'/' | b'='),
        }
    }
}

/// Vendor tokens as rules, documented by their source. Prefix, alphabet and length are those of the
/// table; bodies of one repeated character are placeholders.
pub(crate) static RULES: [Rule; TOKENS.len()] = {
    let mut rules =
        [Rule { code: "", name: "", kind: Kind::Token, summary: "", caught: &[], passed: &[] }; TOKENS.len()];
    let mut at = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
    while at < rules.len() {
        rules[at].code = TOKENS[at].code;
        rules[at].name = TOKENS[at].name;
        rules[at].summary = source(TOKENS[at].name);
        at += 1;
    }
    rules
};

/// Numbers of the tokens by the first byte of their prefix, in the order of the table.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
static ORDER: [u8; TOKENS.len()] = {
    let mut order = [0; TOKENS.len()];
    let (mut byte, mut filled) = (0, 0);
    while byte < 128 {
        let mut at = 0;
        while at < TOKENS.len() {
            if TOKENS[at].prefix.as_bytes()[0] == byte {
                order[filled] = at as u8;
                filled += 1;
            }
            at += 1;
        }
        byte += 1;
    }
    assert!(filled == TOKENS.len() && TOKENS.len() < 256);
    order
};

/// Where the tokens of each first byte start in [`ORDER`].
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
static FIRST: [u8; 129] = {
    let mut first = [0; 129];
    let mut at = 0;
    while at < TOKENS.len() {
        first[TOKENS[at].prefix.as_bytes()[0] as usize + 1] += 1;
        at += 1;
    }
    let mut byte = 0;
    while byte < 128 {
        first[byte + 1] += first[byte];
        byte += 1;
    }
    first
};

/// Numbers of the tokens whose prefix starts with `byte`.
fn starting_with(byte: u8) -> &'static [u8] {
    let bound = |byte: usize| FIRST.get(byte).map(|&at| usize::from(at));
    let range = bound(usize::from(byte)).zip(bound(usize::from(byte) + 1));
    range.and_then(|(from, to)| ORDER.get(from..to)).unwrap_or_default()
}

/// A token that starts at `at`, where a word starts: of several the one with the longest prefix.
pub(super) fn token(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    if is_word(text.before(at)) {
        return None;
    }
    let first = [text.at(at), text.at(at + 1)];
    let mut best: Option<(usize, Hit)> = None;
    let alike = starting_with(text.at(at)).iter().filter_map(|&number| TOKENS.get(usize::from(number)));
    for token in alike.filter(|token| token.prefix.as_bytes().starts_with(&first)) {
        let body = at + token.prefix.len();
        let prefix = token.prefix.bytes().enumerate();
        if !prefix.into_iter().all(|(offset, byte)| text.at(at + offset) == byte) {
            continue;
        }
        let end = text.run_to_armour(body, usize::from(token.longest) + 1, |byte| token.alphabet.has(byte));
        let (shortest, longest) = (usize::from(token.shortest), usize::from(token.longest));
        let mut last = end;
        // A full stop or dash at the end may belong to the sentence.
        while last > body && matches!(text.before(last), b'.' | b'-') && end - body != longest {
            last -= 1;
        }
        let length = last - body;
        let fits = (shortest..=longest).contains(&length);
        if !fits || (last == end && (is_word(text.at(end)) || text.opens_tag(end))) {
            continue;
        }
        let value = text.slice(body..last);
        let short = token.prefix.len() <= 4;
        let score = if entropy::is_one_character(value) || is_example(value) {
            0.3
        } else if short
            && !entropy::is_mixed(value)
            && !entropy::is_scrambled(value)
            && token.alphabet != Alphabet::Upper
        {
            // Words with hyphens after a prefix that is a word's start.
            0.3
        } else {
            0.95
        };
        let rule = RULES.iter().find(|rule| rule.code == token.code)?;
        if best.as_ref().is_none_or(|(prefix, _)| *prefix < token.prefix.len()) {
            let start = if token.prefix == "atlasv1." {
                text.run_before(at, 15, |byte| byte.is_ascii_alphanumeric() || byte == b'.')
            } else {
                at
            };
            best = Some((token.prefix.len(), Hit::new(rule, start..last, score)));
        }
    }
    best.map(|(_, hit)| hit)
}

/// One that documentation shows: `AKIAIOSFODNN7EXAMPLE`.
fn is_example(value: &[u8]) -> bool {
    ["example", "xxxx", "your"]
        .iter()
        .any(|word| value.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())))
}

pub(super) const AZURE: Rule = Rule {
    code: "K012",
    name: "azure-client-secret",
    kind: Kind::Token,
    summary: "Forty characters with a digit and `Q~` after the first three: a client secret of Microsoft \
              Entra ID (learn.microsoft.com/purview, \"Azure AD client secret\").",
    caught: &["secret Abc8Q~1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q"],
    passed: &["8Q~", "abc8Q~short"],
};

/// A client secret whose digit before `Q~` is at `at`.
pub(super) fn azure(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let part = |byte: u8| is_word(byte) || matches!(byte, b'~' | b'.' | b'-');
    let start = at.checked_sub(3)?;
    if text.at(at + 1) != b'Q' || text.at(at + 2) != b'~' || text.run_before(at, 4, part) != start {
        return None;
    }
    let end = text.run_to_armour(at + 3, 35, part);
    let end = if text.before(end) == b'.' { end - 1 } else { end };
    let whole = (31..=34).contains(&(end - at - 3)) && !text.opens_tag(end);
    whole.then(|| Hit::new(&AZURE, start..end, 0.95))
}

pub(super) const PASSWORD_HASH: Rule = Rule {
    code: "K013",
    name: "bcrypt-hash",
    kind: Kind::Password,
    summary: "A password's bcrypt hash: `$2a$`, `$2b$` or `$2y$`, a cost and 53 characters (the modular \
              crypt format). Weak passwords are guessed from it.",
    caught: &["$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"],
    passed: &["$2b$12$", "costs $2 b $12"],
};

/// A hash whose `2` is at `at`.
pub(super) fn bcrypt(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let start = at.checked_sub(1).filter(|_| text.before(at) == b'$')?;
    let digits = text.at(at + 3).is_ascii_digit() && text.at(at + 4).is_ascii_digit();
    let form = matches!(text.at(at + 1), b'a' | b'b' | b'x' | b'y') && text.at(at + 2) == b'$';
    if !form || !digits || text.at(at + 5) != b'$' {
        return None;
    }
    let end = text.run(at + 6, 54, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    (end - at - 6 == 53 && !text.opens_tag(end)).then(|| Hit::new(&PASSWORD_HASH, start..end, 0.9))
}

pub(super) const MAILCHIMP: Rule = Rule {
    code: "K011",
    name: "mailchimp-key",
    kind: Kind::Token,
    summary: "32 hexadecimal digits, `-us` and the number of a data centre \
              (mailchimp.com/developer, \"Fundamentals\"): the one token known by its end.",
    caught: &["343ea45721923ed956e2b38c31db76aa-us30"],
    passed: &["3ea4572956e2b381923ed34c31db76aa-2", "9276a43e2951aa46e2b1c33ED38357DB-us2", "3a5633e829d3c71-us2"],
};

/// A Mailchimp key whose hyphen is at `at`.
pub(super) fn mailchimp(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    if text.at(at + 1) != b'u' || text.at(at + 2) != b's' {
        return None;
    }
    let start = text.run_before(at, 33, |byte| Alphabet::Hex.has(byte));
    let end = text.run(at + 3, 2, |byte| byte.is_ascii_digit());
    let whole = at - start == 32 && end > at + 3 && !is_word(text.before(start));
    let whole = whole && !is_word(text.at(end)) && !text.opens_tag(end);
    whole.then(|| Hit::new(&MAILCHIMP, start..end, 0.95))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A body of the alphabet and length, letters and digits mixed, no two alike in a row.
    pub(in crate::secret) fn body(alphabet: Alphabet, length: u16) -> String {
        let all: Vec<char> =
            (b'0'..=b'z').filter(|&byte| byte.is_ascii_alphanumeric() && alphabet.has(byte)).map(char::from).collect();
        (0..usize::from(length)).map(|place| all[(place * 7 + 3) % all.len()]).collect()
    }

    #[test]
    fn every_token_is_found_and_its_neighbours_are_not() {
        let guard = crate::Guard::new(&crate::Policy::all(crate::Action::Redact));
        let fires = |text: &str, code: &str| {
            let report = guard.check(text, crate::Role::User);
            report.findings.iter().any(|finding| finding.code == code)
        };
        for token in &TOKENS {
            for length in [token.shortest, token.longest] {
                let example = format!("use {}{} please", token.prefix, body(token.alphabet, length));
                assert!(fires(&example, token.code), "{example}");
            }
            let long = format!("{}{}", token.prefix, body(token.alphabet, token.longest + 1));
            let short = format!("{}{}", token.prefix, body(token.alphabet, token.shortest - 1));
            let inside = format!("x{}{}", token.prefix, body(token.alphabet, token.shortest));
            let placeholder = format!("{}{}", token.prefix, "x".repeat(usize::from(token.shortest)));
            for text in [long, short, inside, placeholder] {
                assert!(!fires(&text, token.code), "{text}");
            }
        }
    }

    #[test]
    fn there_are_at_least_a_hundred() {
        assert!(TOKENS.len() >= 100);
    }
}
