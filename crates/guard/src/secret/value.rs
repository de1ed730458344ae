//! Whether what is assigned to a password's name is one.

use super::{entropy, placeholder};
use crate::scan::LOOK_BACK;
use crate::text::Text;
use std::ops::Range;

/// A value as it stands in the text.
#[derive(Debug)]
pub(super) struct Value {
    /// Without quotes.
    pub(super) span: Range<usize>,
    pub(super) quoted: bool,
    /// More words follow on the line.
    pub(super) more: bool,
}

/// The longest value.
const LONGEST: usize = 160;
/// So much of a value is looked at to see what it is.
const LOOKED_AT: usize = 96;

/// The value at `at`, quotes undone.
pub(super) fn read(text: &Text<'_>, at: usize) -> Option<Value> {
    let mut start = at;
    // C#'s verbatim strings, escaped quotes in JSON.
    while matches!(text.at(start), b'@' | b'\\') && start < at + 2 {
        start += 1;
    }
    // Literals of bytes, raw and wide: `b"…"`, `r'…'`. What is formatted (`f"…"`) is made elsewhere.
    let literal = text.run(start, 2, |byte| matches!(byte.to_ascii_lowercase(), b'b' | b'r' | b'u' | b'l'));
    if literal > start && matches!(text.at(literal), b'"' | b'\'') {
        start = literal;
    }
    let quote = text.at(start);
    if matches!(quote, b'"' | b'\'' | b'`') {
        let end = text.run(start + 1, LONGEST, |byte| byte != quote && byte != b'\n' && byte != 0);
        if text.at(end) == quote {
            let end = if text.before(end) == b'\\' { end - 1 } else { end };
            return (end > start + 1).then_some(Value { span: start + 1..end, quoted: true, more: false });
        }
    }
    // A quote that does not close may close another value.
    let start = if matches!(quote, b'"' | b'\'' | b'`') { start + 1 } else { at };
    // Nothing: `Password=;`, `?password=&page=2`.
    if matches!(text.at(start), b';' | b',' | b')' | b'&' | b'|' | b'(') {
        return None;
    }
    // What follows the value in prose or code does not belong to it.
    let mut end = text.run(start, LONGEST, |byte| byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'<'));
    if end == start {
        end = text.run(start, LONGEST, |byte| byte > b' ');
    }
    while end > start
        && matches!(
            text.before(end),
            b',' | b';' | b')' | b'.' | b']' | b'"' | b'\'' | b'`' | b'!' | b'?' | b'}' | b':'
        )
    {
        end -= 1;
    }
    if end == start || text.at(start) == b'[' {
        return None;
    }
    let word = |at: usize| text.at(at).is_ascii_alphanumeric() || text.opens_tag(at);
    let rest = (end..end + 3).find(|&at| word(at) || matches!(text.at(at), b'\n' | 0)).unwrap_or(end + 3);
    Some(Value { span: start..end, quoted: false, more: word(rest) && rest > end && rest <= end + 2 })
}

/// The quoted value that ends with the quote before `end`.
pub(super) fn read_before(text: &Text<'_>, end: usize) -> Option<Value> {
    let quote = text.before(end);
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let last = end - 1;
    let start = text.run_before(last, LOOK_BACK - 6, |byte| byte != quote && !byte.is_ascii_whitespace());
    (start < last && text.before(start) == quote).then_some(Value { span: start..last, quoted: true, more: false })
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A variable, a call, nothing: not a value at all.
    Reference,
    /// A word that stands for a value to come.
    Placeholder,
    /// A word of prose.
    Word,
    /// Something one might choose as a password: digits, signs or capitals among letters.
    Chosen,
    /// A long random string.
    Random,
    /// Eight, four, four, four and twelve hexadecimal digits.
    Uuid,
}

