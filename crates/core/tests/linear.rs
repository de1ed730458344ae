//! The work of every entry point grows with its body and no faster, and no report grows with it (counted, not timed).
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

use std::rc::Rc;

use promptgate_base::work;
use promptgate_core::fault::MAX_FAULTS;
use promptgate_core::front::promptgate::decode;
use promptgate_core::guard::Guards;
use promptgate_core::lint::Linter;
use promptgate_core::model::{Configuration, Question, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::template::{ExecuteRequest, Library, RenderRequest, Template, TemplateValidator};
use promptgate_core::usage;
use serde_json::json;

const ID: &str = "0198c0de-1234-4abc-8def-0123456789ab";

/// Bodies that make much of little: each of about so many bytes.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let members = |member: &dyn Fn(usize) -> String| {
        let each = member(100_000).len() + 1;
        let members: Vec<String> = (0..size / each).map(|at| member(100_000 + at)).collect();
        format!("{{{}}}", members.join(","))
    };
    let items = |item: &str| format!("[{}1]", format!("{item},").repeat(size / (item.len() + 1)));
    vec![
        ("unknown members", members(&|at| format!("\"m{at}\":1"))),
        ("nearly known members", members(&|at| format!("\"maxTokens{at}\":1"))),
        ("duplicate members", format!("{{{}\"a\":1}}", "\"a\":1,".repeat(size / 6))),
        ("numbers", items("1")),
        ("objects", items("{}")),
        (
            "unknown variables",
            format!("{{\"variables\":{},\"modelId\":\"m\",\"maxTokens\":1}}", members(&|at| format!("\"v{at}\":1"))),
        ),
        ("messages", format!("{{\"context\":{},\"systemInstructions\":{}}}", items("1"), items("1"))),
        ("filters", format!("{{\"safety_filters\":{}}}", items("{}"))),
        ("templates", format!("{{\"templates\":{}}}", items("{}"))),
        ("rules", format!("{{\"text\":\"\",\"config\":{{\"rules\":{}}}}}", members(&|at| format!("\"S{at}\":1")))),
        ("metrics", format!("{{\"metrics\":{0},\"groupBy\":{0}}}", items("\"totaltokens\""))),
        (
            "schema",
            format!(
                "{{\"responseSchema\":{{\"type\":\"object\",\"properties\":{}}}}}",
                members(&|at| format!("\"p{at}\":{{\"minimun\":1}}"))
            ),
        ),
        ("keywords", format!("{{\"responseSchema\":{}}}", members(&|at| format!("\"keyword{at}\":1")))),
    ]
}

/// Texts in which the guard finds much.
fn findings(size: usize) -> Vec<(&'static str, String)> {
    [
        ("cards", "4111 1111 1111 1111 "),
        ("social security numbers", "536-22-1234 "),
        ("addresses, flagged", "a@mail.example.org "),
        ("key headers", "-----BEGIN RSA PRIVATE KEY-----\n"),
        ("control tokens", "<|im_start|>"),
        ("passwords", "password=Abc12345 "),
        ("beyond ASCII", "é 536-22-1234 "),
    ]
    .map(|(name, piece)| (name, piece.repeat(size / piece.len())))
    .into()
}

