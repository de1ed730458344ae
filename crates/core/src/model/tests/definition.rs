//! Definitions, snapshots, and what must not be seen of them.

use super::*;
use crate::governance::Occasion;
use crate::problem::Code;

fn faults(document: &Value) -> Vec<(String, &'static str)> {
    match submission(document) {
        Ok(_) => Vec::new(),
        Err(problem) => {
            assert!(!format!("{problem:?}").contains("canary"), "{problem:?}");
            problem.errors.into_iter().map(|fault| (fault.path, fault.code)).collect()
        }
    }
}

// Row C1.
#[test]
fn limits_hold_at_their_edges() {
    for (pointer, good, bad, path, code) in [
        ("/name", json!("abc"), json!("ab"), "$.name", "too_short"),
        ("/name", json!("Zoë 😀"), json!("   "), "$.name", "empty"),
        ("/name", json!("x".repeat(128)), json!("x".repeat(129)), "$.name", "too_long"),
        ("/name", json!("abc"), json!("a\r\nb"), "$.name", "control_character"),
        ("/provider", json!("bedrock"), json!("OpenAI"), "$.provider", "unknown_value"),
        ("/modelId", json!("m"), json!(""), "$.modelId", "empty"),
        ("/credentials/apiKey", json!("0123456789"), json!("canary-xy"), "$.credentials.apiKey", "too_short"),
        (
            "/credentials/apiKey",
            json!("k".repeat(4096)),
            json!("canary-key-1\n"),
            "$.credentials.apiKey",
            "control_character",
        ),
        (
            "/credentials/endpoint",
            json!("https://a.example:8443/x?y=z"),
            json!("http://canary.example"),
            "$.credentials.endpoint",
            "bad_url",
        ),
        (
            "/credentials/endpoint",
            json!("https://[::1]/"),
            json!("https://user:canary@a.example"),
            "$.credentials.endpoint",
            "bad_url",
        ),
        ("/credentials/endpoint", json!("https://a"), json!("https:///canary"), "$.credentials.endpoint", "bad_url"),
        ("/credentials", definition()["credentials"].clone(), json!("canary"), "$.credentials", "wrong_type"),
        ("/configuration/temperature", json!(2), json!(2.0001), "$.configuration.temperature", "out_of_range"),
        ("/configuration/temperature", json!(0), json!("0"), "$.configuration.temperature", "wrong_type"),
        ("/configuration/maxTokens", json!(1), json!(0), "$.configuration.maxTokens", "out_of_range"),
        (
            "/configuration/maxTokens",
            json!(9007199254740991_u64),
            json!(9007199254740992_u64),
            "$.configuration.maxTokens",
            "out_of_range",
        ),
        ("/configuration/maxTokens", json!(5.0), json!(5.5), "$.configuration.maxTokens", "not_an_integer"),
        ("/promptTemplate", json!("{context}"), json!("{inputs} canary"), "$.promptTemplate", "no_placeholder"),
        ("/promptTemplate", json!("{{input}}"), json!(null), "$.promptTemplate", "wrong_type"),
        ("/promptTemplate", json!("{input}"), json!("x".repeat(900_000) + "{input}"), "$.promptTemplate", "too_long"),
        (
            "/responseSchema/properties/category",
            json!("integer"),
            json!("text"),
            "$.responseSchema.properties.category",
            "unknown_value",
        ),
    ] {
        let mut document = definition();
        *document.pointer_mut(pointer).unwrap() = good;
        assert_eq!(faults(&document), [], "{pointer}");
        *document.pointer_mut(pointer).unwrap() = bad;
        assert_eq!(faults(&document), [(path.to_owned(), code)], "{pointer}");
    }
}

