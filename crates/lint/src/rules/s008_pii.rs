//! S008 pii: The text contains personal data.

use promptgate_guard::Kind as GuardKind;

use crate::sample::is_nobodys;
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity, message};

/// S008.
pub(crate) static RULE: Rule = Rule {
    code: "S008",
    name: "pii",
    severity: Severity::Warning,
    summary: "The text contains personal data.",
    page: include_str!("s008_pii.md"),
    fix: FixKind::Suggested,
    harmful: true,
    bad: &[
        Example::text("Write to jane.doe@acme.io."),
        Example::json(r#"{"content": "Card 4111 1111 1111 1111", "cacheSettings": {}}"#),
        Example::text("SSN 123-45-6789"),
    ],
    good: &[
        Example::text("Ask for the order number, such as 1234567890."),
        Example::text("Write to help@acme.io.").config(r#"{"allow":{"values":["@acme.io"]}}"#),
        Example::text(
            "Contact help@example.com, try 127.0.0.1 or 10.0.0.0/8, card 4242 4242 4242 4242, call 555-0100 by 2026-06-30.",
        ),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let found = context.guarded().filter(|(_, entry)| is_personal(entry.kind));
    let found = found.filter(|(prompt, entry)| !is_nobodys(entry.kind, prompt.as_str(), entry.span.clone()));
    found
        .map(|(prompt, entry)| {
            let fix = Fix::suggested("Replace it with a tag", prompt.edit(entry.span.clone(), entry.kind.tag()));
            let draft = prompt.draft(entry.span.clone(), message(entry.kind)).fix(fix);
            // A2: refused before it is cached.
            if context.document.kind == Kind::CachedTemplate { draft.severity(Severity::Error) } else { draft }
        })
        .collect()
}

const fn is_personal(kind: GuardKind) -> bool {
    !matches!(kind, GuardKind::Injection | GuardKind::PrivateKey | GuardKind::Token | GuardKind::Password)
}
