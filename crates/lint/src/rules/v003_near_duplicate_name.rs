//! V003 near-duplicate-name: Two variables have nearly the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::fault::printable;
use crate::{Context, Draft, Edit, Example, Fix, FixKind, Prompt, Rule, Severity};

/// V003.
pub(crate) static RULE: Rule = Rule {
    code: "V003",
    name: "near-duplicate-name",
    severity: Severity::Warning,
    summary: "Two variables have nearly the same name.",
    page: include_str!("v003_near_duplicate_name.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{userName}}, {{user_name}}","variables":["userName","user_name"]}"#,
        ),
        Example::text(r#"Hello {{userName}}, dear {{user_name}}"#),
        Example::text(r#"Hello ${userid}, dear ${userId} and ${userid}"#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{userName}}, {{user_id}}","variables":["userName","user_id"]}"#,
        ),
        Example::text(r#"Hello {{user}}, dear {{users}}"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let variables = &context.variables().list;
    let mut places: BTreeMap<&str, Vec<(&Prompt, Range<usize>)>> = BTreeMap::new();
    // In the order in which they come.
    let mut names: Vec<&str> = variables.iter().map(|variable| variable.name).collect();
    for (prompt, _, expression) in context.expressions() {
        for name in &expression.names {
            places.entry(&name.name).or_default().push((prompt, name.span.clone()));
            if variables.is_empty() {
                names.push(&name.name);
            }
        }
    }
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let mut drafts = Vec::new();
    let mut done = BTreeSet::new();
    for name in names.into_iter().filter(|name| done.insert(*name)) {
        let folded = name.chars().filter(|char| !matches!(char, '_' | '-')).flat_map(char::to_lowercase).collect();
        let Some(first) = known.get(&folded) else {
            known.insert(folded, name);
            continue;
        };
        let used = places.get(name).map_or(&[][..], Vec::as_slice);
        let mut edits: Vec<Edit> = used.iter().map(|(prompt, span)| prompt.edit(span.clone(), first)).collect();
        let message = format!("`{}` and `{}` are nearly the same: use one name.", printable(name), printable(first));
        let declared = context.tree().zip(context.variables().get(name));
        let draft = match (declared, used.first()) {
            (Some((tree, variable)), _) => {
                edits.push(Edit { span: tree.removal(variable.item), text: String::new() });
                context.at(variable.id, message)
            }
            (None, Some((prompt, span))) => prompt.draft(span.clone(), message),
            (None, None) => continue,
        };
        edits.sort_by_key(|edit| edit.span.start);
        drafts.push(draft.fix(Fix { title: "Use the first name for both", safe: false, edits }));
    }
    drafts
}
