//! One set of good and bad documents of every kind: the gateway's decoding, the linter and the OpenAPI document's schema
//! give one verdict.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use boon::{Compiler, SchemaIndex, Schemas};
use promptgate_core::front::promptgate;
use promptgate_core::guard::Guards;
use promptgate_core::lint::{Kind, Linter, Severity, Source};
use promptgate_core::model::{Configuration, Question, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::sensitive::Bytes;
use promptgate_core::template::{
    ExecuteRequest, Library, Plan, RenderRequest, Template, TemplateValidator, difference,
};
use promptgate_core::upstream::genesys::Family;
use promptgate_core::{lint, openapi, usage};
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

/// What JSON Schema cannot say: such a fault is the gateway's and the linter's.
const BEYOND_SCHEMA: [&str; 8] = [
    "not_a_name",
    "duplicate",
    "unsupported_keyword",
    "bad_time",
    "too_long",
    "unknown_reference",
    "endless_reference",
    "wrong_id",
];

/// A kind of document: its schema's name, its kind for the linter, a good one, and how the gateway reads it.
struct Row {
    schema: &'static str,
    lint: Option<Kind>,
    good: Value,
    decode: fn(&str) -> Result<(), Problem>,
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            schema: "ChatRequest",
            lint: Some(Kind::ChatRequest),
            good: json!({"systemInstructions": ["Be brief."], "context": [{"role": "user", "content": "Hello"}],
                "temperature": 0.7, "maxTokens": 256, "modelId": "gpt-4o"}),
            decode: |body| promptgate::decode(body.as_bytes()).map(drop),
        },
        Row {
            schema: "PromptTemplate",
            lint: Some(Kind::PromptTemplate),
            good: json!({"name": "greeting", "description": "Greets.", "system_instruction": "Be brief.",
                "user_template": "Hello <name>{{name}}</name>", "variables": [{"name": "name", "max_length": 40, "trusted": true}],
                "max_tokens": 512, "safety_guardrails": {"pii_filter": true}, "target_version": 2}),
            decode: |body| TemplateValidator::default().check(Family::Prompt, body).map(drop),
        },
        Row {
            schema: "CachedTemplate",
            lint: Some(Kind::CachedTemplate),
            good: json!({"id": ID, "name": "greeting", "content": "Hello ${name}",
                "variables": [{"name": "name", "value": "you", "required": true, "type": "string"}],
                "cacheSettings": {"enabled": false, "ttl": 3600, "invalidationStrategy": "on_update"}, "metadata": {"a": 1}}),
            decode: |body| TemplateValidator::default().check(Family::Cached, body).map(drop),
        },
        Row {
            schema: "ModelDefinition",
            lint: Some(Kind::ModelDefinition),
            good: json!({"name": "classifier", "provider": "openai", "modelId": "gpt-4o-mini",
                "credentials": {"apiKey": "0123456789", "endpoint": "https://api.example.org/v1"},
                "configuration": {"temperature": 0.2, "maxTokens": 100, "topP": 1}, "promptTemplate": "Classify: {input}",
                "responseSchema": {"type": "object", "properties": {"category": "string", "share": {"type": "number"}}}}),
            decode: |body| Submission::parse(body.as_bytes()).map(drop),
        },
        Row {
            schema: "ModelConfiguration",
            lint: Some(Kind::ModelConfiguration),
            good: json!({"model_id": ID, "temperature_matrix": {"default": 0.7, "creative": 1.2, "precise": 0.3},
                "safety_filters": [{"filter_type": "pii", "action": "redact", "threshold": 85}], "max_tokens": 2048,
                "compliance_mode": "strict"}),
            decode: |body| Configuration::parse(body.as_bytes(), ID).map(drop),
        },
        Row {
            schema: "GuardRequest",
            lint: None,
            good: json!({"text": "Hello", "role": "agent", "direction": "output"}),
            decode: |body| Guards::default().explain(body.as_bytes()).map(drop),
        },
        Row {
            schema: "LintRequest",
            lint: None,
            good: json!({"text": "Hello", "file": "a.txt", "kind": "text"}),
            decode: |body| lint::answer(&std::rc::Rc::default(), body.as_bytes()).map(drop),
        },
        Row {
            schema: "RenderRequest",
            lint: None,
            good: json!({"variables": {"name": "you"}}),
            decode: |body| RenderRequest::parse(body.as_bytes()).map(drop),
        },
        Row {
            schema: "ExecuteRequest",
            lint: None,
            good: json!({"variables": {"name": "you"}, "modelId": "gpt-4o", "maxTokens": 100}),
            decode: |body| ExecuteRequest::parse(body.as_bytes()).map(drop),
        },
        Row {
            schema: "Invocation",
            lint: None,
            good: json!({"input": "Hello", "options": {"stream": false}}),
            decode: |body| Question::parse(body.as_bytes(), ID, &Guards::default()).map(drop),
        },
        Row {
            schema: "NamedInvocation",
            lint: None,
            good: json!({"modelId": ID, "input": "Hello"}),
            decode: |body| Question::parse_protected(body.as_bytes(), &Guards::default()).map(drop),
        },
        Row {
            schema: "UsageQuery",
            lint: None,
            good: json!({"dateFrom": "2026-01-01T00:00:00Z", "dateTo": "2026-01-31T00:00:00Z", "groupBy": ["modelId"],
                "metrics": ["totalTokens"], "pageNumber": 1, "pageSize": 100}),
            decode: |body| usage::question(body.as_bytes()).map(drop),
        },
        Row {
            schema: "Library",
            lint: None,
            good: json!({"templates": []}),
            decode: |body| Library::parse(body.as_bytes(), &TemplateValidator::default()).map(drop),
        },
    ]
}

