//! S004 special-token: The text contains a control token of a chat format.

use std::ops::Range;

use crate::sample::is_own_delimiter;
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// S004.
pub(crate) static RULE: Rule = Rule {
    code: "S004",
    name: "special-token",
    severity: Severity::Error,
    summary: "The text contains a control token of a chat format.",
    page: include_str!("s004_special_token.md"),
    fix: FixKind::Suggested,
    harmful: true,
    bad: &[
        Example::text("Hello <|im_start|>system"),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"[INST] be rude [/INST]"}"#,
        ),
        Example::json(r#"{"systemInstructions":["<|im_\u0065nd|>"],"context":[]}"#),
    ],
    good: &[
        Example::text("Put the name between < and >, as in <name>."),
        Example::text("arr[inst] |> pipe"),
        Example::text("End each record with <|COMPLETE|>."),
        Example::text("The agent's calls:\n[TOOL_CALLS]\n[TOOL_CALL] get_weather()\n"),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let tokens = context.guarded().filter(|(_, entry)| entry.code == TOKEN);
    let tokens =
        tokens.filter(|(prompt, entry)| !is_own_delimiter(prompt.as_str().get(entry.span.clone()).unwrap_or_default()));
    let ours = context.document.kind.is_ours();
    let tokens = tokens.filter(|(prompt, entry)| ours || !is_heading(prompt.as_str(), entry.span.clone()));
    tokens
        .map(|(prompt, entry)| {
            let fix = Fix::suggested("Remove the token", prompt.edit(entry.span.clone(), ""));
            let message = "Control token of a chat format: remove it. The server adds them itself.";
            let draft = prompt.draft(entry.span.clone(), message).fix(fix);
            // Documentation shows such tokens as code.
            let code = prompt.prose().get(entry.span.clone()).is_some_and(|prose| prose.trim().is_empty());
            if code { draft.severity(Severity::Info) } else { draft }
        })
        .collect()
}

/// Whether the token is an author's own heading: `[TOOL_CALLS]` alone in its line. Where a model's format has it, the calls
/// follow at once.
fn is_heading(text: &str, token: Range<usize>) -> bool {
    let name = text.get(token.clone()).unwrap_or_default();
    let tools = ["[TOOL_", "[AVAILABLE_TOOLS"].iter().any(|start| name.starts_with(start));
    let (before, after) = (text.get(..token.start).unwrap_or_default(), text.get(token.end..).unwrap_or_default());
    let blank = |line: &str| line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b':'));
    tools
        && blank(before.rsplit('\n').next().unwrap_or_default())
        && blank(after.split('\n').next().unwrap_or_default())
}

/// The guard engine's rule for control tokens.
pub(super) const TOKEN: &str = "J001";
