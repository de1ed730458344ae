//! D003 unknown-key: The document's kind has no member of this name.

use std::collections::BTreeMap;

use crate::{Context, Draft, Edit, Example, Fix, FixKind, Rule, Severity, What};

/// D003.
pub(crate) static RULE: Rule = Rule {
    code: "D003",
    name: "unknown-key",
    severity: Severity::Error,
    summary: "The document's kind has no member of this name.",
    page: include_str!("d003_unknown_key.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello", "max_token": 512}"#,
        ),
        Example::json(r#"{"systemInstructions":[],"context":[],"temprature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(r#"{"model_id":"x","temperature_matrix":{"defualt":0.1}}"#),
        Example::json(r#"{"systemInstructions":[],"context":[],"$lint":{"ignore":{"S004":"it is quoted"}}}"#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello", "max_tokens": 512}"#,
        ),
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello", "$lint": {}, "$schema": "x"}"#,
        ),
        Example::json(r#"{"anything": 1}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let Some(tree) = context.tree() else { return Vec::new() };
    let mut free = BTreeMap::new();
    let unknown = context.document.flaws.iter().filter_map(|flaw| match flaw.what {
        What::Unknown(meant) => Some((flaw, meant)),
        _ => None,
    });
    unknown
        .map(|(flaw, meant)| {
            let draft = context.at_key(flaw.id, flaw.message.as_str());
            let parent = tree.node(flaw.id).parent;
            // Asked once for each object and name, however many members are nearly called so.
            let mut is_free = |meant: &&'static str| {
                let ask = || parent.is_some_and(|id| tree.member(id, meant).is_none());
                *free.entry((parent, *meant)).or_insert_with(ask)
            };
            match meant.filter(&mut is_free) {
                Some(meant) => {
                    let edit = Edit { span: draft.span.clone(), text: format!("\"{meant}\"") };
                    draft.fix(Fix::suggested("Use the known name", edit))
                }
                None => draft,
            }
        })
        .collect()
}
