//! T008 mixed-syntax: Placeholders of two dialects stand in one document.

use crate::placeholder::{Content, Dialect};
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// T008.
pub(crate) static RULE: Rule = Rule {
    code: "T008",
    name: "mixed-syntax",
    severity: Severity::Warning,
    summary: "Placeholders of two dialects stand in one document.",
    page: include_str!("t008_mixed_syntax.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text(r#"Hello {{name}}, your order {{order}} of ${date}."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {name}, your order {{order}}","variables":["order"]}"#,
        ),
        Example::text(r#"Hello ${name}, your order {order} of ${date}."#),
    ],
    good: &[
        Example::text(r#"Hello {{name}}, your order {{order}} of {{date}}."#),
        Example::text(r#"Hello {{name}}, answer {"a": 1} or {} at $5"#),
        Example::text(r#"Hello ${name}, answer {a: 1}"#),
        Example::text(r#"Pay ${{amount}} to {{name}} of {{shop}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let Some(dialect) = context.dialect() else { return Vec::new() };
    let mut drafts = Vec::new();
    for (prompt, other) in context.other_scans() {
        let text = prompt.as_str();
        let own = context.scans().find(|(known, scan)| std::ptr::eq(*known, prompt) && scan.dialect == dialect);
        let mut own = own.map_or(&[][..], |(_, scan)| &scan.placeholders).iter().peekable();
        for placeholder in &other.placeholders {
            while own.next_if(|known| known.span.end <= placeholder.span.start).is_some() {}
            let taken = own.peek().is_some_and(|known| known.span.start < placeholder.span.end);
            let expression = match &placeholder.content {
                Content::Value { expression, .. } | Content::Open { expression, .. } => expression,
                _ => continue,
            };
            let name = expression.path.as_deref().filter(|path| !path.is_empty()).map(|path| path.join("."));
            let named = name.as_deref().is_some_and(|name| !name.starts_with(|char: char| char.is_ascii_digit()));
            // `{x}` of `${x}` is the JavaScript dialect's.
            let dollar = text.get(..placeholder.span.start).is_some_and(|before| before.ends_with('$'));
            if taken || (other.dialect == Dialect::Format && (!named || dollar)) {
                continue;
            }
            let message = format!(
                "This is of another dialect, such as `{}`, and stays as it is: write it as `{}`.",
                other.dialect.example(),
                dialect.example()
            );
            let draft = prompt.draft(placeholder.span.clone(), message);
            let plain = matches!(placeholder.content, Content::Value { .. });
            drafts.push(match name.filter(|name| plain && !name.contains(' ')) {
                Some(name) => {
                    let written = dialect.example().replace("name", &name);
                    draft.fix(Fix::suggested(
                        "Write it in the document's dialect",
                        prompt.edit(placeholder.span.clone(), &written),
                    ))
                }
                None => draft,
            });
        }
    }
    drafts
}
