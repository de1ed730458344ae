//! Cached templates: validators, conditions, other writers.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Answer, Sim};

const ID: &str = "11111111-1111-4111-8111-111111111111";

fn path() -> String {
    format!("/api/v2/ai/gateway/templates/{ID}")
}

fn document(content: &str) -> Value {
    json!({
        "id": ID, "name": "greeting", "description": "d", "content": content,
        "variables": [{"name": "customer", "value": "", "required": true, "type": "string"}],
        "cacheSettings": {"enabled": true, "ttl": 3600, "invalidationStrategy": "on_update"},
        "metadata": {"version": "1.0"}
    })
}

async fn put(sim: &Sim, condition: (&str, &str), body: &Value) -> Answer {
    sim.api("PUT", &path(), &[condition], body).await
}

#[tokio::test]
async fn a_template_is_made_read_and_replaced() {
    let sim = Sim::start().await;
    assert_eq!(sim.get(&path()).await.refusal(), (404, "not.found".into()));
    let made = put(&sim, ("If-None-Match", "*"), &document("one")).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.headers["location"], path());
    assert_eq!(made.headers["x-cdn-propagation-id"].len(), 36);
    assert_eq!(made.json(), document("one"));
    let read = sim.get(&path()).await;
    assert_eq!((read.status, read.json()), (200, document("one")));
    assert_eq!(read.headers["etag"], made.headers["etag"]);
    assert_eq!(read.headers["inin-correlation-id"].len(), 36);
    let replaced = put(&sim, ("If-Match", &read.headers["etag"]), &document("two")).await;
    assert_eq!(replaced.status, 200);
    assert_ne!(replaced.headers["etag"], read.headers["etag"]);
    assert_ne!(replaced.headers["x-cdn-propagation-id"], made.headers["x-cdn-propagation-id"]);
    // The same text again is another write.
    let again = put(&sim, ("If-Match", "*"), &document("two")).await;
    assert_ne!(again.headers["etag"], replaced.headers["etag"]);
    let listed = sim.control("GET", "templates", Value::Null).await;
    assert_eq!((&listed[0]["writes"], &listed[0]["other_writes"]), (&json!(3), &json!(0)));
    assert_eq!(sim.stats().await["template_writes"], 3);
}

