//! S007 secret: The text contains a key, token or password.

use promptgate_guard::Kind;

use crate::sample::is_no_secret;
use crate::{Context, Draft, Example, FixKind, Rule, Severity, message};

/// S007.
pub(crate) static RULE: Rule = Rule {
    code: "S007",
    name: "secret",
    severity: Severity::Error,
    summary: "The text contains a key, token or password.",
    page: include_str!("s007_secret.md"),
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
        Example::text("Secrets management: HashiCorp Vault is what we use. API_KEY=api-key-here ${env:KEY}"),
        Example::text("Key: AKIAIOSFODNN7EXAMPLE"),
        Example::text("commit 9fceb02d0ae598e95dc970b74767f19372d61af8"),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let secret = |kind| matches!(kind, Kind::PrivateKey | Kind::Token | Kind::Password);
    let secrets = context.guarded().filter(|(_, entry)| secret(entry.kind));
    let secrets = secrets.filter(|(prompt, entry)| !is_no_secret(entry.kind, prompt.as_str(), entry.span.clone()));
    secrets.map(|(prompt, entry)| prompt.draft(entry.span.clone(), message(entry.kind))).collect()
}
