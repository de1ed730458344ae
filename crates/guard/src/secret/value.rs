//! Whether what is assigned to a password's name is one.

use super::entropy;
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
const LONGEST: usize = 256;

/// The value at `at`, quotes undone.
pub(super) fn read(text: &Text<'_>, at: usize) -> Option<Value> {
    let mut start = at;
    // C#'s verbatim strings, escaped quotes in JSON.
    while matches!(text.at(start), b'@' | b'\\') && start < at + 2 {
        start += 1;
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
    let mut end = text.run(start, LONGEST, |byte| byte > b' ');
    // What follows the value in prose or code does not belong to it.
    let stop = text.run(start, LONGEST, |byte| byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'<'));
    if stop > start {
        end = end.min(stop);
    }
    while end > start
        && matches!(text.before(end), b',' | b';' | b')' | b'.' | b']' | b'"' | b'\'' | b'`' | b'!' | b'?' | b'}')
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
    let start = text.run_before(last, LOOK_BACK - 8, |byte| byte != quote && byte != b'\n');
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
    if is_reference(value, quoted) || has_tag(value) {
        return Look::Reference;
    }
    // An example key of the right form is still a key in somebody's log.
    let random = entropy::is_random(value);
    if value.len() < 3 || is_placeholder(value, random) {
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
    let inner = value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
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
    const STARTS: [&str; 26] = [
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
    ];
    if STARTS.iter().any(|start| starts(start)) {
        return true;
    }
    let variable = value.first() == Some(&b'$')
        && value.len() > 1
        && value.iter().skip(1).all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    let tag = value.first() == Some(&b'<') || value.ends_with(b">") && value.starts_with(b"<");
    let braces = value.first() == Some(&b'{') && !quoted;
    // name(…), name[…]: code.
    let call = !quoted
        && value.iter().position(|&byte| byte == b'(' || byte == b'[').is_some_and(|at| {
            at > 1 && value.iter().take(at).all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'))
        });
    // newPassword, user.secret: a name, not a value.
    let names = |part: &str| value.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()));
    let named = !quoted
        && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'))
        && ["password", "passwd", "secret", "token"].into_iter().any(names)
        && value.len() > "password".len();
    let format = quoted && value.first() == Some(&b'{') && value.last() == Some(&b'}') && value.len() < 24;
    variable || tag || braces || call || format || named
}

/// Words that hold a place.
fn is_placeholder(value: &[u8], random: bool) -> bool {
    const WHOLE: [&str; 46] = [
        "...",
        "abc",
        "abc123",
        "any",
        "bar",
        "blank",
        "bool",
        "boolean",
        "change_me",
        "changeit",
        "changeme",
        "default",
        "dummy",
        "empty",
        "enter",
        "false",
        "foo",
        "foobar",
        "here",
        "hidden",
        "input",
        "masked",
        "missing",
        "n/a",
        "nil",
        "no",
        "none",
        "null",
        "number",
        "optional",
        "password",
        "redacted",
        "required",
        "secret",
        "str",
        "string",
        "tba",
        "tbd",
        "text",
        "todo",
        "token",
        "true",
        "undefined",
        "unknown",
        "value",
        "yes",
    ];
    const INSIDE: [&str; 12] = [
        "your",
        "example",
        "placeholder",
        "fake",
        "insert",
        "replace",
        "goes_here",
        "goes-here",
        "redacted",
        "not_a_",
        "real_",
        "xxxx",
    ];
    let is = |word: &[u8], name: &str| word.len() == name.len() && word.eq_ignore_ascii_case(name.as_bytes());
    let head = value.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let tail = value.iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let trimmed = value.get(head..value.len() - tail).unwrap_or_default();
    let has = |part: &str| {
        let first = part.as_bytes().first().copied().unwrap_or_default();
        value.windows(part.len()).any(|window| {
            window.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&first))
                && window.eq_ignore_ascii_case(part.as_bytes())
        })
    };
    // Signs only.
    !value.iter().any(u8::is_ascii_alphanumeric) && value.len() < 24
        || entropy::is_one_character(value)
        || value.iter().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'_' | b'x' | b'X' | b'#' | b'?'))
        || WHOLE.iter().any(|name| is(trimmed, name) || is(value, name))
        || (!random && INSIDE.iter().any(|part| has(part)))
}
