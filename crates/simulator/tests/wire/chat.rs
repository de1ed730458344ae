//! The chat endpoint without faults.

use promptgate_simulator::Config;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{CHAT, End, Sim, body};

#[tokio::test]
async fn an_answer_streams_frames_and_ends_with_true_usage() {
    let sim = Sim::start().await;
    let answer = sim.chat(&[], &body(12)).await.whole().await.unwrap();
    assert_eq!((answer.status, answer.end), (200, End::Clean));
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    assert_eq!(answer.headers["inin-correlation-id"].len(), 36);
    let (frames, bad) = answer.frames();
    assert_eq!((frames.len(), bad), (13, 0));
    assert!(frames[..12].iter().all(|frame| frame["content"].is_string()));
    assert_eq!(frames[12]["usage"], json!({"prompt_tokens": 7, "completion_tokens": 12}));
    let stats = sim.stats().await;
    assert_eq!((&stats["completed"], &stats["executions"], &stats["open"]), (&json!(1), &json!(1), &json!(0)));
    assert!(stats["bytes_sent"].as_u64().unwrap() > answer.bytes().len() as u64);
}

#[tokio::test]
async fn same_seed_same_answer_other_seed_other_answer() {
    let mut answers = Vec::new();
    for seed in [1, 1, 2] {
        let sim = Sim::start_with(Config { seed, ..Config::default() }).await;
        answers.push(sim.chat(&[], &body(4096)).await.whole().await.unwrap().bytes());
    }
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[0], answers[2]);
}

#[tokio::test]
async fn a_connection_serves_many_calls() {
    let sim = Sim::start().await;
    let mut call = sim.chat(&[], &body(3)).await;
    let first = call.answer().await.unwrap();
    let bearer = format!("Bearer {}", sim.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    call.send("POST", CHAT, &headers, body(3).to_string().as_bytes()).await;
    assert_eq!(call.answer().await.unwrap().bytes(), first.bytes());
}

#[tokio::test(start_paused = true)]
async fn the_rate_is_kept() {
    let sim = Sim::start_with(Config { rate: 10, ..Config::default() }).await;
    let begun = Instant::now();
    sim.chat(&[], &body(20)).await.whole().await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert!((2.1..2.3).contains(&seconds), "21 frames at 10/s took {seconds}");
}

#[tokio::test]
async fn frames_leave_while_the_answer_is_being_made() {
    let sim = Sim::start().await;
    let mut call = sim.faulty(json!({"kind": "gate", "after_frames": 2})).await;
    assert_eq!(call.head().await.unwrap().0, 200);
    for _ in 0..2 {
        call.chunk().await.unwrap();
    }
    let stats = sim.wait("held=1&open=1").await;
    assert_eq!(stats["completed"], 0);
    sim.open_gate().await;
    let mut rest = 0;
    while call.chunk().await.is_ok() {
        rest += 1;
    }
    assert_eq!(rest, 7);
    sim.wait("held=0&open=0&completed=1").await;
}

#[tokio::test]
async fn what_breaks_the_contract_is_refused_and_takes_neither_key_nor_fault() {
    let sim = Sim::start().await;
    let narrow = format!("Bearer {}", sim.issue("ai:llm-gateway:read").await);
    let good = format!("Bearer {}", sim.token);
    sim.queue(json!([{"on": "chat", "fault": {"kind": "no_terminal"}}])).await;
    let json_type = ("Content-Type", "application/json");
    let key = ("Idempotency-Key", "k");
    let text = body(5).to_string();
    let long = "k".repeat(256);
    let cases = [
        ("POST", vec![json_type, key], text.clone(), 401, "bad.credentials"),
        ("POST", vec![json_type, key, ("Authorization", "Bearer x")], text.clone(), 401, "bad.credentials"),
        ("POST", vec![json_type, key, ("Authorization", "Basic x")], text.clone(), 401, "bad.credentials"),
        ("POST", vec![json_type, key, ("Authorization", &narrow)], text.clone(), 403, "missing.any.permissions"),
        ("POST", vec![key, ("Authorization", &good)], text.clone(), 415, "unsupported.media.type"),
        ("POST", vec![json_type, key, ("Authorization", &good)], "{".into(), 400, "invalid.request"),
        ("POST", vec![json_type, key, ("Authorization", &good)], body(0).to_string(), 400, "invalid.request"),
        (
            "POST",
            vec![json_type, ("Idempotency-Key", &long), ("Authorization", &good)],
            text.clone(),
            400,
            "idempotency.key.invalid",
        ),
        (
            "POST",
            vec![json_type, ("Idempotency-Key", "a b"), ("Authorization", &good)],
            text.clone(),
            400,
            "idempotency.key.invalid",
        ),
        ("POST", vec![json_type, key, key, ("Authorization", &good)], text.clone(), 400, "idempotency.key.invalid"),
        ("POST", vec![json_type, key, ("Authorization", &good)], " ".repeat((4 << 20) + 1), 413, "request.too.large"),
        ("GET", vec![key, ("Authorization", &good)], String::new(), 405, "method.not.allowed"),
    ];
    for (method, headers, text, status, code) in cases {
        let answer = sim.call(method, CHAT, &headers, text.as_bytes()).await.whole().await.unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)));
        assert_eq!(answer.json()["contextId"], answer.headers["inin-correlation-id"].as_str());
    }
    let stats = sim.stats().await;
    assert_eq!((&stats["executions"], &stats["faults_queued"]), (&json!(0), &json!(1)));
    let answer = sim.chat(&[key], &body(5)).await.whole().await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.frames().0.iter().all(|frame| frame["usage"] == Value::Null));
}

#[tokio::test]
async fn a_token_limit_refuses_long_prompts_and_names_the_code() {
    let sim = Sim::start_with(Config { token_limit: 6, ..Config::default() }).await;
    let answer = sim.chat(&[("Idempotency-Key", "k")], &body(5)).await.whole().await.unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("token.limit.exceeded")));
    let mut shorter = body(5);
    shorter["systemInstructions"] = json!([]);
    let answer = sim.chat(&[("Idempotency-Key", "k")], &shorter).await.whole().await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_unknown_path_is_404_with_the_error_body() {
    let sim = Sim::start().await;
    let answer = sim.call("GET", "/api/v2/nothing", &[], b"").await.whole().await.unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not.found")));
}
