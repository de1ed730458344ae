//! D007 bad-ttl: A template is cached for an impossible time, or though it is one person's.

use crate::canonical::number;
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity, Value, What};

/// D007.
pub(crate) static RULE: Rule = Rule {
    code: "D007",
    name: "bad-ttl",
    severity: Severity::Warning,
    summary: "A template is cached for an impossible time, or though it is one person's.",
    page: include_str!("d007_bad_ttl.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "name", "value": ""}], "cacheSettings": {"enabled": true, "ttl": -1}}"#,
        ),
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "name", "value": ""}], "cacheSettings": {"enabled": true, "ttl": 604800}}"#,
        ),
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "name", "value": ""}], "cacheSettings": {"enabled": true, "ttl": "3600"}}"#,
        ),
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "customerEmail", "value": ""}], "cacheSettings": {"enabled": true, "ttl": 3600}}"#,
        ),
    ],
    good: &[
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "name", "value": ""}], "cacheSettings": {"enabled": true, "ttl": 3600}}"#,
        ),
        Example::json(
            r#"{"content": "Hello {{name}}", "variables": [{"name": "user_id", "value": ""}], "cacheSettings": {"enabled": false, "ttl": 3600}}"#,
        ),
        Example::json(r#"{"content": "x", "variables": [{"name": "username_policy"}], "cacheSettings": {}}"#),
    ],
    check,
};

/// Longest time that upstream keeps a template, in seconds (requirements, A1).
const MAX_TTL: u32 = 86_400;

/// Words in a variable's name that say it is one person's.
const PERSONAL: [&str; 9] =
    ["user", "customer", "caller", "patient", "session", "email", "phone", "account", "passenger"];

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for flaw in context.document.flaws.iter().filter(|flaw| flaw.name == "ttl") {
        if let What::Wrong(nearest) = flaw.what {
            let draft = context.at(flaw.id, flaw.message.as_str()).severity(Severity::Error);
            drafts.push(match nearest {
                Some(nearest) => draft.fix(Fix::suggested(
                    "Use the nearest allowed value",
                    context.replace(flaw.id, format!("{nearest}")),
                )),
                None => draft,
            });
        }
    }
    drafts.extend(cut(context));
    drafts.extend(personal(context));
    drafts
}

/// A time that is cut.
fn cut(context: &Context<'_>) -> Option<Draft> {
    let tree = context.tree().filter(|_| context.document.kind == Kind::CachedTemplate)?;
    let id = tree.find(&["cacheSettings", "ttl"])?;
    let ttl = tree.number(id).filter(|ttl| ttl.fract() == 0.0 && *ttl > f64::from(MAX_TTL))?;
    let message = format!("{} seconds are cut to {MAX_TTL}, which is a day: ask for less.", number(ttl));
    Some(context.at(id, message).fix(Fix::suggested("Use the maximum", context.replace(id, MAX_TTL.to_string()))))
}

fn personal(context: &Context<'_>) -> Vec<Draft> {
    let (Kind::CachedTemplate, Some(tree)) = (context.document.kind, context.tree()) else { return Vec::new() };
    let enabled = tree.find(&["cacheSettings", "enabled"]).map(|id| &tree.node(id).value);
    let Some(variables) = tree.find(&["variables"]).filter(|_| matches!(enabled, Some(Value::Bool(true)))) else {
        return Vec::new();
    };
    let names = tree.children(variables).iter().filter_map(|id| tree.member(*id, "name"));
    let personal = names.filter(|id| {
        let words = tree.text(*id).map(|name| words(name.as_str())).unwrap_or_default();
        words.iter().any(|word| PERSONAL.contains(&word.as_str()))
    });
    let message = "This variable is named for one person's data, and the template is cached: leave it to the call, or \
        switch the cache off.";
    personal.map(|id| context.at(id, message)).collect()
}

/// The words of a name in camel or snake case, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for char in name.chars() {
        if (char.is_uppercase() || !char.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if char.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(char.to_lowercase());
        }
    }
    words
}
