//! JSON Web Tokens.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;
use crate::view::base64;

pub(super) const JWT: Rule = Rule {
    code: "K002",
    name: "json-web-token",
    kind: Kind::Token,
    summary: "Two or three Base64url parts with points between, the first of which is a JSON \
              object that names an algorithm (RFC 7519, section 3; RFC 7515, section 4.1.1). \
              Whoever has it may use it until it ends.",
    caught: &[
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiSm9lIn0",
    ],
    passed: &[
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJAAAA.eyJBBB",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
    ],
};

/// The longest part read.
const LONGEST: usize = 8 * 1024;

/// A token that starts at `at`, where a word starts.
pub(super) fn token(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    // Base64 of `{"`, or of `{` and a line break.
    let starts = text.at(at) == b'e' && matches!((text.at(at + 1), text.at(at + 2)), (b'y', b'J') | (b'w', b'o'));
    if !starts || is_word(text.before(at)) {
        return None;
    }
    let part = |byte: u8| is_word(byte) || byte == b'-';
    let header = text.run_to_armour(at, 1024, part);
    if text.at(header) != b'.' || text.at(header + 1) != b'e' {
        return None;
    }
    let payload = text.run_to_armour(header + 1, LONGEST, part);
    if payload - header < 12 || !names_algorithm(text.slice(at..header)) {
        return None;
    }
    let mut end = payload;
    if text.at(end) == b'.' {
        let signature = text.run_to_armour(end + 1, LONGEST, part);
        end = if signature > end + 1 { signature } else { end };
    }
    Some(Hit::new(&JWT, at..end, 0.97))
}

fn names_algorithm(header: &[u8]) -> bool {
    let Some(json) = base64::decode_text(header) else {
        return false;
    };
    json.starts_with('{') && json.trim_end().ends_with('}') && json.contains("\"alg\"")
}
