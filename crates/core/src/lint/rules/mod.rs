//! The rules, one per file, and their registry.

use super::rule::Rule;

mod c001_token_budget;
mod d001_invalid_json;
mod d002_duplicate_key;
mod d003_unknown_key;
pub(super) mod d004_too_large;
mod d005_missing_field;
mod d006_bad_max_tokens;
mod d007_bad_ttl;
mod d008_invalid_value;
mod i001_conflicting_instructions;
mod i002_duplicate_instruction;
pub(super) mod l001_unused_ignore;
pub(super) mod l002_bad_ignore;
mod s004_special_token;
mod s006_injection_phrase;
mod s007_secret;
mod s008_pii;
mod s010_guardrails_missing;
mod u001_bidi_control;
mod u002_tag_characters;
mod u003_zero_width;

/// Every rule, by code.
pub const RULES: &[&Rule] = &[
    &c001_token_budget::RULE,
    &d001_invalid_json::RULE,
    &d002_duplicate_key::RULE,
    &d003_unknown_key::RULE,
    &d004_too_large::RULE,
    &d005_missing_field::RULE,
    &d006_bad_max_tokens::RULE,
    &d007_bad_ttl::RULE,
    &d008_invalid_value::RULE,
    &i001_conflicting_instructions::RULE,
    &i002_duplicate_instruction::RULE,
    &l001_unused_ignore::RULE,
    &l002_bad_ignore::RULE,
    &s004_special_token::RULE,
    &s006_injection_phrase::RULE,
    &s007_secret::RULE,
    &s008_pii::RULE,
    &s010_guardrails_missing::RULE,
    &u001_bidi_control::RULE,
    &u002_tag_characters::RULE,
    &u003_zero_width::RULE,
];

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code).copied()
}

#[cfg(test)]
mod tests;
