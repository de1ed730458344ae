//! Names of secrets: where one stands before a sign, and what it says of its value.

use crate::text::Text;
use std::ops::Range;

/// How far back a name is read.
pub(super) const LONGEST: usize = 60;

/// Where the name before the sign stands: `name`, `"name"`, `map['name']`, `name[25]`.
pub(super) fn before(text: &Text<'_>, sign: usize) -> Option<Range<usize>> {
    let mut end = text.run_before(sign, 3, |byte| byte == b' ' || byte == b'\t');
    if text.before(end) == b']' {
        let inside = text.run_before(end - 1, 6, |byte| byte.is_ascii_digit());
        if text.before(inside) == b'[' {
            end = inside - 1;
        }
    }
    end = text.run_before(end, 3, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b'\\' | b'*'));
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut start = text.run_before(end, LONGEST, part);
    // `password: &str =`: the name stands before its type.
    const TYPES: [&str; 6] = ["str", "string", "text", "any", "bytes", "varchar"];
    if TYPES.iter().any(|name| text.slice(start..end).eq_ignore_ascii_case(name.as_bytes())) {
        let colon = text.run_before(start, 3, |byte| matches!(byte, b' ' | b'&'));
        if text.before(colon) == b':' {
            end = colon - 1;
            start = text.run_before(end, LONGEST, part);
        }
    }
    // `[PASSWORD]=`: what redaction has left.
    if start == end || (text.before(start) == b'[' && text.at(end) == b']') {
        return None;
    }
    // Two words: "api key:", "secret access key:".
    for _ in 0..2 {
        let gap = text.run_before(start, 1, |byte| byte == b' ');
        let word = text.run_before(gap, 12, |byte| byte.is_ascii_alphabetic());
        if gap == start || word == gap || gap - word > 10 {
            break;
        }
        start = word;
    }
    Some(start..end)
}

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Whatever is assigned is secret.
    Secret,
    /// It may be, if it is random.
    Token,
    /// The header of HTTP.
    Header,
}

pub(super) fn meaning(name: &[u8], heading: bool) -> Option<Meaning> {
    let mut joined = [0_u8; 96];
    let mut length = 0;
    let mut last_start = 0;
    let mut previous = b' ';
    for &byte in name {
        let sign = !byte.is_ascii_alphanumeric();
        if sign || (byte.is_ascii_uppercase() && previous.is_ascii_lowercase()) {
            last_start = length;
        }
        if !sign && let Some(place) = joined.get_mut(length) {
            *place = byte.to_ascii_lowercase();
            length += 1;
        }
        previous = byte;
    }
    let joined = joined.get(..length)?;
    let last = joined.get(last_start..)?;
    // Most names lack a letter of every part, and comparing letters is cheap.
    let lacks = !letters(joined);
    // Of several words before a colon the last one names the value, but for "password for …".
    let spoken = heading && name.contains(&b' ') && !name.windows(4).any(|word| word.eq_ignore_ascii_case(b"for "));
    let typed = ["string", "str"].iter().any(|name| last == name.as_bytes());
    let has = |part: &str, letters: u32| {
        lacks & letters == 0
            && if spoken && !typed {
                joined.ends_with(part.as_bytes())
            } else {
                joined.windows(part.len()).any(|window| window == part.as_bytes())
            }
    };
    let any = |parts: &[&str], letters: &[u32]| parts.iter().zip(letters).any(|(part, letters)| has(part, *letters));
    if ABOUT.iter().any(|about| last == about.as_bytes()) {
        return None;
    }
    if any(&["authorization"], &const { [letters(b"authorization")] }) {
        return Some(Meaning::Header);
    }
    if any(&SECRET, &const { all_letters(SECRET) }) || last == b"pwd" || last == b"pass" || joined == b"pw" {
        return Some(Meaning::Secret);
    }
    // The names of HTTP's headers have hyphens; `sig` is that of a shared access signature.
    (last.starts_with(b"token")
        || joined == b"sig"
        || (last == b"key" && (matches!(name, [b'x' | b'X', b'-', ..]) || any(&KEY, &const { all_letters(KEY) })))
        || any(&["credential"], &const { [letters(b"credential")] }))
    .then_some(Meaning::Token)
}

