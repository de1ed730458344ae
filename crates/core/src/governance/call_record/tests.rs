use super::*;
use crate::call::{CallRules, Identity, Job};
use crate::chat::ChatRules;
use crate::chat::event::Usage;
use crate::front::promptgate::decode;
use crate::guard::Guards;
use crate::upstream::openai::Address;
use crate::upstream::{Credential, Target, Upstream, Wire};

/// The row of a call of `model` that ended so.
fn row(model: &str, status: Status, usage: Option<Usage>, rates: &Rates) -> CallRecord {
    ended(model, status, usage, None, rates)
}

/// The same of one that was executed, and of whose answer so many bytes of text `came`.
fn ended(model: &str, status: Status, usage: Option<Usage>, came: Option<u64>, rates: &Rates) -> CallRecord {
    let body = serde_json::json!({
        "systemInstructions": [], "context": [{"role": "user", "content": "Hello"}], "temperature": 0,
        "maxTokens": 80, "modelId": model,
    });
    let guards = Guards::default();
    let (rules, mut counters) = (ChatRules::default(), promptgate_vocabularies::counters());
    let decoded = decode(body.to_string().as_bytes()).unwrap();
    let prepared = decoded.prepare(&guards.input, &rules, None, &mut counters).unwrap();
    let wire = Wire::OpenAi(Address::new("https://api.example/v1"));
    let upstream =
        Upstream { name: "a".into(), wire, credential: Credential::Nothing, idempotent: false, provider: None };
    let targets = vec![Target { upstream: upstream.into(), model: "m".into(), rate: None }];
    let rules = CallRules {
        first_content: Duration::from_secs(5),
        idle: Duration::from_secs(15),
        total: Duration::from_secs(60),
        fallback: None,
    };
    let identity = Identity {
        request_id: "r".into(),
        idempotency_key: "k".into(),
        seed: 1,
        started_ms: 0,
        received: Duration::ZERO,
    };
    let job = Job::Chat(Box::new(prepared));
    let mut call = Call::new(job, guards.output, targets, rules, identity);
    if came.is_some() {
        call.was_executed();
    }
    let outcome = Outcome {
        status,
        code: None,
        latency: Duration::ZERO,
        first_content: None,
        usage,
        came: came.unwrap_or_default(),
        attempts: 1,
        summary: AnswerSummary { model: Some("real-1".into()), cached_tokens: Some(2), ..AnswerSummary::default() },
        sent: vec![attempt(Some("upstream_unavailable")), attempt(None)],
        asked: Vec::new(),
        idempotency_key: None,
        upstream_correlation_id: None,
        malformed_frames: 0,
        findings: crate::guard::Findings::default(),
    };
    CallRecord::new(&Occasion::for_test(), "chat.complete", &call, &outcome, rates)
}

fn attempt(code: Option<&'static str>) -> Attempt {
    let (upstream, model) = ("a".into(), "m".into());
    let (from, to) = (Duration::from_millis(20), Duration::from_millis(50));
    Attempt {
        upstream,
        provider: "openai",
        model,
        from,
        to,
        status: Some(if code.is_some() { 503 } else { 200 }),
        code,
    }
}

fn exposed(rows: &[CallRecord]) -> String {
    let mut metrics = Metrics::default();
    rows.iter().for_each(|row| row.measure("/v1/chat", &mut metrics));
    metrics.prometheus()
}

