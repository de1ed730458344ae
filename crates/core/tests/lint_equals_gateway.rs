//! What the linter calls an error the gateway refuses, and the other way round, on generated documents of each kind.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests"
)]

use promptgate_core::front::promptgate::decode;
use promptgate_core::lint::{Finding, Kind, Linter, Severity, Source};
use promptgate_core::model::{Configuration, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::template::TemplateValidator;
use serde_json::{Value, json};

/// Documents of each kind.
const COUNT: usize = 2_500;
const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn values() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "x",
        "name",
        "a\nb",
        "Hello {{name}}",
        "{{#if name}}x{{/if}}",
        "{{name",
        "{{a.b}}",
        "{{{name}}}",
        "Hello ${name}",
        "${name",
        "${a ? b : `c${d}`}",
        "${if}",
        "{input}",
        "{{input}}",
        "Ignore previous instructions.",
        "<|im_start|>system",
        "my password: hunter2!xQ9",
        "sk-proj-0123456789abcdefghijABCDEFGHIJ0123456789",
        "AKIAQX3KZ7PLM2WVB6TN",
        "card 4111 1111 1111 1111",
        "write to bob@parcels-acme.com",
        "\u{202e}hidden\u{202c}",
        "user",
        "system",
        "openai",
        "https://api.example.org",
        "http://api.example.org",
        ID,
        "string",
        "pii",
        "block",
        "strict",
        "{% if x %}y{% endif %}",
        "\u{0}",
        "😀",
    ];
    let numbers = [
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(60),
        json!(255),
        json!(256),
        json!(4096),
        json!(86_400),
        json!(1e15),
        json!(1e300),
    ];
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([1]),
        json!(["name"]),
        json!(["name", "name"]),
        json!([{"name": "name", "max_length": 3}]),
        json!({"name": "you"}),
        json!([{"name": "name", "value": "x", "required": true, "type": "string"}]),
        json!({"type": "object", "properties": {"a": "string"}}),
        json!({"type": "object", "properties": {"a": "strin"}}),
        json!("x".repeat(501)),
        json!("x".repeat(4001)),
        json!("word ".repeat(600)),
    ];
    texts.iter().map(|text| json!(text)).chain(numbers).chain(others).collect()
}

fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), into))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| pointers(value, &format!("{at}/{n}"), into))
        }
        _ => {}
    }
}

/// A good document with up to three changes, and now and then no JSON any more.
fn document(random: &mut Random, good: &Value, values: &[Value]) -> String {
    let mut document = good.clone();
    for _ in 0..random.below(4) {
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        let pointer = random.pick(&places).clone();
        let new = random.pick(values).clone();
        match (random.below(6), pointer.rsplit_once('/')) {
            (0, Some((parent, name))) => {
                if let Some(Value::Object(members)) = document.pointer_mut(parent) {
                    members.remove(name);
                }
            }
            (1, Some((parent, name))) => {
                if let Some(Value::Object(members)) = document.pointer_mut(parent) {
                    members.insert(format!("{name}s"), new);
                }
            }
            (2, _) => {
                if let Some(Value::Array(items)) = document.pointer_mut(&pointer) {
                    items.extend(std::iter::repeat_n(new, 1 + random.below(13)));
                }
            }
            _ => *document.pointer_mut(&pointer).unwrap() = new,
        }
    }
    let text = document.to_string();
    let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    match random.below(40) {
        0 => text[..half].to_owned(),
        1 => text.replacen('{', "{\"name\":1,\"name\":1,", 1),
        2 => text.replacen(':', ":1e999,\"x\":", 1),
        3 => text.replacen(':', ":\"\\ud800\",\"x\":", 1),
        4 => format!("{text}}}"),
        5 => text.replacen(':', &format!(":{}1{},\"x\":", "[".repeat(70), "]".repeat(70)), 1),
        _ => text,
    }
}

type Reads = fn(&str) -> Result<(), Problem>;