/// Whether a name that ends in "pass" is that of a test's verdict, a step or a ticket, and `value` no password: `Tests pass: …`.
pub(super) fn is_verdict(name: &[u8], value: &[u8]) -> bool {
    // Whose a password is.
    const OWNERS: [&str; 26] = [
        "user", "username", "admin", "root", "db", "database", "login", "wifi", "smtp", "ftp", "ssh", "mail", "email",
        "my", "your", "the", "his", "her", "our", "their", "new", "old", "account", "server", "sudo", "vpn",
    ];
    let mut words = name.rsplit(|byte| *byte == b' ');
    if !words.next().is_some_and(|last| last.eq_ignore_ascii_case(b"pass")) {
        return false;
    }
    let owned = words.next().is_none_or(|word| OWNERS.iter().any(|owner| word.eq_ignore_ascii_case(owner.as_bytes())));
    !owned
        || value.contains(&b' ')
        || value.iter().all(u8::is_ascii_alphabetic)
        || value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'/')
}

/// Whether a vendor is named whose keys are UUIDs.
pub(super) fn names_vendor(name: &[u8]) -> bool {
    const VENDORS: [&str; 16] = [
        "heroku",
        "snyk",
        "postmark",
        "opsgenie",
        "scaleway",
        "codecov",
        "railway",
        "fal",
        "exa",
        "samba",
        "statuspage",
        "pagertree",
        "mailerlite",
        "confluent",
        "logdna",
        "sumo",
    ];
    VENDORS.iter().any(|vendor| name.windows(vendor.len()).any(|window| window.eq_ignore_ascii_case(vendor.as_bytes())))
}

/// Which letters a word has, a bit each.
#[allow(clippy::indexing_slicing, reason = "within bounds by the loop's condition")]
const fn letters(word: &[u8]) -> u32 {
    let (mut letters, mut at) = (0, 0);
    while at < word.len() {
        if word[at].is_ascii_lowercase() {
            letters |= 1 << (word[at] - b'a');
        }
        at += 1;
    }
    letters
}

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
const fn all_letters<const N: usize>(words: [&str; N]) -> [u32; N] {
    let (mut all, mut at) = ([0; N], 0);
    while at < N {
        all[at] = letters(words[at].as_bytes());
        at += 1;
    }
    all
}

/// What makes a name that of a secret, without separators.
const SECRET: [&str; 26] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "contrasena",
    "motdepasse",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
    "encryptionkey",
    "signingkey",
    "accountkey",
    "sharedkey",
    "masterkey",
    "dbpass",
    "userpass",
    "authtoken",
    "pwd",
    "senha",
    "kennwort",
    "wachtwoord",
    "losenord",
    "parola",
];

/// The same in other scripts, as the views leave them.
pub(super) const FOREIGN: [&str; 7] = ["apoль", "密码", "密碼", "口令", "パスワ-ド", "비밀번호", "كلمة المرور"];

/// What stands before `key` in the name of one that is secret.
const KEY: [&str; 10] =
    ["admin", "api", "client", "deploy", "license", "service", "storage", "subscription", "webhook", "x"];

/// Names that end so speak about the secret.
#[rustfmt::skip]
const ABOUT: [&str; 114] = [
    "age", "algorithm", "arn", "attempts", "backend", "button", "changed", "class", "column", "config",
    "controller", "count", "dialog", "dict", "email", "enabled", "encoder", "endpoint", "engine", "env", "error", "errors",
    "event", "exists", "expiration", "expired", "expires", "expiry", "field", "fields", "file", "flow", "form",
    "format", "generator", "handler", "header", "headers", "help", "hint", "icon", "id", "index", "info", "input", "kind", "label",
    "length", "limit", "link", "list", "loader", "management", "manager", "mask", "match", "max", "message", "min",
    "mode", "model", "module", "mount", "mutation", "name", "names", "object", "option", "options", "page", "param",
    "params", "path", "pattern", "placeholder", "policy", "prompt", "provider", "query", "reader", "ref",
    "regex", "required", "reset", "rotation", "rules", "schema", "scope", "screen", "service", "settings",
    "size", "source", "state", "status", "step", "store", "strength", "template", "title", "toggle", "tokens",
    "tooltip", "type", "uri", "url", "usage", "validator", "version", "view", "visibility", "visible", "volume",
    "warning",
];
