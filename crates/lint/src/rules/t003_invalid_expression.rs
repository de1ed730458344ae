//! T003 invalid-expression: A placeholder is empty, or is no expression of its dialect.

use std::ops::Range;

use crate::placeholder::{Content, Dialect, Malformation, Scan};
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Prompt, Rule, Severity};

/// T003.
pub(crate) static RULE: Rule = Rule {
    code: "T003",
    name: "invalid-expression",
    severity: Severity::Error,
    summary: "A placeholder is empty, or is no expression of its dialect.",
    page: include_str!("t003_invalid_expression.md"),
    fix: FixKind::Suggested,
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
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{ name }}","variables":["name"]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}} {{! who }}","variables":["name"]}"#,
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
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}} {who}","variables":["name"]}"#,
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
        drafts.extend(not_filled_in(prompt, scan));
    }
    drafts
}

/// What begins with `{{` in a text of a prompt template, and is not what the gateway and upstream fill in: `{{name}}`.
fn not_filled_in(prompt: &Prompt, scan: &Scan) -> Vec<Draft> {
    let text = prompt.as_str();
    let mut drafts = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("{{")).map(|found| at + found) {
        let around = |span: &Range<usize>| span.start <= start && start < span.end;
        let index = scan.placeholders.partition_point(|one| one.span.end <= start);
        let placeholder = scan.placeholders.get(index).filter(|one| around(&one.span));
        let name = placeholder.and_then(|one| match &one.content {
            Content::Value { expression, .. } => expression.path.as_deref(),
            _ => None,
        });
        if let Some([name]) = name
            && text.get(start..).is_some_and(|here| here.starts_with(&format!("{{{{{name}}}}}")))
        {
            at = start + 2 + name.len() + 2;
            continue;
        }
        let span = placeholder.map_or(start..start + 2, |one| one.span.clone());
        at = span.end.max(start + 2);
        // What is malformed is reported as such, and a section where it begins.
        let index = scan.malformed.partition_point(|one| one.placeholder.end <= start);
        let is_malformed = scan.malformed.get(index).is_some_and(|one| around(&one.placeholder));
        if is_malformed || matches!(placeholder.map(|one| &one.content), Some(Content::Close | Content::Else(_))) {
            continue;
        }
        let draft = prompt
            .draft(span.clone(), "The gateway fills in `{{name}}` and nothing else: give the value a name of its own.");
        drafts.push(match name {
            Some([name]) => {
                draft.fix(Fix::suggested("Write the name alone", prompt.edit(span, &format!("{{{{{name}}}}}"))))
            }
            _ => draft,
        });
    }
    drafts
}
