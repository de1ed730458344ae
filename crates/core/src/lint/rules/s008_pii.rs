//! S008 pii: Personal data stands in the text.

use promptgate_guard::Kind as GuardKind;

use crate::guard::message;
use crate::lint::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// S008.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "S008",
    name: "pii",
    severity: Severity::Warning,
    summary: "Personal data stands in the text.",
    what: "Finds e-mail addresses, telephone numbers, cards (Luhn), social security numbers, bank accounts (mod 97), passports, driver's licences, dates of birth and IP addresses, also in disguise. An error in cached templates. `allow.values` in the configuration names those that are the company's own. What was found is never shown.",
    why: "A template is sent with every call and kept in caches and logs: data in it is disclosed to everyone who sees any of them (CWE-359, GDPR).",
    fix: FixKind::Suggested,
    harmful: true,
    bad: &[
        Example::text("Write to jane.doe@example.com."),
        Example::json(r#"{"content": "Card 4111 1111 1111 1111", "cacheSettings": {}}"#),
        Example::text("SSN 123-45-6789"),
    ],
    good: &[
        Example::text("Ask for the order number, such as 1234567890."),
        Example::text("Write to help@example.com.").config(r#"{"allow":{"values":["@example.com"]}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let found = context.guarded().filter(|(_, entry)| is_personal(entry.kind));
    found
        .map(|(prompt, entry)| {
            let fix = Fix::suggested("Put a tag in its place", prompt.edit(entry.span.clone(), entry.kind.tag()));
            let draft = prompt.draft(entry.span.clone(), message(entry.kind)).fix(fix);
            // A2: refused before it is cached.
            if context.document.kind == Kind::CachedTemplate { draft.severity(Severity::Error) } else { draft }
        })
        .collect()
}

const fn is_personal(kind: GuardKind) -> bool {
    !matches!(kind, GuardKind::Injection | GuardKind::PrivateKey | GuardKind::Token | GuardKind::Password)
}
