//! Analytics: seeded history and the simulator's own calls.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::{Answer, Sim, body};

const PATH: &str = "/api/v2/analytics/llm-gateway/details/query";

async fn query(sim: &Sim, change: Value) -> Answer {
    let mut query = json!({"dateFrom": "2026-01-01T00:00:00Z", "dateTo": "2026-01-31T00:00:00Z",
        "groupBy": ["modelId"], "metrics": ["totalTokens"]});
    for (name, value) in change.as_object().unwrap() {
        query[name] = value.clone();
    }
    sim.api("POST", PATH, &[], &query).await
}

#[tokio::test]
async fn history_is_summed_by_group() {
    let sim = Sim::start().await;
    let row = |date: &str, model: &str, template: Option<&str>, input: u64, error: bool| {
        json!({"date": date, "llmGatewayId": "g", "modelId": model, "templateId": template, "inputTokens": input,
            "outputTokens": 1, "latencyMs": input * 10, "error": error})
    };
    sim.control(
        "POST",
        "usage",
        json!([
            row("2026-01-02T00:00:00Z", "b", Some("t"), 5, false),
            row("2026-01-01T00:00:00Z", "a", None, 7, true),
            row("2026-01-01T01:00:00+01:00", "a", Some("t"), 2, false),
            row("2026-01-31T00:00:00Z", "a", None, 1000, false),
            row("2025-12-31T23:59:59.999Z", "a", None, 1000, false),
        ]),
    )
    .await;
    let all = json!(["totalTokens", "inputTokens", "outputTokens", "latencyMs", "errorCount", "requestCount"]);
    let found = query(&sim, json!({"metrics": all})).await.json();
    let metrics = |total: u64, latency: f64, errors: u64, requests: u64| {
        json!({"totalTokens": total, "inputTokens": total - requests, "outputTokens": requests, "latencyMs": latency,
            "errorCount": errors, "requestCount": requests})
    };
    assert_eq!((&found["total"], &found["pageCount"]), (&json!(2), &json!(1)));
    assert_eq!(found["entities"][0], json!({"group": {"modelId": "a"}, "metrics": metrics(11, 45.0, 1, 2)}));
    assert_eq!(found["entities"][1], json!({"group": {"modelId": "b"}, "metrics": metrics(6, 50.0, 0, 1)}));
    let both = query(&sim, json!({"groupBy": ["templateId", "modelId"], "pageSize": 2})).await.json();
    let groups: Vec<&Value> = both["entities"].as_array().unwrap().iter().map(|e| &e["group"]).collect();
    assert_eq!(groups, [&json!({"templateId": null, "modelId": "a"}), &json!({"templateId": "t", "modelId": "a"})]);
    assert_eq!((&both["total"], &both["pageCount"]), (&json!(3), &json!(2)));
    let last = query(&sim, json!({"groupBy": ["templateId", "modelId"], "pageSize": 2, "pageNumber": 2})).await.json();
    assert_eq!(last["entities"][0]["group"]["modelId"], "b");
}

#[tokio::test]
async fn the_simulators_own_calls_are_counted() {
    let sim = Sim::start().await;
    let seed = json!({"id": "t", "name": "greeting", "system_instruction": "s", "user_template": "u"});
    sim.control("POST", "prompts", seed).await;
    sim.queue(json!({"on": "chat", "fault": [{"kind": "delay", "ms": 1}, {"kind": "status", "status": 503}]})).await;
    assert_eq!(sim.chat(&[], &body(5)).await.whole().await.unwrap().status, 503);
    let key = [("Idempotency-Key", "k")];
    for _ in 0..2 {
        sim.chat(&key, &body(5)).await.whole().await.unwrap();
    }
    let call = json!({"templateId": "t", "variables": {}, "modelId": "m", "maxTokens": 3});
    let execute = sim.api("POST", "/api/v2/llm-gateway/conversations/execute", &[], &call).await;
    assert_eq!(execute.frames().0[3]["usage"], json!({"prompt_tokens": 1, "completion_tokens": 3}));
    let rows = sim.control("GET", "usage", Value::Null).await;
    let from = rows[0]["date"].as_str().unwrap();
    let to = OffsetDateTime::parse(from, &Rfc3339).unwrap() + time::Duration::DAY;
    let to = to.format(&Rfc3339).unwrap();
    let metrics = json!(["inputTokens", "outputTokens", "errorCount", "requestCount"]);
    let change = json!({"dateFrom": from, "dateTo": to, "groupBy": ["modelId", "templateId"], "metrics": metrics});
    let found = query(&sim, change).await;
    let entities = found.json()["entities"].clone();
    assert_eq!(
        entities,
        json!([
            {"group": {"modelId": "m", "templateId": null},
                "metrics": {"inputTokens": 7, "outputTokens": 5, "errorCount": 1, "requestCount": 2}},
            {"group": {"modelId": "m", "templateId": "t"},
                "metrics": {"inputTokens": 1, "outputTokens": 3, "errorCount": 0, "requestCount": 1}},
        ])
    );
    assert_eq!((&rows[0]["latencyMs"], &rows[0]["error"], &rows[1]["latencyMs"]), (&json!(1), &json!(true), &json!(0)));
    sim.control("DELETE", "usage", Value::Null).await;
    assert_eq!(sim.control("GET", "usage", Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_bad_query_is_refused_by_path() {
    let sim = Sim::start().await;
    for (change, path) in [
        (json!({"dateFrom": "2026-01-01"}), "dateFrom"),
        (json!({"dateTo": 1}), "dateTo"),
        (json!({"dateTo": "2026-01-01T00:00:00Z"}), "dateTo"),
        (json!({"dateTo": "2026-02-01T00:00:01Z"}), "dateTo"),
        (json!({"groupBy": []}), "groupBy"),
        (json!({"groupBy": ["modelId", "modelId"]}), "groupBy"),
        (json!({"groupBy": ["model"]}), "groupBy"),
        (json!({"groupBy": "modelId"}), "groupBy"),
        (json!({"metrics": ["cost"]}), "metrics"),
        (json!({"metrics": null}), "metrics"),
        (json!({"pageSize": 101}), "pageSize"),
        (json!({"pageNumber": "1"}), "pageNumber"),
        (json!({"filter": 1}), "filter"),
    ] {
        let refused = query(&sim, change.clone()).await;
        assert_eq!(refused.refusal(), (400, "invalid.request".into()), "{change}");
        assert_eq!(refused.json()["details"][0]["fieldName"], path, "{change}");
    }
    assert_eq!(query(&sim, json!({"dateTo": "2026-02-01T00:00:00Z"})).await.status, 200);
}

#[tokio::test]
async fn bad_history_is_refused_in_words() {
    let sim = Sim::start().await;
    for (rows, said) in [
        (json!({"date": "soon"}), "documents[0]: date"),
        (json!([{"date": "2026-01-01T00:00:00Z", "modelid": "m"}]), "did you mean `modelId`?"),
        (json!([{"date": "2026-01-01T00:00:00Z", "latencyMs": -1}]), "latencyMs"),
        (json!([1]), "documents[0]: must be an object"),
    ] {
        let answer = sim.try_control("POST", "usage", &rows.to_string()).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(said), "{message}");
    }
}
