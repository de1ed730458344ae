//! T010 html-escaping: Handlebars escapes the value for HTML.

use crate::placeholder::{Content, Dialect, Output, Placeholder};
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// T010.
pub(crate) static RULE: Rule = Rule {
    code: "T010",
    name: "html-escaping",
    severity: Severity::Info,
    summary: "Handlebars escapes the value for HTML.",
    page: include_str!("t010_html_escaping.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[Example::text(r#"{{#if vip}}Dear {{name}},{{/if}} welcome."#), Example::text(r#"{{{greeting}}} {{name}}"#)],
    good: &[
        Example::text(r#"{{#if vip}}Dear {{{name}}},{{/if}} welcome."#),
        Example::text(r#"Dear {{name}}, welcome."#),
        Example::text(r#"Dear {{&name}}, welcome."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Dear {{name}} {{{name}}}","variables":["name"]}"#,
        ),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    if matches!(context.document.kind, Kind::PromptTemplate | Kind::Dotprompt) {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    for (prompt, scan) in context.scans().filter(|(_, scan)| scan.dialect == Dialect::Mustache) {
        let shows = |placeholder: &Placeholder| match &placeholder.content {
            Content::Value { expression, output } => *output == Output::Plain || !expression.calls.is_empty(),
            content => *content != Content::Comment,
        };
        if !scan.placeholders.iter().any(shows) {
            continue;
        }
        for placeholder in &scan.placeholders {
            if let Content::Value { output: Output::Escaped, .. } = &placeholder.content {
                let inner = prompt.as_str().get(placeholder.inner.clone()).unwrap_or_default();
                let edit = prompt.edit(placeholder.span.clone(), &format!("{{{{{{{inner}}}}}}}"));
                let message = "`<`, `>`, `&` and quotes of the value are escaped here: write `{{{…}}}` to keep them.";
                drafts.push(
                    prompt.draft(placeholder.span.clone(), message).fix(Fix::suggested("Keep it as it is", edit)),
                );
            }
        }
    }
    drafts
}
