//! Names and ids from outside that reach a log, an audit row, a metric or an error: what they may say.

use std::sync::LazyLock;

use promptgate_guard::{Action, Guard, Kind, Policy, Role};

/// Longest id of another system that is kept, in characters (requirements, U3; the length is ours).
const MAX_ID: usize = 128;

/// What is said of a label that is not [clean](is_clean).
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

/// Too short, and too plain, to be one of these: nearly all members' names.
fn is_word(label: &str) -> bool {
    label.len() <= 15 && label.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
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
}
