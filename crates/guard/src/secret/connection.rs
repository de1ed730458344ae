//! Secrets in addresses: passwords in URLs, webhooks, bots.

use super::value::{self, Look};
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::{Text, is_word};

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
        "postgres://postgres:postgres@localhost:5432/app",
        "amqp://guest:guest@rabbit:5672",
        "postgres://user:password@localhost/app",
    ],
};

pub(super) const WEBHOOK: Rule = Rule {
    code: "K004",
    name: "webhook-url",
    kind: Kind::Token,
    summary: "The address of a webhook of Slack, Discord, Microsoft Teams, Zapier and others with its secret \
              path: whoever has it may post (api.slack.com/messaging/webhooks; \
              discord.com/developers/docs/resources/webhook).",
    caught: &[
        "https://hooks.slack.com/services/T00000001/B00000002/a1B2c3D4e5F6g7H8i9J0k1L2",
        "https://discord.com/api/webhooks/123456789012345678/a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "https://hooks.slack.com/triggers/T00000001/1234567890123/a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
        "https://hooks.zapier.com/hooks/catch/1234567/b3kq9xz/",
    ],
    passed: &[
        "https://hooks.slack.com/services/",
        "https://hooks.zapier.com/hooks/catch/ID/KEY",
        "https://discord.com/api/webhooks/docs",
    ],
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

const WEBHOOKS: [&str; 12] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook/",
    "hooks.slack.com/triggers/",
    "canary.discord.com/api/webhooks/",
    "ptb.discord.com/api/webhooks/",
    "hooks.zapier.com/hooks/catch/",
    "chat.googleapis.com/v1/spaces/",
    "maker.ifttt.com/trigger/",
    "hook.eu1.make.com/",
];

/// Fewest characters of a webhook's path.
fn shortest(prefix: &str) -> usize {
    match prefix {
        "hooks.zapier.com/hooks/catch/" => 14,
        "hook.eu1.make.com/" => 30,
        "chat.googleapis.com/v1/spaces/" => 60,
        _ => 40,
    }
}

/// A URL whose `://` starts at `colon`.
pub(super) fn url(place: &Place<'_, '_>, colon: usize) -> Option<Hit> {
    let text = place.text;
    let start = text.run_before(colon, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
    if start == colon {
        return None;
    }
    let host_start = colon + 3;
    // A tenant's own host, as Teams has it.
    let tenant = text.run(host_start, 40, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if text.says(tenant, ".webhook.office.com/webhookb2/") {
        let end = text.run_to_armour(tenant, 180, |byte| is_word(byte) || matches!(byte, b'/' | b'-' | b'@' | b'.'));
        return (end - tenant >= 80).then(|| Hit::new(&WEBHOOK, start..end, 0.95));
    }
    if let Some(prefix) = WEBHOOKS.iter().find(|prefix| text.says(host_start, prefix)) {
        let path = host_start + prefix.len();
        let end = text.run_to_armour(path, 180, |byte| {
            is_word(byte) || matches!(byte, b'/' | b'-' | b'@' | b'?' | b'=' | b'&' | b'%')
        });
        return (end - path >= shortest(prefix)).then(|| Hit::new(&WEBHOOK, start..end, 0.95));
    }
    let in_name = |byte: u8| {
        byte > b' '
            && !matches!(
                byte,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'[' | b']' | b'@' | b',' | b';'
            )
    };
    let user = text.run(host_start, 64, |byte| in_name(byte) && byte != b':');
    if text.at(user) != b':' {
        return None;
    }
    let password = user + 1;
    // The last at sign before the host: passwords may have them.
    let mut end = text.run(password, 64, in_name);
    let next = text.run(end + 1, 64, in_name);
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
    let (name, value) = (text.slice(host_start..user), text.slice(password..end));
    let look = value::look(value, true);
    let hidden = value.iter().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.'));
    // The defaults of images and of documentation, on this machine or anywhere.
    let default = name.eq_ignore_ascii_case(value) && DEFAULT_USERS.iter().any(|user| user.as_bytes() == value);
    // A container beside this one has a name and no domain.
    let service = !text
        .slice(end + 1..text.run(end + 1, 64, |byte| is_word(byte) || matches!(byte, b'.' | b'-')))
        .contains(&b'.');
    let local = service && look == Look::Placeholder
        || is_local(text, end + 1)
            && (name.eq_ignore_ascii_case(value) || matches!(look, Look::Placeholder | Look::Word));
    (look != Look::Reference && !hidden && !default && !local).then(|| Hit::new(&URL_PASSWORD, password..end, 0.85))
}

/// Users of databases and queues whose password is their name as they come.
const DEFAULT_USERS: [&str; 12] =
    ["guest", "postgres", "root", "user", "test", "mysql", "redis", "mongo", "rabbitmq", "neo4j", "elastic", "minio"];

/// Whether the host at `at` is this machine, or one of the documentation's (RFC 2606).
fn is_local(text: &Text<'_>, at: usize) -> bool {
    let end = text.run(at, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let host = text.slice(at..end);
    let ends = |name: &str| host.len() >= name.len() && host.iter().rev().zip(name.bytes().rev()).all(|(a, b)| *a == b);
    host == b"localhost"
        || host.starts_with(b"127.")
        || host == b"0.0.0.0"
        || host == b"host.docker.internal"
        || ["example.com", "example.org", "example.net", ".example", ".test", ".local", ".localhost"]
            .iter()
            .any(|name| ends(name))
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
