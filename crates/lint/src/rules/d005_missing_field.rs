//! D005 missing-field: A member that the document's kind requires is not there.

use super::d006_bad_max_tokens::is_max_tokens;
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity, What};

/// D005.
pub(crate) static RULE: Rule = Rule {
    code: "D005",
    name: "missing-field",
    severity: Severity::Error,
    summary: "A member that the document's kind requires is not there.",
    page: include_str!("d005_missing_field.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(r#"{"name": "greeting", "system_instruction": "Be brief.", "safety_guardrails": null}"#),
        Example::json(r#"{"systemInstructions":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(r#"{"provider":"openai","credentials":{},"responseSchema":{}}"#),
    ],
    good: &[
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello"}"#),
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(r#"{"user_template": "x""#),
        Example::json(r#"{}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let missing = context.document.flaws.iter().filter_map(|flaw| match flaw.what {
        What::Missing { list } if !is_max_tokens(&flaw.name) => Some((flaw, list)),
        _ => None,
    });
    missing
        .map(|(flaw, list)| {
            let draft = context.lacks(flaw.id, &flaw.name, flaw.message.as_str());
            if list {
                draft.fix(Fix::suggested("Add an empty one", context.insert(flaw.id, &flaw.name, "[]")))
            } else {
                draft
            }
        })
        .collect()
}