/// An entry point: takes a body, answers with a text.
type Entry = (&'static str, Box<dyn Fn(&str) -> String>);

fn entries() -> Vec<Entry> {
    let refused = |problem: Problem| problem.document("r").to_string();
    let template = Template::read(
        &json!({"version": 1, "name": "test", "system_instruction": "Be brief.", "user_template": "{{message}}",
            "variables": ["message"], "max_tokens": 128_000})
        .to_string(),
    )
    .unwrap();
    let (guards, validator, linter) = (Guards::default(), TemplateValidator::default(), Rc::new(Linter::default()));
    let (chat_guards, render_guards, invoke_guards) = (guards.clone(), guards.clone(), guards.clone());
    let library_desk = validator.clone();
    vec![
        (
            "chat",
            Box::new(move |body| match decode(body.as_bytes()) {
                Ok(request) => request.check(&chat_guards.input).err().map(refused).unwrap_or_default(),
                Err(problem) => refused(problem),
            }),
        ),
        ("guard", Box::new(move |body| guards.explain(body.as_bytes()).unwrap_or_else(refused))),
        ("lint", Box::new(move |body| promptgate_core::lint::answer(&linter, body.as_bytes()).unwrap_or_else(refused))),
        ("template", Box::new(move |body| validator.prompt(body).err().map(refused).unwrap_or_default())),
        (
            "sync",
            Box::new(move |body| Library::parse(body.as_bytes(), &library_desk).err().map(refused).unwrap_or_default()),
        ),
        (
            "render",
            Box::new(move |body| match RenderRequest::parse(body.as_bytes()) {
                Ok(request) => {
                    let counters = &mut promptgate_vocabularies::counters();
                    request.answer(ID, &template, &render_guards.input, counters).err().map(refused).unwrap_or_default()
                }
                Err(problem) => refused(problem),
            }),
        ),
        (
            "execute",
            Box::new(move |body| ExecuteRequest::parse(body.as_bytes()).err().map(refused).unwrap_or_default()),
        ),
        ("model", Box::new(move |body| Submission::parse(body.as_bytes()).err().map(refused).unwrap_or_default())),
        (
            "configuration",
            Box::new(move |body| Configuration::parse(body.as_bytes(), ID).err().map(refused).unwrap_or_default()),
        ),
        (
            "invoke",
            Box::new(move |body| {
                Question::parse(body.as_bytes(), ID, &invoke_guards).err().map(refused).unwrap_or_default()
            }),
        ),
        ("usage", Box::new(move |body| usage::question(body.as_bytes()).err().map(refused).unwrap_or_default())),
    ]
}

/// The body that brings `text` to an entry point.
fn body(entry: &str, text: &str) -> Option<String> {
    let body = match entry {
        "chat" => {
            let mut rest = text;
            let mut context = Vec::new();
            while context.len() < 25
                && let Some((part, after)) = rest.split_at_checked(rest.floor_char_boundary(3_900))
                && !part.is_empty()
            {
                context.push(json!({"role": "user", "content": part}));
                rest = after;
            }
            json!({"systemInstructions": [], "context": context, "temperature": 1, "maxTokens": 1, "modelId": "m"})
        }
        "guard" | "lint" => json!({ "text": text }),
        "template" => json!({ "name": "test", "system_instruction": text, "user_template": "x" }),
        "render" => json!({ "variables": { "message": text } }),
        "invoke" => json!({ "input": text }),
        _ => return None,
    };
    Some(body.to_string())
}

#[test]
fn hostile_documents_cost_what_their_size_costs() {
    const SIZE: usize = 60_000;
    for (entry, answer) in entries() {
        for ((name, small), (_, large)) in hostile(SIZE).into_iter().zip(hostile(2 * SIZE)) {
            let mut length = 0;
            let once = work::of(|| drop(answer(&small)));
            let twice = work::of(|| length = answer(&large).len());
            assert!(twice <= once * 21 / 10 + 20_000, "{entry}, {name}: {once} {twice}");
            assert!(twice <= 4 * large.len() as u64, "{entry}, {name}: {twice}");
            assert!(length <= 64 << 10, "{entry}, {name}: an answer of {length} bytes");
        }
    }
}

#[test]
fn dense_findings_cost_what_their_text_costs() {
    const SIZE: usize = 20_000;
    for (entry, answer) in entries() {
        for ((name, small), (_, large)) in findings(SIZE).into_iter().zip(findings(2 * SIZE)) {
            let (Some(small), Some(large)) = (body(entry, &small), body(entry, &large)) else { continue };
            let mut length = 0;
            let once = work::of(|| drop(answer(&small)));
            let twice = work::of(|| length = answer(&large).len());
            assert!(twice <= once * 21 / 10 + 20_000, "{entry}, {name}: {once} {twice}");
            assert!(twice <= 4 * large.len() as u64, "{entry}, {name}: {twice}");
            assert!(length <= large.len() + (100 << 10), "{entry}, {name}: an answer of {length} bytes");
        }
    }
}

#[test]
fn reports_count_what_they_do_not_list() {
    let text = "my card is 4111 1111 1111 1111. ".repeat(150);
    let report = Guards::default().explain(json!({ "text": text }).to_string().as_bytes()).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let listed = report["findings"].as_array().unwrap().len();
    assert_eq!((listed, report["more"].as_u64()), (MAX_FAULTS, Some(50)));
    let (_, members) = hostile(60_000).remove(0);
    let problem = usage::question(members.as_bytes()).unwrap_err();
    let document = problem.document("r");
    assert_eq!(document["errors"].as_array().unwrap().len(), MAX_FAULTS);
    assert_eq!(document["more"].as_u64(), Some(problem.more as u64));
    assert!(problem.more > 1_000 && problem.detail.contains("lists the first 100"), "{}", problem.detail);
}
