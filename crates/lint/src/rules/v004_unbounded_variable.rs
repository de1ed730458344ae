//! V004 unbounded-variable: A variable of a prompt template has no maximum length.

use std::ops::Range;

use crate::fault::printable;
use crate::{Context, Draft, Edit, Example, Fix, FixKind, Kind, Rule, Severity};

/// V004.
pub(crate) static RULE: Rule = Rule {
    code: "V004",
    name: "unbounded-variable",
    severity: Severity::Warning,
    summary: "A variable of a prompt template has no maximum length.",
    page: include_str!("v004_unbounded_variable.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":["name"]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":[{"name":"name"}]}"#,
        ),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":[{"name":"name","max_length":40}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":[{"name":"name","trusted":true}]}"#,
        ),
        Example::json(r#"{"content":"Hello {{name}}","variables":[{"name":"name"}],"cacheSettings":{}}"#),
    ],
    check,
};

/// What the fix suggests, in UTF-16 code units: about 500 tokens of English.
const SUGGESTED: u32 = 2000;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let (Kind::PromptTemplate, Some(tree)) = (context.document.kind, context.tree()) else { return Vec::new() };
    let unbounded = context.variables().list.iter().filter(|variable| {
        !variable.trusted && variable.max_length.is_none() && tree.member(variable.item, "max_length").is_none()
    });
    unbounded
        .map(|variable| {
            let edits = if variable.item == variable.id {
                // Around the name, which is not repeated: it may be a secret.
                let Range { start, end } = tree.node(variable.item).span;
                let after = format!(", \"max_length\": {SUGGESTED}}}");
                vec![Edit { span: start..start, text: "{\"name\": ".to_owned() }, Edit { span: end..end, text: after }]
            } else {
                vec![context.insert(variable.item, "max_length", &SUGGESTED.to_string())]
            };
            let message = format!(
                "`{}` may be of any length: give it a `max_length`, in UTF-16 code units.",
                printable(variable.name)
            );
            context.at(variable.id, message).fix(Fix { title: "Set a maximum", safe: false, edits })
        })
        .collect()
}
