//! The rules, one per file, and their registry.

use super::rule::Rule;

mod c001_token_budget;
mod c002_cache_busting_prefix;
mod d001_invalid_json;
mod d002_duplicate_key;
mod d003_unknown_key;
pub(super) mod d004_too_large;
mod d005_missing_field;
mod d006_bad_max_tokens;
mod d007_bad_ttl;
mod d008_invalid_value;
mod d009_long_creative_answer;
mod d010_unknown_role;
mod d011_invalid_yaml;
mod d012_agent_file;
mod i001_conflicting_instructions;
mod i002_duplicate_instruction;
mod i003_unfinished_text;
pub(super) mod l001_unused_ignore;
pub(super) mod l002_bad_ignore;
mod s001_untrusted_in_system;
mod s002_undelimited_untrusted;
mod s003_forgeable_delimiter;
mod s004_special_token;
mod s005_role_spoof;
mod s006_injection_phrase;
mod s007_secret;
mod s008_pii;
mod s009_url_exfiltration;
mod s010_guardrails_missing;
mod t001_unclosed_placeholder;
mod t002_stray_closer;
mod t003_invalid_expression;
mod t004_unbalanced_section;
mod t005_side_effect_expression;
mod t006_forbidden_member;
mod t007_call_not_allowed;
mod t008_mixed_syntax;
mod t009_literal_braces;
mod t010_html_escaping;
mod t011_too_complex;
mod u001_bidi_control;
mod u002_tag_characters;
mod u003_zero_width;
mod u004_confusable_name;
mod v001_undefined_variable;
mod v002_unused_variable;
mod v003_near_duplicate_name;
mod v004_unbounded_variable;

/// Every rule, by code.
pub const RULES: &[&Rule] = &[
    &c001_token_budget::RULE,
    &c002_cache_busting_prefix::RULE,
    &d001_invalid_json::RULE,
    &d002_duplicate_key::RULE,
    &d003_unknown_key::RULE,
    &d004_too_large::RULE,
    &d005_missing_field::RULE,
    &d006_bad_max_tokens::RULE,
    &d007_bad_ttl::RULE,
    &d008_invalid_value::RULE,
    &d009_long_creative_answer::RULE,
    &d010_unknown_role::RULE,
    &d011_invalid_yaml::RULE,
    &d012_agent_file::RULE,
    &i001_conflicting_instructions::RULE,
    &i002_duplicate_instruction::RULE,
    &i003_unfinished_text::RULE,
    &l001_unused_ignore::RULE,
    &l002_bad_ignore::RULE,
    &s001_untrusted_in_system::RULE,
    &s002_undelimited_untrusted::RULE,
    &s003_forgeable_delimiter::RULE,
    &s004_special_token::RULE,
    &s005_role_spoof::RULE,
    &s006_injection_phrase::RULE,
    &s007_secret::RULE,
    &s008_pii::RULE,
    &s009_url_exfiltration::RULE,
    &s010_guardrails_missing::RULE,
    &t001_unclosed_placeholder::RULE,
    &t002_stray_closer::RULE,
    &t003_invalid_expression::RULE,
    &t004_unbalanced_section::RULE,
    &t005_side_effect_expression::RULE,
    &t006_forbidden_member::RULE,
    &t007_call_not_allowed::RULE,
    &t008_mixed_syntax::RULE,
    &t009_literal_braces::RULE,
    &t010_html_escaping::RULE,
    &t011_too_complex::RULE,
    &u001_bidi_control::RULE,
    &u002_tag_characters::RULE,
    &u003_zero_width::RULE,
    &u004_confusable_name::RULE,
    &v001_undefined_variable::RULE,
    &v002_unused_variable::RULE,
    &v003_near_duplicate_name::RULE,
    &v004_unbounded_variable::RULE,
];

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code).copied()
}

#[cfg(test)]
mod tests;
