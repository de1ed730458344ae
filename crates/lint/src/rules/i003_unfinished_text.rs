//! I003 unfinished-text: A note to the author is still in the prompt.

use crate::format::Format;
use crate::{Context, Draft, Example, FixKind, Rule, Severity, work};

/// I003.
pub(crate) static RULE: Rule = Rule {
    code: "I003",
    name: "unfinished-text",
    severity: Severity::Info,
    summary: "A note to the author is still in the prompt.",
    page: include_str!("i003_unfinished_text.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text("You work for a shop.\nTODO: add the return policy\nBe kind."),
        Example::text("You are the assistant of [insert company name here]. Be kind."),
        Example::file("CLAUDE.md", "# Project\n\nFIXME: describe the build.\n"),
        Example::text("Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
    ],
    good: &[
        Example::text("List every TODO in the code. Mark it as TODO or FIXME."),
        Example::text("Write the letter with [name] and [date] where they belong."),
        Example::file("CLAUDE.md", "# Project\n\n```js\n// TODO: later\n```\n"),
        Example::text("Write \"TODO: describe\" where you do not know."),
        Example::json(r#"{"systemInstructions":[],"context":[{"role":"user","content":"TODO: call Ann"}]}"#),
    ],
    check,
};

/// What begins a line that is a note.
const NOTES: [&str; 3] = ["TODO:", "FIXME:", "TBD:"];

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()) {
        let text = prompt.prose();
        work::count(text.len());
        // In lists of examples such lines are samples of what is to be written.
        let notes = text.matches("TODO").count() + text.matches("FIXME").count();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '/' | '<' | '!' | '-'));
            let note = NOTES.iter().find(|note| body.starts_with(**note) && notes <= 2);
            if let Some(note) = note {
                let start = at + line.len() - body.len();
                let message = format!("This `{note}` is sent to the model as it is: do what it says, or remove it.");
                drafts.push(prompt.draft(start..start + note.len() - 1, message));
            }
            at += line.len();
        }
        for (open, end) in slots(text) {
            let message = "This is a slot for the author, and sent to the model as it is: fill it in.";
            drafts.push(prompt.draft(open..end, message));
        }
        if context.taken().format != Format::Json
            && let Some(start) = text.find("Lorem ipsum dolor")
        {
            let message = "This is filler text, and sent to the model as it is: write what is meant.";
            drafts.push(prompt.draft(start..start + "Lorem ipsum dolor".len(), message));
        }
    }
    drafts
}

/// `[insert … here]`, `<insert … here>`.
fn slots(text: &str) -> Vec<(usize, usize)> {
    const LONGEST: usize = 80;
    let mut found = Vec::new();
    for (open, sign) in text.match_indices(['[', '<']) {
        let rest = text.get(open + 1..).unwrap_or_default();
        let close = if sign == "[" { ']' } else { '>' };
        let within = rest.get(..rest.floor_char_boundary(LONGEST)).unwrap_or_default();
        let Some(inner) = within.find([close, '\n']).and_then(|end| within.get(..end)) else { continue };
        let begins = inner.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("insert "));
        if begins && inner.trim_end().to_ascii_lowercase().ends_with(" here") {
            found.push((open, open + 1 + inner.len() + 1));
        }
    }
    found
}
