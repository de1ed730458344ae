//! E-mail addresses.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{FOREIGN, Hit, Place};
use crate::text::{Text, is_word};

pub(super) const EMAIL: Rule = Rule {
    code: "P001",
    name: "email",
    kind: Kind::Email,
    summary: "A local part, an at sign and a domain with a top-level label that exists or may \
              (RFC 5321, section 4.1.2, without quoted strings and address literals), the signs perhaps \
              spelt `[at]` and `(dot)`. File \
              names with a density (`icon@2x.png`), package versions and the `git@` of \
              repository addresses are none.",
    caught: &[
        "What's your email? PeterFriedman@cuvox.de",
        "<first.last+tag@mail.example.co.uk>",
        "mailto:info@example.museum",
        "user@xn--80ak6aa92e.com",
        "j\u{200B}ohn＠example．com",
        "john@example.\ncom",
        "jürgen@müller.de",
        "用户@例子.公司",
        "[ERROR]user@example.com",
        "ann [at] example.com",
        "ann(at)mail(dot)example(dot)org",
        "ann%40example.com",
    ],
    passed: &[
        "icon@2x.png",
        "react@18.2.0 and @types/node",
        "git@github.com:owner/repo.git",
        "a @ b.com",
        "user@host",
        "info@example.",
        "```python\n@mcp.tool",
        "react-dom@18.3.1.\nUpgrade",
    ],
};

/// Longest local part (RFC 5321, section 4.5.3.1), and domain that is read.
const LOCAL: usize = 64;
const DOMAIN: usize = 180;

/// What is commonly written after a point and is no top-level label.
const FILES: [&[u8]; 20] = [
    b"bmp", b"conf", b"css", b"csv", b"doc", b"exe", b"gif", b"html", b"ini", b"jpeg", b"jpg", b"js", b"json", b"md",
    b"pdf", b"png", b"svg", b"ts", b"txt", b"webp",
];

/// An address around the at sign at `at`.
pub(crate) fn at_sign(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    // A line break before the sign is the mail program's, where a usual top-level label follows.
    let broken = text.before(at) == b'\n';
    let end = at - usize::from(broken);
    let floor = end.saturating_sub(LOCAL + 1).max(place.barrier.min(end));
    let foreign = std::cell::Cell::new(0);
    let mut start = text.run_before(end, end - floor, |byte| {
        foreign.set(foreign.get() + usize::from(byte >= 0x80));
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
            || (byte >= 0x80 && foreign.get() <= FOREIGN)
    });
    while start < at && !(is_word(text.at(start)) || text.at(start) >= 0xC0) {
        start += 1;
    }
    if start >= end || end - start > LOCAL || text.before(end) == b'.' {
        return None;
    }
    // A password in a URL: `https://user:password@host`.
    if text.before(start) == b':' {
        let user = text.run_before(start - 1, 40, |byte| is_word(byte) || matches!(byte, b'.' | b'-' | b'%'));
        if text.says(user.saturating_sub(2), "//") {
            return None;
        }
    }
    // A line break after the sign is the mail program's.
    let next = at + 1 + usize::from(text.at(at + 1) == b'\n' && !broken);
    let (last, label) = domain(text, next)?;
    let top = text.slice(label..last);
    if broken && !TOPS.contains(&top) {
        return None;
    }
    let score = if FILES.contains(&top) {
        0.2
    } else if text.slice(start..end) == b"git" {
        0.3
    } else {
        0.95
    };
    Some(Hit::new(&EMAIL, start..last, score))
}

/// An address whose `[at]` or `(at)` starts at `at`: `ann (at) example (dot) com`.
pub(crate) fn spelt(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let sign = |at: usize, word: &str| {
        let blank = text.run(at, 1, |byte| byte == b' ');
        let end = blank + 1 + word.len();
        let closed = matches!((text.at(blank), text.at(end)), (b'[', b']') | (b'(', b')'));
        (closed && text.says(blank + 1, word)).then(|| text.run(end + 1, 1, |byte| byte == b' '))
    };
    let mut next = sign(at, "at")?;
    let end = text.run_before(at, 1, |byte| byte == b' ');
    let local = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let start = text.run_before(end, (end - place.barrier.min(end)).min(LOCAL), local);
    let mut labels = 0;
    loop {
        let label = text.run(next, 64, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if label == next || text.opens_tag(label) {
            return None;
        }
        labels += 1;
        let top = text.slice(next..label);
        match sign(label, "dot") {
            Some(after) if labels < 5 => next = after,
            _ if text.at(label) == b'.' && text.at(label + 1).is_ascii_alphanumeric() && labels < 5 => next = label + 1,
            _ => return (labels > 1 && start < end && is_top(top)).then(|| Hit::new(&EMAIL, start..label, 0.9)),
        }
    }
}

/// Where the domain ends and where its last label starts.
fn domain(text: &Text<'_>, from: usize) -> Option<(usize, usize)> {
    let (mut at, mut label, mut last) = (from, from, None);
    while at < from + DOMAIN {
        let end = text.run(at, 64, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80);
        // What comes before a tag was part of something longer.
        if text.opens_tag(at) {
            return None;
        }
        if end == at || text.at(at) == b'-' {
            break;
        }
        if label > from && is_top(text.slice(label..end)) {
            last = Some((end, label));
        }
        if text.at(end) != b'.' {
            break;
        }
        // A line break right after a point is the mail program's.
        at = if text.at(end + 1) == b'\n' && last.is_none() && goes_on(text, end + 2) { end + 2 } else { end + 1 };
        label = at;
    }
    let (end, label) = last?;
    let after = text.at(end);
    if is_word(after) || after == b'@' || text.opens_tag(end) {
        return None;
    }
    Some((end, label))
}

/// Usual top-level labels.
const TOPS: [&[u8]; 24] = [
    b"at", b"au", b"be", b"br", b"ca", b"ch", b"co", b"com", b"de", b"edu", b"es", b"eu", b"fr", b"gov", b"in",
    b"info", b"io", b"it", b"jp", b"net", b"nl", b"org", b"uk", b"us",
];

/// Whether an address goes on in the line at `at`, and no sentence begins.
fn goes_on(text: &Text<'_>, at: usize) -> bool {
    let end = text.run(at, 24, |byte| byte.is_ascii_alphanumeric());
    let label = text.slice(at..end);
    let small = label.iter().all(u8::is_ascii_lowercase);
    // The top-level label, or another before it.
    (TOPS.contains(&label) && !is_word(text.at(end)))
        || (small && text.at(end) == b'.' && text.at(end + 1).is_ascii_lowercase())
}

/// Letters, two to 24 (the longest delegated has 24), or the ASCII form of others.
fn is_top(label: &[u8]) -> bool {
    let foreign = (4..=48).contains(&label.len()) && label.iter().all(|byte| *byte >= 0x80);
    foreign
        || label.starts_with(b"xn--")
        || ((2..=24).contains(&label.len()) && label.iter().all(u8::is_ascii_alphabetic))
}
