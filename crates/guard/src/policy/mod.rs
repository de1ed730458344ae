//! What is done about a finding: per role and kind, above a threshold, unless allowed.

mod changes;

use crate::finding::Kind;
use crate::injection;
use crate::own::Own;
use crate::scan::Thresholds;
use std::collections::{BTreeMap, BTreeSet};

pub use changes::{Base, Changes};

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Role {
    /// The operator's instructions to the model. Trusted: not scored for injection, since
    /// instructions are what it is made of.
    System,
    /// The operator's template, without its values. Trusted.
    Template,
    /// The model's answer. Trusted, as far as injection goes.
    Assistant,
    /// A person's message.
    User,
    /// A value put into a template.
    Value,
    /// Third parties' content: tools, documents, search results.
    Tool,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::System, Self::Template, Self::Assistant, Self::User, Self::Value, Self::Tool];

    /// The name used in policies.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the operator or the model wrote it, so that it is not scored for injection.
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::System | Self::Template | Self::Assistant)
    }
}

/// What to do, mildest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Action {
    /// Nothing, not even a line in the report.
    #[default]
    Ignore,
    /// Report it.
    Flag,
    /// Report it and put a numbered tag in its place, for which the answer to it gets the value back ([`crate::Tags`]);
    /// where there is no such answer it is redacted.
    Restore,
    /// Report it and put a tag in its place.
    Redact,
    /// Report it and refuse the text. Redaction, if asked for nevertheless, replaces it.
    Block,
}

/// A policy. Plain data: build it, or change one by JSON ([`Changes`]), and hand it to
/// [`crate::Guard::new`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Policy {
    /// What to do, by role and kind; what is not named is ignored.
    pub actions: BTreeMap<Role, BTreeMap<Kind, Action>>,
    /// The lowest score that counts, by kind, 0 to 1; 0.5 where none is named.
    pub thresholds: BTreeMap<Kind, f32>,
    /// From which score on the action is taken, by kind, 0 to 1; below it, down to the threshold, a
    /// finding is flagged. What is not named acts from its threshold on.
    pub act_from: BTreeMap<Kind, f32>,
    /// Values that are no findings: the value itself (in any case, and for numbers with any
    /// signs between the digits), or `@domain` for all addresses there.
    pub allow: BTreeSet<String>,
    /// Codes of rules that are switched off.
    pub disabled: BTreeSet<String>,
    /// Patterns of the operator's own, in the order of their names.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub own: Vec<Own>,
    /// Leave a card's last four digits in its tag: `[CARD 1111]`.
    pub keep_last_four: bool,
    /// Take `<`, `>`, NUL and white space at both ends out of the text first.
    pub sanitise: bool,
    /// A key: each finding carries a hash of its value under it, so that reports of the same
    /// value can be recognised without knowing it. Keep it secret: values are guessable.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub correlation_key: Option<Vec<u8>>,
}

impl Default for Policy {
    /// Keys, passwords, cards, social security numbers and injection are refused on their way
    /// in and redacted on their way out; identity and account numbers are redacted; addresses
    /// and telephone numbers are flagged, since support lives on them. An injection is refused from
    /// 0.85 on, and flagged below.
    fn default() -> Self {
        let mut policy = Self::empty();
        policy.act_from.insert(Kind::Injection, 0.85);
        for role in Role::ALL {
            for kind in Kind::ALL {
                let action = match kind {
                    Kind::Injection if role.is_trusted() => Action::Ignore,
                    Kind::Injection | Kind::PrivateKey | Kind::Token | Kind::Password | Kind::Card | Kind::Ssn => {
                        if role == Role::Assistant {
                            Action::Redact
                        } else {
                            Action::Block
                        }
                    }
                    Kind::Iban | Kind::Passport | Kind::DriverLicence | Kind::BirthDate => Action::Redact,
                    Kind::Email | Kind::Phone | Kind::Ip => Action::Flag,
                    // What is done about it is said with the pattern.
                    Kind::Own => continue,
                };
                policy.set(role, kind, action);
            }
        }
        policy
    }
}

impl Policy {
    /// Does nothing: every kind ignored.
    pub fn empty() -> Self {
        Self {
            actions: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            act_from: BTreeMap::new(),
            allow: BTreeSet::new(),
            disabled: BTreeSet::new(),
            own: Vec::new(),
            keep_last_four: false,
            sanitise: false,
            correlation_key: None,
        }
    }

    /// The same action for every role and kind.
    pub fn all(action: Action) -> Self {
        let mut policy = Self::empty();
        for role in Role::ALL {
            for kind in Kind::ALL {
                policy.set(role, kind, action);
            }
        }
        policy
    }

