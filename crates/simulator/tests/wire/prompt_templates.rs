//! Prompt templates: versions, names, pages.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Answer, Sim};

const PATH: &str = "/api/v2/llm-gateway/prompt-templates";

fn document(name: &str) -> Value {
    json!({"name": name, "system_instruction": "Be kind.", "user_template": "Ask {{question}}",
        "variables": ["question", {"name": "tone", "max_length": 5, "trusted": true}]})
}

async fn create(sim: &Sim, name: &str) -> Answer {
    sim.api("POST", PATH, &[], &document(name)).await
}

async fn put(sim: &Sim, location: &str, if_match: &str, body: &Value) -> Answer {
    sim.api("PUT", location, &[("If-Match", if_match)], body).await
}

#[tokio::test]
async fn a_template_is_made_and_its_versions_stay() {
    let sim = Sim::start().await;
    let made = create(&sim, "greeting").await;
    let location = made.headers["location"].clone();
    let body = made.json();
    assert_eq!((made.status, made.headers["etag"].as_str()), (201, "\"version=1\""));
    assert_eq!(location, format!("{PATH}/{}", body["id"].as_str().unwrap()));
    assert_eq!((&body["version"], &body["max_tokens"]), (&json!(1), &json!(4096)));
    assert_eq!(body["variables"], document("x")["variables"], "entries are kept as they were given");
    assert_eq!(body["safety_guardrails"]["jailbreak_detection"], true);
    let date = body["date_modified"].as_str().unwrap();
    assert!(date.len() == 24 && date.ends_with('Z'), "{date}");
    assert_eq!(put(&sim, &location, "version=1", &document("second")).await.json()["version"], 2);
    let third = put(&sim, &location, "\"version=2\"", &document("third")).await;
    assert_eq!((third.status, third.headers["etag"].as_str()), (200, "\"version=3\""));
    let newest = sim.get(&location).await;
    assert_eq!((&newest.json(), &newest.headers["etag"]), (&third.json(), &third.headers["etag"]));
    let versions = sim.get(&format!("{location}/versions?pageSize=2")).await.json();
    let names: Vec<&Value> = versions["entities"].as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert_eq!((names, &versions["pageCount"]), (vec![&json!("greeting"), &json!("second")], &json!(2)));
    assert_eq!(sim.get(&format!("{location}/versions/1")).await.json(), body);
    for wrong in ["4", "0", "x", "-1"] {
        assert_eq!(sim.get(&format!("{location}/versions/{wrong}")).await.status, 404, "{wrong}");
    }
    assert_eq!(sim.stats().await["prompt_writes"], 3);
}

#[tokio::test]
async fn a_stale_or_missing_condition_is_refused() {
    let sim = Sim::start().await;
    let location = create(&sim, "greeting").await.headers["location"].clone();
    for stale in ["version=2", "version=0", "W/\"version=1\"", "1", "*", ""] {
        let refused = put(&sim, &location, stale, &document("x2x")).await;
        assert_eq!(refused.refusal(), (412, "precondition.failed".into()), "{stale}");
        assert_eq!(refused.headers["etag"], "\"version=1\"");
    }
    let bare = sim.api("PUT", &location, &[], &document("x2x")).await;
    assert_eq!(bare.refusal(), (428, "precondition.required".into()));
    let nowhere = put(&sim, &format!("{PATH}/none"), "version=1", &document("x2x")).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(sim.stats().await["prompt_writes"], 1);
}

