//! L002 bad-ignore: An ignore does not count.

use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// L002.
pub(crate) static RULE: Rule = Rule {
    code: "L002",
    name: "bad-ignore",
    severity: Severity::Warning,
    summary: "An ignore does not count.",
    page: include_str!("l002_bad_ignore.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(r#"{"$lint": {"ignore": {"S007": ""}}, "anything": "x"}"#),
        Example::text("{{! lint-ignore S07: sample }}"),
        Example::text("{{! lint-ignore S004 }} <|im_start|>"),
        Example::json(r#"{"$lint": {"ignored": {}}}"#),
        Example::json(r#"{"$lint": []}"#),
        Example::json(r#"{"$lint": {"ignore": {"L001": "why not"}}}"#),
    ],
    good: &[
        Example::json(r#"{"$lint": {"ignore": {"S004": "shown to staff"}}, "anything": "<|im_start|>"}"#),
        Example::text("{{! lint-ignored, said the note }}"),
        Example::text("{{! a comment }}"),
    ],
    check,
};

/// The linter itself reports it, once all rules have been asked.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
