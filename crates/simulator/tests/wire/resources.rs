//! What holds for every resource endpoint: scopes, faults, correlation.

use serde_json::{Value, json};

use crate::client::{Answer, End, Sim};

const ID: &str = "33333333-3333-4333-8333-333333333333";

/// Every endpoint: its name, method, path, scope, body, and its status when all is well.
fn endpoints() -> Vec<(&'static str, &'static str, String, &'static str, Value, u16)> {
    let template = format!("/api/v2/ai/gateway/templates/{ID}");
    let prompts = "/api/v2/llm-gateway/prompt-templates".to_owned();
    let prompt = format!("{prompts}/{ID}");
    let (versions, version) = (format!("{prompt}/versions"), format!("{prompt}/versions/1"));
    let models = "/api/v2/ai/models".to_owned();
    let model = format!("{models}/{ID}");
    let document = json!({"id": ID, "name": "n", "content": "c", "variables": [],
        "cacheSettings": {"enabled": true, "ttl": 60, "invalidationStrategy": "on_update"}});
    let text = json!({"name": "made", "system_instruction": "s", "user_template": "u"});
    let execute = json!({"templateId": ID, "variables": {}, "modelId": "m", "maxTokens": 3});
    let query = json!({"dateFrom": "2026-01-01T00:00:00Z", "dateTo": "2026-01-02T00:00:00Z", "groupBy": ["modelId"],
        "metrics": ["totalTokens"]});
    let definition = json!({"name": "triage", "provider": "azure", "modelId": "m",
        "credentials": {"apiKey": "0123456789"}, "configuration": {"temperature": 0, "maxTokens": 1},
        "promptTemplate": "{input}", "responseSchema": {"type": "object", "properties": {}}});
    let configuration = json!({"model_id": ID, "temperature_matrix": {"default": 0, "creative": 0, "precise": 0},
        "safety_filters": [{"filter_type": "pii", "action": "flag", "threshold": 1}], "max_tokens": 1,
        "compliance_mode": "strict"});
    let (view, manage) = ("llm-gateway:prompt-template:view", "llm-gateway:prompt-template:manage");
    let call = "ai:llm-gateway:write";
    vec![
        ("template_get", "GET", template.clone(), "ai:gateway:read", Value::Null, 200),
        ("template_put", "PUT", template, "ai:gateway:manage", document, 200),
        ("prompt_list", "GET", prompts.clone(), view, Value::Null, 200),
        ("prompt_create", "POST", prompts, manage, text.clone(), 201),
        ("prompt_get", "GET", prompt.clone(), view, Value::Null, 200),
        ("prompt_put", "PUT", prompt, manage, text, 412),
        ("prompt_versions", "GET", versions, view, Value::Null, 200),
        ("prompt_version", "GET", version, view, Value::Null, 200),
        ("execute", "POST", "/api/v2/llm-gateway/conversations/execute".into(), call, execute, 200),
        (
            "analytics",
            "POST",
            "/api/v2/analytics/llm-gateway/details/query".into(),
            "analytics:llm-gateway:view",
            query,
            200,
        ),
        ("model_create", "POST", models, "ai:models:write", definition, 202),
        ("model_get", "GET", model.clone(), "ai:models:read", Value::Null, 200),
        ("model_configure", "PUT", format!("{model}/configuration"), "ai:llm:manage", configuration, 200),
        ("model_invoke", "POST", format!("{model}/invoke"), "ai:models:write", json!({"input": "x"}), 200),
        ("model_delete", "DELETE", model, "ai:models:write", Value::Null, 204),
    ]
}

/// A simulator with one template of each family and a model.
async fn start() -> Sim {
    let sim = Sim::start().await;
    sim.control("POST", "templates", json!({"id": ID, "name": "n"})).await;
    let prompt = json!({"id": ID, "name": "first", "system_instruction": "s", "user_template": "u"});
    sim.control("POST", "prompts", prompt).await;
    sim.control("POST", "models", json!({"id": ID, "name": "m", "modelId": "m"})).await;
    sim
}

async fn send(sim: &Sim, method: &str, path: &str, body: &Value) -> Result<Answer, End> {
    let bearer = format!("Bearer {}", sim.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("If-Match", "*")];
    let text = if body.is_null() { String::new() } else { body.to_string() };
    sim.call(method, path, &headers, text.as_bytes()).await.whole().await
}

/// Who manages cached templates may read them.
fn covers(other: &str, scope: &str) -> bool {
    other == "ai:gateway:manage" && scope == "ai:gateway:read"
}

