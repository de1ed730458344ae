//! What looks like harm and is a sample: addresses that are kept for documentation, test cards, keys that say that they
//! are none, an author's own delimiters, phrases that a prompt quotes to refuse them.

use std::ops::Range;

use promptgate_guard::Kind;

use crate::work;

/// Whether the personal data `found` in `text` is nobody's.
pub(crate) fn is_nobodys(kind: Kind, text: &str, found: Range<usize>) -> bool {
    let Some(value) = text.get(found.clone()) else { return false };
    let digits: String = value.chars().filter(char::is_ascii_digit).take(20).collect();
    match kind {
        Kind::Email => is_reserved_address(value),
        Kind::Ip => is_reserved_ip(value) || is_slice(text, found.start),
        Kind::Card => TEST_CARDS.contains(&digits.as_str()),
        Kind::Phone => is_sample_number(&digits) || is_date(value),
        _ => false,
    }
}

/// Cards that payment services publish for tests, but for 4111 1111 1111 1111, which people use as if it were theirs.
const TEST_CARDS: [&str; 16] = [
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "36227206271667",
    "6555900000604105",
    "3566002020360505",
    "6200000000000005",
    "4000000000000002",
];

/// Names that documentation gives to people who are none.
const NOBODY: [&str; 20] = [
    "you",
    "your",
    "youremail",
    "your-email",
    "your_email",
    "your.email",
    "yourname",
    "user",
    "username",
    "name",
    "email",
    "someone",
    "somebody",
    "foo",
    "bar",
    "test",
    "example",
    "me",
    "git",
    "noreply",
];

/// Mailboxes of a role (RFC 2142 and their like): they are an organisation's, and nobody's alone.
const ROLES: [&str; 26] = [
    "abuse",
    "accounts",
    "admin",
    "billing",
    "careers",
    "contact",
    "customerservice",
    "feedback",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "jobs",
    "legal",
    "marketing",
    "office",
    "postmaster",
    "press",
    "privacy",
    "sales",
    "security",
    "service",
    "support",
    "webmaster",
];

/// RFC 2606 and 6761, and names that are placeholders.
fn is_reserved_address(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return true };
    let domain = domain.to_ascii_lowercase();
    let last = domain.rsplit('.').next().unwrap_or_default();
    let reserved = [
        "example.com",
        "example.org",
        "example.net",
        "example.edu",
        "localhost",
        "domain.com",
        "mydomain.com",
        "yourdomain.com",
        "yourcompany.com",
        "email.com",
    ];
    let local = local.to_ascii_lowercase();
    value.contains(['\n', '\r'])
        || reserved
            .iter()
            .any(|known| domain == *known || domain.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
        || matches!(last, "example" | "test" | "invalid" | "localhost" | "local")
        || NOBODY.contains(&local.as_str())
        || ROLES.contains(&local.as_str())
        // `a@b.com`
        || (local.len() == 1 && domain.find('.') == Some(1))
}

/// Loopback, private, documentation and multicast addresses (RFC 1122, 1918, 5737, 3849), and those that everybody has.
fn is_reserved_ip(value: &str) -> bool {
    let parts: Vec<u16> = value.split(['.', '/', ':']).map_while(|part| part.parse().ok()).collect();
    if value.contains('.') {
        return match parts.as_slice() {
            [0 | 10 | 127, ..] | [192, 168, ..] | [169, 254, ..] | [224..=255, ..] => true,
            [172, second, ..] => (16..=31).contains(second),
            [192, 0, 2, ..] | [198, 51, 100, ..] | [203, 0, 113, ..] => true,
            [1, 1, 1, 1, ..] | [8, 8, 8, 8, ..] | [8, 8, 4, 4, ..] | [1, 2, 3, 4, ..] | [9, 9, 9, 9, ..] => true,
            _ => false,
        };
    }
    let small = value.to_ascii_lowercase();
    small.starts_with("2001:db8")
        || small.starts_with("fe80")
        || small.starts_with("::")
        || small.starts_with(['f', '0'])
}

