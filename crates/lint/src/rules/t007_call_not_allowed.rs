//! T007 call-not-allowed: A placeholder calls a function that the configuration does not allow.

use crate::format::dotprompt::HELPERS;
use crate::placeholder::Dialect;
use crate::{Context, Draft, Example, FixKind, Kind, Rule, Severity};

/// T007.
pub(crate) static RULE: Rule = Rule {
    code: "T007",
    name: "call-not-allowed",
    severity: Severity::Warning,
    summary: "A placeholder calls a function that the configuration does not allow.",
    page: include_str!("t007_call_not_allowed.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text(r#"Hello ${load(user)}."#),
        Example::text(r#"Hello {{shout name}}."#),
        Example::text(r#"Hello ${name.trim()}."#),
    ],
    good: &[
        Example::text(r#"Hello ${user.name}."#),
        Example::text("Hello ${name.trim()}, it is ${formatDate(now)}.")
            .config(r#"{"allow":{"functions":["formatDate",".trim"]}}"#),
        Example::text(r#"{{#if a}}b{{/if}}{{#each c}}{{this}}{{/each}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let functions = &context.config.allow.functions;
    let mut drafts = Vec::new();
    for (prompt, scan, expression) in context.expressions() {
        // Jinja's filters and functions are the template's own means, and so are dotprompt's helpers.
        if !matches!(scan.dialect, Dialect::JavaScript | Dialect::Mustache) {
            continue;
        }
        let helpers = context.document.kind == Kind::Dotprompt;
        let milder = scan.dialect == Dialect::Mustache && !context.document.kind.is_ours();
        for call in &expression.calls {
            let path = call.callee.as_deref().unwrap_or_default();
            let method = path.last().filter(|_| path.len() > 1).map(|name| format!(".{name}"));
            let allowed = functions.contains(&path.join(".")) || method.is_some_and(|name| functions.contains(&name));
            let own = helpers && path.first().is_some_and(|name| HELPERS.contains(&name.as_str()));
            if path.is_empty() || !(allowed || own) {
                let message = "A function is called here that `allow.functions` does not name: compute the value first, \
                    or allow it.";
                let draft = prompt.draft(call.span.clone(), message);
                drafts.push(if milder { draft.severity(Severity::Info) } else { draft });
            }
        }
    }
    drafts
}
