//! T011 too-complex: A placeholder is longer than 1 KiB, or nests deeper than 64 levels.

use crate::lint::{Context, Draft, Example, FixKind, Rule, Severity};
use crate::template::placeholder::Malformation;

/// T011.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "T011",
    name: "too-complex",
    severity: Severity::Error,
    summary: "A placeholder is longer than 1 KiB, or nests deeper than 64 levels.",
    what: "Measures each placeholder, and how deep brackets and sections nest.",
    why: "Parsers of JavaScript overflow their stack on such texts (CWE-674): whoever may write a template could stop the service that renders it.",
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
    complex.map(|(prompt, _, bad)| prompt.draft(bad.span.clone(), bad.message)).collect()
}
