//! Secrets told in a sentence: "my password is …".

use super::value::{self, Look};
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};

pub(super) const PASSWORD: Rule = Rule {
    code: "K007",
    name: "password-in-prose",
    kind: Kind::Password,
    summary: "A value with digits or signs in it after `password`, `secret`, `api key` and the \
              like, perhaps with `is` between, or in quotes. Plain words are left alone: \
              \"my password is wrong\".",
    caught: &[
        "my password is hunter2",
        "the API key is A1b2C3d4E5f6G7h8",
        "login with password Winter2024!",
        "password \"m{{h}o)p${e]nob(ody\";",
        "Secret was 9f86d081884c7d65",
        "passphrase `correct9horse`",
        "std::string secret(\"m{{h}o)p${e]nob\");",
        "Mein Passwort ist Sommer2023!",
        "<password>S3cr3tP4ss</password>",
        "password -> S3cr3tP4ss",
    ],
    passed: &[
        "my password is wrong",
        "password reset please",
        "secret sauce and the secret is butter",
        "the password is not working since 2021",
        "password SHA256 hashing",
        "an api key rotation",
        "secretary of state",
        "reset my password 3 times",
        "<password>required</password>",
    ],
};

pub(super) const NAMED: Rule = Rule {
    code: "K008",
    name: "password-named",
    kind: Kind::Password,
    summary: "Anything at all after `password`, `secret` or `api key`: what the chat gateway's \
              safety matrix refuses. Scores 0.2, so it acts only where a policy asks for it.",
    caught: &[],
    passed: &["password reset please"],
};

/// Words that introduce a secret, and whether the chat gateway's document lists them.
pub(super) const WORDS: [(&str, bool); 11] = [
    ("password", true),
    ("passwort", false),
    ("passwd", false),
    ("passphrase", false),
    ("passcode", false),
    ("pwd", false),
    // French, and a common mistake.
    ("secrete", false),
    ("secret", true),
    ("api_key", true),
    ("api-key", true),
    ("api key", false),
];

/// Words that look chosen and name techniques.
const TECHNIQUES: [&str; 16] = [
    "2fa", "3des", "aes", "base32", "base64", "bcrypt", "http2", "md5", "oauth2", "pbkdf2", "rsa", "sha", "utf8", "v1",
    "v2", "x509",
];

/// The word that starts at `at`, and what it introduces.
pub(super) fn word(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let first = text.at(at).to_ascii_lowercase();
    let mut alike = WORDS.iter().filter(|entry| entry.0.as_bytes().first() == Some(&first));
    let &(word, listed) = alike.find(|entry| text.says(at, entry.0))?;
    let end = at + word.len();
    // What redaction has left of a value.
    if text.before(at) == b'[' && text.at(end) == b']' {
        return None;
    }
    let named = || {
        // Optional space, colon, space, then anything.
        let gap = text.run(end, 8, |byte| byte.is_ascii_whitespace());
        let colon = gap + usize::from(text.at(gap) == b':');
        let start = text.run(colon, 8, |byte| byte.is_ascii_whitespace());
        let mut last = text.run(start, 128, |byte| byte > b' ');
        let start = if last == start { gap } else { start };
        last = last.max(colon);
        if !listed || last <= start || value::has_tag(text.slice(start..last)) {
            return None;
        }
        // A quote may be the end of another value: it stays, if need be in the place of the word.
        let quote = text.run(start, last - start, |byte| !matches!(byte, b'"' | b'\'' | b'`'));
        let span = if quote > start { start..quote } else { at..end };
        Some(Hit::new(&NAMED, span, 0.2))
    };
    if text.at(end).is_ascii_alphanumeric() || matches!(text.at(end), b'_' | b'-') {
        return named();
    }
    let mut start = text.run(end, 2, |byte| byte == b' ' || byte == b'\t');
    // Constructors and setters: `secret("…")`.
    let open = if text.says(end, ".assign(") { end + ".assign".len() } else { end };
    let call = text.at(open) == b'(' && matches!(text.at(open + 1), b'"' | b'\'');
    // An element of XML: `<password>…</password>`.
    let element = text.before(at) == b'<' && text.at(end) == b'>';
    if start == end && !call && !element {
        return named();
    }
    start += usize::from(element);
    if call {
        start = open + 1;
    }
    let mut told = false;
    // "password for the router is …"
    if text.says(start, "for ") {
        let mut at = start + 4;
        for _ in 0..4 {
            let word = text.run(at, 16, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if word == at || text.at(word) != b' ' {
                break;
            }
            at = word + 1;
            if text.says(at, "is ") {
                start = at;
                break;
            }
        }
    }
    for link in ["is ", "was ", "are ", "ist ", "-> "] {
        if text.says(start, link) {
            start += link.len();
            told = true;
        }
    }
    told |= element;
    let inner = text.run(start, 1, |byte| matches!(byte, b'"' | b'\'' | b'`'));
    if text.at(inner) == b'[' {
        return None;
    }
    if matches!(text.at(start), b'=' | b':' | b'!') {
        return named();
    }
    let Some(value) = value::read(text, start) else {
        return named();
    };
    let bytes = text.slice(value.span.clone());
    if value::has_tag(bytes) {
        return None;
    }
    let look = value::look(bytes, value.quoted);
    let technique = TECHNIQUES.iter().any(|name| {
        bytes.len() >= name.len() && bytes.iter().zip(name.bytes()).all(|(byte, name)| byte.eq_ignore_ascii_case(&name))
    });
    let number = bytes.iter().all(u8::is_ascii_digit);
    let score = match look {
        Look::Random | Look::Uuid => 0.8,
        Look::Chosen if technique => 0.2,
        Look::Chosen if number => {
            if told {
                0.6
            } else {
                0.3
            }
        }
        Look::Chosen if told || value.quoted => 0.75,
        Look::Chosen if bytes.len() >= 6 && bytes.iter().any(u8::is_ascii_digit) => 0.6,
        Look::Word if value.quoted && told => 0.6,
        _ => 0.2,
    };
    if score > 0.2 { Some(Hit::new(&PASSWORD, value.span, score)) } else { named() }
}
