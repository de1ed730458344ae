//! S010 guardrails-missing: A prompt template leaves safety guardrails out or switches them off.

use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity, Value};

/// S010.
pub(crate) static RULE: Rule = Rule {
    code: "S010",
    name: "guardrails-missing",
    severity: Severity::Warning,
    summary: "A prompt template leaves safety guardrails out or switches them off.",
    page: include_str!("s010_guardrails_missing.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","safety_guardrails":{}}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","safety_guardrails":{"pii_filter":true}}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","safety_guardrails":{"pii_filter":false,"jailbreak_detection":true,"output_moderation":true}}"#,
        ),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","safety_guardrails":{"pii_filter":true,"jailbreak_detection":true,"output_moderation":true}}"#,
        ),
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello"}"#),
    ],
    check,
};

const GUARDRAILS: [&str; 3] = ["pii_filter", "jailbreak_detection", "output_moderation"];

fn check(context: &Context<'_>) -> Vec<Draft> {
    let (Kind::PromptTemplate, Some(tree)) = (context.document.kind, context.tree()) else { return Vec::new() };
    let Some(map) = tree.find(&["safety_guardrails"]) else { return Vec::new() };
    let Value::Object(members) = &tree.node(map).value else { return Vec::new() };
    if members.is_empty() {
        let all = GUARDRAILS.map(|name| format!("\"{name}\": true")).join(", ");
        let fix = Fix::suggested("Switch all on", context.replace(map, format!("{{{all}}}")));
        let message = "No guardrail is named here, so none is on: name them, or leave the member out.";
        return vec![context.at(map, message).fix(fix)];
    }
    let one = |name: &str| match tree.member(map, name) {
        None if !tree.complete => None,
        None => {
            let fix = Fix::suggested("Switch it on", context.insert(map, name, "true"));
            Some(context.lacks(map, name, format!("`{name}` is left out, so it is off: switch it on.")).fix(fix))
        }
        Some(id) if matches!(tree.node(id).value, Value::Bool(false)) => {
            let fix = Fix::suggested("Switch it on", context.replace(id, "true"));
            Some(context.at(id, format!("`{name}` is off: switch it on.")).fix(fix))
        }
        Some(_) => None,
    };
    GUARDRAILS.into_iter().filter_map(one).collect()
}
