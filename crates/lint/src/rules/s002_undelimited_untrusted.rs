//! S002 undelimited-untrusted: A value that somebody else writes is not set apart from the instructions around it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::delimiter::Apart;
use crate::placeholder::{Dialect, Name, Placeholder};
use crate::{Context, Draft, Example, Fix, FixKind, Id, Kind, Part, Prompt, Rule, Severity};

/// S002.
pub(crate) static RULE: Rule = Rule {
    code: "S002",
    name: "undelimited-untrusted",
    severity: Severity::Warning,
    summary: "A value that somebody else writes is not set apart from the instructions around it.",
    page: include_str!("s002_undelimited_untrusted.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise {{message}} in one sentence.","variables":[{"name":"message","max_length":2000}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Message: {{message}}","variables":["message"]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise '{{message}}' in one sentence.","variables":[{"name":"message","max_length":2000}]}"#,
        ),
        Example::text(r#"Summarise {{message}} in one sentence."#),
        Example::json(r#"{"content":"Hello ${name}","variables":[{"name":"name"}],"cacheSettings":{}}"#),
        Example::json(r#"{"responseSchema":{},"promptTemplate":"Summarise {input} in one sentence."}"#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Summarise <message-{{nonce}}>{{message}}</message-{{nonce}}> in one sentence.","variables":[{"name":"message","max_length":2000},{"name":"nonce","max_length":64,"trusted":true}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Where is order '{{order}}'?","variables":[{"name":"order","max_length":20}]}"#,
        ),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"You work for {{shop}}.","variables":[{"name":"shop","trusted":true}]}"#,
        ),
        Example::json(
            r###"{"name":"greeting","system_instruction":"Be brief.","user_template":"## Message\n{{message}}\n## Task\nSummarise it.","variables":[{"name":"message","max_length":2000}]}"###,
        ),
        Example::text(
            r#"---
{{message}}
---
Summarise it."#,
        ),
        Example::text(r#"Greet {{first_name}} of {{shop}}."#),
        Example::json(r#"{"responseSchema":{},"promptTemplate":"Summarise <input>{input}</input> in one sentence."}"#),
    ],
    check,
};

/// Words in the name of a variable that holds what others write.
const FOREIGN: [&str; 40] = [
    "input",
    "question",
    "query",
    "message",
    "text",
    "document",
    "doc",
    "docs",
    "documents",
    "content",
    "context",
    "user",
    "email",
    "mail",
    "body",
    "comment",
    "review",
    "article",
    "transcript",
    "history",
    "data",
    "page",
    "html",
    "search",
    "result",
    "results",
    "feedback",
    "ticket",
    "conversation",
    "chat",
    "post",
    "passage",
    "note",
    "description",
    "answer",
    "response",
    "prompt",
    "request",
    "issue",
    "paragraph",
];

fn is_foreign(name: &str) -> bool {
    let mut spaced = String::with_capacity(name.len());
    for char in name.chars() {
        if char.is_uppercase() {
            spaced.push('_');
        }
        spaced.extend(char.to_lowercase());
    }
    spaced.split(['_', '-']).any(|word| FOREIGN.contains(&word))
}

/// What fits between quotation marks, in UTF-16 code units: a name, a number, a short phrase.
const SHORT: f64 = 200.0;
/// The name of the variable that the fix adds.
const NONCE: &str = "nonce";

fn check(context: &Context<'_>) -> Vec<Draft> {
    let variables = context.variables();
    let list = context.tree().and_then(|tree| tree.find(&["variables"]));
    let mut seen = BTreeSet::new();
    let mut drafts = Vec::new();
    for (prompt, placeholder, apart) in context.untrusted().filter(|(prompt, ..)| prompt.part != Part::System) {
        let mut names = placeholder.content.expression().into_iter().flat_map(|expression| &expression.names);
        let short =
            |name: &Name| variables.get(&name.name).is_some_and(|it| it.max_length.is_some_and(|most| most <= SHORT));
        let set = match apart {
            Apart::Bare => false,
            Apart::Quoted => !variables.say_trust() || names.clone().all(short),
            _ => true,
        };
        // Where nobody says who writes a value, its name does.
        let foreign = context.document.kind.is_ours() || names.clone().any(|name| is_foreign(&name.name));
        if set || !foreign || !seen.insert(names.next().map(|name| name.name.as_str())) {
            continue;
        }
        let written = prompt.as_str().get(placeholder.span.clone()).unwrap_or_default();
        let name = placeholder.content.expression().and_then(|expression| expression.names.first());
        let name = name.map_or("", |name| name.name.as_str());
        // What could be a secret is not repeated.
        let letters = |text: &str, signs: &[char]| {
            !text.is_empty() && text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphabetic() || signs.contains(&c))
        };
        let plain = letters(name, &['_']) && letters(written, &['_', '{', '}', '$', ' ', '.']);
        let message = if plain {
            let tag = name.trim_start_matches('$').to_lowercase();
            format!(
                "`{written}` comes from outside, and nothing marks its start and end. Wrap it: `<{tag}>{written}</{tag}>`."
            )
        } else {
            "This value comes from outside, and nothing marks its start and end: put it between tags.".to_owned()
        };
        let draft = prompt.draft(placeholder.span.clone(), message).fix(between(context, prompt, placeholder, list));
        drafts.push(if variables.say_trust() { draft } else { draft.severity(Severity::Info) });
    }
    drafts
}

/// The value between tags that bear a nonce, which is declared in `list` if need be.
fn between(context: &Context<'_>, prompt: &Prompt, placeholder: &Placeholder, list: Option<Id>) -> Fix {
    let dialect = context.dialect().unwrap_or(Dialect::Mustache);
    let kind = context.document.kind;
    let variables = context.variables();
    let free = variables.get(NONCE).is_none_or(|nonce| nonce.trusted);
    let nonce = if free { NONCE } else { "boundary" };
    // A model's definition is filled in with `{input}` and `{context}` alone.
    let mark = if kind == Kind::ModelDefinition {
        String::new()
    } else {
        format!("-{}", dialect.example().replace("name", nonce))
    };
    let path = placeholder.content.expression().and_then(|expression| expression.path.as_deref());
    let tag = path.and_then(|path| path.last()).map_or("value", String::as_str);
    let tag = if tag.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') { tag } else { "value" };
    let Range { start, end } = placeholder.span;
    let mut edits =
        vec![prompt.edit(start..start, &format!("<{tag}{mark}>")), prompt.edit(end..end, &format!("</{tag}{mark}>"))];
    if let (Some(tree), false) = (context.tree(), variables.knows(nonce)) {
        let entry = match kind {
            Kind::PromptTemplate => format!("{{\"name\": \"{nonce}\", \"max_length\": 64, \"trusted\": true}}"),
            _ => format!("{{\"name\": \"{nonce}\"}}"),
        };
        match (kind, list, tree.root()) {
            (Kind::ModelDefinition, ..) => {}
            (_, Some(list), _) => edits.push(context.prepend(list, &entry)),
            (_, None, Some(root)) => edits.push(context.insert(root, "variables", &format!("[{entry}]"))),
            _ => {}
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    Fix { title: "Put it between tags with a nonce", safe: false, edits }
}