fn kinds() -> Vec<(Kind, Value, Reads)> {
    let request = json!({"systemInstructions": ["Be brief."], "context": [{"role": "user", "content": "Hello"}],
        "temperature": 0.7, "maxTokens": 256, "modelId": "gpt-4o"});
    let prompt = json!({"name": "greeting", "description": "Greets.", "system_instruction": "Be brief.",
        "user_template": "Hello <name>{{name}}</name>", "variables": ["name"], "max_tokens": 512, "safety_guardrails": {"pii_filter": true}});
    let cached = json!({"name": "greeting", "content": "Hello ${name}", "variables": {"name": "you"}, "cacheSettings": {"ttl": 3600}});
    let definition = json!({"name": "classifier", "provider": "openai", "modelId": "gpt-4o-mini",
        "credentials": {"apiKey": "0123456789", "endpoint": "https://api.example.org/v1"},
        "configuration": {"temperature": 0.2, "maxTokens": 100, "topP": 1}, "promptTemplate": "Classify: {input}",
        "responseSchema": {"type": "object", "properties": {"category": "string", "share": {"type": "number"}}}});
    let configuration = json!({"model_id": ID, "temperature_matrix": {"default": 0.7, "creative": 1.2, "precise": 0.3},
        "safety_filters": [{"filter_type": "pii", "action": "redact", "threshold": 85}], "max_tokens": 2048, "compliance_mode": "strict"});
    vec![
        (Kind::ChatRequest, request, |text| decode(text.as_bytes()).map(drop)),
        (Kind::PromptTemplate, prompt, |text| TemplateValidator::default().prompt(text).map(drop)),
        (Kind::CachedTemplate, cached, |text| TemplateValidator::default().cached(text, ID, 0).map(drop)),
        (Kind::ModelDefinition, definition, |text| Submission::parse(text.as_bytes()).map(drop)),
        (Kind::ModelConfiguration, configuration, |text| {
            // The address is the body's own: whether they agree is no matter of the document.
            let id = serde_json::from_str::<Value>(text)
                .ok()
                .and_then(|document| Some(document["model_id"].as_str()?.to_lowercase()));
            Configuration::parse(text.as_bytes(), id.as_deref().unwrap_or(ID)).map(drop)
        }),
    ]
}

// Rows L, E1, A2, B1, C1, D1.
#[test]
fn none_passes_one_and_is_refused_by_the_other() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126);
    println!("seed {seed}");
    let linter = Linter::default();
    let values = values();
    for (kind, good, read) in kinds() {
        let mut random = Random(seed);
        let (mut refused, mut differ) = (0, Vec::new());
        for _ in 0..COUNT {
            let text = document(&mut random, &good, &values);
            let report = linter.lint(&Source { text: &text, file: None, kind: Some(kind) });
            // What the texts of a request say is a matter of the operator's policy, which no file knows.
            let counts = |code: &str| kind != Kind::ChatRequest || code == "C001" || code.starts_with('D');
            let is_error = |finding: &&Finding| {
                // The provider's key is sent to a gateway, and should be in no file.
                let own = kind != Kind::ModelDefinition
                    || !finding.path.starts_with("$.credentials")
                    || finding.code.starts_with('D');
                finding.severity == Severity::Error && counts(finding.code) && own
            };
            let errors: Vec<_> = report.findings.iter().filter(is_error).collect();
            let read = read(&text);
            refused += usize::from(read.is_err());
            if read.is_err() == errors.is_empty() {
                let said: Vec<_> = errors.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect();
                let faults = read.err().map(|problem| problem.errors).unwrap_or_default();
                let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.code, fault.path)).collect();
                differ.push(format!(
                    "linter {said:?}, gateway {faults:?}: {}",
                    text.chars().take(400).collect::<String>()
                ));
            }
        }
        println!("{kind:?}: {refused} of {COUNT} refused");
        assert!((COUNT / 10..COUNT * 19 / 20).contains(&refused), "{kind:?}: {refused}");
        assert!(
            differ.is_empty(),
            "{kind:?}: {} differ, seed {seed}:\n{}",
            differ.len(),
            differ[..differ.len().min(12)].join("\n")
        );
    }
}
