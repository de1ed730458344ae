//! T002 stray-closer: Braces close a placeholder that was never opened.

use crate::placeholder::{Dialect, Malformation};
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// T002.
pub(crate) static RULE: Rule = Rule {
    code: "T002",
    name: "stray-closer",
    severity: Severity::Error,
    summary: "Braces close a placeholder that was never opened.",
    page: include_str!("t002_stray_closer.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text(r#"Hello {name}, your order} is here."#),
        Example::text(r#"Hello {{name}}, your order}} is here."#),
        Example::text(r#"Hello {{name}} and {topic}}"#),
    ],
    good: &[
        Example::text(r#"Hello {name}, write }} for a brace."#),
        Example::text(r#"Hello {{name}}, answer {"a": {"b": 1}}"#),
        Example::text(r#"function f() { return 1; } }"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let stray = context.malformed(Malformation::StrayCloser);
    stray
        .map(|(prompt, scan, bad)| {
            let fix = match scan.dialect {
                Dialect::Format => Fix::suggested("Double the brace", prompt.edit(bad.span.clone(), "}}")),
                _ => Fix::suggested("Remove the braces", prompt.edit(bad.span.clone(), "")),
            };
            context.unsure(scan, prompt.draft(bad.span.clone(), bad.message.clone())).fix(fix)
        })
        .collect()
}
