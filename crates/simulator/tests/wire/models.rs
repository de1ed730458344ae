//! Models: made, polled, configured, asked.

use serde_json::{Value, json};

use crate::client::{Answer, End, Sim};

const PATH: &str = "/api/v2/ai/models";
const KEY: &str = "sk-canary-0123456789";

fn definition() -> Value {
    json!({"name": "triage", "provider": "openai", "modelId": "gpt-x", "credentials": {"apiKey": KEY},
        "configuration": {"temperature": 0.2, "maxTokens": 500}, "promptTemplate": "Sort {input}",
        "responseSchema": {"type": "object", "required": ["category"], "properties": {
            "category": {"type": "string", "enum": ["billing", "other"]}, "score": {"type": "number", "maximum": 1}}}})
}

fn configuration(id: &str) -> Value {
    json!({"model_id": id, "temperature_matrix": {"default": 0.5, "creative": 1.2, "precise": 0.1},
        "safety_filters": [{"filter_type": "pii", "action": "block", "threshold": 50}], "max_tokens": 1000,
        "compliance_mode": "standard"})
}

/// The address of a new model.
async fn create(sim: &Sim) -> String {
    sim.api("POST", PATH, &[], &definition()).await.headers["location"].clone()
}

async fn statuses(sim: &Sim, location: &str, polls: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..polls {
        all.push(sim.get(location).await.json()["status"].as_str().unwrap().to_owned());
    }
    all
}

/// The address of a model that is there and `ACTIVE`.
async fn seeded(sim: &Sim) -> String {
    let mut seed = definition();
    seed["id"] = json!("m1");
    sim.control("POST", "models", seed).await;
    format!("{PATH}/m1")
}

async fn configure(sim: &Sim, location: &str, body: &Value) -> Answer {
    sim.api("PUT", &format!("{location}/configuration"), &[], body).await
}

async fn invoke(sim: &Sim, location: &str, headers: &[(&str, &str)]) -> Answer {
    sim.api("POST", &format!("{location}/invoke"), headers, &json!({"input": "Hello", "options": {"stream": false}}))
        .await
}

#[tokio::test]
async fn a_model_comes_to_life_by_polls() {
    let sim = Sim::start().await;
    let made = sim.api("POST", PATH, &[], &definition()).await;
    let location = made.headers["location"].clone();
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((made.status, made.json()), (202, json!({"id": id, "status": "PENDING"})));
    assert_eq!(location, format!("{PATH}/{id}"));
    let first = sim.get(&location).await;
    assert_eq!((&first.json()["status"], first.json().get("capabilities")), (&json!("PROVISIONING"), None));
    let second = sim.get(&location).await.json();
    let capabilities = json!({"max_context_window": 8192, "restricted_safety_filters": ["political"]});
    assert_eq!(
        second,
        json!({"id": id, "name": "triage", "provider": "openai", "modelId": "gpt-x",
        "status": "ACTIVE", "capabilities": capabilities})
    );
    assert_eq!(statuses(&sim, &location, 2).await, ["ACTIVE", "ACTIVE"]);
    assert_eq!(sim.get(&format!("{PATH}/none")).await.refusal(), (404, "not.found".into()));
}