#[tokio::test]
async fn each_endpoint_needs_its_scope_and_answers_with_it() {
    let sim = start().await;
    for (name, method, path, scope, body, status) in endpoints() {
        let others: Vec<Value> = endpoints()
            .iter()
            .map(|e| e.3)
            .filter(|other| *other != scope && !covers(other, scope))
            .map(Value::from)
            .collect();
        sim.control("POST", "scopes", json!({"scopes": others})).await;
        let refused = send(&sim, method, &path, &body).await.unwrap();
        assert_eq!(refused.refusal(), (403, "missing.any.permissions".into()), "{name}");
        assert_eq!(refused.json()["details"][0]["errorCode"], scope);
        sim.control("POST", "scopes", json!({"scopes": [scope]})).await;
        let served = send(&sim, method, &path, &body).await.unwrap();
        assert_eq!(served.status, status, "{name}");
        assert_eq!(served.headers["inin-correlation-id"].len(), 36);
        let stats = sim.stats().await;
        assert_eq!(stats[name], 2);
        assert_eq!(stats["answers"][name][status.to_string()], 1);
    }
    let answer = sim.token_call("ai:models:read").await.whole().await.unwrap();
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_scope")));
    sim.control("POST", "scopes", json!({"scopes": null})).await;
    assert_eq!(sim.token_call("ai:models:read").await.whole().await.unwrap().status, 200);
    for wrong in [json!({}), json!({"scopes": "x"}), json!({"scopes": ["ai:models:reed"]})] {
        assert_eq!(sim.try_control("POST", "scopes", &wrong.to_string()).await.status, 400);
    }
}

#[tokio::test]
async fn each_endpoint_takes_the_faults_of_chat() {
    let sim = start().await;
    let before = state(&sim).await;
    for (name, method, path, _, body, _) in endpoints() {
        let mut expected = Vec::new();
        for status in [401, 403, 404, 409, 412, 429, 500, 502, 503, 504] {
            sim.queue(json!({"on": name, "fault": {"kind": "status", "status": status, "retry_after": 3}})).await;
            expected.push(status);
        }
        for status in expected {
            let answer = send(&sim, method, &path, &body).await.unwrap();
            assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (status, "3"), "{name}");
            assert_eq!(answer.json()["contextId"], answer.headers["inin-correlation-id"].as_str());
        }
        sim.queue(json!([
            {"on": name, "fault": {"kind": "html"}},
            {"on": name, "fault": {"kind": "redirect"}},
            {"on": name, "fault": {"kind": "drop"}},
            {"on": name, "fault": {"kind": "reset_before_headers"}},
            {"on": name, "fault": {"kind": "hang"}},
        ]))
        .await;
        assert!(send(&sim, method, &path, &body).await.unwrap().headers["content-type"].starts_with("text/html"));
        assert_eq!(send(&sim, method, &path, &body).await.unwrap().status, 307);
        assert_eq!(send(&sim, method, &path, &body).await.unwrap_err(), End::Closed);
        assert_eq!(send(&sim, method, &path, &body).await.unwrap_err(), End::Reset);
        let bearer = format!("Bearer {}", sim.token);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("If-Match", "*")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let hanging = sim.call(method, &path, &headers, text.as_bytes()).await;
        sim.wait("held=1&faults_queued=0").await;
        drop(hanging);
        sim.wait("held=0").await;
    }
    assert_eq!(state(&sim).await, before, "what was refused has changed nothing");
    assert_eq!(sim.stats().await["executions"], 0);
}

async fn state(sim: &Sim) -> Vec<Value> {
    let mut all = Vec::new();
    for family in ["templates", "prompts", "models"] {
        all.push(sim.control("GET", family, Value::Null).await);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_of_a_write_that_was_done_at_once() {
    let sim = start().await;
    let begun = tokio::time::Instant::now();
    let (_, method, path, _, body, _) = endpoints().swap_remove(1);
    sim.queue(json!({"on": "template_put", "fault": {"kind": "delay", "ms": 3000}})).await;
    assert_eq!(send(&sim, method, &path, &body).await.unwrap().status, 200);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(3));
}

#[tokio::test]
async fn a_fault_waits_for_a_request_that_is_fine() {
    let sim = start().await;
    sim.queue(json!({"on": "prompt_create", "fault": {"kind": "status", "status": 503}})).await;
    let (_, method, path, _, body, _) = endpoints().swap_remove(3);
    assert_eq!(send(&sim, method, &path, &json!({})).await.unwrap().status, 400);
    assert_eq!(sim.call(method, &path, &[], b"").await.whole().await.unwrap().status, 401);
    assert_eq!(send(&sim, method, &path, &body).await.unwrap().status, 503);
    assert_eq!(send(&sim, method, &path, &body).await.unwrap().status, 201);
}

#[tokio::test]
async fn a_reset_forgets_everything_and_gives_all_scopes_back() {
    let sim = start().await;
    sim.control("POST", "scopes", json!({"scopes": []})).await;
    sim.control("POST", "provisioning", json!({"statuses": ["PENDING"]})).await;
    sim.control("POST", "usage", json!({"date": "2026-01-01T00:00:00Z"})).await;
    sim.control("POST", "reset", Value::Null).await;
    for family in ["templates", "prompts", "models", "usage"] {
        assert_eq!(sim.control("GET", family, Value::Null).await, json!([]), "{family}");
    }
    let (_, method, path, _, body, _) = endpoints().swap_remove(10);
    let location = send(&sim, method, &path, &body).await.unwrap().headers["location"].clone();
    sim.get(&location).await;
    assert_eq!(sim.get(&location).await.json()["status"], "ACTIVE");
}