/// What the bytes of a value look like.
pub(super) fn look(value: &[u8], quoted: bool) -> Look {
    let value = value.get(..value.len().min(LOOKED_AT)).unwrap_or_default();
    if is_reference(value, quoted) || has_tag(value) {
        return Look::Reference;
    }
    let random = entropy::is_random(value);
    if is_path(value, random) {
        return Look::Reference;
    }
    if value.len() < 3 || placeholder::is_placeholder(value, random) {
        return Look::Placeholder;
    }
    if entropy::is_uuid(value) {
        return Look::Uuid;
    }
    if random {
        return Look::Random;
    }
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    // Without quotes, words run together are a name: `ApiKeySource`.
    let inner = quoted && value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let signs =
        value.iter().any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'_' | b'\'' | b'.' | b'/'));
    if value.len() >= 4
        && (digits > 0 && (letters > 0 || digits >= 4) || (letters > 0 && signs) || (inner && value.len() >= 6))
    {
        Look::Chosen
    } else {
        Look::Word
    }
}

/// What redaction has put there: `[EMAIL]`.
pub(super) fn has_tag(value: &[u8]) -> bool {
    let opens = value.iter().enumerate().filter(|(_, byte)| **byte == b'[');
    opens.into_iter().any(|(at, _)| {
        let name = value.get(at + 1..).unwrap_or_default();
        let length = name.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'_').count();
        length >= 2 && matches!(name.get(length), Some(b']') | None)
    })
}

/// Shells' and templates' variables, calls, look-ups.
fn is_reference(value: &[u8], quoted: bool) -> bool {
    let starts = |start: &str| {
        value.len() >= start.len()
            && value.iter().zip(start.bytes()).all(|(byte, start)| byte.eq_ignore_ascii_case(&start))
    };
    const STARTS: [&str; 29] = [
        "${",
        "$(",
        "{{",
        "<%",
        "%(",
        "%s",
        "%{",
        "$env",
        "@{",
        "#{",
        "process.env",
        "os.environ",
        "os.getenv",
        "env.",
        "env[",
        "env(",
        "getenv",
        "system.getenv",
        "config.",
        "config[",
        "settings.",
        "secrets.",
        "vault:",
        "ssm:",
        "arn:",
        "self.",
        // Patterns.
        "/(",
        "/^",
        "/[",
    ];
    if STARTS.iter().any(|start| starts(start)) {
        return true;
    }
    let name = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    // `$name`, `$name[…]`, `$name->…`; with digits among the letters it may be chosen.
    let variable = value.strip_prefix(b"$").is_some_and(|rest| {
        let length = rest.iter().take_while(|&&byte| name(byte)).count();
        let digits = rest.iter().skip(length).take_while(|byte| byte.is_ascii_digit()).count();
        length > 0
            && rest
                .get(length + digits)
                .is_none_or(|&byte| matches!(byte, b'[' | b'-' | b'.' | b'(' | b'/' | b':' | b'}'))
    });
    let tag = value.first() == Some(&b'<') || value.ends_with(b">") && value.starts_with(b"<");
    let braces = matches!(value.first(), Some(b'{' | b'[')) && !quoted;
    if !quoted && is_expression(value) {
        return true;
    }
    // newPassword, user.secret: a name, not a value.
    let names = |part: &str| value.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()));
    let named = !quoted
        && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'))
        && ["password", "passwd", "secret", "token"].into_iter().any(names)
        && value.len() > "password".len();
    let format = quoted && value.first() == Some(&b'{') && value.last() == Some(&b'}') && value.len() < 24;
    // The name of a variable of the environment.
    let constant = value.contains(&b'_') && value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    variable || tag || braces || format || named || constant || (quoted && is_annotation(value))
}

/// A type in quotes, as Python has those that are not defined yet: `Credentials | None`, `Mapping[str, str]`.
fn is_annotation(value: &[u8]) -> bool {
    let sign = |byte: u8| matches!(byte, b'|' | b'[' | b']' | b',' | b' ' | b'.');
    value.first().is_some_and(u8::is_ascii_alphabetic)
        && value.iter().all(|&byte| byte.is_ascii_alphabetic() || byte == b'_' || sign(byte))
        && (value.windows(3).any(|three| three == b" | ") || value.contains(&b'[') && value.ends_with(b"]"))
}