#[tokio::test]
async fn names_are_unique() {
    let sim = Sim::start().await;
    create(&sim, "one").await;
    let two = create(&sim, "two").await.headers["location"].clone();
    for refused in [create(&sim, "one").await, put(&sim, &two, "version=1", &document("one")).await] {
        assert_eq!(refused.refusal(), (409, "conflict".into()));
        assert_eq!(refused.json()["details"][0]["fieldName"], "name");
    }
    assert_eq!(create(&sim, "One").await.status, 201);
    assert_eq!(put(&sim, &two, "version=1", &document("two")).await.status, 200, "its own name is free");
    let found = sim.get(&format!("{PATH}?name=one")).await.json();
    assert_eq!((&found["total"], &found["entities"][0]["name"]), (&json!(1), &json!("one")));
    assert_eq!(sim.get(&format!("{PATH}?name=on")).await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_is_accepted() {
    let sim = Arc::new(Sim::start().await);
    let all = |how: fn(Arc<Sim>, String) -> tokio::task::JoinHandle<u16>, location: String| {
        let tasks: Vec<_> = (0..20).map(|_| how(sim.clone(), location.clone())).collect();
        async move {
            let mut statuses = Vec::new();
            for task in tasks {
                statuses.push(task.await.unwrap());
            }
            statuses.sort_unstable();
            (statuses[0], statuses[1], statuses[19])
        }
    };
    let made = all(|sim, _| tokio::spawn(async move { create(&sim, "greeting").await.status }), String::new()).await;
    assert_eq!(made, (201, 409, 409));
    let id = sim.control("GET", "prompts", Value::Null).await[0]["id"].as_str().unwrap().to_owned();
    let update = |sim: Arc<Sim>, location: String| {
        tokio::spawn(async move { put(&sim, &location, "version=1", &document("next")).await.status })
    };
    assert_eq!(all(update, format!("{PATH}/{id}")).await, (200, 412, 412));
    assert_eq!(sim.stats().await["prompt_writes"], 2);
}

#[tokio::test]
async fn a_key_makes_one_template_and_its_answer_is_replayed() {
    let sim = Sim::start().await;
    let key = [("Idempotency-Key", "k")];
    let lost = json!({"kind": "reset_before_headers", "execute": true});
    sim.queue(json!({"on": "prompt_create", "fault": lost})).await;
    let bearer = format!("Bearer {}", sim.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), key[0]];
    let text = document("greeting").to_string();
    assert!(sim.call("POST", PATH, &headers, text.as_bytes()).await.whole().await.is_err());
    let again = sim.api("POST", PATH, &key, &document("greeting")).await;
    assert_eq!((again.status, again.headers["idempotency-replayed"].as_str()), (201, "true"));
    assert!(again.headers["location"].ends_with(again.json()["id"].as_str().unwrap()));
    let other = sim.api("POST", PATH, &key, &document("other")).await;
    assert_eq!(other.refusal(), (422, "idempotency.key.reused".into()));
    let chat = sim.chat(&key, &crate::client::body(2)).await.whole().await.unwrap();
    assert_eq!(chat.status, 422, "keys belong to the client, not to an address");
    // What was refused left its key free.
    let taken = [("Idempotency-Key", "k2")];
    assert_eq!(sim.api("POST", PATH, &taken, &document("greeting")).await.status, 409);
    assert_eq!(sim.api("POST", PATH, &taken, &document("free")).await.status, 201);
    assert_eq!(sim.stats().await["prompt_writes"], 2);
}

#[tokio::test]
async fn another_writer_comes_before() {
    let sim = Sim::start().await;
    let location = create(&sim, "greeting").await.headers["location"].clone();
    sim.queue(json!([
        {"on": "prompt_put", "times": 2, "fault": {"kind": "concurrent_write", "set": {"description": "theirs"}}},
        {"on": "prompt_create", "fault": {"kind": "concurrent_write"}},
    ]))
    .await;
    for version in 1..=2 {
        let refused = put(&sim, &location, &format!("version={version}"), &document("mine")).await;
        assert_eq!((refused.status, &refused.headers["etag"]), (412, &format!("\"version={}\"", version + 1)));
    }
    assert_eq!(sim.get(&location).await.json()["description"], "theirs");
    assert_eq!(put(&sim, &location, "version=3", &document("mine")).await.status, 200);
    assert_eq!(create(&sim, "raced").await.status, 409);
    let listed = sim.control("GET", "prompts", Value::Null).await;
    assert_eq!((&listed[0]["writes"], &listed[0]["other_writes"]), (&json!(2), &json!(2)));
    assert_eq!((&listed[1]["writes"], &listed[1]["document"]["name"]), (&json!(0), &json!("raced")));
}

#[tokio::test]
async fn lists_come_in_pages_in_the_order_of_creation() {
    let sim = Sim::start().await;
    let seeds: Vec<Value> = (0..61).map(|n| json!({"name": format!("t{n}"), "version": n + 1})).collect();
    sim.control("POST", "prompts", json!(seeds)).await;
    let mut names = Vec::new();
    for page in 1..=3 {
        let list = sim.get(&format!("{PATH}?pageNumber={page}")).await.json();
        assert_eq!((&list["pageSize"], &list["pageNumber"], &list["total"]), (&json!(25), &json!(page), &json!(61)));
        assert_eq!(list["pageCount"], 3);
        names.extend(list["entities"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap().to_owned()));
    }
    assert_eq!(names, (0..61).map(|n| format!("t{n}")).collect::<Vec<_>>());
    let last = sim.get(&format!("{PATH}?pageNumber=2&pageSize=60")).await.json();
    assert_eq!(last["entities"][0]["version"], 61);
    assert_eq!(sim.get(&format!("{PATH}?pageNumber=9")).await.json()["entities"], json!([]));
    for wrong in ["pageSize=0", "pageSize=101", "pageNumber=0", "pageNumber=x", "pageNumber="] {
        assert_eq!(sim.get(&format!("{PATH}?{wrong}")).await.refusal(), (400, "invalid.request".into()), "{wrong}");
    }
    sim.queue(json!({"on": "prompt_list", "times": null, "fault": {"kind": "num_pages"}})).await;
    let list = sim.get(PATH).await.json();
    assert_eq!((&list["numPages"], list.get("pageCount")), (&json!(3), None));
}

#[tokio::test]
async fn seeds_are_versions_by_another_writer() {
    let sim = Sim::start().await;
    let location = create(&sim, "greeting").await.headers["location"].clone();
    let id = location.rsplit('/').next().unwrap();
    sim.control("POST", "prompts", json!({"id": id, "name": "seeded"})).await;
    let now = sim.get(&location).await;
    assert_eq!((&now.json()["name"], now.headers["etag"].as_str()), (&json!("seeded"), "\"version=2\""));
    sim.control("DELETE", "prompts", Value::Null).await;
    assert_eq!(sim.get(PATH).await.json()["total"], 0);
    let later = create(&sim, "greeting").await.headers["location"].clone();
    assert_ne!(later, location, "an id is not given twice");
}