#[test]
fn every_fault_is_reported_at_once() {
    let document = json!({"nmae": "x", "provider": "opnai", "credentials": {"apikey": "canary-key-1", "endpoint": 1},
        "configuration": {"temperature": 3, "maxTokens": 1.5, "topP": 2, "seed": 1}, "promptTemplate": "canary",
        "responseSchema": {"type": "array", "properties": {"x": {"pattern": "canary"}}}});
    let mut found = faults(&document);
    found.sort_unstable();
    let mut expected = [
        ("$.nmae", "unknown_field"),
        ("$.name", "missing_field"),
        ("$.modelId", "missing_field"),
        ("$.provider", "unknown_value"),
        ("$.credentials.apikey", "unknown_field"),
        ("$.credentials.apiKey", "missing_field"),
        ("$.credentials.endpoint", "wrong_type"),
        ("$.configuration.temperature", "out_of_range"),
        ("$.configuration.maxTokens", "not_an_integer"),
        ("$.configuration.topP", "out_of_range"),
        ("$.configuration.seed", "unknown_field"),
        ("$.promptTemplate", "no_placeholder"),
        ("$.responseSchema.type", "unknown_value"),
        ("$.responseSchema.properties.x.pattern", "unsupported_keyword"),
    ]
    .map(|(path, code)| (path.to_owned(), code));
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_secret_stands_beside_the_credentials_only() {
    const KEY: &str = "AKIAQX3KZ7PLM2WVB6TN";
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = definition();
        change(&mut document);
        submission(&document).map(|_| ()).map_err(|problem| (problem.code, problem.document("r").to_string()))
    };
    assert!(with(&|document| document["credentials"]["apiKey"] = json!(KEY)).is_ok());
    for change in [
        &(|document: &mut Value| document["name"] = json!(KEY)) as &dyn Fn(&mut Value),
        &|document| document["promptTemplate"] = json!(format!("{{input}} with {KEY}")),
        &|document| document["responseSchema"]["description"] = json!(KEY),
        &|document| document["responseSchema"]["properties"][KEY] = json!({"type": "string"}),
        &|document| document["responseSchema"]["properties"]["x"] = json!({"enum": [4_111_111_111_111_111_u64]}),
    ] {
        let (code, detail) = with(change).unwrap_err();
        assert_eq!(code, Code::SafetyRefused);
        assert!(!detail.contains(KEY) && !detail.contains("4111"), "{detail}");
    }
    for change in [&(|document: &mut Value| document["modelId"] = json!(KEY)) as &dyn Fn(&mut Value), &|document| {
        document[KEY] = json!(1)
    }] {
        let (code, detail) = with(change).unwrap_err();
        assert_eq!(code, Code::InvalidRequest);
        assert!(!detail.contains(KEY), "{detail}");
    }
}

#[test]
fn hostile_bodies() {
    let deep = format!(r#"{{"responseSchema":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (body, code) in [
        ("", "empty_body"),
        ("[]", "wrong_type"),
        ("null", "wrong_type"),
        (r#"{"name":"a","name":"b"}"#, "duplicate_key"),
        (r#"{"configuration":{"maxTokens":1e999}}"#, "invalid_json"),
        (deep.as_str(), "too_deep"),
    ] {
        assert_eq!(Submission::parse(body.as_bytes()).unwrap_err().errors[0].code, code);
    }
}

#[test]
fn warnings() {
    for (temperature, max_tokens, count) in [(0.7, 5000, 0), (0.71, 4000, 0), (0.71, 4001, 1)] {
        let mut document = definition();
        document["configuration"] = json!({"temperature": temperature, "maxTokens": max_tokens});
        assert_eq!(submission(&document).unwrap().warnings.len(), count);
    }
}

#[test]
fn one_definition_has_one_id() {
    let secret = Sensitive::new("oauth-secret");
    let read = submission(&definition()).unwrap();
    let id = read.id("t", &secret);
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 8);
    let reordered =
        definition().as_object().unwrap().iter().rev().map(|(k, v)| format!("{k:?}: {v}")).collect::<Vec<_>>();
    let mut same = Submission::parse(format!("{{{}}}", reordered.join(",\n")).as_bytes()).unwrap();
    assert_eq!(same.id("t", &secret), id);
    assert_eq!(same.body(), read.body());
    assert_ne!(same.id("u", &secret), id);
    assert_ne!(same.id("t", &Sensitive::new("another")), id);
    same.credentials.api_key = Sensitive::new("another-key");
    assert_ne!(same.id("t", &secret), id);
}

#[test]
fn snapshots_hold_no_credentials() {
    let read = submission(&definition()).unwrap();
    let snapshot = Snapshot::new(&read.definition, "staging", START);
    let document = snapshot.document();
    let names: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["apiVersion", "environment", "exportedAt", "modelDefinition", "version"]);
    assert_eq!(document["exportedAt"], "2027-01-15T08:00:00.000Z");
    assert_eq!(document["modelDefinition"]["responseSchema"]["properties"]["category"], json!({"type": "string"}));
    let later = Snapshot::new(&read.definition, "prod", START + 1);
    assert_eq!((snapshot.hash(), snapshot.hash()), (later.hash(), read.definition.hash()));
    let occasion = Occasion { request_id: "r", environment: "staging", now_ms: START, ..Occasion::for_test() };
    let row = Record::exported(occasion, ID, &snapshot, &[]);
    for shown in [document.to_string(), format!("{snapshot:?} {read:?} {row:?}"), row.document().to_string()] {
        assert!(!shown.contains("canary"), "{shown}");
    }
    assert!(row.document().to_string().contains(&snapshot.hash()));
    assert!(!format!("{snapshot:?} {read:?}").contains("Classify"));
}
