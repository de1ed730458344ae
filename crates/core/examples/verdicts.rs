//! What the gateway reports about documents, native: each line of the standard input is `{"kind", "text"}`, each line of the
//! output the faults by which the document is refused, `[{"path", "code"}]`; none where it is taken.

use std::io::{BufRead, Write};

use promptgate_core::front::promptgate::decode;
use promptgate_core::guard::Guards;
use promptgate_core::model::{Configuration, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::template::TemplateValidator;
use promptgate_guard::{Action, Role};
use serde_json::{Value, json};

/// Under which a configuration is put: that of the documents' example.
const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

fn main() -> std::io::Result<()> {
    let (validator, guards) = (TemplateValidator::default(), Guards::default());
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let member = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = member("text");
        let faults = match member("kind") {
            "chat" => refusal(decode(text.as_bytes())),
            "definition" => refusal(Submission::parse(text.as_bytes())),
            "configuration" => refusal(Configuration::parse(text.as_bytes(), ID)),
            "prompt" => refusal(validator.prompt(text)),
            "safety" => rules(&guards, text),
            kind => return Err(std::io::Error::other(format!("There is no kind {kind}."))),
        };
        writeln!(out, "{}", Value::from(faults))?;
    }
    Ok(())
}

fn refusal<T>(read: Result<T, Problem>) -> Vec<Value> {
    let Err(problem) = read else { return Vec::new() };
    if problem.errors.is_empty() {
        return vec![json!({ "path": "$", "code": problem.code.as_str() })];
    }
    problem.errors.iter().map(|fault| json!({ "path": fault.path, "code": fault.code })).collect()
}

/// The rules that refuse what a client says.
fn rules(guards: &Guards, text: &str) -> Vec<Value> {
    let report = guards.input.check(text, Role::User);
    let refused = report.findings.iter().filter(|entry| entry.action == Action::Block);
    refused.map(|entry| json!({ "path": "$", "code": entry.code })).collect()
}
