//! T001 unclosed-placeholder: A placeholder is opened and never closed.

use std::ops::Range;

use crate::placeholder::{Dialect, Malformation};
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// T001.
pub(crate) static RULE: Rule = Rule {
    code: "T001",
    name: "unclosed-placeholder",
    severity: Severity::Error,
    summary: "A placeholder is opened and never closed.",
    page: include_str!("t001_unclosed_placeholder.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text(r#"Hello {{name, how can I help with {{topic}}?"#),
        Example::text(r#"Hello ${name, your order is ${order}."#),
        Example::text(r#"Order {order is {state}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name","variables":["name"]}"#,
        ),
    ],
    good: &[
        Example::text(r#"Hello {{name}}, how can I help with {{topic}}?"#),
        Example::text(r#"Hello ${name}, your order is ${order}."#),
        Example::text(r#"A set {1, 2"#),
        Example::text(r#"Write \\{{ for a brace. {{name}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let unclosed = context.malformed(Malformation::Unclosed);
    unclosed
        .map(|(prompt, scan, bad)| {
            let draft = context.unsure(scan, prompt.draft(bad.span.clone(), bad.message.clone()));
            match closing(prompt.as_str(), scan.dialect, bad.span.clone()) {
                Some((at, closer)) => draft.fix(Fix::suggested("Close it", prompt.edit(at..at, closer))),
                None => draft,
            }
        })
        .collect()
}

/// Where the name ends that follows the opening braces, and what is missing there.
fn closing(text: &str, dialect: Dialect, open: Range<usize>) -> Option<(usize, &'static str)> {
    let opened = text.get(open.clone())?;
    if opened.ends_with("}}") {
        // `{{{name}}`
        return Some((open.end, "}"));
    }
    let rest = text.get(open.end..)?;
    let name = rest.trim_start_matches(' ');
    let length = name.find(|char: char| !(char.is_alphanumeric() || matches!(char, '_' | '.'))).unwrap_or(name.len());
    let (name, after) = name.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
    let at = open.end + (rest.len() - name.len() - after.len()) + name.trim_end_matches('.').len();
    let closer = match dialect {
        Dialect::JavaScript | Dialect::Format => "}",
        // What is in a tag of these is an expression, whose end nobody knows.
        Dialect::Jinja | Dialect::Nunjucks | Dialect::Liquid | Dialect::SemanticKernel => return None,
        Dialect::Mustache if opened.len() == 3 => "}}}",
        Dialect::Mustache if after.starts_with('}') => "}",
        Dialect::Mustache => "}}",
    };
    Some((at, closer))
}