/// The schemas of the OpenAPI document.
struct OpenApi(Schemas, Vec<(&'static str, SchemaIndex)>);

impl OpenApi {
    fn read() -> OpenApi {
        let document: Value = serde_json::from_str(&openapi::document()).unwrap();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("http://openapi/", document).unwrap();
        let answers = ["GuardReport", "LintReport", "Rendering", "Plan", "Difference", "Problem"];
        let names = rows().iter().map(|row| row.schema).chain(answers).collect::<Vec<_>>();
        let compile = |name: &'static str| {
            let address = format!("http://openapi/#/components/schemas/{name}");
            (name, compiler.compile(&address, &mut schemas).unwrap())
        };
        let indices = names.into_iter().map(compile).collect();
        OpenApi(schemas, indices)
    }

    fn takes(&self, name: &str, document: &Value) -> bool {
        let (_, index) = self.1.iter().find(|(known, _)| *known == name).unwrap();
        self.0.validate(document, *index).is_ok()
    }
}

/// Whether a document is taken, by the gateway, the linter (where it knows the kind) and the schema.
fn verdicts(row: &Row, document: &Value, openapi: &OpenApi) -> Result<bool, String> {
    let text = document.to_string();
    let decoded = (row.decode)(&text);
    // What the texts say is no matter of shape: the guard refuses it in requests, the linter in files.
    let faults: Vec<_> = match &decoded {
        Err(problem) if problem.code.status() == 400 => problem.errors.clone(),
        _ => Vec::new(),
    };
    let taken = faults.is_empty();
    if let Some(kind) = row.lint {
        let report = Linter::default().lint(&Source { text: &text, file: None, kind: Some(kind) });
        let errors: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error && finding.code.starts_with('D'))
            .map(|finding| format!("{} {} {}", finding.code, finding.path, finding.message))
            .collect();
        if errors.is_empty() != taken {
            return Err(format!("{}: the gateway {faults:?}, the linter {errors:?}: {text}", row.schema));
        }
    }
    let blind = faults.iter().any(|fault| BEYOND_SCHEMA.contains(&fault.code))
        || faults.iter().any(|fault| fault.path.contains("responseSchema."));
    let fits = openapi.takes(row.schema, document);
    if (fits != taken && !blind) || (taken && !fits) {
        return Err(format!("{}: the gateway {faults:?}, the schema {fits}: {text}", row.schema));
    }
    Ok(taken)
}

