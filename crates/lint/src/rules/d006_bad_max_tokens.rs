//! D006 bad-max-tokens: The maximum of tokens is absent, out of range, or over the model's window.

use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity, What};

/// D006.
pub(crate) static RULE: Rule = Rule {
    code: "D006",
    name: "bad-max-tokens",
    severity: Severity::Error,
    summary: "The maximum of tokens is absent, out of range, or over the model's window.",
    page: include_str!("d006_bad_max_tokens.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":100000,"modelId":"gpt-4o"}"#,
        ),
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"modelId":"gpt-4o"}"#),
        Example::json(
            r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":"256","modelId":"gpt-4o"}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","max_tokens":1000.5}"#,
        ),
        Example::json(
            r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":4000,"modelId":"gpt-4o"}"#,
        )
        .config(r#"{"models":{"gpt-4o":2000}}"#),
    ],
    good: &[
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello"}"#),
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#)
            .config(r#"{"models":{"gpt-4o":2000}}"#),
    ],
    check,
};

/// Whether a member sets how many tokens an answer may have.
pub(super) fn is_max_tokens(name: &str) -> bool {
    matches!(name, "max_tokens" | "maxTokens")
}

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for flaw in context.document.flaws.iter().filter(|flaw| is_max_tokens(&flaw.name)) {
        match flaw.what {
            What::Missing { .. } => drafts.push(context.lacks(flaw.id, &flaw.name, flaw.message.as_str())),
            What::Wrong(nearest) => {
                let draft = context.at(flaw.id, flaw.message.as_str());
                let fix = |nearest| {
                    Fix::suggested("Use the nearest allowed value", context.replace(flaw.id, format!("{nearest}")))
                };
                drafts.push(match nearest {
                    Some(nearest) => draft.fix(fix(nearest)),
                    None => draft,
                });
            }
            What::Unknown(_) => {}
        }
    }
    if let (Some((id, asked)), Some(window)) = (context.max_tokens(), context.window())
        && asked > window as f64
    {
        let message = format!("The model's context window has {window} tokens: ask for fewer.");
        drafts.push(context.at(id, message));
    }
    drafts
}
