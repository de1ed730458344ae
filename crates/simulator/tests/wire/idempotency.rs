//! A key is executed at most once, whatever happens to answers and clients.

use promptgate_simulator::Config;
use serde_json::json;

use crate::client::{End, Sim, body};

const KEY: (&str, &str) = ("Idempotency-Key", "llm-gw-1");

#[tokio::test]
async fn a_replay_is_the_same_bytes_and_says_so() {
    let sim = Sim::start().await;
    let first = sim.chat(&[KEY], &body(50)).await.whole().await.unwrap();
    let again = sim.chat(&[KEY], &body(50)).await.whole().await.unwrap();
    assert_eq!(first.bytes(), again.bytes());
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = sim.chat(&[KEY], &body(51)).await.whole().await.unwrap();
    assert_eq!((other.status, &other.json()["code"]), (422, &json!("idempotency.key.reused")));
    let stats = sim.stats().await;
    let counters = json!({"executions": 1, "replays": 1, "conflicts": 0, "reused": 1, "running": false});
    assert_eq!(stats["keys"]["llm-gw-1"], counters);
    assert_eq!(stats["executions"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_are_one_execution() {
    let sim = std::sync::Arc::new(Sim::start().await);
    sim.queue(json!([{"on": "chat", "fault": {"kind": "gate", "after_frames": 1}}])).await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let sim = sim.clone();
            tokio::spawn(async move { sim.chat(&[KEY], &body(20)).await.whole().await.unwrap() })
        })
        .collect();
    // Nineteen have been turned away before the one may go on.
    sim.wait("conflicts=19&held=1").await;
    let stats = sim.stats().await;
    assert_eq!((&stats["executions"], &stats["open"]), (&json!(1), &json!(1)));
    sim.open_gate().await;
    let mut statuses = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == 409 {
            assert_eq!(answer.json()["code"], "idempotency.in.progress");
            assert_eq!(answer.headers["retry-after"], "1");
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
    let stats = sim.stats().await;
    assert_eq!((&stats["executions"], &stats["max_executions_per_key"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_that_insist_all_get_the_one_answer() {
    let sim = std::sync::Arc::new(Sim::start_with(Config { rate: 2_000, ..Config::default() }).await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let sim = sim.clone();
            tokio::spawn(async move {
                loop {
                    let answer = sim.chat(&[KEY], &body(20)).await.whole().await.unwrap();
                    if answer.status == 200 {
                        return answer.bytes();
                    }
                    assert_eq!(answer.status, 409);
                    sim.wait("open=0").await;
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(sim.stats().await["executions"], 1);
}

#[tokio::test]
async fn a_client_that_leaves_mid_answer_is_counted_and_may_have_it_again() {
    let sim = Sim::start().await;
    sim.queue(json!([{"on": "chat", "fault": {"kind": "stall", "after_frames": 2}}])).await;
    let mut call = sim.chat(&[KEY], &body(20)).await;
    call.head().await.unwrap();
    call.chunk().await.unwrap();
    sim.wait("held=1").await;
    let busy = sim.chat(&[KEY], &body(20)).await.whole().await.unwrap();
    assert_eq!(busy.status, 409);
    drop(call);
    let stats = sim.wait("aborted=1&open=0&held=0").await;
    assert_eq!((&stats["completed"], &stats["executions"]), (&json!(0), &json!(1)));
    let again = sim.chat(&[KEY], &body(20)).await.whole().await.unwrap();
    assert_eq!((again.frames().0.len(), again.end), (21, End::Clean));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(sim.stats().await["executions"], 1);
}

#[tokio::test]
async fn a_client_that_leaves_a_slow_answer_is_noticed_without_a_hold() {
    let sim = Sim::start_with(Config { rate: 1, ..Config::default() }).await;
    let mut call = sim.chat(&[KEY], &body(4096)).await;
    call.head().await.unwrap();
    drop(call);
    sim.wait("aborted=1&open=0").await;
}

#[tokio::test]
async fn a_lost_answer_of_an_executed_call_is_replayed() {
    for fault in [
        json!({"kind": "reset_before_headers", "execute": true}),
        json!({"kind": "drop", "execute": true}),
        json!({"kind": "status", "status": 502, "execute": true}),
        json!({"kind": "reset_mid_stream"}),
    ] {
        let sim = Sim::start().await;
        sim.queue(json!({"on": "chat", "fault": fault})).await;
        let _lost = sim.chat(&[KEY], &body(9)).await.whole().await;
        sim.wait("open=0&executions=1").await;
        let again = sim.chat(&[KEY], &body(9)).await.whole().await.unwrap();
        assert_eq!(again.headers["idempotency-replayed"], "true", "{fault}");
        assert_eq!(again.frames().0.len(), 10);
        assert_eq!(sim.stats().await["executions"], 1);
    }
}

#[tokio::test]
async fn a_call_refused_before_execution_leaves_the_key_free() {
    for fault in [
        json!({"kind": "reset_before_headers"}),
        json!({"kind": "status", "status": 503}),
        json!({"kind": "html"}),
        json!({"kind": "redirect"}),
    ] {
        let sim = Sim::start().await;
        sim.queue(json!({"on": "chat", "fault": fault})).await;
        let _refused = sim.chat(&[KEY], &body(9)).await.whole().await;
        assert_eq!(sim.stats().await["executions"], 0, "{fault}");
        // Another body under the same key is fine: nothing ran.
        let answer = sim.chat(&[KEY], &body(10)).await.whole().await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("idempotency-replayed"));
    }
}

#[tokio::test]
async fn a_failed_generation_is_replayed_as_failed() {
    let sim = Sim::start().await;
    let fault = json!({"kind": "error_frame", "after_frames": 2, "status": 503, "code": "model.lost"});
    sim.queue(json!({"on": "chat", "fault": fault})).await;
    let first = sim.chat(&[KEY], &body(9)).await.whole().await.unwrap();
    let again = sim.chat(&[KEY], &body(9)).await.whole().await.unwrap();
    for answer in [&first, &again] {
        let (frames, _) = answer.frames();
        assert_eq!((answer.status, frames.len(), answer.end), (200, 3, End::Clean));
        assert_eq!((&frames[2]["code"], &frames[2]["status"]), (&json!("model.lost"), &json!(503)));
    }
    assert_eq!(first.bytes(), again.bytes());
}