#[test]
fn good_and_bad_documents() {
    let openapi = OpenApi::read();
    let rows = rows();
    let mut wrong = Vec::new();
    for row in &rows {
        match verdicts(row, &row.good, &openapi) {
            Ok(true) => {}
            verdict => wrong.push(format!("{}: {verdict:?}", row.schema)),
        }
        let mut unknown = row.good.clone();
        unknown["max_token"] = json!(1);
        for (name, bad) in [("a member that is not known", unknown), ("no object", json!([])), ("null", json!(null))] {
            match verdicts(row, &bad, &openapi) {
                Ok(false) => {}
                verdict => wrong.push(format!("{}, {name}: {verdict:?}", row.schema)),
            }
        }
    }
    let filter = |kind: &str, action: &str| json!({"filter_type": kind, "action": action, "threshold": 1});
    let thirteen: Vec<_> =
        (0..13).map(|at| filter(["pii", "political"][at % 2], ["flag", "block"][at / 2 % 2])).collect();
    let property = |schema: Value| json!({"type": "object", "properties": {"x": schema}});
    for (schema, pointer, value, good) in [
        ("ChatRequest", "/modelId", json!("claude-3-5-sonnet-20241022"), true),
        ("ChatRequest", "/modelId", json!("a\nb"), false),
        ("ChatRequest", "/modelId", json!("x".repeat(300)), false),
        ("ChatRequest", "/modelId", json!("AKIAQX3KZ7PLM2WVB6TN"), false),
        ("ChatRequest", "/maxTokens", json!(256.0), true),
        ("ChatRequest", "/maxTokens", json!(256.5), false),
        ("ChatRequest", "/temperature", json!(-0.1), false),
        ("ChatRequest", "/context/0/content", json!("x".repeat(4000)), true),
        ("ChatRequest", "/context/0/content", json!("😀".repeat(2001)), false),
        ("ChatRequest", "/context/0/role", json!("assistant"), false),
        ("ModelDefinition", "/name", json!("x".repeat(128)), true),
        ("ModelDefinition", "/name", json!("x".repeat(200)), false),
        ("ModelDefinition", "/modelId", json!("a\nb"), false),
        ("ModelDefinition", "/modelId", json!("x".repeat(300)), false),
        ("ModelDefinition", "/credentials/endpoint", json!("http://a.example"), false),
        ("ModelDefinition", "/credentials/endpoint", json!("https://user@a.example"), false),
        ("ModelDefinition", "/promptTemplate", json!("Classify."), false),
        ("ModelDefinition", "/promptTemplate", json!("{context}"), true),
        ("ModelDefinition", "/responseSchema", property(json!({"pattern": "a"})), false),
        ("ModelDefinition", "/responseSchema", property(json!("strng")), false),
        ("ModelDefinition", "/responseSchema", property(json!({"type": "strng"})), false),
        ("ModelDefinition", "/responseSchema", json!({"type": "array", "properties": {}}), false),
        ("ModelConfiguration", "/safety_filters", json!(thirteen), false),
        ("ModelConfiguration", "/safety_filters", json!([filter("pii", "flag"), filter("pii", "flag")]), false),
        ("ModelConfiguration", "/safety_filters", json!([filter("pii", "flag"), filter("pii", "block")]), true),
        ("ModelConfiguration", "/safety_filters", json!([]), false),
        ("ModelConfiguration", "/model_id", json!(format!("urn:uuid:{ID}")), false),
        ("ModelConfiguration", "/model_id", json!(ID.replace('-', "")), false),
        ("PromptTemplate", "/max_tokens", json!(1024.0), true),
        ("PromptTemplate", "/max_tokens", json!(255), false),
        ("PromptTemplate", "/variables/0/max_length", json!(12.0), true),
        ("PromptTemplate", "/variables", json!([{"name": {}}]), false),
        ("PromptTemplate", "/variables", json!(["name", "name"]), false),
        ("PromptTemplate", "/name", json!("😀😀"), false),
        ("PromptTemplate", "/name", json!("😀".repeat(128)), true),
        ("CachedTemplate", "/variables", json!({"name": "you"}), true),
        ("CachedTemplate", "/variables", json!({"name": 1}), false),
        ("CachedTemplate", "/variables", json!([{"name": {}}]), false),
        ("CachedTemplate", "/cacheSettings/ttl", json!(59), false),
        ("CachedTemplate", "/cacheSettings/ttl", json!(604_800), true),
        ("CachedTemplate", "/cacheSettings/ttl", json!("3600"), false),
        ("CachedTemplate", "/cacheSettings/ttl", json!(60.5), false),
        ("UsageQuery", "/groupBy", json!([]), false),
        ("UsageQuery", "/metrics", json!(["latencyMs", "latencyMs"]), false),
        ("UsageQuery", "/pageSize", json!(101), false),
        ("UsageQuery", "/dateFrom", json!("yesterday"), false),
        ("LintRequest", "/kind", json!("prompt"), false),
        ("GuardRequest", "/role", json!("bot"), false),
        ("Invocation", "/options/stream", json!(true), false),
        ("NamedInvocation", "/modelId", json!("x"), false),
        ("RenderRequest", "/variables/name", json!(1), false),
    ] {
        let row = rows.iter().find(|row| row.schema == schema).unwrap();
        let mut document = row.good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        match verdicts(row, &document, &openapi) {
            Ok(verdict) if verdict == good => {}
            verdict => wrong.push(format!("{schema} {pointer}: {verdict:?}, expected {good}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the core answers fits the schema of the answer, and every problem fits that of problems.
#[test]
fn answers_fit_their_schemas() {
    let openapi = OpenApi::read();
    let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let guards = Guards::default();
    let long = "my card is 4111 1111 1111 1111. ".repeat(200);
    let template = Template::read(
        &json!({"version": 1, "name": "test", "system_instruction": "Be brief.", "user_template": "{{message}}",
            "variables": ["message"], "max_tokens": 4096})
        .to_string(),
    )
    .unwrap();
    let render = RenderRequest::parse(br#"{"variables":{"message":"Write to a@mail.example.net"}}"#).unwrap();
    let library = json!({"templates": [{"name": "one", "system_instruction": "Be brief.", "user_template": "Hello"}]});
    let plans = Library::parse(library.to_string().as_bytes(), &TemplateValidator::default()).unwrap().plan(&[]);
    let bytes = |text: &str| Bytes(text.as_bytes().to_vec());
    let samples = [
        ("GuardReport", guards.explain(json!({ "text": long }).to_string().as_bytes()).unwrap()),
        ("GuardReport", guards.explain(br#"{"text":""}"#).unwrap()),
        (
            "LintReport",
            lint::answer(&std::rc::Rc::default(), br#"{"text":"Use the password: hunter2!x {{name"}"#).unwrap(),
        ),
        ("Rendering", render.answer("t", &template, &guards.input, &mut promptgate_vocabularies::counters()).unwrap()),
        ("Plan", Plan::json(&plans, true)),
        ("Difference", difference(1, &bytes(r#"{"name":"a"}"#), 2, &bytes(r#"{"name":"b"}"#)).unwrap()),
    ];
    for (schema, text) in samples {
        assert!(openapi.takes(schema, &read(text.clone())), "{schema}: {text}");
    }
    for row in rows() {
        for body in ["", "[]", "{\"a\":1}", "{\"a\":1,\"a\":2}"] {
            let Err(problem) = (row.decode)(body) else { continue };
            assert!(openapi.takes("Problem", &problem.document("r")), "{}: {problem:?}", row.schema);
        }
    }
    let refused =
        TemplateValidator::default().check(Family::Cached, r#"{"content":"Hello ${customer +}"}"#).unwrap_err();
    let document = refused.document("r");
    assert!(openapi.takes("Problem", &document) && document["errors"][0]["line"].is_u64(), "{document}");
}

/// Every pointer into a value.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), into))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at_item, value)| pointers(value, &format!("{at}/{at_item}"), into))
        }
        _ => {}
    }
}

fn palette() -> Vec<Value> {
    let numbers =
        [json!(0), json!(1), json!(-1), json!(1.0), json!(1.5), json!(60), json!(5000), json!(1e15), json!(1e300)];
    let texts =
        ["", " ", "x", "name", "a\nb", "user", "openai", "{input}", "https://a.example", ID, "2026-01-05T00:00:00Z"];
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([1]),
        json!(["name"]),
        json!({"name": "x"}),
        json!({"type": "object", "properties": {}}),
    ];
    let long = [json!("x".repeat(200)), json!("é".repeat(600)), json!("x ".repeat(3000))];
    numbers.into_iter().chain(texts.map(Value::from)).chain(others).chain(long).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn generated_documents(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3_u8), 1..3)) {
        thread_local!(static OPENAPI: OpenApi = OpenApi::read());
        for row in rows() {
            let mut document = row.good.clone();
            for (place, value, how) in &changes {
                let mut places = Vec::new();
                pointers(&document, "", &mut places);
                let pointer = place.get(&places).clone();
                let new = value.get(&palette()).clone();
                match (how, pointer.rsplit_once('/')) {
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
                    _ => *document.pointer_mut(&pointer).unwrap() = new,
                }
            }
            let verdict = OPENAPI.with(|openapi| verdicts(&row, &document, openapi));
            prop_assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
        }
    }
}