/// Whether what begins at `start` is an index of an array: `values[1::2]`.
fn is_slice(text: &str, start: usize) -> bool {
    let before = text.get(..start).and_then(|before| before.strip_suffix('['));
    before.is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']')))
}

/// 555-01xx, which is kept for stories, 555-xxxx without an area, and digits in a row.
fn is_sample_number(digits: &str) -> bool {
    let local = digits.get(digits.len().saturating_sub(7)..).unwrap_or_default();
    let ten = digits.get(digits.len().saturating_sub(10)..).unwrap_or_default();
    let area = ten.get(..ten.len().saturating_sub(7)).unwrap_or_default();
    local.starts_with("55501")
        || (digits.len() == 7 && local.starts_with("555"))
        || local == "5555555"
        || area == "555"
        || ["1234567890", "0123456789", "9876543210", "5551234567", "1112223333"].contains(&ten)
        || (digits.len() >= 7 && digits.bytes().collect::<std::collections::BTreeSet<u8>>().len() <= 2)
}

/// `2026-06-30`, with or without a time of day.
fn is_date(value: &str) -> bool {
    let shape: String = value.chars().take(10).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let month = |at: Range<usize>| value.get(at).and_then(|part| part.parse::<u8>().ok());
    let fits = |month: Option<u8>, day: Option<u8>| {
        month.is_some_and(|month| (1..=12).contains(&month)) && day.is_some_and(|day| (1..=31).contains(&day))
    };
    match shape.as_str() {
        "0000-00-00" | "0000.00.00" | "0000/00/00" => fits(month(5..7), month(8..10)),
        "00-00-0000" | "00.00.0000" | "00/00/0000" => fits(month(0..2), month(3..5)) || fits(month(3..5), month(0..2)),
        _ => false,
    }
}

/// Words by which a value says that it is none.
const DUMMY: [&str; 22] = [
    "example",
    "your",
    "here",
    "placeholder",
    "dummy",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "password",
    "redacted",
    "sample",
    "insert",
    "replace",
    "todo",
    "xxx",
    "***",
    "...",
    "<",
    "${",
    "{{",
    "fake",
];

/// Whether the secret `found` in `text` is a word, a placeholder, or an example of its kind.
pub(crate) fn is_no_secret(kind: Kind, text: &str, found: Range<usize>) -> bool {
    let Some(value) = text.get(found.clone()) else { return false };
    if kind == Kind::PrivateKey {
        return value.contains("...") || value.len() < 64;
    }
    if kind == Kind::Token {
        // Amazon's own documentation writes its keys so.
        let small = value.to_ascii_lowercase();
        return small.ends_with("example") || small.contains("xxxx") || small.contains("your");
    }
    let small = value.to_ascii_lowercase();
    if ["pass", "passwd", "pw", "pwd", "user", "token", "key", "foo", "bar", "test", "admin", "root"]
        .contains(&small.as_str())
    {
        return true;
    }
    if DUMMY.iter().any(|word| small.contains(word)) {
        return true;
    }
    // Only what is next to it is looked at: a line may be as long as the text, and full of secrets.
    let after = text.get(found.end..).unwrap_or_default();
    let before = text.get(..found.start).unwrap_or_default();
    let quoted = before.ends_with(['"', '\'', '`']);
    let letters = value.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_' | '.'));
    let number = value.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' '));
    let blank = |c: char| c.is_whitespace() && c != '\n';
    let behind = after.trim_start_matches(['"', '\'', '`']).trim_start_matches(blank);
    work::count(after.len() - behind.len());
    let goes_on = behind.chars().next().is_some_and(char::is_alphabetic);
    // `Secrets management: HashiCorp Vault is what we use`, `API key (1,000 conversions)`
    (!quoted && goes_on && (letters || number)) || (number && (value.contains(',') || before.ends_with('(')))
}

