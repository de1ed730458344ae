//! Faults before the headers, and the answers that are not the endpoint's.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::client::{End, Sim, body};

#[tokio::test]
async fn the_connection_ends_without_a_byte() {
    let sim = Sim::start().await;
    for (kind, end) in [("drop", End::Closed), ("reset_before_headers", End::Reset)] {
        let answer = sim.faulty(json!({"kind": kind})).await.whole().await;
        assert_eq!(answer.unwrap_err(), end);
        // The header's fault was that one call's; the next is served.
        assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200);
    }
    assert_eq!(sim.stats().await["executions"], 2);
}

#[tokio::test]
async fn a_hang_is_held_until_the_client_leaves() {
    let sim = Sim::start().await;
    let call = sim.faulty(json!({"kind": "hang"})).await;
    let stats = sim.wait("held=1").await;
    assert_eq!((&stats["executions"], &stats["open"]), (&json!(0), &json!(0)));
    drop(call);
    sim.wait("held=0").await;
    let call = sim.faulty(json!({"kind": "hang", "execute": true})).await;
    sim.wait("held=1&open=1&executions=1").await;
    drop(call);
    sim.wait("held=0&open=0&aborted=1").await;
}

#[tokio::test]
async fn a_reset_of_the_simulator_cuts_what_hangs() {
    let sim = Sim::start().await;
    let hanging = sim.faulty(json!({"kind": "hang"})).await;
    let mut stalled = sim.faulty(json!({"kind": "stall"})).await;
    stalled.head().await.unwrap();
    stalled.chunk().await.unwrap();
    sim.wait("held=2").await;
    sim.control("POST", "reset", Value::Null).await;
    assert_eq!(hanging.whole().await.unwrap_err(), End::Closed);
    assert_eq!(stalled.chunk().await.unwrap_err(), End::Closed);
    let stats = sim.stats().await;
    for counter in ["open", "held", "aborted", "cut", "executions", "chat", "tokens_issued", "bytes_sent"] {
        assert_eq!(stats[counter], 0, "{counter}");
    }
    assert_eq!(sim.chat(&[], &body(2)).await.whole().await.unwrap().status, 200, "tokens stay valid");
}

#[tokio::test]
async fn a_gate_before_the_headers_holds_them() {
    let sim = Sim::start().await;
    let call = sim.faulty(json!({"kind": "gate", "before": "headers"})).await;
    sim.wait("held=1&open=1").await;
    assert_eq!(sim.stats().await["answers"]["chat"], Value::Null);
    sim.open_gate().await;
    assert_eq!(call.whole().await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn delays_wait_before_the_headers() {
    let sim = Sim::start().await;
    let begun = tokio::time::Instant::now();
    let fault = json!([{"kind": "delay", "ms": 3000}, {"kind": "status", "status": 503}]);
    assert_eq!(sim.faulty(fault).await.whole().await.unwrap().status, 503);
    assert!(begun.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn statuses_carry_their_usual_code_and_the_rate_headers() {
    let sim = Sim::start().await;
    for (status, code) in [
        (401, "bad.credentials"),
        (403, "missing.any.permissions"),
        (409, "conflict"),
        (412, "precondition.failed"),
        (413, "request.too.large"),
        (422, "unprocessable.entity"),
        (429, "too.many.requests"),
        (500, "internal.server.error"),
        (502, "bad.gateway"),
        (503, "service.unavailable"),
        (504, "gateway.timeout"),
    ] {
        let answer = sim.faulty(json!({"kind": "status", "status": status})).await.whole().await.unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)));
        assert_eq!(answer.json()["status"], status);
        assert_eq!(answer.headers.contains_key("inin-ratelimit-reset"), status == 429);
        assert!(!answer.headers.contains_key("retry-after"));
    }
    let fault = json!({"kind": "status", "status": 400, "code": "token.limit.exceeded", "message": "Too long."});
    let answer = sim.faulty(fault).await.whole().await.unwrap();
    assert_eq!(
        (&answer.json()["code"], &answer.json()["message"]),
        (&json!("token.limit.exceeded"), &json!("Too long."))
    );
}

#[tokio::test]
async fn retry_after_goes_out_verbatim_or_as_a_date() {
    let sim = Sim::start().await;
    for (given, sent) in [
        (json!(2), "2"),
        (json!(21600), "21600"),
        (json!("soon"), "soon"),
        (json!(-5), "-5"),
        (json!(1.5), "1.5"),
        (json!("99999999999999999999999999"), "99999999999999999999999999"),
        (json!("Fri, 31 Dec 1999 23:59:59 GMT"), "Fri, 31 Dec 1999 23:59:59 GMT"),
        (json!(""), ""),
    ] {
        let fault = json!({"kind": "status", "status": 429, "retry_after": given});
        let answer = sim.faulty(fault).await.whole().await.unwrap();
        assert_eq!(answer.headers["retry-after"], sent);
    }
    for skew in [0, 600, -600] {
        let fault = json!([
            {"kind": "status", "status": 503, "retry_after_date_in_s": 30},
            {"kind": "date_skew", "seconds": skew},
        ]);
        let answer = sim.faulty(fault).await.whole().await.unwrap();
        let date = httpdate::parse_http_date(&answer.headers["date"]).unwrap();
        let until = httpdate::parse_http_date(&answer.headers["retry-after"]).unwrap();
        let wait = until.duration_since(date).unwrap().as_secs();
        assert!((29..=31).contains(&wait), "{wait}");
        let offset = match date.duration_since(SystemTime::now()) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        };
        assert!((offset - f64::from(skew)).abs() < 5.0, "{offset} for {skew}");
    }
}

