use std::collections::BTreeMap;

use super::*;
use crate::chat::Kind;
use crate::chat::event::Usage;
use crate::sensitive::Sensitive;
use crate::settings::KEEPER;
use crate::upstream::{Credential, Wire};

const UPSTREAMS: &str = r#"[
        {"name": "openai", "wire": "openai", "url": "https://api.openai.com/v1/", "credential": {"secret": "OPENAI_API_KEY"}},
        {"name": "azure", "wire": "openai",
         "url": "https://n.openai.azure.com/openai/deployments/{model}?api-version=2024-10-21",
         "credential": {"header": "api-key", "secret": "AZURE_KEY"}},
        {"name": "ollama", "wire": "openai", "url": "http://127.0.0.1:11434/v1"}
    ]"#;
const MODELS: &str = r#"[
        {"name": "fast", "targets": [{"upstream": "openai", "model": "gpt-4.1-mini"}, {"upstream": "azure"}],
         "firstContentMs": 3000, "fallback": true},
        {"name": "local/*", "targets": [{"upstream": "ollama", "model": "llama3"}]},
        {"name": "*", "targets": [{"upstream": "openai"}]}
    ]"#;

fn read(changes: &[(&'static str, &str)]) -> Result<Settings, Vec<(String, String)>> {
    let keys = format!("t:{}", "0".repeat(64));
    let mut variables: BTreeMap<&str, &str> =
        [("CLIENT_KEYS", keys.as_str()), ("OPENAI_API_KEY", "canary-key"), ("AZURE_KEY", "canary-azure")].into();
    variables.extend(changes.iter().copied());
    Settings::read(|name| variables.get(name).map(|value| (*value).to_owned())).map_err(|problem| {
        assert!(!format!("{problem:?}").contains("canary"), "{problem:?}");
        problem.errors.iter().map(|fault| (fault.path.clone(), fault.message.clone())).collect()
    })
}

const TENANT: &str = "t";

fn find(settings: &Settings, name: &str, random: u64) -> Route {
    let model = settings.models.model(name, TENANT).unwrap();
    model.route(model.targets.iter().collect(), name, &settings.call, random)
}

#[test]
fn models_lead_to_upstreams() {
    let settings = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", MODELS)]).unwrap();
    assert!(!format!("{settings:?}").contains("canary"));
    let find = |name: &str| find(&settings, name, 0);
    let places = |route: &Route| -> Vec<String> {
        let address = |target: &Target| match &target.upstream.wire {
            Wire::OpenAi(address) => address.of(Kind::Chat, &target.model),
            Wire::Genesys(endpoints) => endpoints.api.clone(),
        };
        route.targets.iter().map(|target| format!("{} {}", target.model, address(target))).collect()
    };
    let fast = find("fast");
    assert_eq!(
        places(&fast),
        [
            "gpt-4.1-mini https://api.openai.com/v1/chat/completions",
            "fast https://n.openai.azure.com/openai/deployments/fast/chat/completions?api-version=2024-10-21",
        ]
    );
    assert_eq!((fast.rules.first_content, fast.rules.idle), (Duration::from_secs(3), settings.call.idle));
    assert!(fast.fallback && !find("x").fallback);
    assert_eq!(places(&find("local/any")), ["llama3 http://127.0.0.1:11434/v1/chat/completions"]);
    assert_eq!(places(&find("gpt-4o")), ["gpt-4o https://api.openai.com/v1/chat/completions"]);
    assert_eq!(settings.models.names(TENANT).collect::<Vec<_>>(), ["fast"]);
    let header = |at: usize| settings.upstreams[at].credential.header(&Sensitive::default()).unwrap();
    assert_eq!((header(0).0.as_ref(), header(0).1.expose()), ("authorization", "Bearer canary-key"));
    assert_eq!((header(1).0.as_ref(), header(1).1.expose()), ("api-key", "canary-azure"));
    assert_eq!(settings.upstreams[2].credential, Credential::Nothing);
}

#[test]
fn without_models_the_first_upstream_has_all() {
    let settings = read(&[("UPSTREAMS", UPSTREAMS)]).unwrap();
    assert_eq!(find(&settings, "any", 0).targets[0].upstream.name, "openai");
    let short = [("UPSTREAM_CLIENT_ID", "id"), ("UPSTREAM_CLIENT_SECRET", "s")];
    let settings = read(&short).unwrap();
    assert_eq!(find(&settings, "any", 0).targets[0].upstream.name, KEEPER);
    let both = [short[0], short[1], ("UPSTREAMS", UPSTREAMS)];
    assert_eq!(read(&both).unwrap().upstreams.len(), 4);
}

/// Ten draws in a row, with everything that can be drawn, as a table of who is first and who follows.
#[test]
fn weights_draw_the_first_and_the_others_stay() {
    let models = r#"[{"name": "m", "targets": [{"upstream": "openai", "weight": 3}, {"upstream": "ollama"},
            {"upstream": "azure", "weight": 1}]}, {"name": "plain", "targets": [{"upstream": "azure"}, {"upstream": "openai"}]}]"#;
    let settings = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", models)]).unwrap();
    let order = |name: &str, random: u64| -> Vec<String> {
        find(&settings, name, random).targets.iter().map(|target| target.upstream.name.clone()).collect()
    };
    for random in 0..8 {
        let expected = match random % 4 {
            3 => ["azure", "openai", "ollama"],
            _ => ["openai", "ollama", "azure"],
        };
        assert_eq!(order("m", random), expected, "{random}");
        assert_eq!(order("plain", random), ["azure", "openai"]);
    }
    assert_eq!(order("m", u64::MAX), ["azure", "openai", "ollama"]);
}