#[tokio::test]
async fn the_way_to_active_is_what_a_test_says() {
    let sim = Sim::start().await;
    for (settings, told) in [
        (json!({"polls": 0}), vec!["ACTIVE", "ACTIVE"]),
        (json!({"polls": 4}), vec!["PENDING", "PENDING", "PROVISIONING", "ACTIVE", "ACTIVE"]),
        (json!({"statuses": ["PROVISIONING", "FAILED"]}), vec!["PROVISIONING", "FAILED", "FAILED"]),
        (json!({"statuses": ["ACTIVE", "PENDING", "ACTIVE"]}), vec!["ACTIVE", "PENDING", "ACTIVE"]),
        (json!({"statuses": ["WARMING_UP", "ACTIVE"]}), vec!["WARMING_UP", "ACTIVE"]),
        (json!({"statuses": ["PENDING"]}), vec!["PENDING"; 5]),
    ] {
        sim.control("POST", "provisioning", settings.clone()).await;
        let location = create(&sim).await;
        assert_eq!(statuses(&sim, &location, told.len()).await, told, "{settings}");
    }
    sim.control("POST", "provisioning", json!({"statuses": ["FAILED"], "error_reason": "no quota"})).await;
    let location = create(&sim).await;
    assert_eq!(sim.get(&location).await.json()["errorReason"], "no quota");
    sim.queue(json!({"on": "model_get", "times": 2, "fault": {"kind": "status", "status": 404}})).await;
    assert_eq!((sim.get(&location).await.status, sim.get(&location).await.status), (404, 404));
    assert_eq!(sim.get(&location).await.status, 200);
    let refused = sim.try_control("POST", "provisioning", r#"{"polls": "x"}"#).await;
    assert!(refused.status == 400 && refused.json()["message"].as_str().unwrap().contains("polls"));
}

#[tokio::test]
async fn credentials_are_never_shown() {
    let sim = Sim::start().await;
    create(&sim).await;
    seeded(&sim).await;
    let bearer = format!("Bearer {}", sim.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    for text in [format!("{{\"credentials\": {{\"apiKey\": \"{KEY}\""), format!("[{{\"apiKey\": [\"{KEY}\"]}}]")] {
        let refused = sim.call("POST", PATH, &headers, text.as_bytes()).await.whole().await.unwrap();
        assert_eq!(refused.status, 400);
        assert!(!String::from_utf8(refused.bytes()).unwrap().contains("canary"));
        sim.call("POST", "/api/v2/ai/model", &headers, text.as_bytes()).await.whole().await.unwrap();
    }
    for path in ["requests", "models", "stats", "faults"] {
        let shown = sim.control("GET", path, Value::Null).await.to_string();
        assert!(!shown.contains("canary"), "{path}: {shown}");
    }
    let requests = sim.control("GET", "requests", Value::Null).await;
    let sent = requests[1]["body"]["credentials"]["apiKey"].as_str().unwrap();
    assert!(sent.starts_with("sha256:") && sent.len() == 19, "{sent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_one_model() {
    let sim = std::sync::Arc::new(Sim::start().await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let sim = sim.clone();
            tokio::spawn(async move { sim.api("POST", PATH, &[("Idempotency-Key", "k")], &definition()).await.json() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one model, told twenty times");
    let stats = sim.stats().await;
    assert_eq!((&stats["models_created"], &stats["executions"], &stats["replays"]), (&json!(1), &json!(1), &json!(19)));
    create(&sim).await;
    let stats = sim.stats().await;
    assert_eq!((&stats["models_created"], &stats["executions"]), (&json!(2), &json!(2)), "without a key, every time");
}

#[tokio::test]
async fn the_last_configuration_wins() {
    let sim = Sim::start().await;
    let location = seeded(&sim).await;
    for version in 1..=2 {
        let answer = configure(&sim, &location, &configuration("m1")).await;
        let mut expected = configuration("m1");
        expected["version"] = json!(version);
        assert_eq!((answer.status, answer.json()), (200, expected));
    }
    let pending = create(&sim).await;
    let id = pending.rsplit('/').next().unwrap();
    assert_eq!(configure(&sim, &pending, &configuration(id)).await.refusal(), (409, "conflict".into()));
    let nowhere = configure(&sim, &format!("{PATH}/none"), &configuration("none")).await;
    assert_eq!(nowhere.status, 404);
    sim.queue(json!([
        {"on": "model_configure", "fault": {"kind": "status", "status": 401}},
        {"on": "model_configure", "fault": {"kind": "status", "status": 429, "retry_after": 1}},
        {"on": "model_configure", "fault": {"kind": "status", "status": 503}},
    ]))
    .await;
    for status in [401, 429, 503, 200] {
        assert_eq!(configure(&sim, &location, &configuration("m1")).await.status, status);
    }
    assert_eq!(sim.stats().await["configuration_writes"], 3);
    let listed = sim.control("GET", "models", Value::Null).await;
    assert_eq!((&listed[0]["configuration_writes"], &listed[0]["configuration"]["version"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn what_the_model_cannot_have_is_refused() {
    let sim = Sim::start().await;
    let location = seeded(&sim).await;
    let capabilities = json!({"max_context_window": 999, "restricted_safety_filters": ["pii"]});
    sim.control("POST", "models", json!({"id": "m1", "capabilities": capabilities})).await;
    assert_eq!(sim.get(&location).await.json()["capabilities"], capabilities);
    let refused = configure(&sim, &location, &configuration("m1")).await;
    assert_eq!(refused.refusal(), (400, "invalid.request".into()));
    let paths: Vec<Value> =
        refused.json()["details"].as_array().unwrap().iter().map(|detail| detail["fieldName"].clone()).collect();
    assert_eq!(paths, ["max_tokens", "safety_filters[0].action"]);
    assert_eq!(configure(&sim, &location, &configuration("other")).await.status, 400);
    assert_eq!(sim.stats().await["configuration_writes"], 0);
}

#[tokio::test]
async fn an_answer_fits_the_schema_and_is_replayed() {
    let sim = Sim::start().await;
    let location = seeded(&sim).await;
    let key = [("Idempotency-Key", "k")];
    let answer = invoke(&sim, &location, &key).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["result"]), (200, &json!({"category": "billing", "score": 0.0})));
    // "Sort {input}" and "Hello"; the result as JSON: four characters a token.
    let result = body["result"].to_string();
    assert_eq!(body["usage"], json!({"prompt_tokens": 5, "completion_tokens": result.len().div_ceil(4)}));
    assert_eq!(body["request_id"].as_str().unwrap().len(), 36);
    let again = invoke(&sim, &location, &key).await;
    assert_eq!((again.json(), again.headers["idempotency-replayed"].as_str()), (body, "true"));
    assert_eq!(sim.stats().await["invocations"], 1);
    let pending = create(&sim).await;
    assert_eq!(invoke(&sim, &pending, &[]).await.refusal(), (409, "conflict".into()));
    assert_eq!(invoke(&sim, &format!("{PATH}/none"), &[]).await.status, 404);
    for wrong in
        [json!({"input": 1}), json!({"input": "x", "options": {"stream": true}}), json!({"input": "x", "a": 1})]
    {
        let refused = sim.api("POST", &format!("{location}/invoke"), &[], &wrong).await;
        assert_eq!(refused.refusal(), (400, "invalid.request".into()), "{wrong}");
    }
    let rows = sim.control("GET", "usage", Value::Null).await;
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["modelId"]), (1, &json!("gpt-x")));
}

#[tokio::test]
async fn an_answer_may_break_its_schema_and_lack_its_usage() {
    let sim = Sim::start().await;
    let location = seeded(&sim).await;
    sim.queue(json!([
        {"on": "model_invoke", "fault": {"kind": "set", "member": "result", "value": {"category": 7}}},
        {"on": "model_invoke", "fault": {"kind": "leave_out", "member": "usage"}},
        {"on": "model_invoke", "fault": {"kind": "malformed"}},
        {"on": "model_invoke", "fault": {"kind": "status", "status": 503}},
    ]))
    .await;
    assert_eq!(invoke(&sim, &location, &[]).await.json()["result"], json!({"category": 7}));
    let bare = invoke(&sim, &location, &[]).await.json();
    assert!(bare.get("usage").is_none() && bare["result"].is_object());
    let half = invoke(&sim, &location, &[]).await;
    assert!(half.status == 200 && serde_json::from_slice::<Value>(&half.bytes()).is_err());
    assert_eq!(invoke(&sim, &location, &[]).await.status, 503);
    let rows = sim.control("GET", "usage", Value::Null).await;
    let errors: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["error"]).collect();
    assert_eq!(errors, [&json!(false), &json!(false), &json!(false), &json!(true)]);
    for (how, end) in [("reset", End::Reset), ("close", End::Closed)] {
        sim.queue(json!({"on": "model_invoke", "fault": {"kind": "cut_body", "how": how}})).await;
        let cut = invoke(&sim, &location, &[]).await;
        assert!((cut.status, cut.end) == (200, end) && cut.bytes().starts_with(b"{") && !cut.bytes().ends_with(b"}"));
    }
    // The fault was of the delivery: a replay is whole.
    sim.queue(json!({"on": "model_invoke", "fault": {"kind": "empty"}})).await;
    let key = [("Idempotency-Key", "k")];
    assert!(invoke(&sim, &location, &key).await.bytes().is_empty());
    assert!(invoke(&sim, &location, &key).await.json()["usage"].is_object());
}

#[tokio::test]
async fn a_bad_definition_is_refused_with_every_fault() {
    let sim = Sim::start().await;
    let mut bad = definition();
    bad["provider"] = json!("acme");
    bad["responseSchema"]["properties"]["category"] = json!("string");
    let refused = sim.api("POST", PATH, &[("Idempotency-Key", "k")], &bad).await;
    assert_eq!(refused.refusal(), (400, "invalid.request".into()));
    assert_eq!(refused.json()["details"].as_array().unwrap().len(), 2);
    assert_eq!(sim.api("POST", PATH, &[("Idempotency-Key", "k")], &definition()).await.status, 202);
}
