//! The control API: what it tells, and what it says to nonsense.

use serde_json::{Value, json};

use crate::client::{End, Sim, body};

#[tokio::test]
async fn requests_are_kept_without_credentials() {
    let sim = Sim::start().await;
    sim.chat(&[("Idempotency-Key", "k"), ("Accept", "application/json")], &body(2)).await.whole().await.unwrap();
    let requests = sim.control("GET", "requests", Value::Null).await;
    let text = requests.to_string();
    assert!(!text.contains(&sim.token) && !text.contains("dev-secret") && !text.contains("ZGV2"));
    let (token, chat) = (&requests[0], &requests[1]);
    assert_eq!((&token["endpoint"], &token["body"]["grant_type"]), (&json!("token"), &json!("client_credentials")));
    assert_eq!((&chat["method"], &chat["number"]), (&json!("POST"), &json!(1)));
    assert_eq!(
        (&chat["headers"]["idempotency-key"], &chat["headers"]["accept"]),
        (&json!("k"), &json!("application/json"))
    );
    assert_eq!(chat["body"], body(2));
    for _ in 0..250 {
        sim.call("GET", "/x", &[], b"").await.whole().await.unwrap();
    }
    assert_eq!(sim.control("GET", "requests", Value::Null).await.as_array().unwrap().len(), 200);
    assert_eq!(sim.stats().await["unknown"], 250);
}

#[tokio::test]
async fn webhooks_are_recorded_and_fail_on_demand() {
    let sim = Sim::start().await;
    sim.queue(json!([
        {"on": "webhook", "fault": {"kind": "status", "status": 500}},
        {"on": "webhook", "fault": {"kind": "hang"}},
    ]))
    .await;
    let send = async |path: &str| sim.call("POST", path, &[("X-Event", "e")], b"{\"n\":1}").await;
    let failed = send("/_simulator/webhook").await.whole().await.unwrap();
    assert_eq!(failed.status, 500);
    let hanging = send("/_simulator/webhook").await;
    sim.wait("webhook=2&held=1").await;
    drop(hanging);
    assert_eq!(send("/_simulator/webhook/tenant-a").await.whole().await.unwrap().status, 200);
    let webhooks = sim.control("GET", "webhooks", Value::Null).await;
    let paths: Vec<&str> = webhooks.as_array().unwrap().iter().map(|w| w["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/_simulator/webhook", "/_simulator/webhook", "/_simulator/webhook/tenant-a"]);
    assert_eq!((&webhooks[0]["body"], &webhooks[0]["headers"]["x-event"]), (&json!({"n": 1}), &json!("e")));
}

#[tokio::test]
async fn faults_are_listed_used_up_and_forgotten() {
    let sim = Sim::start().await;
    let hang = json!({"on": "chat", "times": null, "fault": {"kind": "hang"}});
    sim.queue(json!([{"on": "chat", "times": 2, "fault": {"kind": "status", "status": 503}}, hang])).await;
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 503);
    let listed = sim.control("GET", "faults", Value::Null).await;
    assert_eq!((&listed["queued"][0]["times"], &listed["queued"][1]), (&json!(1), &hang));
    assert!(listed["kinds"].as_array().unwrap().len() > 25);
    sim.control("DELETE", "faults", Value::Null).await;
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_header_fault_goes_before_the_queue_and_leaves_it() {
    let sim = Sim::start().await;
    sim.queue(json!({"on": "chat", "fault": {"kind": "status", "status": 503}})).await;
    let answer = sim.faulty(json!({"kind": "status", "status": 504})).await.whole().await.unwrap();
    assert_eq!(answer.status, 504);
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 503);
    let answer = sim.faulty(json!({"kind": "hangs"})).await.whole().await.unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("simulator.fault.invalid")));
    assert!(answer.json()["message"].as_str().unwrap().contains("did you mean `hang`?"));
}

