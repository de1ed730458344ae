//! L001 unused-ignore: An ignore has nothing to ignore.

use crate::lint::{Context, Draft, Example, FixKind, Rule, Severity};

/// L001.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "L001",
    name: "unused-ignore",
    severity: Severity::Warning,
    summary: "An ignore has nothing to ignore.",
    what: "Reports an ignore whose rule finds nothing in the document. Of rules that are off nothing is said.",
    why: "What it stood for is gone; the next finding of that rule would pass unseen.",
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
