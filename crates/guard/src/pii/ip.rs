//! IP addresses, versions 4 and 6.

use super::evidence;
use super::number::glued_before;
use crate::evidence::Topic;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::{Text, is_word};

pub(super) const V4: Rule = Rule {
    code: "P011",
    name: "ipv4",
    kind: Kind::Ip,
    summary: "Four numbers from 0 to 255 with points between and no leading zeros (RFC 6943, \
              section 3.1.1), with a prefix length if one follows. Version numbers and \
              chapters look the same: words that speak of them lower it, and four small \
              numbers need a word that speaks of networks.",
    caught: &[
        "The address 86.231.85.193 is blocked",
        "10.0.0.0/8",
        "http://192.168.2.1:8080/",
        "server 1.1.1.1",
        "77.8.8.8.",
    ],
    passed: &[
        "version 10.15.7.21 of the driver",
        "v1.2.3.4",
        "see 1.2.3.4",
        "256.1.1.1 and 1.2.3",
        "1.2.3.4.5",
        "192.168.01.1",
    ],
};

pub(super) const V6: Rule = Rule {
    code: "P012",
    name: "ipv6",
    kind: Kind::Ip,
    summary: "Eight groups of hexadecimal digits, or fewer with one `::`, the last two perhaps \
              as version 4, zone and prefix length included (RFC 4291, section 2.2; RFC 4007). \
              At least one decimal digit, so that `std::dead` is none; the bare `::` is none.",
    caught: &[
        "d80:e4b5:79da:6cf6:71f3:51f7:9161:c319",
        "[2001:db8::1]:443",
        "fe80::1%eth0",
        "::ffff:192.0.2.1",
        "connecting from ::1",
        "2001:db8::/32",
    ],
    passed: &[
        "12:34:56",
        "aa:bb:cc:dd:ee:ff",
        "std::cout << face::bad",
        "2001::db8::1",
        "12345:db8::1",
        "1:2:3:4:5:6:7:8:9",
        "::",
    ],
};

/// An address of version 4 that starts with the digit at `start`, which is glued to nothing.
pub(super) fn v4(place: &Place<'_, '_>, start: usize) -> Option<Hit> {
    let text = place.text;
    let (octets, mut end) = four(text, start)?;
    let after = text.at(end);
    if is_word(after)
        || text.opens_tag(end)
        || (after == b'.' && (text.at(end + 1).is_ascii_digit() || text.opens_tag(end + 1)))
    {
        return None;
    }
    let bits = prefix_length(text, end, 32) > end;
    end = prefix_length(text, end, 32);
    let evidence = evidence(place, start, end);
    let score = if evidence.speaks_against(Topic::Network) {
        0.3
    } else if evidence.speaks_of(Topic::Network, 6) {
        0.95
    } else if octets.iter().all(|&octet| octet < 32) && !bits && !octets.starts_with(&[10]) {
        0.4
    } else {
        0.75
    };
    Some(Hit::new(&V4, start..end, score))
}

/// An address of version 6 whose first colon is at `colon`.
pub(crate) fn colon(place: &Place<'_, '_>, colon: usize) -> Option<Hit> {
    let text = place.text;
    let start = text.run_before(colon, 5, |byte| byte.is_ascii_hexdigit());
    if text.at(colon + 1) != b':' && !(start < colon && text.at(colon + 1).is_ascii_hexdigit()) {
        return None;
    }
    let before = text.before(start);
    if is_word(before) || before == b':' || colon - start > 4 {
        return None;
    }
    // Every second of a list: `items[::2]`.
    if before == b'[' && is_word(text.before(start - 1)) {
        return None;
    }
    if start < colon && glued_before(text, start) && before != b'/' {
        return None;
    }
    let (mut groups, mut skipped, mut decimal) = (0, false, false);
    let mut at = start;
    let mut end;
    loop {
        if let Some((_, four_end)) = four(text, at).filter(|_| groups > 0 || skipped) {
            groups += 2;
            decimal = true;
            end = four_end;
            break;
        }
        let group = text.run(at, 5, |byte| byte.is_ascii_hexdigit());
        if group - at > 4 {
            return None;
        }
        if group > at {
            groups += 1;
            decimal |= text.slice(at..group).iter().any(u8::is_ascii_digit);
        }
        end = group;
        if text.at(group) != b':' {
            break;
        }
        if text.at(group + 1) == b':' {
            if skipped {
                return None;
            }
            skipped = true;
            at = group + 2;
            if !text.at(at).is_ascii_hexdigit() {
                end = at;
                break;
            }
        } else if text.at(group + 1).is_ascii_hexdigit() && group > start {
            at = group + 1;
        } else {
            break;
        }
        if groups > 8 {
            return None;
        }
    }
    let whole = if skipped { groups < 8 } else { groups == 8 };
    if !whole || !decimal {
        return None;
    }
    if text.at(end) == b'%' {
        end = text.run(end + 1, 16, |byte| is_word(byte) || byte == b'.');
    }
    let after = text.at(end);
    if is_word(after) || text.opens_tag(end) || after == b':' && (text.at(end + 1) == b':' || text.opens_tag(end + 1)) {
        return None;
    }
    if after == b'.' && (text.at(end + 1).is_ascii_digit() || text.opens_tag(end + 1)) {
        return None;
    }
    end = prefix_length(text, end, 128);
    Some(Hit::new(&V6, start..end, if groups > 1 { 0.9 } else { 0.6 }))
}

/// Four numbers with points between.
fn four(text: &Text<'_>, start: usize) -> Option<([u16; 4], usize)> {
    let mut octets = [0_u16; 4];
    let mut at = start;
    for (place, octet) in octets.iter_mut().enumerate() {
        if place > 0 {
            // A line break beside the point is the mail program's.
            at += usize::from(text.at(at) == b'\n');
            if text.at(at) != b'.' {
                return None;
            }
            at += 1;
            at += usize::from(text.at(at) == b'\n');
        }
        let end = text.run(at, 4, |byte| byte.is_ascii_digit());
        let digits = text.slice(at..end);
        if digits.is_empty() || digits.len() > 3 || (digits.len() > 1 && digits.starts_with(b"0")) {
            return None;
        }
        *octet = digits.iter().fold(0, |value, &digit| value * 10 + u16::from(digit - b'0'));
        if *octet > 255 {
            return None;
        }
        at = end;
    }
    Some((octets, at))
}

/// The end of `/24`, if it is a prefix length.
fn prefix_length(text: &Text<'_>, at: usize, most: u16) -> usize {
    if text.at(at) != b'/' {
        return at;
    }
    let end = text.run(at + 1, 4, |byte| byte.is_ascii_digit());
    let bits = text.slice(at + 1..end).iter().fold(0_u16, |value, &digit| value * 10 + u16::from(digit - b'0'));
    if end > at + 1 && bits <= most && !is_word(text.at(end)) { end } else { at }
}
