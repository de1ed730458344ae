//! T009 literal-braces: Braces of a sample are read as a placeholder.

use std::ops::Range;

use crate::lint::{Context, Draft, Example, Fix, FixKind, Rule, Severity};
use crate::template::placeholder::Malformation;

/// T009.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "T009",
    name: "literal-braces",
    severity: Severity::Error,
    summary: "Braces of a sample are read as a placeholder.",
    what: "Finds samples of JSON or code in the format dialect whose braces are not doubled. In a cached template only where the configuration or `$lint.dialect` says that it is written in that dialect: single braces mean nothing there. The fix is safe where the dialect is stated, and a suggestion where it is a guess.",
    why: "`str.format` takes what stands between them for a variable's name and throws: `KeyError: '\"answer\"'` is the most frequent mistake in such templates.",
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
        .map(|(prompt, _, bad)| {
            let Range { start, end } = bad.span;
            let edits = vec![prompt.edit(start..start + 1, "{{"), prompt.edit(end - 1..end, "}}")];
            let safe = context.is_dialect_stated();
            prompt.draft(start..end, bad.message).fix(Fix { title: "Double the braces", safe, edits })
        })
        .collect()
}
