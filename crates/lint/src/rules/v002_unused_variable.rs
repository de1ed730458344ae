//! V002 unused-variable: A variable is declared but never used.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::fault::printable;
use crate::placeholder::{Content, Effect, Scan};
use crate::work;
use crate::{Context, Draft, Edit, Example, Fix, FixKind, Kind, Rule, Severity};

/// V002.
pub(crate) static RULE: Rule = Rule {
    code: "V002",
    name: "unused-variable",
    severity: Severity::Warning,
    summary: "A variable is declared but never used.",
    page: include_str!("v002_unused_variable.md"),
    fix: FixKind::Safe,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}","variables":["name","topic"]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello","variables":["topic"]}"#,
        ),
        Example::json(r#"{"content":"Hello","variables":[{"name":"name","value":""}],"cacheSettings":{}}"#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}, about {{topic}}","variables":["name","topic"]}"#,
        ),
        Example::json(r#"{"content":"Hello {{> card}}","variables":[{"name":"name"}],"cacheSettings":{}}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name","variables":["name"]}"#,
        ),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let (variables, Some(tree)) = (context.variables(), context.tree().filter(|tree| tree.complete)) else {
        return Vec::new();
    };
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (prompt, scan) in context.scans() {
        for placeholder in &scan.placeholders {
            if matches!(placeholder.content, Content::Partial(_)) {
                return Vec::new();
            }
            if let Some(expression) = placeholder.content.expression() {
                used.extend(expression.names.iter().map(|name| name.name.as_str()));
                // What a function's body refers to is not looked at.
                if expression.effects.iter().any(|(effect, _)| matches!(effect, Effect::Function | Effect::Class)) {
                    used.extend(words(prompt.as_str().get(placeholder.inner.clone())));
                }
            }
        }
        used.extend(scan.malformed.iter().flat_map(|bad| words(torn(prompt.as_str(), scan, bad.placeholder.clone()))));
    }
    let unused = variables.list.iter().filter(|variable| !used.contains(variable.name));
    // Tests of prompts use their variables themselves.
    let unused = unused.filter(|variable| context.document.kind != Kind::Promptfoo || is_alone(context, variable.name));
    unused
        .map(|variable| {
            let message = format!("`{}` is declared but never used: use it, or remove it.", printable(variable.name));
            let draft =
                if variable.named { context.at_key(variable.id, &message) } else { context.at(variable.id, &message) };
            if !matches!(context.document.kind, Kind::PromptTemplate | Kind::CachedTemplate) {
                return draft;
            }
            // The gateway refuses its templates for it (requirements, E4).
            let draft = draft.severity(Severity::Error);
            if tree.yaml {
                return draft;
            }
            let edit = Edit { span: tree.removal(variable.item), text: String::new() };
            draft.fix(Fix::safe("Remove the variable", edit))
        })
        .collect()
}

/// Whether a variable of promptfoo is nowhere but where the tests give it, and all prompts are here.
fn is_alone(context: &Context<'_>, name: &str) -> bool {
    let text = context.document.source();
    work::count(text.len());
    let declared = text.matches(&format!("{name}:")).count();
    text.matches(name).count() == declared && !text.contains("file://")
}

/// What a malformed placeholder may have held: to the next one, or the end of its line.
fn torn<'a>(text: &'a str, scan: &Scan, place: Range<usize>) -> Option<&'a str> {
    let after = |next: Option<usize>| next.unwrap_or(text.len());
    let next = scan.placeholders.partition_point(|one| one.span.start <= place.start);
    let bad = scan.malformed.partition_point(|one| one.span.start <= place.start);
    let next = after(scan.placeholders.get(next).map(|one| one.span.start));
    let bad = after(scan.malformed.get(bad).map(|one| one.span.start));
    let rest = text.get(place.start..next.min(bad).max(place.end))?;
    work::count(rest.len());
    rest.lines().next()
}

fn words(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}
