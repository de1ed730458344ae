//! S003 forgeable-delimiter: A value can contain the tag or fence that is to end it.

use crate::delimiter::Apart;
use crate::placeholder::Name;
use crate::{Context, Draft, Example, FixKind, Kind, Rule, Severity};

/// S003.
pub(crate) static RULE: Rule = Rule {
    code: "S003",
    name: "forgeable-delimiter",
    severity: Severity::Warning,
    summary: "A value can contain the tag or fence that is to end it.",
    page: include_str!("s003_forgeable_delimiter.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise <message>{{message}}</message>.","variables":[{"name":"message","max_length":2000}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise <m-{{id}}>{{message}}</m-{{id}}>.","variables":[{"name":"message","max_length":2000},{"name":"id","max_length":10}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise\n```\n{{message}}\n```","variables":["message"]}"#,
        ),
        Example::text(r#"Summarise <message>{{message}}</message>."#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise <message-{{nonce}}>{{message}}</message-{{nonce}}>.","variables":[{"name":"message","max_length":2000},{"name":"nonce","max_length":64,"trusted":true}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Where is <order>{{order}}</order>?","variables":[{"name":"order","max_length":7}]}"#,
        ),
        Example::text(r#"Summarise <message-{{nonce}}>{{message}}</message-{{nonce}}>."#),
        Example::json(r#"{"responseSchema":{},"promptTemplate":"Summarise <input>{input}</input>."}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    if context.document.kind == Kind::ModelDefinition {
        return Vec::new();
    }
    let variables = context.variables();
    let mut drafts: Vec<Draft> = Vec::new();
    for (prompt, placeholder, apart) in context.untrusted() {
        let close = match apart {
            Apart::Tagged(close) => close.clone(),
            Apart::Fenced(start) => *start..*start + 3,
            _ => continue,
        };
        let mut names = placeholder.content.expression().into_iter().flat_map(|expression| &expression.names);
        let length = close.len() as f64;
        let short =
            |name: &Name| variables.get(&name.name).is_some_and(|it| it.max_length.is_some_and(|most| most < length));
        if names.all(short) {
            continue;
        }
        let message = "A value can contain this delimiter and close it early: put a trusted variable into it, with a new \
            random value in every call, as in `</message-{{nonce}}>`.";
        let draft = prompt.draft(close, message);
        if drafts.last().is_none_or(|last| last.span != draft.span) {
            drafts.push(if variables.say_trust() { draft } else { draft.severity(Severity::Info) });
        }
    }
    drafts
}