#[tokio::test]
async fn a_date_can_be_skewed_on_a_good_answer() {
    let sim = Sim::start().await;
    let answer = sim.faulty(json!({"kind": "date_skew", "seconds": 600})).await.whole().await.unwrap();
    let date = httpdate::parse_http_date(&answer.headers["date"]).unwrap();
    assert_eq!(answer.status, 200);
    assert!(date > SystemTime::now() + Duration::from_secs(590));
}

#[tokio::test]
async fn bodies_of_errors_come_in_four_kinds() {
    let sim = Sim::start().await;
    let bodied = |kind: &str| json!({"kind": "status", "status": 500, "body": kind});
    let html = sim.faulty(bodied("html")).await.whole().await.unwrap();
    assert!(html.headers["content-type"].starts_with("text/html"));
    assert!(html.bytes().starts_with(b"<!DOCTYPE"));
    let empty = sim.faulty(bodied("empty")).await.whole().await.unwrap();
    assert!(empty.bytes().is_empty());
    let huge = sim.faulty(bodied("huge")).await.whole().await.unwrap();
    assert!(huge.bytes().len() > 8 << 20);
    assert_eq!(huge.json()["status"], 500);
}

#[tokio::test]
async fn html_and_redirects_answer_without_executing() {
    let sim = Sim::start().await;
    let page = sim.faulty(json!({"kind": "html"})).await.whole().await.unwrap();
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].starts_with("text/html"));
    let moved = sim.faulty(json!({"kind": "redirect"})).await.whole().await.unwrap();
    assert_eq!((moved.status, moved.headers["location"].as_str()), (307, "/_simulator/redirect-target"));
    let fault = json!({"kind": "redirect", "status": 302, "location": "http://127.0.0.1:1/x"});
    let moved = sim.faulty(fault).await.whole().await.unwrap();
    assert_eq!((moved.status, moved.headers["location"].as_str()), (302, "http://127.0.0.1:1/x"));
    let stats = sim.stats().await;
    assert_eq!((&stats["executions"], &stats["redirect_target"]), (&json!(0), &json!(0)));

    let leak = [("Authorization", "Bearer leaked")];
    sim.call("POST", "/_simulator/redirect-target", &leak, b"{}").await.whole().await.unwrap();
    sim.wait("redirect_target=1").await;
    let requests = sim.control("GET", "requests", Value::Null).await;
    let last = requests.as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["endpoint"], "redirect_target");
    assert!(last["headers"]["authorization"].as_str().unwrap().starts_with("Bearer sha256:"));
}
