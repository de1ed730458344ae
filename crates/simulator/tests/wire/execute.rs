//! Executing a template: rendered, answered as chat does, counted.

use serde_json::{Value, json};

use crate::client::{Answer, End, Sim};

const PATH: &str = "/api/v2/llm-gateway/conversations/execute";
const ID: &str = "22222222-2222-4222-8222-222222222222";

async fn start() -> Sim {
    let sim = Sim::start().await;
    let seed = json!({"id": ID, "name": "greeting", "system_instruction": "Be {{tone}}.",
        "user_template": "Ask {{question}}", "variables": ["question", {"name": "tone", "max_length": 9}]});
    sim.control("POST", "prompts", seed).await;
    sim
}

fn body() -> Value {
    json!({"templateId": ID, "variables": {"question": "why {{tone}} {{question}}?", "tone": "kind"}, "modelId": "m",
        "maxTokens": 300})
}

async fn execute(sim: &Sim, headers: &[(&str, &str)], body: &Value) -> Answer {
    sim.api("POST", PATH, headers, body).await
}

#[tokio::test]
async fn the_answer_shows_what_was_rendered_and_no_value_is_looked_into() {
    let sim = start().await;
    let answer = execute(&sim, &[], &body()).await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "application/x-ndjson"));
    assert!(answer.text().starts_with("«Ask why {{tone}} {{question}}?» «Be kind.» "), "{}", answer.text());
    let usage = answer.frames().0.last().unwrap()["usage"].clone();
    assert_eq!(usage["prompt_tokens"], "Ask why {{tone}} {{question}}?Be kind.".len().div_ceil(4));
    let mut short = body();
    short["maxTokens"] = json!(2);
    assert_eq!(execute(&sim, &[], &short).await.frames().0.len(), 3);
}

#[tokio::test]
async fn a_version_can_be_named_and_a_replay_keeps_its_own() {
    let sim = start().await;
    let key = [("Idempotency-Key", "k")];
    let first = execute(&sim, &key, &body()).await;
    let next = json!({"id": ID, "name": "greeting", "system_instruction": "s", "user_template": "Now {{question}}",
        "variables": ["question", "tone"]});
    sim.control("POST", "prompts", next).await;
    let again = execute(&sim, &key, &body()).await;
    assert_eq!((again.bytes(), again.headers["idempotency-replayed"].as_str()), (first.bytes(), "true"));
    assert!(execute(&sim, &[], &body()).await.text().starts_with("«Now why"));
    let mut pinned = body();
    pinned["templateVersion"] = json!(1);
    assert!(execute(&sim, &[], &pinned).await.text().starts_with("«Ask why"));
    pinned["templateVersion"] = json!(3);
    assert_eq!(execute(&sim, &[], &pinned).await.refusal(), (404, "not.found".into()));
}

#[tokio::test]
async fn what_does_not_fit_the_template_is_refused_before_execution() {
    let sim = start().await;
    for (change, value, path) in [
        ("variables", json!({"tone": "kind"}), "variables.question"),
        ("variables", json!({"question": 1, "tone": "kind"}), "variables.question"),
        ("variables", json!({"question": "", "tone": "kind", "x": ""}), "variables.x"),
        ("variables", json!({"question": "", "tone": "far too kind"}), "variables.tone"),
        ("variables", Value::Null, "variables"),
        ("maxTokens", json!(0), "maxTokens"),
        ("modelId", json!(""), "modelId"),
        ("templateVersion", json!("1"), "templateVersion"),
        ("extra", json!(1), "extra"),
    ] {
        let mut body = body();
        body[change] = value;
        let refused = execute(&sim, &[("Idempotency-Key", "k")], &body).await;
        assert_eq!(refused.refusal(), (400, "invalid.request".into()), "{body}");
        assert_eq!(refused.json()["details"][0]["fieldName"], path);
    }
    let mut elsewhere = body();
    elsewhere["templateId"] = json!("none");
    assert_eq!(execute(&sim, &[], &elsewhere).await.status, 404);
    let key = execute(&sim, &[("Idempotency-Key", "a b")], &body()).await;
    assert_eq!(key.refusal(), (400, "idempotency.key.invalid".into()));
    assert_eq!(execute(&sim, &[("Idempotency-Key", "k")], &body()).await.status, 200);
    assert_eq!(sim.stats().await["executions"], 1);
}

#[tokio::test]
async fn faults_of_chat_are_faults_of_execute() {
    let sim = start().await;
    sim.queue(json!([
        {"on": "execute", "fault": {"kind": "error_frame", "status": 503}},
        {"on": "execute", "fault": {"kind": "status", "status": 429, "retry_after": 2}},
        {"on": "execute", "fault": {"kind": "reset_mid_stream"}},
        {"on": "execute", "fault": {"kind": "one_byte_chunks"}},
        {"on": "execute", "fault": {"kind": "no_terminal"}},
    ]))
    .await;
    let failed = execute(&sim, &[], &body()).await.frames().0;
    assert_eq!((failed.len(), &failed[1]["status"]), (2, &json!(503)));
    let limited = execute(&sim, &[], &body()).await;
    assert_eq!((limited.status, limited.headers["retry-after"].as_str()), (429, "2"));
    assert_eq!(execute(&sim, &[], &body()).await.end, End::Reset);
    assert!(execute(&sim, &[], &body()).await.chunks.iter().all(|chunk| chunk.len() == 1));
    assert!(execute(&sim, &[], &body()).await.frames().0.iter().all(|frame| frame["usage"].is_null()));
    let stats = sim.stats().await;
    assert_eq!((&stats["execute"], &stats["executions"], &stats["faults_queued"]), (&json!(5), &json!(4), &json!(0)));
}