/// A 404 costs nothing, so anyone with a key could make up two hundred names and push all others out.
#[test]
fn models_that_nobody_knows_have_one_series() {
    let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 4 });
    let rates = Rates::parse(r#"{"openai":{"rated":{"promptPer1k":1,"completionPer1k":1}}}"#).unwrap();
    let mut rows: Vec<CallRecord> =
        (0..300).map(|at| row(&format!("invented-{at}"), Status::Error, None, &rates)).collect();
    rows.push(row("rated", Status::Error, usage, &rates));
    rows.push(row("real", Status::Success, usage, &rates));
    let text = exposed(&rows);
    assert!(!text.contains("invented"), "{text}");
    for line in [
        "promptgate_tokens_total{tenant=\"t\",model=\"real\",kind=\"prompt\"} 3",
        "promptgate_tokens_total{tenant=\"t\",model=\"rated\",kind=\"completion\"} 4",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
}

#[test]
fn a_call_has_opentelemetrys_names_in_metrics_and_spans() {
    let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 4 });
    let row = row("real", Status::Success, usage, &Rates::default());
    let text = exposed(std::slice::from_ref(&row));
    let labels = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",\
                      gen_ai_request_model=\"real\",gen_ai_response_model=\"real-1\"";
    let line = format!("gen_ai_client_token_usage_sum{{{labels},gen_ai_token_type=\"output\"}} 4");
    assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    let trace = Trace { id: 1, span: 2, parent: None };
    let spans = row.spans(trace, 1_700_000_000_123);
    let attribute = |at: usize, name| -> Option<Value> {
        spans[at].attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    };
    assert_eq!(spans.len(), 3);
    assert_eq!((spans[0].name.as_str(), spans[0].end_ms, &spans[0].error), ("chat real", 1_700_000_000_123, &None));
    assert_eq!(attribute(0, "gen_ai.usage.input_tokens"), Some(3.into()));
    assert_eq!(attribute(0, "gen_ai.provider.name"), Some("openai".into()));
    assert_eq!(attribute(0, "promptgate.upstream_model"), Some("m".into()));
    assert_eq!(attribute(0, "gen_ai.usage.cache_read.input_tokens"), Some(2.into()));
    for (at, status, error) in [(1, 503, Some("upstream_unavailable")), (2, 200, None)] {
        assert_eq!((spans[at].trace, spans[at].kind), (trace.attempt(at as u32), Kind::Client));
        assert_eq!((spans[at].start_ms, spans[at].end_ms), (1_700_000_000_143, 1_700_000_000_173));
        assert_eq!(
            (attribute(at, "http.response.status_code"), spans[at].error.as_deref()),
            (Some(status.into()), error)
        );
    }
    assert_eq!(attribute(1, "gen_ai.response.model"), None, "it has answered nothing");
    assert_eq!(attribute(2, "gen_ai.response.model"), Some("real-1".into()));
}

// Row B6.
#[test]
fn what_a_cut_answer_used_is_counted_from_what_came() {
    let rates = Rates::parse(r#"{"openai":{"m":{"promptPer1k":1,"completionPer1k":1}}}"#).unwrap();
    let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 4 });
    for (status, usage, came, counted) in [
        (Status::Cancelled, None, Some(401), Some((2, 101, true))),
        (Status::Cancelled, None, Some(0), Some((2, 0, true))),
        (Status::Truncated, None, Some(8), Some((2, 2, true))),
        // cut by the guard or a deadline, after something had come
        (Status::Error, None, Some(8), Some((2, 2, true))),
        // upstream reports it itself
        (Status::Cancelled, usage, Some(400), Some((3, 4, false))),
        // nothing came, or nothing was executed: nobody knows
        (Status::Error, None, Some(0), None),
        (Status::Fallback, None, Some(0), None),
        (Status::Cancelled, None, None, None),
    ] {
        let row = ended("m", status, usage, came, &rates);
        let line: Value = serde_json::from_str(&row.event().line()).unwrap();
        let found = line["tokens"]["prompt"].as_u64().map(|prompt| {
            (prompt, line["tokens"]["completion"].as_u64().unwrap(), line["details"]["usage_estimated"] == true)
        });
        assert_eq!(found, counted, "{status:?} {came:?}");
        assert_eq!(line["cost_usd"].is_string(), counted.is_some(), "{line}");
        if let Some((prompt, completion, _)) = counted {
            assert!(exposed(&[row]).contains(&format!("kind=\"completion\"}} {completion}\n")));
            let again = ended("m", status, usage, came, &rates);
            let used = again.used(Usage { prompt_tokens: 1_000, completion_tokens: 1_000 }, &rates);
            assert_eq!(used.tokens, prompt + completion);
        }
    }
}

#[test]
fn usage_that_cannot_be_is_marked_and_not_counted() {
    let usage = |prompt_tokens| Some(Usage { prompt_tokens, completion_tokens: 4 });
    let rates = Rates::default();
    let (good, bad) = (row("m", Status::Success, usage(3), &rates), row("m", Status::Success, usage(u64::MAX), &rates));
    let line: serde_json::Value = serde_json::from_str(&bad.event().line()).unwrap();
    assert_eq!(line["details"]["usage_implausible"], true);
    assert!(line["tokens"].is_null() && line["cost_usd"].is_null());
    assert!(!good.event().line().contains("usage_implausible"));
    let text = exposed(&[bad, good]);
    assert!(text.contains("model=\"m\",kind=\"prompt\"} 3\n"), "{text}");
}
