//! S001 untrusted-in-system: A value that somebody else writes is put into the system instruction.

use crate::{Context, Draft, Example, FixKind, Part, Rule, Severity};

/// S001.
pub(crate) static RULE: Rule = Rule {
    code: "S001",
    name: "untrusted-in-system",
    severity: Severity::Error,
    summary: "A value that somebody else writes is put into the system instruction.",
    page: include_str!("s001_untrusted_in_system.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"You help {{name}}.","user_template":"Hello","variables":["name"]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be {{tone}}.","user_template":"Hello","variables":[{"name":"tone","max_length":20,"trusted":false}]}"#,
        ),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"You work for {{shop}}.","user_template":"Hello","variables":[{"name":"shop","trusted":true}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":["name"]}"#,
        ),
        Example::text(r#"You help {{name}}."#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let system = context.untrusted().filter(|(prompt, ..)| prompt.part == Part::System);
    let message = "Whoever writes this value writes instructions: put it into `user_template`, between tags, or declare \
        the variable `trusted` if the organisation writes its values.";
    system.map(|(prompt, placeholder, _)| prompt.draft(placeholder.span.clone(), message)).collect()
}
