//! V001 undefined-variable: A placeholder names a variable that is not declared.

use std::collections::BTreeMap;

use super::t006_forbidden_member::is_global;
use crate::fault::{nearest, printable};
use crate::placeholder::Dialect;
use crate::{Context, Draft, Example, Fix, FixKind, Kind, Rule, Severity};

/// V001.
pub(crate) static RULE: Rule = Rule {
    code: "V001",
    name: "undefined-variable",
    severity: Severity::Error,
    summary: "A placeholder names a variable that is not declared.",
    page: include_str!("v001_undefined_variable.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{costumer_name}}","variables":["customer_name"]}"#,
        ),
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{name}}"}"#),
        Example::json(r#"{"content":"Hello ${user.name}","variables":[{"name":"usr"}],"cacheSettings":{}}"#),
        Example::file(
            "ask.prompty",
            "---\ninputs:\n  question:\n    type: string\n---\nuser:\n{{question}} {{contex}}\n",
        ),
        Example::file("hello.prompt", "---\ninput:\n  schema:\n    name: string\n---\nHello {{nam}}\n"),
        Example::file("promptfooconfig.yaml", "prompts:\n  - 'In {{lang}}: {{q}}'\ntests:\n  - vars: {q: hi}\n"),
        Example::json(r#"{"_type":"prompt","input_variables":["a"],"template":"Hello {b}"}"#),
        Example::text("Hello {{nmae}}").config(r#"{"allow":{"variables":["name"]}}"#),
    ],
    good: &[
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello {{customer_name}}","variables":["customer_name"]}"#,
        ),
        Example::text(r#"Hello {{anyone}}"#),
        Example::file("a.j2", "{% set b = a %}{% for c in d %}{{ b }}{{ c }}{{ loop.index }}{% endfor %}"),
        Example::file("ask.prompty", "---\nsample:\n  question: Why?\n---\nuser:\n{{question}}\n"),
        Example::file("promptfooconfig.yaml", "prompts:\n  - 'In {{lang}}'\ntests: file://tests.csv\n"),
        Example::json(
            r#"{"content":"Hello ${user.name} ${Math.round(sum)}","variables":[{"name":"user"},{"name":"sum"}],"cacheSettings":{}}"#,
        ),
        Example::json(
            r#"{"content":"{{#each orders}}{{id}}{{/each}}","variables":[{"name":"orders"}],"cacheSettings":{}}"#,
        ),
    ],
    check,
};

/// What JavaScript itself has.
const GLOBALS: [&str; 22] = [
    "undefined",
    "NaN",
    "Infinity",
    "Math",
    "JSON",
    "Date",
    "Intl",
    "Number",
    "String",
    "Boolean",
    "Array",
    "Object",
    "BigInt",
    "RegExp",
    "Map",
    "Set",
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "encodeURIComponent",
    "encodeURI",
];
/// For so many names, among so many declared ones, the meant one is looked for.
const MAX_LOOKUPS: usize = 100;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let variables = context.variables();
    if !variables.complete {
        return Vec::new();
    }
    let declared = variables.list.iter().map(|variable| variable.name);
    let allowed = context.config.allow.variables.iter().map(String::as_str);
    let candidates: Vec<&str> = declared.chain(allowed).take(MAX_LOOKUPS).collect();
    let mut known: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut drafts = Vec::new();
    let place = match context.document.kind {
        Kind::Prompty => "`inputs` of the front matter",
        Kind::Dotprompt => "`input.schema` of the front matter",
        Kind::LangchainPrompt | Kind::SemanticKernelPrompt => "`input_variables`",
        Kind::Promptfoo => "`vars` of the tests",
        Kind::PromptTemplate | Kind::CachedTemplate => "`variables`",
        _ => "`allow.variables` of the configuration",
    };
    for (prompt, scan, expression) in context.expressions() {
        let script = scan.dialect == Dialect::JavaScript;
        for name in expression.names.iter().filter(|name| !name.contextual && !variables.knows(&name.name)) {
            if script && (GLOBALS.contains(&name.name.as_str()) || is_global(&name.name)) {
                continue;
            }
            let looked = known.len();
            let meant = *known
                .entry(&name.name)
                .or_insert_with(|| nearest(&name.name, &candidates).filter(|_| looked < MAX_LOOKUPS));
            drafts.push(match meant {
                Some(meant) => {
                    let fix = Fix::suggested("Use the declared name", prompt.edit(name.span.clone(), meant));
                    let message = format!(
                        "No variable `{}` is declared: did you mean `{}`?",
                        printable(&name.name),
                        printable(meant)
                    );
                    prompt.draft(name.span.clone(), message).fix(fix)
                }
                None => {
                    let message =
                        format!("No variable `{}` is declared: declare it in {place}.", printable(&name.name));
                    prompt.draft(name.span.clone(), message)
                }
            });
        }
    }
    drafts
}
