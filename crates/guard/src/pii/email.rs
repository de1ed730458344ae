//! E-mail addresses.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::{Text, is_word};

pub(super) const EMAIL: Rule = Rule {
    code: "P001",
    name: "email",
    kind: Kind::Email,
    summary: "A local part, an at sign and a domain with a top-level label that exists or may \
              (RFC 5321, section 4.1.2, without quoted strings and address literals). File \
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
    ],
    passed: &[
        "icon@2x.png",
        "react@18.2.0 and @types/node",
        "git@github.com:owner/repo.git",
        "a @ b.com",
        "user@host",
        "info@example.",
    ],
};

/// Longest local part and domain (RFC 5321, section 4.5.3.1).
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

/// What is commonly written after a point and is no top-level label.
const FILES: [&[u8]; 20] = [
    b"bmp", b"conf", b"css", b"csv", b"doc", b"exe", b"gif", b"html", b"ini", b"jpeg", b"jpg", b"js", b"json", b"md",
    b"pdf", b"png", b"svg", b"ts", b"txt", b"webp",
];

/// An address around the at sign at `at`.
pub(crate) fn at_sign(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    // A line break beside the sign is the mail program's.
    let end = at - usize::from(text.before(at) == b'\n');
    let floor = end.saturating_sub(LOCAL + 1).max(place.barrier.min(end));
    let mut start = text.run_before(end, end - floor, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'') || byte >= 0x80
    });
    while start < at && !(is_word(text.at(start)) || text.at(start) >= 0xC0) {
        start += 1;
    }
    if start >= end || end - start > LOCAL || text.before(end) == b'.' {
        return None;
    }
    let next = at + 1 + usize::from(text.at(at + 1) == b'\n' && end == at);
    let (last, label) = domain(text, next)?;
    let top = text.slice(label..last);
    let score = if FILES.contains(&top) {
        0.2
    } else if text.slice(start..end) == b"git" {
        0.3
    } else {
        0.95
    };
    Some(Hit::new(&EMAIL, start..last, score))
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
        at = if text.at(end + 1) == b'\n' && last.is_none() { end + 2 } else { end + 1 };
        label = at;
    }
    let (end, label) = last?;
    let after = text.at(end);
    if is_word(after) || after == b'@' || text.opens_tag(end) {
        return None;
    }
    Some((end, label))
}

/// Letters, two to 24 (the longest delegated has 24), or the ASCII form of others.
fn is_top(label: &[u8]) -> bool {
    let foreign = (4..=48).contains(&label.len()) && label.iter().all(|byte| *byte >= 0x80);
    foreign
        || label.starts_with(b"xn--")
        || ((2..=24).contains(&label.len()) && label.iter().all(u8::is_ascii_alphabetic))
}