#[test]
fn a_model_is_for_its_tenants_alone() {
    let models = r#"[{"name": "ours", "targets": [{"upstream": "openai"}], "tenants": ["t", "u"], "window": 9},
            {"name": "theirs", "targets": [{"upstream": "openai"}], "tenants": ["u"]},
            {"name": "*", "targets": [{"upstream": "azure"}]}]"#;
    let settings = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", models)]).unwrap();
    let models = &settings.models;
    assert_eq!(models.names("t").collect::<Vec<_>>(), ["ours"]);
    assert_eq!(models.names("u").collect::<Vec<_>>(), ["ours", "theirs"]);
    assert!(models.has("theirs", "u") && models.has("any", "t"));
    assert!(!models.has("theirs", "t"), "not by `*` either");
    assert_eq!((models.window("ours", "t"), models.window("ours", "x")), (Some(9), None));
}

#[test]
fn a_route_says_what_its_model_costs() {
    let models = r#"[{"name": "m", "targets": [{"upstream": "openai"},
            {"upstream": "azure", "rates": {"promptPer1k": "0.5", "completionPer1k": 0}}],
            "rates": {"promptPer1k": 0.001, "completionPer1k": "0.002"}}]"#;
    let settings = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", models)]).unwrap();
    let usage = Usage { prompt_tokens: 1000, completion_tokens: 1000 };
    let cost = |at: usize| settings.rates.chat_cost("m", find(&settings, "m", 0).targets[at].rate, usage);
    assert_eq!((cost(0).usd.as_str(), cost(0).basis), ("0.003000", "model_rate"));
    assert_eq!(cost(1).usd, "0.500000");
    let faults = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", &models.replace("0.001", "\"canary\""))]).unwrap_err();
    assert_eq!(faults[0].0, "$.MODELS[0].rates.promptPer1k");
}

