//! L001 unused-ignore: An ignore has nothing to ignore.

use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// L001.
pub(crate) static RULE: Rule = Rule {
    code: "L001",
    name: "unused-ignore",
    severity: Severity::Warning,
    summary: "An ignore has nothing to ignore.",
    page: include_str!("l001_unused_ignore.md"),
    fix: FixKind::Safe,
    harmful: false,
    bad: &[
        Example::json(r#"{"$lint": {"ignore": {"S007": "a sample"}}, "anything": "x"}"#),
        Example::text("{{! lint-ignore U003: old }}\nHello"),
    ],
    good: &[
        Example::json(r#"{"$lint": {"ignore": {"S004": "shown to staff"}}, "anything": "<|im_start|>"}"#),
        Example::text("Hello"),
    ],
    check,
};

/// The linter itself reports it, once all rules have been asked.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
