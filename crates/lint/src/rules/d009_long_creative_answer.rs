//! D009 long-creative-answer: A model's definition asks for long answers at a high temperature.

use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// D009.
pub(crate) static RULE: Rule = Rule {
    code: "D009",
    name: "long-creative-answer",
    severity: Severity::Warning,
    summary: "A model's definition asks for long answers at a high temperature.",
    page: include_str!("d009_long_creative_answer.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(r#"{"credentials":{},"responseSchema":{},"configuration":{"temperature":0.9,"maxTokens":8000}}"#),
        Example::json(
            r#"{"credentials":{},"responseSchema":{},"configuration":{"temperature":0.71,"maxTokens":4001}}"#,
        ),
    ],
    good: &[
        Example::json(r#"{"credentials":{},"responseSchema":{},"configuration":{"temperature":0.7,"maxTokens":8000}}"#),
        Example::json(r#"{"credentials":{},"responseSchema":{},"configuration":{"temperature":0.9,"maxTokens":4000}}"#),
        Example::json(r#"{"model_id":"x","max_tokens":8000}"#),
    ],
    check,
};

/// C1.
const MAX_TEMPERATURE: f64 = 0.7;
/// C1.
const MAX_TOKENS: f64 = 4000.0;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let (Kind::ModelDefinition, Some(tree)) = (context.document.kind, context.tree()) else { return Vec::new() };
    let number = |name| {
        let id = tree.find(&["configuration", name])?;
        Some((id, tree.number(id)?))
    };
    let (Some((temperature, high)), Some((_, many))) = (number("temperature"), number("maxTokens")) else {
        return Vec::new();
    };
    if high <= MAX_TEMPERATURE || many <= MAX_TOKENS {
        return Vec::new();
    }
    let fix = Fix::suggested("Lower the temperature", context.replace(temperature, MAX_TEMPERATURE.to_string()));
    let message = "Long answers (`maxTokens` over 4000) drift at a temperature over 0.7: lower one of them.";
    vec![context.at(temperature, message).fix(fix)]
}
