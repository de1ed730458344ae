//! T009 literal-braces: Braces of a sample are read as a placeholder.

use std::ops::Range;

use crate::placeholder::Malformation;
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// T009.
pub(crate) static RULE: Rule = Rule {
    code: "T009",
    name: "literal-braces",
    severity: Severity::Error,
    summary: "Braces of a sample are read as a placeholder.",
    page: include_str!("t009_literal_braces.md"),
    fix: FixKind::Safe,
    harmful: false,
    bad: &[
        Example::text(r#"Answer {question} as {"answer": "text"}."#),
        Example::text(
            r#"Answer {question} as
{
  "a": {"b": [1]}
}"#,
        ),
        Example::json(
            r#"{"content":"Answer {question} as {\"answer\": \"text\"}.","cacheSettings":{},"$lint":{"dialect":"format"}}"#,
        ),
        Example::json(r#"{"responseSchema":{},"promptTemplate":"Answer {input} as {\"answer\": \"text\"}."}"#),
    ],
    good: &[
        Example::text(r#"Answer {question} as {{"answer": "text"}}."#),
        Example::text(r#"Answer {"answer": "text"}."#),
        Example::text(r#"Answer {{question}} as {"answer": "text"}."#),
        Example::json(r#"{"content":"Answer {question} as {\"answer\": \"text\"}.","cacheSettings":{}}"#),
        Example::json(r#"{"content":"Answer ${question} as {\"answer\": \"text\"}.","cacheSettings":{}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let literal = context.malformed(Malformation::LiteralBraces);
    literal
        .map(|(prompt, scan, bad)| {
            let Range { start, end } = bad.span;
            let edits = vec![prompt.edit(start..start + 1, "{{"), prompt.edit(end - 1..end, "}}")];
            let safe = context.is_dialect_stated();
            context.unsure(scan, prompt.draft(start..end, bad.message.clone())).fix(Fix {
                title: "Double the braces",
                safe,
                edits,
            })
        })
        .collect()
}
