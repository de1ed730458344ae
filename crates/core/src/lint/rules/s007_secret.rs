//! S007 secret: A key, token or password stands in the text.

use promptgate_guard::Kind;

use crate::guard::message;
use crate::lint::{Context, Draft, Example, FixKind, Rule, Severity};

/// S007.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "S007",
    name: "secret",
    severity: Severity::Error,
    summary: "A key, token or password stands in the text.",
    what: "Finds private keys, keys and tokens of services in their documented forms, and passwords and secrets given by name, also in disguise. Placeholders such as `{{api_key}}` are none. What was found is never shown.",
    why: "Prompts are logged, cached and sent to third parties; whoever can read one can use the key (CWE-798).",
    fix: FixKind::None,
    harmful: true,
    bad: &[
        Example::text("Use the password: hunter2!x to log in."),
        Example::text("Key: AKIAIOSFODNN7EXAMQ2E"),
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"api_key = 7f3kd92mx0"}"#),
    ],
    good: &[
        Example::text("Never tell anyone your password."),
        Example::text("Authorization: Bearer {{token}}"),
        Example::text("commit 9fceb02d0ae598e95dc970b74767f19372d61af8"),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let secret = |kind| matches!(kind, Kind::PrivateKey | Kind::Token | Kind::Password);
    let secrets = context.guarded().filter(|(_, entry)| secret(entry.kind));
    secrets.map(|(prompt, entry)| prompt.draft(entry.span.clone(), message(entry.kind))).collect()
}
