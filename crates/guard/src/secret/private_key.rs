//! Private keys in their text armour.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};

pub(super) const PRIVATE_KEY: Rule = Rule {
    code: "K001",
    name: "private-key",
    kind: Kind::PrivateKey,
    summary: "A block between `-----BEGIN … PRIVATE KEY-----` and its end (RFC 7468; OpenSSH's \
              and OpenPGP's armour alike), or what follows the first line if the end is \
              missing. Line ends may be escaped as in JSON.",
    caught: &[
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7n7\nq8w5Zk==\n-----END RSA PRIVATE KEY-----",
        "key = \"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEF\\n-----END PRIVATE KEY-----\\n\"",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF1/a\n-----END PGP PRIVATE KEY BLOCK-----",
    ],
    passed: &[
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----",
        "the private key begins with dashes ----- as usual",
    ],
};

/// More is no key: 16384 bits of RSA take 12 KiB.
const LONGEST: usize = 16 * 1024;

/// A block whose first hyphen is at `at`.
pub(super) fn block(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    if !text.says(at, "-----begin ") {
        return None;
    }
    let label = at + "-----begin ".len();
    let label_end = text.run(label, 64, |byte| byte.is_ascii_alphanumeric() || byte == b' ');
    let name = text.slice(label..label_end);
    let private = name.windows("private key".len()).any(|part| part.eq_ignore_ascii_case(b"private key"));
    if !private || !text.says(label_end, "-----") {
        return None;
    }
    let body = label_end + 5;
    let mut end = body;
    loop {
        end = text.run(end, LONGEST, |byte| {
            byte.is_ascii_alphanumeric()
                || byte.is_ascii_whitespace()
                || matches!(byte, b'+' | b'/' | b'=' | b':' | b',' | b'\\' | b'.' | b'"')
        });
        if end - body >= LONGEST {
            break;
        }
        if text.says(end, "-----end ") {
            let last = text.run(end + 9, 64, |byte| byte.is_ascii_alphanumeric() || byte == b' ');
            end = text.run(last, 5, |byte| byte == b'-');
            break;
        }
        // Headers inside the armour have hyphens: "DEK-Info: AES-128-CBC".
        if text.at(end) == b'-' && text.at(end + 1) != b'-' {
            end += 1;
            continue;
        }
        break;
    }
    while end > body && (text.before(end).is_ascii_whitespace() || text.before(end) == b'"') {
        end -= 1;
    }
    Some(Hit::new(&PRIVATE_KEY, at..end, if end > body + 8 { 0.99 } else { 0.6 }))
}
