//! What holds a secret's place: words to be replaced, counted digits, what was left out.

use super::entropy;

/// Parts of what holds a place.
#[rustfmt::skip]
const INSIDE: [&str; 14] = [
    "your", "placeholder", "fake", "insert", "replace", "goes_here", "goes-here", "redacted", "not_a_", "real_",
    "xxxx", "-here", "_here", "change-me",
];
/// Left out, or the documentation's: whatever is around it.
const ALWAYS: [&str; 3] = ["example", "...", "***"];

/// Which bytes they start with, in either case.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
const STARTS: [bool; 256] = {
    let mut starts = [false; 256];
    let mut at = 0;
    while at < INSIDE.len() + ALWAYS.len() {
        let part = if at < INSIDE.len() { INSIDE[at] } else { ALWAYS[at - INSIDE.len()] };
        let first = part.as_bytes()[0];
        starts[first.to_ascii_lowercase() as usize] = true;
        starts[first.to_ascii_uppercase() as usize] = true;
        at += 1;
    }
    starts
};

/// Words that hold a place, in the order of their bytes.
#[rustfmt::skip]
const WHOLE: [&str; 140] = [
    "...", "abc", "abc123", "above", "any", "anything", "api-key", "api_key", "apikey", "array", "async",
    "auto", "automatic", "await", "bar", "base64", "below", "blank", "bool", "boolean", "bytes", "change_me",
    "changeit", "changeme", "class", "const", "correct", "current", "default", "demo", "disabled", "dummy",
    "empty", "enabled", "encrypted", "enter", "env", "environment", "example", "fake-key", "fake_key", "false",
    "file", "foo", "foobar", "function", "generated", "given", "hashed", "here", "hidden", "inherit", "input",
    "interactive", "invalid", "key", "key1", "key2", "key3", "keyhere", "lambda", "let", "local", "localhost",
    "masked", "missing", "my-key", "my-password", "my-secret", "my_password", "my_secret", "mykey",
    "mypassword", "mysecret", "n/a", "new", "nil", "no", "no-key-required", "none", "not-needed",
    "not-required", "not-used", "not_needed", "notused", "null", "number", "object", "off", "old", "on",
    "optional", "pass", "passwd", "password", "path", "plain", "plaintext", "prompt", "provided", "pwd",
    "random", "redacted", "required", "return", "sample", "secret", "secret_key", "secretkey", "see", "self",
    "sk-fake", "sk-test", "somepassword", "somesecret", "str", "string", "tba", "tbd", "test-key", "test_key",
    "testkey", "text", "thepassword", "this", "todo", "token", "true", "type", "undefined", "unknown", "unused",
    "username", "uuid", "valid", "value", "var", "vault", "wrong", "yes",
];

/// Whether a value holds a place; one that looks `random` may have such words in it by chance.
pub(super) fn is_placeholder(value: &[u8], random: bool) -> bool {
    // The longest of them has fifteen letters.
    let is_whole = |word: &[u8]| {
        let mut lower = [0_u8; 16];
        let Some(lower) = lower.get_mut(..word.len()) else { return false };
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        WHOLE.binary_search_by(|name| name.as_bytes().cmp(lower)).is_ok()
    };
    let head = value.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let tail = value.iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let trimmed = value.get(head..value.len() - tail).unwrap_or_default();
    // One look at each byte, and a second where a part may start.
    let has = |parts: &[&str]| {
        let may_start = |byte: &u8| STARTS.get(usize::from(*byte)).copied().unwrap_or(false);
        value.iter().enumerate().filter(|(_, byte)| may_start(byte)).any(|(at, _)| {
            parts.iter().any(|part| {
                value.get(at..at + part.len()).is_some_and(|window| window.eq_ignore_ascii_case(part.as_bytes()))
            })
        })
    };
    let counted = ["sk-", "sk_", "pk-", "pk_", "key-"].iter().find_map(|start| value.strip_prefix(start.as_bytes()));
    // `ak_service_1234567890abcdef`
    let last = value.rsplit(|byte| matches!(byte, b'_' | b'-')).next().unwrap_or_default();
    let named = value.get(..value.len() - last.len()).unwrap_or_default();
    let counted_last =
        !named.is_empty() && last.len() >= 10 && is_counted(last) && !named.iter().any(u8::is_ascii_digit);
    counted.is_some_and(is_counted)
    || counted_last
    || is_staircase(value)
    || is_described(value)
    // Signs only.
    || !value.iter().any(u8::is_ascii_alphanumeric) && value.len() < 24
        || entropy::is_one_character(value)
        || value.iter().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'_' | b'x' | b'X' | b'#' | b'?'))
        || is_whole(trimmed)
        || is_whole(value)
        || has(&ALWAYS)
        || (!random && has(&INSIDE))
}

/// Letters and digits in their order, as in documentation: `abc123`, `1234567890abcdef`.
fn is_counted(value: &[u8]) -> bool {
    let follows = |pair: &[u8]| match pair {
        [a, b] => *b == a.wrapping_add(1) || matches!((a, b), (b'9', b'0') | (_, b'a' | b'1' | b'0')),
        _ => false,
    };
    value.len() >= 3
        && value.first().is_some_and(|first| matches!(first, b'a' | b'0' | b'1'))
        && value.windows(2).all(follows)
        && value.windows(2).filter(|pair| matches!(pair, [a, b] if *b != a.wrapping_add(1))).count() <= 3
}

/// Digits each of which repeats the one before or follows it: `1111122222333`.
fn is_staircase(value: &[u8]) -> bool {
    let follows = |pair: &[u8]| matches!(pair, [a, b] if b.wrapping_sub(*a) < 2);
    value.len() >= 10 && value.iter().all(u8::is_ascii_digit) && value.windows(2).all(follows)
}

/// Words that say what belongs there: `REPLACE_WITH_RANDOM_STRING_40_CHARS`, `64_bytes_random_base64_encoded`.
fn is_described(value: &[u8]) -> bool {
    if value.iter().filter(|byte| matches!(byte, b'_' | b'-')).count() < 3 {
        return false;
    }
    const WORDS: [&str; 25] = [
        "base64",
        "byte",
        "bytes",
        "change",
        "character",
        "characters",
        "chars",
        "encoded",
        "generate",
        "generated",
        "key",
        "least",
        "long",
        "min",
        "minimum",
        "openssl",
        "password",
        "random",
        "replace",
        "secret",
        "secure",
        "string",
        "super",
        "token",
        "your",
    ];
    let (mut parts, mut telling) = (0, 0);
    for part in value.split(|byte| matches!(byte, b'_' | b'-')) {
        let telling_word = WORDS.iter().any(|word| part.eq_ignore_ascii_case(word.as_bytes()));
        let number = part.len() <= 3 && part.iter().all(u8::is_ascii_digit);
        if !telling_word && !number && !part.iter().all(u8::is_ascii_alphabetic) {
            return false;
        }
        (parts, telling) = (parts + 1, telling + usize::from(telling_word));
    }
    parts >= 4 && telling >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_hold_a_place_are_found() {
        assert!(WHOLE.is_sorted() && WHOLE.iter().all(|word| word.len() < 16));
        for word in WHOLE.iter().copied().chain(["ChangeMe", "<password>", "64_bytes_random_base64", "00112233445566"])
        {
            assert!(is_placeholder(word.as_bytes(), false), "{word}");
        }
        for word in ["hunter2", "correct-horse-battery-staple", "long-winter-2019-snow", "7391846205"] {
            assert!(!is_placeholder(word.as_bytes(), false), "{word}");
        }
    }
}