/// Control tokens of published chat templates, between their bars.
const TOKENS: [&str; 44] = [
    "im_start",
    "im_end",
    "im_sep",
    "im_system",
    "im_user",
    "im_assistant",
    "im_middle",
    "endoftext",
    "endofprompt",
    "startoftext",
    "begin_of_text",
    "end_of_text",
    "start_header_id",
    "end_header_id",
    "eot_id",
    "eom_id",
    "python_tag",
    "finetune_right_pad_id",
    "header_start",
    "header_end",
    "eot",
    "system",
    "user",
    "assistant",
    "observation",
    "end",
    "start",
    "message",
    "channel",
    "constrain",
    "return",
    "call",
    "tool",
    "fim_prefix",
    "fim_middle",
    "fim_suffix",
    "pad",
    "mask",
    "reserved",
    "image",
    "audio",
    "tool_calls_begin",
    "begin_of_sentence",
    "end_of_sentence",
];

/// Whether `token`, as the guard engine finds it, is a delimiter of the author's own: `<|COMPLETE|>`.
pub(crate) fn is_own_delimiter(token: &str) -> bool {
    let Some(inner) = token.strip_prefix("<|").and_then(|rest| rest.strip_suffix("|>")) else { return false };
    if !inner.is_ascii() {
        return false;
    }
    let name = inner.to_ascii_lowercase().replace(['-', ' '], "_");
    !TOKENS.iter().any(|known| name == *known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with('_')))
}

/// Words of a sentence that speaks of attacks instead of making one.
const DEFENCES: [&str; 34] = [
    "never",
    "not",
    "don't",
    "dont",
    "doesn't",
    "won't",
    "cannot",
    "can't",
    "refuse",
    "refuses",
    "decline",
    "reject",
    "rejects",
    "resist",
    "attempt",
    "attempts",
    "attacker",
    "attackers",
    "injection",
    "injections",
    "jailbreak",
    "jailbreaks",
    "says",
    "asks",
    "tries",
    "trick",
    "prevent",
    "detect",
    "phrases",
    "phrase",
    "regardless",
    "example",
    "examples",
    "treat",
];

/// How far a sentence is looked at around a phrase, in bytes.
const REACH: usize = 160;

/// Whether the phrase `found` in `text` is quoted, or is in a sentence that speaks against it.
pub(crate) fn is_spoken_of(text: &str, found: Range<usize>) -> bool {
    let first = text.floor_char_boundary(found.start.saturating_sub(REACH));
    let last = text.ceil_char_boundary((found.end + REACH).min(text.len()));
    let start = text.get(first..found.start).and_then(|before| before.rfind('\n')).map_or(first, |at| first + at + 1);
    let end = text.get(found.end..last).and_then(|after| after.find('\n')).map_or(last, |at| found.end + at);
    work::count(end - start);
    let (Some(before), Some(after)) = (text.get(start..found.start), text.get(found.end..end)) else { return false };
    // What was found may reach over the end of the quotation.
    if is_quoted(before, text.get(found.start..end).unwrap_or_default()) {
        return true;
    }
    let opened = before.rfind(['.', '!', '?', ';']).map_or(before, |at| before.get(at + 1..).unwrap_or_default());
    let closed = after.find(['.', '!', '?', ';']).map_or(after, |at| after.get(..at).unwrap_or_default());
    let words = |part: &str| {
        let mut words = part.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
        words.any(|word| DEFENCES.contains(&word.as_str()))
    };
    words(opened) || words(closed)
}

fn is_quoted(before: &str, after: &str) -> bool {
    let odd = |sign: char| before.matches(sign).count() % 2 == 1 && after.contains(sign);
    let pair = |open: char, close: char| before.rfind(open) > before.rfind(close) && after.contains(close);
    odd('"')
        || odd('`')
        || pair('“', '”')
        || pair('«', '»')
        || pair('„', '“')
        || pair('‘', '’')
        || (before.ends_with('\'') && after.contains('\''))
}

#[cfg(test)]
mod tests;
