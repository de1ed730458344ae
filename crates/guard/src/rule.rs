//! The form of a rule: code, words, and the examples that are its tests.

use crate::finding::Kind;

/// A rule's documentation. Codes never change their meaning and are never used again.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `P…` personal data, `K…` keys and secrets, `J…` injection; three digits.
    pub code: &'static str,
    /// The name, kebab case.
    pub name: &'static str,
    /// The kind a policy decides about.
    pub kind: Kind,
    /// What it does, why, and where the facts come from: one paragraph, plain text.
    pub summary: &'static str,
    /// Texts in which the rule fires at the default threshold.
    pub caught: &'static [&'static str],
    /// Texts in which it does not.
    pub passed: &'static [&'static str],
}

/// Every rule for personal data, forms of secrets and vendors' tokens, by code within each.
/// Injection has its own
/// ([`crate::injection`]).
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    use crate::{pii, secret};
    pii::RULES.iter().chain(secret::FORMS).chain(&secret::VENDORS)
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code == code)
}
