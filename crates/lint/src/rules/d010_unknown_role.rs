//! D010 unknown-role: A message's role is none that models know.

use crate::fault::{nearest, printable};
use crate::format::{chat, prompty};
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// D010.
pub(crate) static RULE: Rule = Rule {
    code: "D010",
    name: "unknown-role",
    severity: Severity::Error,
    summary: "A message's role is none that models know.",
    page: include_str!("d010_unknown_role.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(r#"[{"role": "sytem", "content": "Be brief."}, {"role": "user", "content": "Hi"}]"#),
        Example::json(r#"{"model": "m", "messages": [{"role": "asistant", "content": "Hi"}]}"#),
        Example::file("ask.prompty", "---\nname: ask\n---\nsytem:\nBe brief.\n\nuser:\n{{question}}\n"),
    ],
    good: &[
        Example::json(r#"[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]"#),
        Example::json(r#"[{"role": "narrator", "content": "Once."}, {"role": "human", "content": "Hi"}]"#),
        Example::file(
            "ask.prompty",
            "---\nname: ask\n---\nsystem:\nNote:\nBe brief.\n\nExample:\n\nuser:\n{{question}}\n",
        ),
    ],
    check,
};

/// The roles of the wires and of the libraries around them.
const ROLES: [&str; 12] = [
    "system",
    "developer",
    "user",
    "assistant",
    "tool",
    "function",
    "model",
    "human",
    "ai",
    "agent",
    "placeholder",
    "critic",
];

fn check(context: &Context<'_>) -> Vec<Draft> {
    match context.document.kind {
        Kind::Prompty => lines(context),
        kind if kind.is_chat() => messages(context),
        _ => Vec::new(),
    }
}

fn message(role: &str, meant: &str) -> String {
    format!("This message has the unknown role `{}`: did you mean `{meant}`?", printable(role))
}

/// A role that is nearly a known one: any other may be the program's own.
fn meant(role: &str) -> Option<&'static str> {
    if ROLES.contains(&role) {
        return None;
    }
    // Short words are near to one another by chance.
    nearest(role, &ROLES).filter(|meant| meant.len() >= 4)
}

fn messages(context: &Context<'_>) -> Vec<Draft> {
    let Some(tree) = context.tree() else { return Vec::new() };
    let mut drafts = Vec::new();
    for id in chat::messages(tree) {
        let Some(role) = tree.member(*id, "role") else { continue };
        let Some(name) = tree.text(role).map(|text| text.as_str()) else { continue };
        if let Some(meant) = meant(name) {
            let draft = context.at(role, message(name, meant));
            // In YAML quotation marks may be there or not.
            drafts.push(match tree.yaml {
                true => draft,
                false => draft.fix(Fix::suggested("Use the known role", context.replace(role, format!("\"{meant}\"")))),
            });
        }
    }
    drafts
}

fn lines(context: &Context<'_>) -> Vec<Draft> {
    let Some(prompt) = context.prompts().last() else { return Vec::new() };
    let lines = prompty::role_lines(prompt.as_str());
    let unknown = lines.into_iter().filter_map(|(span, name)| Some((span, name, meant(&name.to_ascii_lowercase())?)));
    unknown
        .map(|(span, name, meant)| {
            let fix = Fix::suggested("Use the known role", prompt.edit(span.clone(), meant));
            prompt.draft(span, message(name, meant)).fix(fix)
        })
        .collect()
}
