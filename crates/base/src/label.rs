//! Names and ids from outside that reach a log, an audit row, a metric or an error: what they may say.

use std::sync::LazyLock;

use promptgate_guard::{Action, Guard, Kind, Policy, Role};

/// Longest id of another system that is kept, in characters (requirements, U3; the length is ours).
const MAX_ID: usize = 128;

/// What replaces a label that is not [clean](is_clean).
pub const NOT_CLEAN: &str = "This reads like a key, a card or an address, and names are written to logs: send a name.";

/// What no label may hold, whatever the operator's policies say. Numbers that only their surroundings make a telephone's
/// or a passport's are not looked for: `claude-3-5-sonnet-20241022` is a model.
static GUARD: LazyLock<Guard> = LazyLock::new(|| {
    let mut policy = Policy::empty();
    for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn, Kind::Iban, Kind::Email] {
        policy.set(Role::Assistant, kind, Action::Redact);
    }
    Guard::new(&policy)
});

/// Whether the guard finds no key, password, payment card, social security, bank account number or e-mail address in
/// `label`.
pub fn is_clean(label: &str) -> bool {
    is_word(label) || GUARD.check(label, Role::Assistant).findings.is_empty()
}

/// `label` with a tag in the place of each of these.
pub fn redacted(label: &str) -> String {
    if is_word(label) { label.to_owned() } else { GUARD.redact(label, Role::Assistant).0 }
}

/// Another system's id, if it has one that may be kept: its visible ASCII characters, at most 128, if they are
/// [clean](is_clean).
pub fn id(text: &str) -> Option<String> {
    let id: String = text.chars().filter(char::is_ascii_graphic).take(MAX_ID).collect();
    (!id.is_empty() && is_clean(&id)).then_some(id)
}

/// Too short, and too plain, to be one of these: nearly all members' names and models, and most UUIDs.
fn is_word(label: &str) -> bool {
    let digits = || label.bytes().filter(u8::is_ascii_digit).count();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    label.len() <= 15 && label.bytes().all(plain) && digits() <= 4 || is_uuid(label)
}

/// Whether this is a UUID in which no nine digits follow each other, as they do in a card's number. The guard takes some
/// of them for a bank account's.
fn is_uuid(label: &str) -> bool {
    let mut run = 0;
    label.len() == 36
        && label.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                return byte == b'-';
            }
            run = if byte.is_ascii_digit() { run + 1 } else { 0 };
            byte.is_ascii_hexdigit() && run < 9
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_ids_are_clean() {
        for label in [
            "gpt-4o-mini-2024-07-18",
            "claude-3-5-sonnet-20241022",
            "claude-sonnet-4@20250514",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "projects/123456789012/locations/us-central1/endpoints/1234567890123456789",
            "ft:gpt-4o-mini-2024-07-18:acme::AbCd1234",
            "accounts/fireworks/models/llama-v3p1-8b-instruct",
            "mistralai/Mixtral-8x7B-Instruct-v0.1",
            "qwen2.5:72b-instruct-q4_K_M",
            "@cf/meta/llama-3.1-8b-instruct",
            "support-small",
            "Kundenservice für Österreich",
            "9fceb02d0ae598e95dc970b74767f19372d61af8",
            "0198c0de-1234-4abc-8def-0123456789ab",
            "llm-gw-07070707-0707-4707-8707-070707070707",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "safety_guardrails",
            "order_status_2026_11_26",
        ] {
            assert!(is_clean(label), "{label}: {}", redacted(label));
        }
    }

    #[test]
    fn secrets_are_no_labels() {
        for label in [
            "AKIAQX3KZ7PLM2WVB6TN",
            "ghp_9kT4wq2LmXz7VbN3cRtY8HjD6sPfGaE1uQo0",
            "4111111111111111",
            "4111 1111 1111 1111",
            "DE89370400440532013000",
            "jane.doe@mail.example.org",
            "password=hunter2!x",
        ] {
            assert!(!is_clean(label), "{label}");
            assert!(redacted(label).contains('['), "{label}");
            assert_eq!(id(label), None, "{label}");
        }
        assert_eq!(id("a b\n7"), Some("ab7".to_owned()));
        assert_eq!(id(&"x".repeat(1000)).map(|id| id.len()), Some(MAX_ID));
        assert_eq!(id("é\n"), None);
    }

    /// The next of numbers that are the same in each run (Knuth's constants).
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn what_is_not_looked_at_is_clean() {
        let mut seed = 7;
        let mut word = |alphabet: &[u8], length: usize| -> String {
            (0..length).map(|_| char::from(alphabet[next(&mut seed) as usize % alphabet.len()])).collect()
        };
        let mut seen = 0;
        for round in 0..20_000 {
            let label =
                word(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890123456789_-.", round % 16);
            seen += usize::from(is_word(&label));
            assert!(!is_word(&label) || GUARD.check(&label, Role::Assistant).findings.is_empty(), "{label}");
        }
        assert!(seen > 10_000, "{seen}");
        assert!(!is_word("078-05-1120"));
    }

    #[test]
    fn a_uuid_is_clean_unless_it_has_a_number_in_it() {
        for id in ["d52aae15-c07d-ee71-02d7-088c5dcd0daf", "0198c0de-1234-4abc-8def-0123456789ab"] {
            assert!(is_clean(id), "{id}");
        }
        assert!(!is_word("41111111-1111-1111-abcd-abcdefabcdef"));
        assert!(!is_word("4111-1111-1111-1111-abcdefabcdefabcd"));
    }
}
