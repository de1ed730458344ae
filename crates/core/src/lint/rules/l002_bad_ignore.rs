//! L002 bad-ignore: An ignore does not count.

use crate::lint::{Context, Draft, Example, FixKind, Rule, Severity};

/// L002.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "L002",
    name: "bad-ignore",
    severity: Severity::Warning,
    summary: "An ignore does not count.",
    what: "Reports ignores without a reason, of rules that do not exist or cannot be ignored, and members of `$lint` that mean nothing.",
    why: "Whoever reads the document must see why a finding is left alone; and a typo ignores nothing.",
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
