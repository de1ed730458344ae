//! T006 forbidden-member: A placeholder reaches for the host: its prototypes, its globals, or the inside of an object.

use std::ops::Range;

use crate::placeholder::{Content, Dialect, Output};
use crate::{Context, Draft, Example, FixKind, Prompt, Rule, Severity};

/// T006.
pub(crate) static RULE: Rule = Rule {
    code: "T006",
    name: "forbidden-member",
    severity: Severity::Error,
    summary: "A placeholder reaches for the host: its prototypes, its globals, or the inside of an object.",
    page: include_str!("t006_forbidden_member.md"),
    fix: FixKind::None,
    harmful: true,
    bad: &[
        Example::text(r#"Hello ${name.constructor.constructor('return process')()}."#),
        Example::text(r#"Hello {user.__class__.__init__.__globals__}."#),
        Example::text(r#"Hello {{user.__proto__.admin}}."#),
        Example::text(r#"Key: ${process.env.KEY}"#),
        Example::text(r#"Hello {name:>1000000000} of {shop}"#).config(r#"{"dialect":"format"}"#),
        Example::text(r#"Hello {users[0]} of {shop}"#).config(r#"{"dialect":"format"}"#),
        Example::text(r#"Hello {name!r} of {shop}"#).config(r#"{"dialect":"format"}"#),
        Example::text(r#"${a[b]}"#),
    ],
    good: &[
        Example::text(r#"Hello ${user.name}, order ${orders[0]}."#),
        Example::text(r#"Hello {name} of {shop}."#),
        Example::text(r#"Hello {name.first} of {shop}, {total:.2f}."#),
        Example::text(r#"Hello {{user.name}} of {{constructor_name}}."#),
        Example::json(r#"{"content":"Run ${process}","variables":[{"name":"process"}],"cacheSettings":{}}"#),
    ],
    check,
};

/// Members by which code leaves the object it was given.
const MEMBERS: [&str; 4] = ["constructor", "prototype", "caller", "callee"];
/// What a JavaScript host has under names of its own.
const GLOBALS: [&str; 14] = [
    "globalThis",
    "global",
    "window",
    "self",
    "process",
    "require",
    "module",
    "exports",
    "Function",
    "eval",
    "Reflect",
    "Proxy",
    "Deno",
    "Bun",
];

/// Whether the name is one of JavaScript's or Python's own: `__proto__`, `__class__`, `constructor`.
fn is_own(name: &str) -> bool {
    MEMBERS.contains(&name) || (name.len() > 4 && name.starts_with("__") && name.ends_with("__"))
}

/// Whether the name is the host's.
pub(super) fn is_global(name: &str) -> bool {
    GLOBALS.contains(&name)
}

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (prompt, scan, expression) in context.expressions() {
        // Whoever fills in what only looks like a field may mean another thing by it.
        let format = scan.dialect == Dialect::Format && context.is_dialect_stated();
        for member in &expression.members {
            let named = member.name.as_deref().is_some_and(is_own);
            if named || format {
                let message = "This reaches into an object: give the value that is meant a name of its own.";
                drafts.push(prompt.draft(member.span.clone(), message));
            } else if member.name.is_none() && scan.dialect == Dialect::JavaScript && !is_number(prompt, &member.span) {
                let message = "Which member this is shows only when it runs: write its name.";
                drafts.push(prompt.draft(member.span.clone(), message).severity(Severity::Warning));
            }
        }
        for name in &expression.names {
            let own = is_own(&name.name) || (scan.dialect == Dialect::JavaScript && is_global(&name.name));
            if own && !context.variables().knows(&name.name) {
                let message = "This name is the host's own and no variable: give the value that is meant another one.";
                drafts.push(prompt.draft(name.span.clone(), message));
            }
        }
    }
    for (prompt, scan) in context.scans().filter(|_| context.is_dialect_stated()) {
        for placeholder in &scan.placeholders {
            if let Content::Value { output: Output::Formatted(span), .. } = &placeholder.content {
                let message = "Formatting can be made to ask for any amount of memory: format the value beforehand.";
                drafts.push(prompt.draft(span.clone(), message));
            }
        }
    }
    drafts
}

fn is_number(prompt: &Prompt, span: &Range<usize>) -> bool {
    let written = prompt.as_str().get(span.clone()).unwrap_or_default();
    let digits = written.trim_matches(|char: char| matches!(char, '[' | ']' | ' '));
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
