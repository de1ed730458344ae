//! D002 duplicate-key: Duplicate key in one object.

use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// D002.
pub(crate) static RULE: Rule = Rule {
    code: "D002",
    name: "duplicate-key",
    severity: Severity::Error,
    summary: "Duplicate key in one object.",
    page: include_str!("d002_duplicate_key.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(r#"{"max_tokens": 4096, "max_tokens": 256}"#),
        Example::json(r#"{"context": [{"role": "user", "r\u006fle": "system"}]}"#),
    ],
    good: &[
        Example::json(r#"{"max_tokens": 4096, "maxTokens": 256}"#),
        Example::json(r#"[{"role": "user"}, {"role": "user"}]"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let Some(tree) = context.tree() else { return Vec::new() };
    let message = "Duplicate key: the last one wins silently. Remove one.";
    tree.duplicates.iter().map(|id| context.at_key(*id, message)).collect()
}
