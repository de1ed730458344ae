use std::time::Duration;

use super::*;
use std::collections::BTreeMap;

fn read(changes: &[(&'static str, &str)]) -> Result<Settings, Vec<String>> {
    let keys = format!("t:{}", "0".repeat(64));
    let mut variables: BTreeMap<&str, &str> =
        [("CLIENT_KEYS", keys.as_str()), ("UPSTREAM_CLIENT_ID", "id"), ("UPSTREAM_CLIENT_SECRET", "s")].into();
    variables.extend(changes.iter().copied());
    Settings::read(|name| variables.get(name).map(|value| (*value).to_owned())).map_err(|problem| {
        assert_eq!(problem.code, Code::NotConfigured);
        assert!(!format!("{problem:?}").contains("canary"), "{problem:?}");
        problem.errors.into_iter().map(|fault| fault.path).collect()
    })
}

#[test]
fn defaults_are_those_of_the_requirements() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.endpoints.api, "https://api.mypurecloud.com");
    assert_eq!(settings.endpoints.login, "https://login.mypurecloud.com");
    assert_eq!(settings.chat, ChatRules::default());
    assert_eq!(settings.max_body(route::Route::Completions), 10 << 20);
    assert_eq!(settings.max_body(route::Route::Chat), 1 << 20);
    assert_eq!(settings.call.first_content, Duration::from_secs(5));
    assert_eq!(settings.call.idle, Duration::from_secs(15));
    assert_eq!(settings.call.total, Duration::from_secs(60));
    assert_eq!(settings.call.fallback.as_deref(), Some(FALLBACK_TEXT));
}

// Row U5: what every setting is called, as all that is asked for.
#[test]
fn every_setting_is_listed() {
    let asked = RefCell::new(BTreeSet::new());
    let value = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" | "WEBHOOK_URL" => Some("https://x.example".to_owned()),
        _ => None,
    };
    let _ = Settings::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        value(name)
    });
    let listed: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(asked.into_inner(), listed);
    assert!(NAMES.is_sorted());
}

