//! T003 invalid-expression: A placeholder is empty, or is no expression of its dialect.

use std::ops::Range;

use crate::placeholder::{Content, Dialect, Malformation, Placeholder, Scan};
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
        let draft = prompt.draft(span.clone(), advice(placeholder, text));
        drafts.push(match name {
            Some([name]) => {
                draft.fix(Fix::suggested("Write the name alone", prompt.edit(span, &format!("{{{{{name}}}}}"))))
            }
            _ => draft,
        });
    }
    drafts
}

/// What to write in its place.
fn advice(placeholder: Option<&Placeholder>, text: &str) -> String {
    let Some(placeholder) = placeholder else {
        return "The gateway fills in `{{name}}` and nothing else: write a name, or other braces.".to_owned();
    };
    let whole = text.get(placeholder.span.clone()).unwrap_or_default();
    let within = whole.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or_default();
    let advice = match &placeholder.content {
        Content::Value { expression, .. } => match expression.path.as_deref() {
            Some([name]) if within.trim() == name => {
                return format!("Write `{{{{{name}}}}}`, without blanks: the gateway fills in nothing else.");
            }
            Some([name]) => {
                return format!(
                    "Write `{{{{{name}}}}}`, with two braces and the name alone: the gateway fills in nothing else."
                );
            }
            _ => "give the value a name of its own.",
        },
        Content::Open { .. } | Content::Close | Content::Else(_) => {
            "take the section out, and give what it decides as a value, or write a template for each case."
        }
        Content::Comment => "take the comment out.",
        Content::Partial(_) => "write the other template's text here.",
        Content::Statement(_) => "take the statement out.",
    };
    format!("The gateway fills in `{{{{name}}}}` and nothing else: {advice}")
}

#[cfg(test)]
mod tests {
    use crate::{Config, Linter, Source};

    // Row E4.
    #[test]
    fn what_to_write_in_its_place() {
        for (text, expected) in [
            ("{{ customer }}", "Write `{{customer}}`, without blanks: "),
            ("{{customer\n}}", "Write `{{customer}}`, without blanks: "),
            ("{{{customer}}}", "Write `{{customer}}`, with two braces and the name alone: "),
            ("{{&customer}}", "Write `{{customer}}`, with two braces and the name alone: "),
            ("{{customer.name}}", "nothing else: give the value a name of its own."),
            ("{{upper customer}}", "nothing else: give the value a name of its own."),
            ("{{#if customer}}x{{/if}}", "nothing else: take the section out, "),
            ("{{! who }}", "nothing else: take the comment out."),
            ("{{> customer}}", "nothing else: write the other template's text here."),
        ] {
            let document = serde_json::json!({
                "name": "greeting", "system_instruction": "Be brief.", "user_template": format!("Hello {{{{customer}}}} {text}"),
                "variables": ["customer"],
            });
            let text = document.to_string();
            let report = Linter::new(Config::parse(b"{}").unwrap()).lint(&Source {
                text: &text,
                file: Some("a.json"),
                kind: None,
            });
            let said: Vec<&str> = report
                .findings
                .iter()
                .filter(|finding| finding.code == "T003")
                .map(|finding| finding.message.as_ref())
                .collect();
            assert!(matches!(said[..], [one] if one.contains(expected)), "{text}: {said:?}");
        }
    }
}
