//! S005 role-spoof: Speakers are distinguished by their names at the beginning of lines, beside a value that can hold such lines.

use std::ops::Range;

use crate::delimiter::Apart;
use crate::{Context, Draft, Example, FixKind, Kind, Rule, Severity};

/// S005.
pub(crate) static RULE: Rule = Rule {
    code: "S005",
    name: "role-spoof",
    severity: Severity::Warning,
    summary: "Speakers are told apart by their names at the beginning of lines, beside a value that can hold such lines.",
    page: include_str!("s005_role_spoof.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text(
            r#"System: Be brief.
User: {{message}}
Assistant:"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"User: {{message}}\n\n**Assistant:**","variables":[{"name":"message","max_length":2000}]}"#,
        ),
    ],
    good: &[
        Example::text(
            r#"User:
<message-{{nonce}}>{{message}}</message-{{nonce}}>
Assistant:"#,
        ),
        Example::text(
            r#"System: Be brief.
Be kind.
Summarise {{message}}."#,
        ),
        Example::text(r#"The system: a description. {{name}}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"User: {{message}}","variables":[{"name":"message","trusted":true}]}"#,
        ),
    ],
    check,
};

const ROLES: [&str; 5] = ["system", "developer", "assistant", "user", "human"];

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    // There the roles are the format's own borders.
    if matches!(context.document.kind, Kind::Prompty | Kind::Dotprompt) {
        return drafts;
    }
    // A template has two texts at most.
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()).take(2) {
        let loose = context
            .untrusted()
            .filter(|(text, _, apart)| std::ptr::eq(*text, prompt) && matches!(apart, Apart::Bare | Apart::Heading));
        let mut loose = loose.map(|(_, placeholder, _)| placeholder.span.start).peekable();
        if loose.peek().is_none() {
            continue;
        }
        // Of each line that is not blank: where its role is, and whether a loose value is there.
        let mut lines: Vec<(Option<Range<usize>>, bool)> = Vec::new();
        let mut start = 0;
        for line in prompt.as_str().split_inclusive('\n') {
            let end = start + line.len();
            let mut holds = false;
            while loose.next_if(|at| *at < end).is_some() {
                holds = true;
            }
            if !line.trim().is_empty() {
                lines.push((role(line).map(|role| start + role.start..start + role.end), holds));
            }
            start = end;
        }
        for (at, (role, holds)) in lines.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|(_, holds)| *holds);
            let after = lines.get(at + 1).is_some_and(|(_, holds)| *holds);
            if let Some(role) = role.clone().filter(|_| *holds || before || after) {
                let message = "A value next to this line can contain such lines and speak for another role: send each role's text \
                    as a message of its own, or put the value between tags with a nonce.";
                drafts.push(prompt.draft(role, message));
            }
        }
    }
    drafts
}

/// The role that `line` begins with, and its colon.
fn role(line: &str) -> Option<Range<usize>> {
    let body =
        line.trim_start_matches(|char: char| char.is_whitespace() || matches!(char, '*' | '#' | '>' | '-' | '[' | '_'));
    let start = line.len() - body.len();
    let length = body.find(|char: char| !char.is_ascii_alphabetic())?;
    let (word, rest) = body.split_at_checked(length)?;
    let known = ROLES.iter().any(|role| role.eq_ignore_ascii_case(word));
    let colon = rest.trim_start_matches([' ', '*', ']', '_']);
    let end = start + length + (rest.len() - colon.len()) + 1;
    (known && colon.starts_with(':')).then_some(start..end)
}