#[test]
fn what_is_nearly_a_setting_is_reported_with_all_else() {
    let set = ["UPSTREAM_CLIENT_SECERT", "MODEL_RATE", "MY_KEY", "CF_VERSION_METADATA", "TOTAL_MS", "TEMPLATES_X"];
    let variable = |name: &str| match name {
        "TOTAL_MS" => Some("canary".to_owned()),
        "AUDIT_OBJECT_ROWS" => Some("canary".to_owned()),
        _ => None,
    };
    let faults = Settings::read_all(variable, set.map(str::to_owned)).unwrap_err().errors;
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    for name in
        ["CLIENT_KEYS", "UPSTREAM_CLIENT_ID", "TOTAL_MS", "AUDIT_OBJECT_ROWS", "UPSTREAM_CLIENT_SECERT", "MODEL_RATE"]
    {
        assert!(paths.contains(&format!("$.{name}").as_str()), "{name}: {paths:?}");
    }
    for name in ["MY_KEY", "CF_VERSION_METADATA"] {
        assert!(!paths.contains(&format!("$.{name}").as_str()), "{name}: {paths:?}");
    }
    assert!(faults.iter().any(|fault| fault.message.contains("did you mean UPSTREAM_CLIENT_SECRET?")));
    assert!(!format!("{faults:?}").contains("canary"));
    let policy =
        Settings::read(|name| (name == "GUARD_INPUT").then(|| r#"{"actions":{"user":{"emails":"block"}}}"#.to_owned()));
    let message = policy.unwrap_err().errors.into_iter().find(|fault| fault.path == "$.GUARD_INPUT").unwrap().message;
    assert!(message.contains("email") && message.contains("redact"), "{message}");
}

#[test]
fn spans_go_where_opentelemetrys_variables_say() {
    assert_eq!(read(&[]).unwrap().traces, None);
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=canary, Authorization=Bearer a=b"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ];
    let traces = read(&variables).unwrap().traces.unwrap();
    assert_eq!((traces.url.as_str(), traces.ratio), ("http://127.0.0.1:4318/v1/traces", 0.25));
    let headers: Vec<_> = traces.headers.iter().map(|(name, value)| (name.as_ref(), value.expose())).collect();
    assert_eq!(headers, [("x-api-key", "canary"), ("authorization", "Bearer a=b")]);
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "content-type=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=canary\n"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=ca\nary"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
    ] {
        let faults = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector"), (name, value)]);
        match value {
            // White space around a value is no part of it.
            "x-api-key=canary\n" => assert!(faults.is_ok()),
            _ => assert_eq!(faults.unwrap_err(), [format!("$.{name}")], "{value}"),
        }
    }
    assert_eq!(
        read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://canary")]).unwrap_err(),
        ["$.OTEL_EXPORTER_OTLP_ENDPOINT"]
    );
}

#[test]
fn values_are_taken() {
    let settings = read(&[
        ("UPSTREAM_REGION", "euw2.pure.cloud"),
        ("UPSTREAM_API_URL", "http://127.0.0.1:8788/"),
        ("CONTEXT_RATIO", "0.55"),
        ("CONTEXT_WINDOW", "8192"),
        ("MAX_LATENCY_MS", "900"),
        ("FALLBACK_TEXT", ""),
        ("WEBHOOK_URL", "https://hooks.example/x"),
    ])
    .unwrap();
    assert_eq!(settings.endpoints.api, "http://127.0.0.1:8788");
    assert_eq!(settings.endpoints.login, "https://login.euw2.pure.cloud");
    assert_eq!((settings.chat.ratio_permille, settings.chat.context_window), (550, Some(8192)));
    assert_eq!(settings.call.fallback, None);
    assert!(settings.webhooks.find("default").is_some());
}

#[test]
fn every_fault_is_named_and_no_value() {
    for (name, value) in [
        ("CLIENT_KEYS", ""),
        ("CLIENT_KEYS", "canary"),
        ("UPSTREAM_CLIENT_ID", " "),
        ("UPSTREAM_REGION", "mypurecloud.uk"),
        ("UPSTREAM_API_URL", "http://canary.example"),
        ("UPSTREAM_API_URL", "http://localhost.canary.example"),
        ("UPSTREAM_API_URL", "https://user:canary@example"),
        ("UPSTREAM_API_URL", "https://"),
        ("UPSTREAM_LOGIN_URL", "file:///canary"),
        ("UPSTREAM_LOGIN_URL", "https://a\nb"),
        ("UPSTREAM_API_URL", "https://api.example/?canary"),
        ("UPSTREAM_API_URL", "https://api.example:canary"),
        ("WEBHOOK_URL", "https://hooks..example"),
        ("CORS_ORIGINS", "canary"),
        ("OPENAI_MAX_BODY", "1048575"),
        ("OPENAI_MAX_BODY", "25165825"),
        ("CONTEXT_RATIO", "0"),
        ("CONTEXT_RATIO", "1.1"),
        ("CONTEXT_RATIO", "NaN"),
        ("CONTEXT_WINDOW", "-1"),
        ("MAX_LATENCY_MS", "5s"),
        ("TOTAL_MS", "99999999999999999999"),
        ("TOKEN_COUNT", "canary"),
        ("GUARD_INPUT", "canary"),
        ("GUARD_OUTPUT", r#"{"actions":{"user":{"canary":"block"}}}"#),
        ("GUARD_INPUT", r#"{"canary":1}"#),
        ("WEBHOOK_URL", "canary"),
        ("WEBHOOK_RETRY_MS", "0"),
        ("TEMPLATE_TTL", "59"),
        ("UPSTREAM_PER_MINUTE", "0"),
        ("UPSTREAM_SCOPE", "ai:canary \"x\""),
        ("MODEL_POLL_MS", "0"),
        ("MODEL_POLL_CAP_MS", "4999"),
        ("MODEL_POLLS", "0"),
        ("AUDIT_OBJECT_ROWS", "0"),
        ("MODEL_RATES", "canary"),
        ("TENANT_LIMITS", "canary"),
        ("TENANT_LIMITS", r#"{"a":{"costPerDay":"canary"}}"#),
        ("MODEL_RATES", r#"{"openai":{"m":{"promptPer1k":"canary","completionPer1k":0}}}"#),
    ] {
        assert_eq!(read(&[(name, value)]).unwrap_err(), [format!("$.{name}")], "{name}={value}");
    }
    let faults = Settings::read(|_| None).unwrap_err().errors;
    assert_eq!(faults.len(), 3, "{faults:?}");
}
