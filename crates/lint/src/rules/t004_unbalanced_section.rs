//! T004 unbalanced-section: A section is opened and not closed, or closed and not opened.

use crate::placeholder::{Content, Dialect, Malformation, Scan};
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// T004.
pub(crate) static RULE: Rule = Rule {
    code: "T004",
    name: "unbalanced-section",
    severity: Severity::Error,
    summary: "A section is opened and not closed, or closed and not opened.",
    page: include_str!("t004_unbalanced_section.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text(r#"{{#if vip}}Dear {{name}}, your order is here."#),
        Example::text(r#"Dear {{name}}{{/if}}, your order is here."#),
        Example::text(r#"{{#a}}{{#b}}{{x}}"#),
        Example::text(r#"{{#a}}{{#b}}{{x}}{{/a}}"#),
    ],
    good: &[
        Example::text(r#"{{#if vip}}Dear {{/if}}{{name}}, your order is here."#),
        Example::text(r#"{{#each orders}}{{id}}{{else}}none{{/each}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut unbalanced = context.malformed(Malformation::UnbalancedSection).peekable();
    while let Some((prompt, scan, bad)) = unbalanced.next() {
        let tag = prompt.as_str().get(bad.span.clone()).unwrap_or_default();
        let draft = prompt.draft(bad.span.clone(), bad.message.clone());
        let opened = scan.placeholders.binary_search_by_key(&bad.span.start, |one| one.span.start).ok();
        let opened = opened.and_then(|index| match &scan.placeholders.get(index)?.content {
            Content::Open { section, .. } => Some(section),
            _ => None,
        });
        // Ends go in from the innermost section on.
        let last = unbalanced.peek().is_none_or(|(next, ..)| !std::ptr::eq(*next, prompt));
        let end = prompt.as_str().len();
        drafts.push(match opened {
            Some(section) if last && !is_inside(scan, bad.span.start) => {
                draft.fix(Fix::suggested("Close it at the end", prompt.edit(end..end, &closing(scan.dialect, section))))
            }
            None if tag.starts_with("{{") || tag.starts_with("{%") => {
                draft.fix(Fix::suggested("Remove it", prompt.edit(bad.span.clone(), "")))
            }
            _ => draft,
        });
    }
    drafts
}

/// What ends a section.
fn closing(dialect: Dialect, section: &str) -> String {
    if dialect.has_statements() { format!("{{% end{section} %}}") } else { format!("{{{{/{section}}}}}") }
}

/// Whether a section around the one at `start` ends after it.
fn is_inside(scan: &Scan, start: usize) -> bool {
    let after = scan.placeholders.partition_point(|one| one.span.start <= start);
    let mut open = 0_usize;
    for placeholder in scan.placeholders.iter().skip(after) {
        match placeholder.content {
            Content::Open { .. } => open += 1,
            Content::Close if open == 0 => return true,
            Content::Close => open -= 1,
            _ => {}
        }
    }
    false
}
