//! Secrets in addresses: passwords in URLs, webhooks, bots.

use super::value;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;

pub(super) const URL_PASSWORD: Rule = Rule {
    code: "K003",
    name: "password-in-url",
    kind: Kind::Password,
    summary: "The password of a URL with user and password before the host (RFC 3986, section \
              3.2.1), as database and queue connection strings have it. Variables are none.",
    caught: &[
        "postgres://app:s3cret@db.example.com:5432/app",
        "Use this URL: https://username:password@llm-guard.com",
        "mongodb+srv://root:hunter2@cluster0.example.net",
        "redis://:p4ssw0rd@cache:6379",
    ],
    passed: &[
        "http://localhost:5000/<%= @variable %>",
        "postgres://app:${PASSWORD}@db",
        "https://url:8000 @something else",
        "\"https://url:8000\";@something else",
        "https://example.com/a:b@c",
        "https://user@example.com",
    ],
};

pub(super) const WEBHOOK: Rule = Rule {
    code: "K004",
    name: "webhook-url",
    kind: Kind::Token,
    summary: "The address of a webhook of Slack, Discord or Microsoft Teams with its secret \
              path: whoever has it may post (api.slack.com/messaging/webhooks; \
              discord.com/developers/docs/resources/webhook).",
    caught: &[
        "https://hooks.slack.com/services/T00000001/B00000002/a1B2c3D4e5F6g7H8i9J0k1L2",
        "https://discord.com/api/webhooks/123456789012345678/a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    ],
    passed: &["https://hooks.slack.com/services/", "https://discord.com/api/webhooks/docs"],
};

pub(super) const TELEGRAM: Rule = Rule {
    code: "K009",
    name: "telegram-bot-token",
    kind: Kind::Token,
    summary: "Eight to ten digits, a colon, `AA` and 33 more characters \
              (core.telegram.org/bots, \"Obtain Your Bot Token\").",
    caught: &["110201543:AAHdqTcvCH1vGWJxfSe1ofSAs0K5PALDsaw"],
    passed: &[
        "bot110201543:AAHdqTcvCH1vGWJxfSe1ofSAs0K5PALDsaw",
        "foo:AAH1bjqpKKW3maRSPAxzIU-0v6xNuq2-NjM",
        "110201543:AAHdqTcvCH1vGWJxfSe1ofSAs0K5",
    ],
};

const WEBHOOKS: [&str; 5] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook/",
];

/// A URL whose `://` starts at `colon`.
pub(super) fn url(place: &Place<'_, '_>, colon: usize) -> Option<Hit> {
    let text = place.text;
    let start = text.run_before(colon, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
    if start == colon {
        return None;
    }
    let host = colon + 3;
    if let Some(prefix) = WEBHOOKS.iter().find(|prefix| text.says(host, prefix)) {
        let path = host + prefix.len();
        let end = text.run_to_armour(path, 200, |byte| is_word(byte) || matches!(byte, b'/' | b'-' | b'@'));
        return (end - path >= 40).then(|| Hit::new(&WEBHOOK, start..end, 0.95));
    }
    let in_name = |byte: u8| {
        byte > b' '
            && !matches!(
                byte,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'[' | b']' | b'@' | b',' | b';'
            )
    };
    let user = text.run(host, 128, |byte| in_name(byte) && byte != b':');
    if text.at(user) != b':' {
        return None;
    }
    let password = user + 1;
    // The last at sign before the host: passwords may have them.
    let mut end = text.run(password, 128, in_name);
    let next = text.run(end + 1, 128, in_name);
    if text.at(end) == b'@' && text.at(next) == b'@' {
        end = next;
    }
    let host = text.at(end + 1);
    let literal = text.at(end + 2);
    // An address in brackets, but not a tag of redaction.
    let bracketed = host == b'[' && (literal == b':' || literal.is_ascii_digit() || literal.is_ascii_lowercase());
    if end == password || text.at(end) != b'@' || !(is_word(host) || host >= 0x80 || bracketed) {
        return None;
    }
    let look = value::look(text.slice(password..end), true);
    let score = match look {
        value::Look::Reference => return None,
        // "https://url:8000@…" is no port: a host would follow.
        _ => 0.85,
    };
    let hidden = text.slice(password..end).iter().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.'));
    (!hidden).then(|| Hit::new(&URL_PASSWORD, password..end, score))
}

/// A bot's token whose colon is at `colon`.
pub(super) fn telegram(place: &Place<'_, '_>, colon: usize) -> Option<Hit> {
    let text = place.text;
    if text.at(colon + 1) != b'A' || text.at(colon + 2) != b'A' {
        return None;
    }
    let start = text.run_before(colon, 11, |byte| byte.is_ascii_digit());
    let end = text.run_to_armour(colon + 1, 36, |byte| is_word(byte) || byte == b'-');
    let whole = (8..=10).contains(&(colon - start)) && end - colon - 1 == 35 && !is_word(text.before(start));
    let whole = whole && !text.opens_tag(end);
    whole.then(|| Hit::new(&TELEGRAM, start..end, 0.95))
}