    /// The chat gateway's safety matrix: whatever its document's patterns match is refused,
    /// from any role, and so is what the engine itself is sure of: passwords, secrets and keys
    /// assigned or just named before a word, social security numbers and cards as labelled.
    /// Stricter than it is wise: "password reset" is a match.
    pub fn matrix() -> Self {
        let mut policy = Self::default();
        for role in Role::ALL {
            for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn] {
                policy.set(role, kind, Action::Block);
            }
        }
        policy.thresholds.insert(Kind::Password, 0.2);
        policy.thresholds.insert(Kind::Card, 0.4);
        policy.thresholds.insert(Kind::Ssn, 0.4);
        policy
    }

    /// The user-input sanitiser: injection phrases replaced by `[FILTERED_INJECTION_ATTEMPT]`,
    /// every one, the documents' ambiguous ones too; `<`, `>`, NUL and outer white space taken
    /// out; nothing else touched. The classifier, which finds stretches and no phrases, is off.
    pub fn sanitiser() -> Self {
        let mut policy = Self::empty();
        for role in Role::ALL {
            policy.set(role, Kind::Injection, Action::Redact);
        }
        policy.thresholds.insert(Kind::Injection, injection::DOCUMENT_THRESHOLD);
        policy.disabled.insert(injection::LEARNT.code.to_owned());
        policy.sanitise = true;
        policy
    }

    /// Sets what is done about `kind` in texts of `role`.
    pub fn set(&mut self, role: Role, kind: Kind, action: Action) -> &mut Self {
        self.actions.entry(role).or_default().insert(kind, action);
        self
    }

    /// What is done about `kind` in texts of `role`.
    pub fn action(&self, role: Role, kind: Kind) -> Action {
        let kinds = self.actions.get(&role);
        kinds.and_then(|kinds| kinds.get(&kind)).copied().unwrap_or_default()
    }

    /// The same, but what it redacts can come back; what it refuses goes for good.
    pub fn reversible(mut self) -> Self {
        let own = self.own.iter_mut().map(|own| &mut own.action);
        let all = self.actions.values_mut().flat_map(BTreeMap::values_mut).chain(own);
        all.filter(|action| **action == Action::Redact).for_each(|action| *action = Action::Restore);
        self
    }

    /// Whether something is to be put back into the answer.
    pub fn restores(&self) -> bool {
        let own = self.own.iter().map(|own| &own.action);
        self.actions.values().flat_map(BTreeMap::values).chain(own).any(|action| *action == Action::Restore)
    }

    /// What is done about a finding of `kind` with `score`.
    pub fn graded(&self, role: Role, kind: Kind, score: f32) -> Action {
        let certain = self.act_from.get(&kind).is_none_or(|&from| score >= from);
        let action = self.action(role, kind);
        if certain { action } else { action.min(Action::Flag) }
    }

    /// The lowest score of `kind` that counts.
    pub fn threshold(&self, kind: Kind) -> f32 {
        self.thresholds.get(&kind).copied().unwrap_or(0.5)
    }

    /// What the scanner counts. Ignored secrets are not looked for; ignored numbers are, since
    /// they would be taken for numbers of another kind.
    pub(crate) fn scan_thresholds(&self, role: Role) -> Thresholds {
        Kind::ALL.map(|kind| match self.action(role, kind) {
            Action::Ignore if kind < Kind::Card => f32::INFINITY,
            _ => self.threshold(kind),
        })
    }

    /// Whether a value is one of the allowed ones.
    pub(crate) fn allows(&self, kind: Kind, value: &str) -> bool {
        if self.allow.is_empty() {
            return false;
        }
        let plain = normal(kind, value);
        self.allow.iter().any(|allowed| match allowed.strip_prefix('@') {
            Some(domain) => {
                kind == Kind::Email
                    && plain.rsplit_once('@').is_some_and(|(_, found)| found.eq_ignore_ascii_case(domain))
            }
            None => normal(kind, allowed) == plain,
        })
    }
}

/// A value as it is compared: small letters, and numbers without the signs between.
pub(crate) fn normal(kind: Kind, value: &str) -> String {
    let number =
        matches!(kind, Kind::Card | Kind::Ssn | Kind::Iban | Kind::Phone | Kind::Passport | Kind::DriverLicence);
    match kind {
        Kind::Token | Kind::Password | Kind::PrivateKey => value.to_owned(),
        _ => value
            .chars()
            .filter(|char| !number || char.is_ascii_alphanumeric())
            .map(|char| char.to_ascii_lowercase())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_roles_index_the_thresholds() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index);
        }
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }

    #[test]
    fn between_the_threshold_and_the_grade_a_finding_is_flagged() {
        let policy = Policy::default();
        for (score, action) in [(0.5, Action::Flag), (0.84, Action::Flag), (0.85, Action::Block)] {
            assert_eq!(policy.graded(Role::User, Kind::Injection, score), action, "{score}");
        }
        assert_eq!(policy.graded(Role::User, Kind::Token, 0.5), Action::Block);
        assert_eq!(policy.graded(Role::Assistant, Kind::Injection, 0.9), Action::Ignore);
    }

    #[test]
    fn allowed_values_are_compared_as_people_write_them() {
        let mut policy = Policy::default();
        policy.allow.extend(["+1 800 555 0199".to_owned(), "@example.com".to_owned()]);
        for (kind, value, allowed) in [
            (Kind::Phone, "+1-800-555-0199", true),
            (Kind::Phone, "+1-800-555-0198", false),
            (Kind::Email, "Any.One@Example.com", true),
            (Kind::Email, "a@notexample.com", false),
            (Kind::Token, "18005550199", false),
        ] {
            assert_eq!(policy.allows(kind, value), allowed, "{value}");
        }
    }
}
