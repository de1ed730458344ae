//! D008 invalid-value: A member's value is not what the document's kind allows.

use super::d006_bad_max_tokens::is_max_tokens;
use crate::{Context, Draft, Example, FixKind, Rule, Severity, What};

/// D008.
pub(crate) static RULE: Rule = Rule {
    code: "D008",
    name: "invalid-value",
    severity: Severity::Error,
    summary: "A member's value is not what the document's kind allows.",
    page: include_str!("d008_invalid_value.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":3,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(
            r#"{"systemInstructions":[],"context":[{"role":"assistant","content":"Hi"}],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#,
        ),
        Example::json(r#"{"content":"","cacheSettings":[]}"#),
        Example::json(r#"{"provider":"opnai","promptTemplate":"Hello","responseSchema":{}}"#),
        Example::json(r#"{"model_id":"m","safety_filters":[]}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","variables":["1st"]}"#,
        ),
    ],
    good: &[
        Example::json(r#"{"systemInstructions":[],"context":[],"temperature":0.2,"maxTokens":256,"modelId":"gpt-4o"}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","variables":["first",{"name":"second","max_length":9}]}"#,
        ),
        Example::json(r#"{"user_template": "x"}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let own = |name: &str| is_max_tokens(name) || name == "ttl";
    let wrong = context.document.flaws.iter().filter(|flaw| matches!(flaw.what, What::Wrong(_)) && !own(&flaw.name));
    wrong.map(|flaw| context.at(flaw.id, flaw.message.as_str())).collect()
}
