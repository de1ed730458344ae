//! U001 bidi-control: The text contains a character that reorders the display.

use std::cell::LazyCell;

use promptgate_guard::view::hidden::{self, Class};

use crate::work;
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// U001.
pub(crate) static RULE: Rule = Rule {
    code: "U001",
    name: "bidi-control",
    severity: Severity::Error,
    summary: "The text contains a character that reorders the display.",
    page: include_str!("u001_bidi_control.md"),
    fix: FixKind::Safe,
    harmful: true,
    bad: &[
        Example::text("Refund \u{202E}yes\u{202C} only"),
        Example::json(r#"{"user_template": "a\u2066b"}"#),
        Example::text("a\u{200E}b"),
    ],
    good: &[Example::text("שלום\u{200F}!"), Example::text("Refund yes only")],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for prompt in context.prompts() {
        // Asked once, however many marks there are.
        let right_to_left = LazyCell::new(|| {
            work::count(prompt.as_str().len());
            prompt.as_str().chars().any(is_right_to_left)
        });
        for hidden in hidden::find(prompt.as_str()).into_iter().filter(|hidden| hidden.class == Class::Bidi) {
            let edit = prompt.edit(hidden.span.clone(), "");
            if hidden.reorders {
                let message = "This character changes the order in which the text is displayed: remove it.";
                drafts.push(prompt.draft(hidden.span, message).fix(Fix::safe("Remove the character", edit)));
            } else if !*right_to_left {
                let message = "Invisible directional mark where no text runs right to left: remove it.";
                let fix = Fix::suggested("Remove the mark", edit);
                drafts.push(prompt.draft(hidden.span, message).fix(fix).severity(Severity::Info));
            }
        }
    }
    drafts
}

/// Letters of Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours (Unicode's right-to-left blocks).
fn is_right_to_left(char: char) -> bool {
    matches!(char as u32, 0x0590..=0x061B | 0x061D..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}
