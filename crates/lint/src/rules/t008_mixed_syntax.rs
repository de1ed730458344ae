//! T008 mixed-syntax: A variable of the template is written in another dialect's braces.

use std::collections::BTreeSet;

use crate::placeholder::{Content, Dialect};
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// T008.
pub(crate) static RULE: Rule = Rule {
    code: "T008",
    name: "mixed-syntax",
    severity: Severity::Warning,
    summary: "A variable of the template is written in another dialect's braces.",
    page: include_str!("t008_mixed_syntax.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text(r#"Hello {{name}}, your order {{order}}. Good bye, ${name}."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {name}, your order {{order}}","variables":["order","name"]}"#,
        ),
        Example::text(r#"Hello ${name}, your order {order} of ${order}."#),
    ],
    good: &[
        Example::text(r#"Hello {{name}}, your order {{order}} of {{date}}."#),
        Example::text(r#"Hello {{name}}, answer {"a": 1} or {} at $5"#),
        Example::text(r#"Hello {{name}}, write {other} and ${third}."#),
        Example::text(r#"Hello ${name}, answer {a: 1}"#),
        Example::text(r#"Pay ${{amount}} to {{name}} of {{shop}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let Some(dialect) = context.dialect() else { return Vec::new() };
    let used = context.scans().filter(|(_, scan)| scan.dialect == dialect);
    let mut known: BTreeSet<&str> = used.flat_map(|(_, scan)| scan.names()).map(|name| name.name.as_str()).collect();
    known.extend(context.variables().list.iter().map(|variable| variable.name));
    let mut drafts = Vec::new();
    for (prompt, other) in context.other_scans() {
        let text = prompt.as_str();
        let own = context.scans().find(|(known, scan)| std::ptr::eq(*known, prompt) && scan.dialect == dialect);
        let mut own = own.map_or(&[][..], |(_, scan)| &scan.placeholders).iter().peekable();
        for placeholder in &other.placeholders {
            while own.next_if(|known| known.span.end <= placeholder.span.start).is_some() {}
            let taken = own.peek().is_some_and(|known| known.span.start < placeholder.span.end);
            let Content::Value { expression, .. } = &placeholder.content else { continue };
            let Some([name]) = expression.path.as_deref() else { continue };
            // `{x}` of `${x}` is the JavaScript dialect's.
            let dollar = text.get(..placeholder.span.start).is_some_and(|before| before.ends_with('$'));
            // The gateway fills in `{{name}}` alone, so `${name}` in its documents is always a slip.
            let slip = other.dialect == Dialect::JavaScript && context.document.kind == Kind::PromptTemplate;
            let meant = slip || known.contains(name.as_str());
            if taken || !meant || (other.dialect == Dialect::Format && dollar) {
                continue;
            }
            let written = dialect.example().replace("name", name);
            let message =
                format!("This stays as it is: the template's variables are written as `{}` here.", dialect.example(),);
            let fix = Fix::suggested("Write it as the template's", prompt.edit(placeholder.span.clone(), &written));
            drafts.push(prompt.draft(placeholder.span.clone(), message).fix(fix));
        }
    }
    drafts
}
