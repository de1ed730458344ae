//! D001 invalid-json: The document is not JSON.

use crate::fault::Path;
use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// D001.
pub(crate) static RULE: Rule = Rule {
    code: "D001",
    name: "invalid-json",
    severity: Severity::Error,
    summary: "The document is not JSON.",
    page: include_str!("d001_invalid_json.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::json(r#"{"name": "greeting",}"#),
        Example::json(r#"{"name": "a"#),
        Example::json(r#"{"context": [1 2]}"#),
        Example::json(r#""#),
        Example::json(r#"{"name": "\ud800"}"#),
        Example::json(
            r#"// a comment
{}"#,
        ),
    ],
    good: &[
        Example::json(r#"{"name": "greeting"}"#),
        Example::json(r#"{}"#),
        Example::text("{\"name\": \"greeting\",}"),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let errors = context.tree().filter(|tree| !tree.yaml).map_or(&[][..], |tree| &tree.errors);
    errors.iter().map(|error| Draft::new(Path::root(), error.span.clone(), error.message.as_str())).collect()
}