#[tokio::test]
async fn the_gate_takes_permits_ahead_and_opens_for_good() {
    let sim = Sim::start().await;
    let gate = || json!({"kind": "gate"});
    sim.control("POST", "gate", json!({"permits": 2})).await;
    for _ in 0..2 {
        sim.faulty(gate()).await.whole().await.unwrap();
    }
    let third = sim.faulty(gate()).await;
    sim.wait("held=1").await;
    sim.control("POST", "gate", json!({"all": true})).await;
    assert_eq!(third.whole().await.unwrap().end, End::Clean);
    sim.faulty(gate()).await.whole().await.unwrap();
    sim.control("DELETE", "gate", Value::Null).await;
    let _held = sim.faulty(gate()).await;
    sim.wait("held=1").await;
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_in_time() {
    let sim = Sim::start().await;
    let answer = sim.try_control("GET", "wait?chat=1&timeout_ms=1000", "").await;
    assert_eq!((answer.status, &answer.json()["chat"]), (408, &json!(0)));
    sim.wait("open=0&tokens_issued=1").await;
}

#[tokio::test]
async fn nonsense_is_refused_in_words() {
    let sim = Sim::start().await;
    let deep = "[".repeat(200_000);
    let many = format!("[{}]", vec!["{}"; 20_000].join(","));
    for (method, path, text, status, said) in [
        ("POST", "faults", "", 400, "not JSON"),
        ("POST", "faults", "null", 400, "rules[0]: must be an object"),
        ("POST", "faults", deep.as_str(), 400, "not JSON"),
        ("POST", "faults", many.as_str(), 400, "at most"),
        ("POST", "faults", r#"[{"on":"chat","fault":{"kind":"stal"}}]"#, 400, "did you mean `stall`?"),
        ("POST", "faults", r#"[{"on":"chat","fault":{"kind":"delay","ms":-1}}]"#, 400, "invalid value"),
        ("PUT", "faults", "[]", 405, "GET, POST, DELETE"),
        ("GET", "reset", "", 405, "POST"),
        ("GET", "nothing", "", 404, "no such control endpoint"),
        ("GET", "wait", "", 400, "at least one counter"),
        ("GET", "wait?opne=0", "", 400, "did you mean `open`?"),
        ("GET", "wait?open=x", "", 400, "must be a number"),
        ("GET", "wait?open=99999999999999999999", "", 400, "must be a number"),
        ("POST", "gate", "[]", 400, "permits"),
        ("POST", "gate", "{\"permits\":0}", 400, "permits"),
        ("POST", "gate", "{\"permits\":1e30}", 400, "permits"),
        ("POST", "gate", "{\"all\":false}", 400, "permits"),
    ] {
        let answer = sim.try_control(method, path, text).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{method} {path}: {message}");
        assert!(message.contains(said), "{method} {path}: {message}");
    }
    let stats = sim.stats().await;
    assert_eq!((&stats["faults_queued"], &stats["chat"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn numbers_at_their_limits_do_no_harm() {
    let sim = Sim::start().await;
    for (n, fault) in [
        json!({"kind": "delay", "ms": u64::MAX}),
        json!({"kind": "delay_first_byte", "ms": u64::MAX}),
        json!({"kind": "stall", "after_frames": u64::MAX}),
        json!({"kind": "endless", "interval_ms": u64::MAX}),
        json!({"kind": "flood", "megabytes": u64::MAX}),
        json!({"kind": "oversized_line", "bytes": u64::MAX}),
    ]
    .into_iter()
    .enumerate()
    {
        drop(sim.faulty(fault).await);
        sim.wait(&format!("chat={}&open=0&held=0", n + 1)).await;
    }
    for fault in [
        json!({"kind": "date_skew", "seconds": i64::MIN}),
        json!({"kind": "status", "status": 503, "retry_after_date_in_s": i64::MAX}),
        json!({"kind": "malformed_frames", "count": u64::MAX}),
    ] {
        assert!(sim.faulty(fault).await.whole().await.unwrap().status >= 200);
    }
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
}
