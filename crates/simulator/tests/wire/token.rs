//! The token endpoint and its faults.

use promptgate_simulator::Config;
use serde_json::{Value, json};

use crate::client::{End, Sim, body};

#[tokio::test]
async fn a_token_is_issued_with_its_life_and_scopes() {
    let sim = Sim::start_with(Config { expires_in: 77, ..Config::default() }).await;
    let answer = sim.token_call("ai:llm-gateway:write").await.whole().await.unwrap();
    let token = answer.json();
    assert_eq!((answer.status, &token["expires_in"], &token["token_type"]), (200, &json!(77), &json!("bearer")));
    assert_eq!(token["scope"], "ai:llm-gateway:write");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(sim.stats().await["tokens_issued"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_expires() {
    let sim = Sim::start_with(Config { expires_in: 60, ..Config::default() }).await;
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 401);
}

#[tokio::test]
async fn tokens_can_be_expired_at_once() {
    let sim = Sim::start().await;
    sim.control("POST", "expire-tokens", Value::Null).await;
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 401);
    let sim = Sim { token: sim.issue("").await, ..sim };
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
}

#[tokio::test]
async fn bad_requests_get_the_oauth_error_body() {
    let sim = Sim::start().await;
    let good = ("Authorization", "Basic ZGV2LWNsaWVudDpkZXYtc2VjcmV0");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let grant = "grant_type=client_credentials";
    for (method, headers, text, status, error) in [
        ("POST", vec![form], grant, 401, "invalid_client"),
        ("POST", vec![form, ("Authorization", "Basic ZGV2LWNsaWVudDp3cm9uZw==")], grant, 401, "invalid_client"),
        ("POST", vec![form, ("Authorization", "Basic \u{fffd}")], grant, 401, "invalid_client"),
        ("POST", vec![form, ("Authorization", "Bearer x")], grant, 401, "invalid_client"),
        ("POST", vec![good], grant, 400, "invalid_request"),
        ("POST", vec![form, good], "", 400, "invalid_request"),
        ("POST", vec![form, good], "grant_type=password", 400, "unsupported_grant_type"),
        ("POST", vec![form, good], "grant_type=client_credentials&scope=all", 400, "invalid_scope"),
        ("GET", vec![form, good], "", 405, "invalid_request"),
    ] {
        let answer = sim.call(method, "/oauth/token", &headers, text.as_bytes()).await.whole().await.unwrap();
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{text}");
        assert!(answer.json()["description"].is_string());
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
    }
    assert_eq!(sim.stats().await["tokens_issued"], 1);
}

#[tokio::test]
async fn the_token_endpoint_breaks_on_demand() {
    let sim = Sim::start().await;
    sim.queue(json!([
        {"on": "token", "fault": {"kind": "malformed"}},
        {"on": "token", "fault": {"kind": "no_access_token"}},
        {"on": "token", "fault": {"kind": "empty"}},
        {"on": "token", "fault": {"kind": "html"}},
        {"on": "token", "fault": {"kind": "status", "status": 401}},
        {"on": "token", "fault": {"kind": "status", "status": 503, "retry_after": 3}},
        {"on": "token", "fault": {"kind": "reset_before_headers"}},
        {"on": "chat", "fault": {"kind": "html"}},
    ]))
    .await;
    let next = async || sim.token_call("").await.whole().await;
    assert!(serde_json::from_slice::<Value>(&next().await.unwrap().bytes()).is_err());
    assert_eq!(next().await.unwrap().json()["access_token"], Value::Null);
    assert!(next().await.unwrap().bytes().is_empty());
    assert!(next().await.unwrap().headers["content-type"].starts_with("text/html"));
    assert_eq!(next().await.unwrap().json()["error"], "invalid_client");
    let busy = next().await.unwrap();
    assert_eq!((busy.status, busy.headers["retry-after"].as_str()), (503, "3"));
    assert_eq!(next().await.unwrap_err(), End::Reset);
    assert_eq!(next().await.unwrap().status, 200);
    assert_eq!(sim.stats().await["faults_queued"], 1, "the chat rule still waits");
}

#[tokio::test]
async fn the_token_endpoint_hangs_until_the_client_leaves() {
    let sim = Sim::start().await;
    sim.queue(json!({"on": "token", "fault": {"kind": "hang"}})).await;
    let call = sim.token_call("").await;
    let stats = sim.wait("held=1&token=2").await;
    assert_eq!(stats["open"], 0, "only chat answers count as open");
    drop(call);
    sim.wait("held=0").await;
}

#[tokio::test]
async fn expires_in_tells_anything_and_changes_no_life() {
    let sim = Sim::start().await;
    for value in [json!(0), json!(-5), json!(1e300), json!("3600"), json!(null), json!([1])] {
        sim.queue(json!({"on": "token", "fault": {"kind": "expires_in", "value": value}})).await;
        let answer = sim.token_call("").await.whole().await.unwrap().json();
        assert_eq!(answer["expires_in"], value);
        let sim = Sim { token: answer["access_token"].as_str().unwrap().into(), address: sim.address };
        assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
    }
}
