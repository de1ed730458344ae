//! D004 too-large: The document has more than 64 KiB.

use crate::fault::Path;
use crate::json::MAX_BODY;
use crate::{Context, Draft, Example, FixKind, Kind, Rule, Severity};

/// D004.
pub(crate) static RULE: Rule = Rule {
    code: "D004",
    name: "too-large",
    severity: Severity::Error,
    summary: "The document has more than 64 KiB.",
    page: include_str!("d004_too_large.md"),
    fix: FixKind::None,
    harmful: true,
    bad: &[Example::json(r#"  {"user_template":"x","system_instruction":"x"}"#).times(1500)],
    good: &[
        Example::text("0123456789abcdef").times(5000),
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}            "#).times(700),
    ],
    check,
};

/// Most bytes of a template (requirements, A2; contract, section 9): 64 KiB.
const MAX_TEMPLATE: usize = 64 * 1024;

fn check(context: &Context<'_>) -> Vec<Draft> {
    if !context.document.kind.is_ours() {
        return Vec::new();
    }
    let most = if context.document.kind == Kind::ChatRequest { MAX_BODY } else { MAX_TEMPLATE };
    let text = context.document.source();
    if text.len() > most { vec![draft(text, most)] } else { Vec::new() }
}

/// That `text` has more than `most` bytes: its place is what is too much.
pub(crate) fn draft(text: &str, most: usize) -> Draft {
    let span = text.floor_char_boundary(most)..text.len();
    let message = format!("{} bytes are too many: shorten this to at most {most}.", text.len());
    Draft::new(Path::root(), span, message)
}
