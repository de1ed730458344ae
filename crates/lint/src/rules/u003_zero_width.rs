//! U003 zero-width: The text contains characters without width.

use promptgate_guard::view::hidden::{self, Class};

use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// U003.
pub(crate) static RULE: Rule = Rule {
    code: "U003",
    name: "zero-width",
    severity: Severity::Warning,
    summary: "The text contains characters without width.",
    page: include_str!("u003_zero_width.md"),
    fix: FixKind::Safe,
    harmful: false,
    bad: &[Example::text("pass\u{200B}word"), Example::json(r#"{"user_template": "a\u00adb"}"#)],
    good: &[Example::text("👩\u{200D}💻 ❤\u{FE0F}"), Example::text("می\u{200C}خواهم"), Example::text("\u{FEFF}Hello")],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for prompt in context.prompts() {
        for hidden in hidden::find(prompt.as_str()).into_iter().filter(|hidden| hidden.class == Class::ZeroWidth) {
            // A byte order mark is the file's.
            if prompt.text.start() == 0 && hidden.span == (0..3) && prompt.as_str().starts_with('\u{FEFF}') {
                continue;
            }
            let fix = Fix::safe("Remove the characters", prompt.edit(hidden.span.clone(), ""));
            let message = "Invisible character: remove it.";
            drafts.push(prompt.draft(hidden.span, message).fix(fix));
        }
    }
    drafts
}
