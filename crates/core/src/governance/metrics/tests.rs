use super::*;

fn some() -> Metrics {
    let mut metrics = Metrics::default();
    metrics.count(Metric::Requests, &[("route", "/v1/chat"), ("outcome", "success")], 1);
    metrics.count(Metric::Requests, &[("route", "/v1/chat"), ("outcome", "success")], 2);
    metrics.count(Metric::Cost, &[("model", "m\"\\\n")], 84_000);
    metrics.count(Metric::Breaker, &[], 1);
    metrics.count(Metric::Breaker, &[], 0);
    metrics.count(Metric::CacheReads, &[("family", "cached"), ("result", "hit")], 3);
    metrics.count(Metric::CacheReads, &[("family", "prompt"), ("result", "miss")], 1);
    for ms in [0, 1, 7, 70_000] {
        metrics.observe(Metric::Duration, &[("route", "/v1/chat")], Duration::from_millis(ms));
    }
    metrics
}

// Row H.
#[test]
fn prometheus_text() {
    let text = some().prometheus();
    for line in [
        "promptgate_requests_total{route=\"/v1/chat\",outcome=\"success\"} 3",
        "promptgate_cost_usd_total{model=\"m\\\"\\\\\\n\"} 0.000084000",
        "promptgate_breaker_state 0",
        "promptgate_request_duration_seconds_bucket{route=\"/v1/chat\",le=\"0.001\"} 2",
        "promptgate_request_duration_seconds_bucket{route=\"/v1/chat\",le=\"0.010\"} 3",
        "promptgate_request_duration_seconds_bucket{route=\"/v1/chat\",le=\"60.000\"} 3",
        "promptgate_request_duration_seconds_bucket{route=\"/v1/chat\",le=\"+Inf\"} 4",
        "promptgate_request_duration_seconds_sum{route=\"/v1/chat\"} 70.008",
        "promptgate_request_duration_seconds_count{route=\"/v1/chat\"} 4",
        "promptgate_cache_hit_ratio 0.750",
        "# TYPE promptgate_first_content_seconds histogram",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
}

#[test]
fn calls_have_the_names_and_bounds_of_opentelemetry() {
    let mut metrics = Metrics::default();
    let call = Generation {
        operation: "chat",
        provider: "openai",
        model: "m",
        answered_by: None,
        error: None,
        took: Duration::from_millis(1_200),
        first_content: Some(Duration::from_millis(200)),
        tokens: Some((300, 101)),
    };
    metrics.generation(&call);
    metrics.generation(&Generation { error: Some("upstream_timeout"), first_content: None, tokens: None, ..call });
    let text = metrics.prometheus();
    let labels = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"m\"";
    for line in [
        format!("gen_ai_client_token_usage_bucket{{{labels},gen_ai_token_type=\"input\",le=\"256\"}} 0"),
        format!("gen_ai_client_token_usage_bucket{{{labels},gen_ai_token_type=\"input\",le=\"1024\"}} 1"),
        format!("gen_ai_client_token_usage_sum{{{labels},gen_ai_token_type=\"output\"}} 101"),
        format!("gen_ai_server_request_duration_seconds_bucket{{{labels},le=\"1.280\"}} 1"),
        format!("gen_ai_server_request_duration_seconds_count{{{labels},error_type=\"upstream_timeout\"}} 1"),
        format!("gen_ai_server_time_to_first_token_seconds_sum{{{labels}}} 0.200"),
        // A second for a hundred tokens.
        format!("gen_ai_server_time_per_output_token_seconds_bucket{{{labels},le=\"0.010000\"}} 1"),
        format!("gen_ai_server_time_per_output_token_seconds_sum{{{labels}}} 0.010000"),
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    // One token has no time between two.
    let mut metrics = Metrics::default();
    metrics.generation(&Generation { tokens: Some((1, 1)), ..call });
    metrics.generation(&Generation { tokens: Some((1, 0)), ..call });
    metrics.generation(&Generation { tokens: Some((1, u64::MAX)), ..call });
    assert!(!metrics.prometheus().contains("time_per_output_token_seconds_sum"));
}

#[test]
fn what_an_older_object_kept_is_added_to() {
    let kept = r#"{"values":{},"histograms":{"promptgate_request_duration_seconds":{"":{"buckets":[1],"sum_ms":7}}}}"#;
    let mut metrics: Metrics = serde_json::from_str(kept).unwrap();
    metrics.observe(Metric::Duration, &[], Duration::from_millis(3));
    assert!(metrics.prometheus().contains("promptgate_request_duration_seconds_sum 0.010\n"));
}

#[test]
fn merging_is_counting_in_one_place() {
    let (mut one, two) = (some(), some());
    let json = serde_json::to_string(&two).unwrap();
    one.merge(serde_json::from_str(&json).unwrap());
    let text = one.prometheus();
    assert!(text.contains("promptgate_requests_total{route=\"/v1/chat\",outcome=\"success\"} 6\n"), "{text}");
    assert!(text.contains("promptgate_request_duration_seconds_count{route=\"/v1/chat\"} 8\n"), "{text}");
    assert!(text.contains("promptgate_breaker_state 0\n"), "a gauge is not summed: {text}");
}

#[test]
fn no_tenant_uses_up_the_series_of_another() {
    let mut metrics = Metrics::default();
    let count = |metrics: &mut Metrics, tenant: &str, code: &str| {
        metrics.count(Metric::Requests, &[("route", "/v1/chat"), ("tenant", tenant), ("code", code)], 1);
    };
    for n in 0..1_000 {
        count(&mut metrics, "hostile", &n.to_string());
    }
    count(&mut metrics, "honest", "");
    let mut kept = Metrics::default();
    kept.merge(metrics);
    let text = kept.prometheus();
    for line in [
        "promptgate_requests_total{route=\"/v1/chat\",tenant=\"honest\",code=\"\"} 1",
        "promptgate_requests_total{tenant=\"hostile\",other=\"true\"} 800",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    assert_eq!(tenant("a=\"tenant=\\\"x\\\"\",tenant=\"t-1\",b=\"\""), "tenant=\"t-1\"");
    assert_eq!(tenant("a=\"\""), "");
}

// Row H.
#[test]
fn a_tenant_sees_its_own_series() {
    let mut metrics = some();
    for tenant in ["a", "b", "a\",tenant=\"b"] {
        metrics.request("/v1/chat", tenant, None, Duration::ZERO);
    }
    let text = metrics.of("b").prometheus();
    let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let own = "promptgate_requests_total{route=\"/v1/chat\",tenant=\"b\",outcome=\"success\",code=\"\"} 1";
    assert_eq!(series, [own]);
    assert!(!metrics.of("").prometheus().contains("tenant="), "what names no tenant is nobody's");
}

#[test]
fn names_from_clients_do_not_fill_the_memory() {
    let mut metrics = Metrics::default();
    for n in 0..10_000 {
        metrics.count(Metric::Tokens, &[("model", &format!("{n}{}", "x".repeat(1000)))], 1);
    }
    let text = metrics.prometheus();
    let series: Vec<&str> = text.lines().filter(|line| line.starts_with("promptgate_tokens_total{")).collect();
    assert_eq!(series.len(), MAX_SERIES + 1);
    assert!(text.len() < 64 << 10);
    let sum: u64 = series.iter().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
    assert_eq!(sum, 10_000, "nothing is lost");
}