/// Who puts the key itself where its name belongs must not find it at `/healthz`.
#[test]
fn a_key_in_the_place_of_its_name_is_not_quoted() {
    for (member, place) in [
        (r#"{"secret": "sk-canary"}"#, "$.UPSTREAMS[0].credential.secret"),
        (r#"{"secret": "CANARY"}"#, "$.UPSTREAMS[0].credential.secret"),
    ] {
        let text = UPSTREAMS.replace(r#"{"secret": "OPENAI_API_KEY"}"#, member);
        let faults = read(&[("UPSTREAMS", &text)]).unwrap_err();
        assert_eq!(faults[0].0, place);
        assert!(!faults[0].1.contains("CANARY"), "{faults:?}");
    }
}

#[test]
fn a_key_goes_in_any_header_that_is_free() {
    let upstreams = |header: &str| UPSTREAMS.replace("api-key", header);
    for (header, expected) in [("X-My_Gateway.Key", Some("x-my_gateway.key")), ("cookie", Some("cookie"))] {
        let settings = read(&[("UPSTREAMS", &upstreams(header))]).unwrap();
        let found = settings.upstreams[1].credential.header(&Sensitive::default()).map(|(name, _)| name);
        assert_eq!(found.as_deref(), expected);
    }
    for header in ["host", "Content-Type", "transfer-encoding", "x key", "x:key", "ü", "x\\nkey", &"x".repeat(129)] {
        let faults = read(&[("UPSTREAMS", &upstreams(header))]).unwrap_err();
        assert_eq!(faults[0].0, "$.UPSTREAMS[1].credential.header", "{header}");
    }
}

// Row C1.
#[test]
fn an_upstream_says_which_provider_it_is() {
    let upstreams = |wire: &str, url: &str, provider: &str| {
        format!(r#"[{{"name":"own","wire":"{wire}","url":"{url}","provider":{provider}}}]"#)
    };
    let url = "https://api.openai.com/v1";
    let settings = read(&[("UPSTREAMS", &upstreams("openai", url, r#""openai""#))]).unwrap();
    assert_eq!(settings.upstreams[0].provider, Some(crate::upstream::Provider::OpenAi));
    for (wire, url, provider) in [
        ("openai", url, r#""opnai""#),
        ("openai", url, "1"),
        ("openai", "https://x.openai.azure.com/openai/deployments/{model}", r#""azure""#),
        ("genesys", "https://api.example", r#""openai""#),
    ] {
        let faults = read(&[("UPSTREAMS", &upstreams(wire, url, provider))]).unwrap_err();
        assert!(
            faults.iter().any(|(path, _)| path == "$.UPSTREAMS[0].provider"),
            "{wire} {url} {provider}: {faults:?}"
        );
    }
}

#[test]
fn every_fault_at_once_with_the_nearest_name() {
    let faults = read(&[
            ("UPSTREAMS", r#"[{"name":"a b","wire":"open","url":"http://canary.example","credentials":{}},
                {"name":"openai","wire":"openai","url":"https://${canary}","credential":{"secret":"OPENAI_KEY"}},
                {"name":"x","wire":"openai","url":"https://x.example","credential":{"secret":"BAD","header":"x api"}}, 5]"#),
            ("BAD", "canary\nx"),
            (
                "MODELS",
                r#"[{"name":"m","targets":[{"upstream":"opnai","weight":1001}],"idleMs":0,"tenants":[]},{"targets":[]},
                   {"name":"n","targets":[{"upstream":"x"}],"tenants":["a b"],"fallback":1,"rates":{"promptPer1K":1}}]"#,
            ),
        ])
        .unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "$.UPSTREAMS[0].credentials",
            "$.UPSTREAMS[0].name",
            "$.UPSTREAMS[0].url",
            "$.UPSTREAMS[0].wire",
            "$.UPSTREAMS[1].url",
            "$.UPSTREAMS[1].credential.secret",
            "$.UPSTREAMS[2].credential.secret",
            "$.UPSTREAMS[2].credential.header",
            "$.UPSTREAMS[3]",
            "$.MODELS[0].idleMs",
            "$.MODELS[0].tenants",
            "$.MODELS[0].targets[0].weight",
            "$.MODELS[0].targets[0].upstream",
            "$.MODELS[1].name",
            "$.MODELS[1].targets",
            "$.MODELS[2].fallback",
            "$.MODELS[2].rates.promptPer1K",
            "$.MODELS[2].rates.promptPer1k",
            "$.MODELS[2].rates.completionPer1k",
            "$.MODELS[2].tenants",
            "$.MODELS[2].targets[0].upstream",
        ]
    );
    assert!(faults[0].1.contains("`credential`"), "{faults:?}");
    for (name, value) in [("UPSTREAMS", "{}"), ("UPSTREAMS", "[]"), ("UPSTREAMS", "[1"), ("MODELS", "3")] {
        assert!(read(&[(name, value), ("UPSTREAM_CLIENT_ID", "i"), ("UPSTREAM_CLIENT_SECRET", "s")]).is_err());
    }
}