/// Code that makes the value: calls, members, look-ups, types, references.
fn is_expression(value: &[u8]) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    // `f(`, `a[`, `Secret{` after a name, `a::b`, `a->b`, `x=>`, and operators.
    let opens = value.iter().position(|byte| matches!(byte, b'(' | b'[' | b'{'));
    let called = opens.and_then(|at| value.get(..at)).is_some_and(|head| {
        let path =
            |byte: &u8| name(*byte) || matches!(byte, b'.' | b':' | b'&' | b'*' | b'$' | b'>' | b'-' | b'!' | b'?');
        head.len() > 1 && head.iter().all(path)
    });
    let joined = value.windows(2).any(|pair| matches!(pair, b"::" | b"->" | b"=>" | b"&&" | b"||" | b"()" | b"[]"));
    let prefixed = matches!(value, [b'&' | b'*', first, ..] if name(*first));
    if prefixed || called || joined {
        return true;
    }
    // `e.apiKey`, `user.secret`, `corev1.Secret`: names, the first of which has no digit but at its end.
    let mut names = value.split(|&byte| byte == b'.');
    let first = names.next().unwrap_or_default();
    let mut members = 0;
    let all = is_name(first)
        && names.all(|name| {
            members += 1;
            is_name(name)
        });
    if all && members > 0 {
        return true;
    }
    // `u8`, `int32`, `varchar255`.
    let digits = value.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let stem = value.get(..value.len() - digits).unwrap_or_default();
    const TYPES: [&str; 13] =
        ["u", "i", "f", "int", "uint", "float", "bytes", "string", "str", "char", "varchar", "nvarchar", "utf"];
    digits > 0 && digits <= 3 && TYPES.iter().any(|name| stem.eq_ignore_ascii_case(name.as_bytes()))
}

/// A name as variables have: letters, and at most two digits at the end.
pub(super) fn is_name(value: &[u8]) -> bool {
    let stem = value.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    let digits = value.iter().skip(stem).take_while(|byte| byte.is_ascii_digit()).count();
    stem > 0 && digits <= 2 && stem + digits == value.len()
}

/// Two signs that no expression has beside its names: what is chosen, though not quoted.
pub(super) fn has_chosen_signs(value: &[u8]) -> bool {
    value.iter().filter(|byte| matches!(byte, b'#' | b'$' | b'@' | b'!' | b'%' | b'^' | b'~' | b'?')).count() > 1
}

/// A label or message about a secret, in words: `"Forgot your password?"`, `"jwt-secret"`.
pub(super) fn speaks_of_itself(value: &[u8]) -> bool {
    const WORDS: [&str; 12] = [
        "password",
        "passwort",
        "secret",
        "token",
        "key",
        "credential",
        "required",
        "invalid",
        "please",
        "enter",
        "must",
        "cannot",
    ];
    !value.iter().any(u8::is_ascii_digit)
        && WORDS.iter().any(|word| value.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())))
}

/// A path or address, of which no part is chosen: `/parameters/store/key`, `./key.pem`, `https://…`.
fn is_path(value: &[u8], random: bool) -> bool {
    const STARTS: [&str; 10] =
        ["./", "../", "~/", "https://", "http://", "file:", "s3://", "gs://", "op://", "projects/"];
    let slashes = value.iter().filter(|&&byte| byte == b'/').count();
    let chosen = value.iter().any(|byte| matches!(byte, b'#' | b'!' | b'$' | b'+' | b'=' | b'@'));
    let starts = STARTS.iter().any(|start| value.starts_with(start.as_bytes()));
    !chosen && (starts || (!random && value.starts_with(b"/") && slashes >= 2))
}
