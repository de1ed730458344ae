//! D001 invalid-json: The document is not JSON.

use crate::fault::Path;
use crate::lint::{Context, Draft, Example, FixKind, Rule, Severity};

/// D001.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "D001",
    name: "invalid-json",
    severity: Severity::Error,
    summary: "The document is not JSON.",
    what: "Reads the document by RFC 8259 and names the exact place of each mistake: a comma too many or too few, a comment, a raw line break in a string, a bad escape, half a surrogate pair, an end that comes too early, nesting deeper than 64 levels.",
    why: "What a gateway cannot read it refuses, and a lenient reader upstream may read something else than was meant.",
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
    let errors = context.tree().map_or(&[][..], |tree| &tree.errors);
    errors.iter().map(|error| Draft::new(Path::root(), error.span.clone(), error.message.as_str())).collect()
}
