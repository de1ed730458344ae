//! T005 side-effect-expression: An expression does more than give a value.

use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// T005.
pub(crate) static RULE: Rule = Rule {
    code: "T005",
    name: "side-effect-expression",
    severity: Severity::Warning,
    summary: "An expression does more than give a value.",
    page: include_str!("t005_side_effect_expression.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text(r#"Hello ${name = 'you'}."#),
        Example::text(r#"Ticket ${counter++}"#),
        Example::text(r#"${await load(id)}"#),
        Example::text(r#"${(() => secret)()}"#),
        Example::text(r#"${new Date()}"#),
    ],
    good: &[
        Example::text(r#"Hello ${name ?? 'you'}."#),
        Example::text(r#"Total ${price * count} of ${a === b ? 1 : 2}"#),
        Example::text(r#"{{name}} = 'you'"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (prompt, _, expression) in context.expressions() {
        for (effect, span) in &expression.effects {
            let message = format!(
                "Expected a value without effects, found {}: compute it first, and give it a name.",
                effect.name()
            );
            drafts.push(prompt.draft(span.clone(), message));
        }
    }
    drafts
}
