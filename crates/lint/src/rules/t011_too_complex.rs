//! T011 too-complex: A placeholder is longer than 1 KiB, or nests deeper than 64 levels.

use crate::placeholder::Malformation;
use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// T011.
pub(crate) static RULE: Rule = Rule {
    code: "T011",
    name: "too-complex",
    severity: Severity::Error,
    summary: "A placeholder is longer than 1 KiB, or nests deeper than 64 levels.",
    page: include_str!("t011_too_complex.md"),
    fix: FixKind::None,
    harmful: true,
    bad: &[
        Example::text(
            "Total: ${[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
        ),
        Example::text("{{#a}}{{b}}").times(80),
    ],
    good: &[Example::text("${[[[[1]]]]} ").times(80), Example::text(r#"{{#a}}{{#b}}{{c}}{{/b}}{{/a}}"#)],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let complex = context.malformed(Malformation::TooComplex);
    complex.map(|(prompt, _, bad)| prompt.draft(bad.span.clone(), bad.message.clone())).collect()
}
