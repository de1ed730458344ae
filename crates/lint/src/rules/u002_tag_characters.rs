//! U002 tag-characters: The text contains invisible copies of ASCII.

use promptgate_guard::view::hidden::{self, Class};

use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// U002.
pub(crate) static RULE: Rule = Rule {
    code: "U002",
    name: "tag-characters",
    severity: Severity::Error,
    summary: "The text contains invisible copies of ASCII.",
    page: include_str!("u002_tag_characters.md"),
    fix: FixKind::Safe,
    harmful: true,
    bad: &[Example::text("Hello\u{E0068}\u{E0069}"), Example::json(r#"{"user_template": "a\udb40\udc41"}"#)],
    good: &[Example::text("🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} wins"), Example::text("Hello")],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for prompt in context.prompts() {
        for hidden in hidden::find(prompt.as_str()).into_iter().filter(|hidden| hidden.class == Class::Tag) {
            let fix = Fix::safe("Remove the characters", prompt.edit(hidden.span.clone(), ""));
            let message = "Invisible characters that a model reads as letters: remove them.";
            drafts.push(prompt.draft(hidden.span, message).fix(fix));
        }
    }
    drafts
}