#[tokio::test]
async fn what_breaks_a_condition_changes_nothing_and_tells_the_validator() {
    let sim = Sim::start().await;
    let stale = put(&sim, ("If-Match", "\"none\""), &document("x")).await;
    assert_eq!((stale.refusal(), stale.headers.get("etag")), ((412, "precondition.failed".into()), None));
    let made = put(&sim, ("If-Match", "*"), &document("one")).await;
    assert_eq!(made.status, 201);
    let etag = made.headers["etag"].clone();
    for (condition, status) in [
        (("If-Match", "\"stale\"".to_owned()), 412),
        (("If-Match", format!("W/{etag}")), 412),
        (("If-Match", etag.trim_matches('"').to_owned()), 412),
        (("If-None-Match", "*".to_owned()), 412),
        (("X-Cache-Control", "max-age=0".to_owned()), 428),
        (("If-None-Match", etag.clone()), 428),
    ] {
        let refused = put(&sim, (condition.0, &condition.1), &document("theirs")).await;
        assert_eq!(refused.status, status, "{condition:?}");
        assert_eq!(refused.headers.get("etag"), (status == 412).then_some(&etag));
    }
    assert_eq!(sim.get(&path()).await.json(), document("one"));
    assert_eq!(sim.stats().await["template_writes"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writes_with_one_validator_one_is_accepted() {
    let sim = Arc::new(Sim::start().await);
    for round in 1..=5 {
        let first = put(&sim, ("If-Match", "*"), &document("base")).await;
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let (sim, etag) = (sim.clone(), first.headers["etag"].clone());
                tokio::spawn(async move {
                    let answer = put(&sim, ("If-Match", &etag), &document(&n.to_string())).await;
                    (answer.status, answer.headers["etag"].clone(), n)
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        let won: Vec<_> = answers.iter().filter(|(status, ..)| *status == 200).collect();
        assert_eq!((won.len(), answers.iter().filter(|(status, ..)| *status == 412).count()), (1, 19));
        let (_, etag, n) = won[0];
        assert!(answers.iter().all(|(_, told, _)| told == etag), "all are told the winner's");
        assert_eq!(sim.get(&path()).await.json()["content"], n.to_string());
        assert_eq!(sim.stats().await["template_writes"], round * 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creations_one_is_accepted() {
    let sim = Arc::new(Sim::start().await);
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let sim = sim.clone();
            tokio::spawn(async move { put(&sim, ("If-None-Match", "*"), &document(&n.to_string())).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[19]), (201, 412, 412));
}

#[tokio::test]
async fn another_writer_comes_before_the_next_writes() {
    let sim = Sim::start().await;
    let mut etag = put(&sim, ("If-Match", "*"), &document("one")).await.headers["etag"].clone();
    let theirs = json!({"/metadata/version": "2.0", "name": "theirs"});
    let fault = json!({"kind": "concurrent_write", "set": theirs});
    sim.queue(json!({"on": "template_put", "times": 2, "fault": fault})).await;
    for _ in 0..2 {
        let refused = put(&sim, ("If-Match", &etag), &document("two")).await;
        assert_eq!(refused.status, 412);
        assert_ne!(refused.headers["etag"], etag);
        etag = refused.headers["etag"].clone();
        let now = sim.get(&path()).await;
        assert_eq!(now.headers["etag"], etag);
        let now = now.json();
        assert_eq!((&now["metadata"]["version"], &now["name"]), (&json!("2.0"), &json!("theirs")));
        assert_eq!(now["content"], "one");
    }
    assert_eq!(put(&sim, ("If-Match", &etag), &document("two")).await.status, 200);
    let listed = sim.control("GET", "templates", Value::Null).await;
    assert_eq!((&listed[0]["writes"], &listed[0]["other_writes"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn another_writer_may_be_the_first_and_may_be_a_control_call() {
    let sim = Sim::start().await;
    sim.queue(json!({"on": "template_put", "fault": {"kind": "concurrent_write"}})).await;
    assert_eq!(put(&sim, ("If-None-Match", "*"), &document("mine")).await.status, 412);
    let there = sim.get(&path()).await;
    assert!(there.json()["description"].as_str().unwrap().starts_with("Changed by another writer"));
    let listed = sim.control("POST", "templates", json!([{"id": ID, "odd": true}, {"id": "b"}])).await;
    assert_eq!((&listed[0]["document"], &listed[1]["id"]), (&json!({"id": ID, "odd": true}), &json!("b")));
    assert_eq!(put(&sim, ("If-Match", &there.headers["etag"]), &document("mine")).await.status, 412);
    sim.control("DELETE", "templates", Value::Null).await;
    assert_eq!(sim.get(&path()).await.status, 404);
}

#[tokio::test]
async fn a_write_under_way_is_told_with_the_validator() {
    let sim = Sim::start().await;
    let etag = put(&sim, ("If-Match", "*"), &document("one")).await.headers["etag"].clone();
    sim.queue(json!({"on": "template_put", "fault": {"kind": "status", "status": 409}})).await;
    let busy = put(&sim, ("If-Match", &etag), &document("two")).await;
    assert_eq!((busy.refusal(), &busy.headers["etag"]), ((409, "conflict".into()), &etag));
    let fault = json!([{"kind": "status", "status": 412}, {"kind": "no_header", "name": "etag"}]);
    sim.queue(json!({"on": "template_put", "fault": fault})).await;
    let bare = put(&sim, ("If-Match", &etag), &document("two")).await;
    assert_eq!((bare.status, bare.headers.get("etag")), (412, None));
    assert_eq!(put(&sim, ("If-Match", &etag), &document("two")).await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_may_be_of_an_accepted_write() {
    let sim = Sim::start().await;
    let etag = put(&sim, ("If-Match", "*"), &document("one")).await.headers["etag"].clone();
    let fault = json!({"kind": "status", "status": 502, "execute": true});
    sim.queue(json!({"on": "template_put", "fault": fault})).await;
    assert_eq!(put(&sim, ("If-Match", &etag), &document("two")).await.status, 502);
    assert_eq!(put(&sim, ("If-Match", &etag), &document("two")).await.status, 412);
    assert_eq!(sim.get(&path()).await.json(), document("two"));
    assert_eq!(sim.stats().await["template_writes"], 2);
}

#[tokio::test]
async fn a_bad_document_is_refused_with_every_fault() {
    let sim = Sim::start().await;
    let mut bad = document("x");
    bad["id"] = json!("other");
    bad["cacheSettings"]["ttl"] = json!(59);
    bad["variables"] = json!([{}]);
    let refused = put(&sim, ("If-Match", "*"), &bad).await;
    assert_eq!(refused.refusal(), (400, "invalid.request".into()));
    let details = refused.json()["details"].clone();
    let paths: Vec<&str> = details.as_array().unwrap().iter().map(|d| d["fieldName"].as_str().unwrap()).collect();
    assert_eq!(paths, ["id", "variables[0].name", "cacheSettings.ttl"]);
    let hull = document("").to_string().len();
    let large = put(&sim, ("If-Match", "*"), &document(&"x".repeat(65_537 - hull))).await;
    assert_eq!(large.refusal(), (413, "request.too.large".into()));
    let bearer = format!("Bearer {}", sim.token);
    let headers = [("Authorization", bearer.as_str()), ("If-Match", "*"), ("Content-Type", "text/plain")];
    let plain = sim.call("PUT", &path(), &headers, b"{}").await.whole().await.unwrap();
    assert_eq!(plain.refusal(), (415, "unsupported.media.type".into()));
    let not_there = sim.api("PUT", "/api/v2/ai/gateway/templates/a", &[("If-Match", "*")], &document("x")).await;
    assert_eq!(not_there.status, 400);
    let deleted = sim.api("DELETE", &path(), &[], &Value::Null).await;
    assert_eq!((deleted.status, deleted.headers["allow"].as_str()), (405, "GET, PUT"));
    assert_eq!(sim.stats().await["template_writes"], 0);
    let largest = put(&sim, ("If-Match", "*"), &document(&"x".repeat(65_536 - hull))).await;
    assert_eq!(largest.status, 201);
}
