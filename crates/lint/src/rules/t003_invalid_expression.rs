//! T003 invalid-expression: A placeholder is empty, or is no expression of its dialect.

use crate::placeholder::{Content, Dialect, Malformation};
use crate::{Context, Draft, Example, FixKind, Kind, Rule, Severity};

/// T003.
pub(crate) static RULE: Rule = Rule {
    code: "T003",
    name: "invalid-expression",
    severity: Severity::Error,
    summary: "A placeholder is empty, or is no expression of its dialect.",
    page: include_str!("t003_invalid_expression.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text(r#"Hello ${user name}, your order ${order.id} is here."#),
        Example::text(r#"Hello ${}, welcome."#),
        Example::text(r#"Hello {{}}, welcome to {{shop}}."#),
        Example::text(r#"Hello {first name}, welcome to {shop}."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{user.name}}","variables":["user"]}"#,
        ),
        Example::json(
            r#"{"content":"Hello {{name}} {{topic}} ${a b}","variables":[{"name":"name"},{"name":"topic"}],"cacheSettings":{}}"#,
        ),
    ],
    good: &[
        Example::text(r#"Hello ${user.name ?? 'you'}, your order ${order.id} is here."#),
        Example::text(r#"Hello {{user.name}}, welcome to {{#if shop}}{{shop}}{{/if}}."#),
        Example::text(r#"Hello {name!r:>10}."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}} {{! who }}","variables":["name"]}"#,
        ),
        Example::text(r#"Not a placeholder: ${"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let bad = context.malformed(Malformation::Empty).chain(context.malformed(Malformation::NotAnExpression));
    let mut drafts: Vec<Draft> = bad
        .map(|(prompt, scan, bad)| context.unsure(scan, prompt.draft(bad.span.clone(), bad.message.clone())))
        .collect();
    if context.document.kind != Kind::PromptTemplate {
        return drafts;
    }
    for (prompt, scan) in context.scans().filter(|(_, scan)| scan.dialect == Dialect::Mustache) {
        for placeholder in &scan.placeholders {
            let rendered = match &placeholder.content {
                Content::Value { expression, .. } => matches!(expression.path.as_deref(), Some([_])),
                // Its section is reported where it begins.
                Content::Comment | Content::Close | Content::Else(_) | Content::Statement(_) => true,
                Content::Open { .. } | Content::Partial(_) => false,
            };
            if !rendered {
                let message = "The gateway fills in `{{name}}` and nothing else: give the value a name of its own.";
                drafts.push(prompt.draft(placeholder.span.clone(), message).severity(Severity::Warning));
            }
        }
    }
    drafts
}
