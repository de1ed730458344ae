//! The operator's settings, read from named variables; every fault is reported at once.

mod address;
mod audit;
mod members;
mod models;
mod names;
mod policies;
mod polling;
mod upstreams;
mod webhooks;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use promptgate_tokens::Vocabulary;

use crate::budget::Limits;
use crate::call::CallRules;
use crate::canonical;
use crate::chat::{ChatRules, Counting};
use crate::client::Clients;
use crate::cors::Cors;
use crate::fault::{Fault, Path, nearest};
use crate::governance::trace::Exporter;
use crate::governance::webhook::{Destinations, RETRY_MS};
use crate::governance::{Occasion, Rates, chain};
use crate::guard::Policies;
use crate::http::Header;
use crate::in_flight::MAX_OF_KEY;
use crate::json::MAX_BODY;
use crate::problem::{Code, Problem};
use crate::route;
use crate::seal::SealKeys;
use crate::sensitive::Sensitive;
use crate::upstream::Upstream;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;

pub use models::{Models, Route};
pub use names::NAMES;
pub use polling::Polling;
pub use upstreams::KEEPER;

/// The regions of the platform (requirements, U1).
pub const REGIONS: [&str; 18] = [
    "mypurecloud.com",
    "mypurecloud.ie",
    "mypurecloud.com.au",
    "mypurecloud.jp",
    "mypurecloud.de",
    "usw2.pure.cloud",
    "cac1.pure.cloud",
    "apne2.pure.cloud",
    "euw2.pure.cloud",
    "aps1.pure.cloud",
    "sae1.pure.cloud",
    "mec1.pure.cloud",
    "apne3.pure.cloud",
    "euc2.pure.cloud",
    "mxc1.pure.cloud",
    "apse1.pure.cloud",
    "use2.us-gov-pure.cloud",
    "edee1.eusc-pure.cloud",
];

/// What a client is answered when the model is late or away, unless the operator says otherwise.
pub const FALLBACK_TEXT: &str = "The assistant is not available right now. Please try again in a moment.";

/// Most bytes of a body on the OpenAI front, unless the operator says otherwise: images come in it (ours).
const OPENAI_MAX_BODY: usize = 10 << 20;

/// Everything that is set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `CLIENT_KEYS`: who may call.
    pub clients: Clients,
    /// `UPSTREAM_REGION`, or `UPSTREAM_API_URL` and `UPSTREAM_LOGIN_URL`.
    pub endpoints: Endpoints,
    /// `UPSTREAM_CLIENT_ID` and `UPSTREAM_CLIENT_SECRET`; empty where only `UPSTREAMS` is set: then there are no
    /// templates and no models to provision.
    pub credentials: ClientCredentials,
    /// `UPSTREAMS`, and the one of the short form.
    pub upstreams: Vec<Arc<Upstream>>,
    /// `MODELS`: where each model is asked.
    pub models: Models,
    /// `CONTEXT_RATIO`, `CONTEXT_WINDOW`, `TOKEN_COUNT`.
    pub chat: ChatRules,
    /// `MAX_LATENCY_MS`, `IDLE_MS`, `TOTAL_MS`, `FALLBACK_TEXT`.
    pub call: CallRules,
    /// `CORS_ORIGINS`: which web pages may call from a browser.
    pub cors: Cors,
    /// `OPENAI_MAX_BODY`: most bytes of a body on the OpenAI front.
    openai_max_body: usize,
    /// `GUARD_INPUT`, `GUARD_OUTPUT`, `GUARD_MONITOR_INPUT`, `GUARD_MONITOR_OUTPUT`, `GUARD_POLICIES`.
    pub policies: Policies,
    /// SHA-256 of all policies as canonical JSON, for audit rows.
    pub policy_sha256: String,
    /// `WEBHOOKS`, and `WEBHOOK_URL`, `WEBHOOK_SECRET`, `WEBHOOK_PRIVATE`: where webhooks go.
    pub webhooks: Destinations,
    /// `WEBHOOK_RETRY_MS`: the first wait before a webhook that was not taken is sent again, in milliseconds; the other
    /// waits follow from it. Lowered for local runs.
    pub webhook_retry_ms: u64,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME` and `OTEL_TRACES_SAMPLER_ARG`,
    /// as OpenTelemetry's specification names them: where spans go, if anywhere.
    pub traces: Option<Exporter>,
    /// `TEMPLATE_TTL`: how long the edge takes its copy of a prompt template for the newest, in seconds. Cached
    /// templates say it themselves.
    pub template_ttl_s: u64,
    /// `COMPLIANCE_FRAMEWORK`: what audit rows name (requirements, A6).
    pub compliance_framework: String,
    /// `ENVIRONMENT`: what audit rows and exported models name (requirements, C6).
    pub environment: String,
    /// `MODEL_POLL_MS`, `MODEL_POLL_CAP_MS`, `MODEL_POLLS`: how a model that is being provisioned is asked for; the
    /// other waits of models follow from the first. It is lowered for local runs, where upstream is a simulator.
    pub model_polling: Polling,
    /// `UPSTREAM_PER_MINUTE`: most requests about templates and models that an isolate sends in a minute; as many as
    /// there are, where it is not set.
    pub upstream_per_minute: Option<u64>,
    /// `AUDIT_OBJECT_ROWS`: how many rows of the audit log one object keeps before the next one goes on.
    pub audit_object_rows: u64,
    /// `AUDIT_SIGNING_KEY`: signs the heads of the audit log.
    pub audit_signing_key: Option<chain::SigningKey>,
    /// `AUDIT_CHECKPOINT` and `AUDIT_KEEP`: when heads are taken down, and how long rows are kept.
    pub audit_policy: chain::Policy,
    /// `TENANT_LIMITS`: what each tenant may use; `*` are all that are not named.
    tenant_limits: BTreeMap<String, Limits>,
    /// `MODEL_RATES`: what models cost (requirements, C5).
    pub rates: Rates,
    /// `IDEMPOTENCY_TTL`: how long the answer of a call with an `Idempotency-Key` is kept, in seconds.
    pub idempotency_ttl_s: u64,
    /// `AUDIT_MODE=strict`: a call without a key is told of before it is sent, too.
    pub audit_strict: bool,
    /// `SEAL_KEYS`: what the gateway keeps of answers and secrets is sealed by them; without one it keeps none.
    pub seal_keys: SealKeys,
}

impl Settings {
    /// What a tenant may use.
    pub fn tenant_limits(&self, tenant: &str) -> Limits {
        self.tenant_limits.get(tenant).or_else(|| self.tenant_limits.get("*")).cloned().unwrap_or_default()
    }

    /// What the audit rows of a request say of it: `key_id` names a key of `tenant`; Unix ms.
    pub fn occasion<'a>(&'a self, request_id: &'a str, tenant: &'a str, key_id: &'a str, now_ms: u64) -> Occasion<'a> {
        Occasion {
            request_id,
            tenant,
            key_id,
            environment: &self.environment,
            compliance_framework: &self.compliance_framework,
            policy_sha256: &self.policy_sha256,
            now_ms,
            retries: None,
        }
    }

    /// The upstream that keeps templates and the models to be provisioned: that of the short form.
    pub fn keeper(&self) -> Option<&Arc<Upstream>> {
        self.upstreams.iter().find(|upstream| upstream.name == KEEPER)
    }

    /// Most bytes of a body of `route` that are read (requirements, "Errors and bad input").
    pub fn max_body(&self, route: route::Route) -> usize {
        match route {
            route::Route::Completions | route::Route::Embeddings => self.openai_max_body,
            _ => MAX_BODY,
        }
    }

    /// Reads the settings; `variable` gives the value of a name, if it is set. An empty value counts as not
    /// set, but for `FALLBACK_TEXT`, where it means: no fallback.
    ///
    /// # Errors
    /// [`Code::NotConfigured`] with every fault. No message quotes a value.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, Problem> {
        Settings::read_all(variable, [])
    }

    /// The same where it is known which variables are set: those that look like a setting and are none are reported.
    ///
    /// # Errors
    /// Those of [`Settings::read`].
    pub fn read_all(
        variable: impl Fn(&str) -> Option<String>,
        set: impl IntoIterator<Item = String>,
    ) -> Result<Settings, Problem> {
        let asked = RefCell::new(BTreeSet::new());
        let variable = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            variable(name)
        };
        let mut reader = Reader { variable: &variable, faults: Vec::new() };
        let settings = reader.settings();
        for name in set {
            // What others bind is none of ours, unless it is nearly a setting. Secrets that UPSTREAMS names were asked for.
            let known = asked.borrow().contains(&name) || NAMES.contains(&name.as_str());
            if let (false, Some(meant)) = (known, nearest(&name, &NAMES)) {
                let message = format!("There is no such setting: did you mean {meant}? Rename it, or remove it.");
                reader.fault(&crate::fault::printable(&name), "unknown_variable", message);
            }
        }
        match settings {
            Some(settings) if reader.faults.is_empty() => Ok(settings),
            _ => Err(Problem::with_errors(Code::NotConfigured, reader.faults)),
        }
    }
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Option<Settings> {
        let clients = self.clients();
        let endpoints = self.endpoints();
        let others = self.get("UPSTREAMS").is_some();
        let credentials = self.credentials(others);
        let short = credentials.clone().filter(|client| !client.id.expose().is_empty());
        let upstreams = self.upstreams(endpoints.clone().zip(short));
        let models = self.models(&upstreams);
        let ratio = self.ratio();
        let context_window = self.integer("CONTEXT_WINDOW", 1..=10_000_000);
        let counting = self.counting();
        let first_content = self.integer("MAX_LATENCY_MS", 1..=600_000).unwrap_or(5_000);
        let idle = self.integer("IDLE_MS", 1..=600_000).unwrap_or(15_000);
        let total = self.integer("TOTAL_MS", 1..=600_000).unwrap_or(60_000);
        let fallback = (self.variable)("FALLBACK_TEXT").unwrap_or_else(|| FALLBACK_TEXT.to_owned());
        let policies = self.policies();
        let cors = self.cors();
        let openai_max_body = self.integer("OPENAI_MAX_BODY", MAX_BODY as u64..=MAX_OF_KEY as u64);
        let webhooks = self.webhooks();
        let webhook_retry_ms = self.integer("WEBHOOK_RETRY_MS", 1..=3_600_000).unwrap_or(RETRY_MS);
        let traces = self.traces();
        // KV keeps nothing for less than a minute (requirements, A5).
        let template_ttl_s = self.integer("TEMPLATE_TTL", 60..=86_400).unwrap_or(300);
        let compliance_framework = self.get("COMPLIANCE_FRAMEWORK").unwrap_or_else(|| "AI_Governance_v2".to_owned());
        let environment = self.get("ENVIRONMENT").unwrap_or_else(|| "production".to_owned());
        let audit_object_rows = self.integer("AUDIT_OBJECT_ROWS", 1..=chain::MAX_ROWS).unwrap_or(chain::MAX_ROWS);
        let tenant_limits = self.tenant_limits();
        let (model_polling, rates, seal_keys) = (self.polling(), self.rates(), self.seal_keys());
        let upstream_per_minute = self.integer("UPSTREAM_PER_MINUTE", 1..=100_000);
        let (audit_signing_key, audit_policy) = (self.audit_signing_key(), self.audit_policy());
        let audit_strict = self.audit_strict();
        let idempotency_ttl_s = self.integer("IDEMPOTENCY_TTL", 60..=86_400).unwrap_or(86_400);
        // Everything is read by now: every fault is known.
        Some(Settings {
            clients: clients?,
            endpoints: endpoints?,
            credentials: credentials?,
            upstreams,
            models,
            chat: ChatRules { counting, ratio_permille: ratio, context_window },
            call: CallRules {
                first_content: Duration::from_millis(first_content),
                idle: Duration::from_millis(idle),
                total: Duration::from_millis(total),
                fallback: Some(fallback).filter(|text| !text.is_empty()),
            },
            policy_sha256: canonical::hash(&policies.hashed()),
            cors,
            openai_max_body: openai_max_body.map_or(OPENAI_MAX_BODY, |most| most as usize),
            policies,
            webhooks,
            webhook_retry_ms,
            traces,
            template_ttl_s,
            compliance_framework,
            environment,
            model_polling,
            upstream_per_minute,
            audit_object_rows,
            audit_signing_key,
            audit_policy,
            tenant_limits,
            rates,
            idempotency_ttl_s,
            audit_strict,
            seal_keys,
        })
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(&Path::root().name(name), code, message));
    }

    /// The client of the short form; empty where it is not set and there are `others`.
    fn credentials(&mut self, others: bool) -> Option<ClientCredentials> {
        const NAMES: [&str; 2] = ["UPSTREAM_CLIENT_ID", "UPSTREAM_CLIENT_SECRET"];
        if others && NAMES.iter().all(|name| self.get(name).is_none()) {
            return Some(ClientCredentials { id: Sensitive::default(), secret: Sensitive::default(), scope: None });
        }
        let [id, secret] = NAMES;
        let id = self.required(id, "the id of the gateway's OAuth client");
        let secret = self.required(secret, "the secret of the gateway's OAuth client");
        let scope = self.scope();
        Some(ClientCredentials { id: id?, secret: secret?, scope })
    }

    /// `UPSTREAM_SCOPE`: one scope or several, with spaces between them.
    fn scope(&mut self) -> Option<String> {
        const NAME: &str = "UPSTREAM_SCOPE";
        let scope = self.get(NAME)?.split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_scope(&scope) {
            let message = format!("{NAME} must be scopes with spaces between them: {SCOPE_FORM}.");
            self.fault(NAME, "bad_variable", message);
        }
        Some(scope)
    }

    fn required(&mut self, name: &str, what: &str) -> Option<Sensitive> {
        let value = self.get(name);
        if value.is_none() {
            self.fault(name, "missing_variable", format!("Set the secret {name}: {what}."));
        }
        value.map(Sensitive::new)
    }

    fn clients(&mut self) -> Option<Clients> {
        const NAME: &str = "CLIENT_KEYS";
        let Some(text) = self.get(NAME) else {
            let message = "No client keys are configured, so nobody may call. Set the secret CLIENT_KEYS to entries \
                           `tenant:sha256-hex-of-the-key`.";
            self.fault(NAME, "missing_variable", message);
            return None;
        };
        let parsed = Clients::parse(&text);
        parsed.map_err(|why| self.fault(NAME, "bad_variable", format!("CLIENT_KEYS cannot be read: {why}."))).ok()
    }

    fn endpoints(&mut self) -> Option<Endpoints> {
        let region = self.get("UPSTREAM_REGION").unwrap_or_else(|| "mypurecloud.com".to_owned());
        if !REGIONS.contains(&region.as_str()) {
            let hint = nearest(&region, &REGIONS).map(|meant| format!(" Did you mean {meant}?")).unwrap_or_default();
            self.fault("UPSTREAM_REGION", "bad_variable", format!("There is no such region.{hint}"));
        }
        let api = self.base("UPSTREAM_API_URL").unwrap_or_else(|| format!("https://api.{region}"));
        let login = self.base("UPSTREAM_LOGIN_URL").unwrap_or_else(|| format!("https://login.{region}"));
        Some(Endpoints { api, login })
    }

    /// The address that paths are added to.
    fn base(&mut self, name: &str) -> Option<String> {
        let url = self.url(name)?;
        if url.contains('?') {
            let message = format!("{name} must have no query: paths are added to its end.");
            self.fault(name, "bad_variable", message);
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    /// An `https` address, or an `http` one of this machine: what is sent there bears secrets.
    fn url(&mut self, name: &str) -> Option<String> {
        let url = self.get(name)?;
        if let Err(why) = address::check(&url) {
            self.fault(name, "bad_variable", format!("{name} {why}."));
        }
        Some(url)
    }

    fn integer(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(name)?.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("{name} must be an integer from {} to {}.", range.start(), range.end());
            self.fault(name, "bad_variable", message);
        }
        value
    }

    fn ratio(&mut self) -> u64 {
        let Some(text) = self.get("CONTEXT_RATIO") else { return 800 };
        let permille =
            text.parse::<f64>().ok().map(|ratio| (ratio * 1000.0).round()).filter(|x| (1.0..=1000.0).contains(x));
        if permille.is_none() {
            self.fault("CONTEXT_RATIO", "bad_variable", "CONTEXT_RATIO must be from 0.001 to 1.");
        }
        permille.map_or(800, |permille| permille as u64)
    }

    fn counting(&mut self) -> Counting {
        match self.get("TOKEN_COUNT").as_deref() {
            None | Some("auto") => Counting::Auto,
            Some("estimate") => Counting::Estimate,
            Some(name) => Vocabulary::from_name(name).map_or_else(
                || {
                    let message = "TOKEN_COUNT must be `auto`, `estimate`, `cl100k_base` or `o200k_base`.";
                    self.fault("TOKEN_COUNT", "bad_variable", message);
                    Counting::Auto
                },
                Counting::Exact,
            ),
        }
    }

    fn cors(&mut self) -> Cors {
        const NAME: &str = "CORS_ORIGINS";
        let read = self.get(NAME).map(|text| Cors::parse(&text)).unwrap_or(Ok(Cors::default()));
        read.unwrap_or_else(|why| {
            self.fault(NAME, "bad_variable", format!("{NAME} {why}."));
            Cors::default()
        })
    }

    fn tenant_limits(&mut self) -> BTreeMap<String, Limits> {
        const NAME: &str = "TENANT_LIMITS";
        let Some(text) = self.get(NAME) else { return BTreeMap::new() };
        Limits::by_tenant(&text).unwrap_or_else(|faults| {
            for fault in faults {
                self.fault(NAME, "bad_variable", format!("{NAME}, at {}: {}", fault.path, fault.message));
            }
            BTreeMap::new()
        })
    }

    fn rates(&mut self) -> Rates {
        const NAME: &str = "MODEL_RATES";
        let Some(text) = self.get(NAME) else { return Rates::default() };
        Rates::parse(&text).unwrap_or_else(|faults| {
            for fault in faults {
                let message = format!("{NAME}, at {}: {}", fault.path, fault.message);
                self.fault(NAME, "bad_variable", message);
            }
            Rates::default()
        })
    }

    fn audit_strict(&mut self) -> bool {
        match self.get("AUDIT_MODE").as_deref() {
            None | Some("batched") => false,
            Some("strict") => true,
            Some(_) => {
                self.fault("AUDIT_MODE", "bad_variable", "AUDIT_MODE must be `batched` or `strict`.");
                false
            }
        }
    }

    fn seal_keys(&mut self) -> SealKeys {
        const NAME: &str = "SEAL_KEYS";
        let Some(text) = self.get(NAME) else { return SealKeys::default() };
        let parsed = SealKeys::parse(&text);
        parsed.unwrap_or_else(|why| {
            self.fault(NAME, "bad_variable", format!("SEAL_KEYS cannot be read: {why}."));
            SealKeys::default()
        })
    }

    fn traces(&mut self) -> Option<Exporter> {
        let url = self.url("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        let service = self.get("OTEL_SERVICE_NAME").unwrap_or_else(|| "promptgate".to_owned());
        Some(Exporter {
            url: format!("{}/v1/traces", url.trim_end_matches('/')),
            headers: self.trace_headers(),
            service,
            ratio: self.sampled(),
        })
    }

    fn sampled(&mut self) -> f64 {
        const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
        let Some(text) = self.get(NAME) else { return 1.0 };
        let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        if ratio.is_none() {
            self.fault(NAME, "bad_variable", format!("{NAME} must be a number from 0 to 1."));
        }
        ratio.unwrap_or(1.0)
    }

    /// `name=value` pairs with commas between them.
    fn trace_headers(&mut self) -> Vec<Header> {
        const NAME: &str = "OTEL_EXPORTER_OTLP_HEADERS";
        let text = self.get(NAME).unwrap_or_default();
        let mut headers = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = name.trim().to_ascii_lowercase();
            let value = value.trim();
            match members::free_header(&name) {
                Ok(()) if !value.is_empty() && value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                    headers.push((name.into(), Sensitive::new(value)));
                }
                _ => {
                    let message = format!("{NAME} must be `name=value` pairs of headers with commas between them.");
                    self.fault(NAME, "bad_variable", message);
                    return headers;
                }
            }
        }
        headers
    }
}

/// What a scope is made of, for people.
const SCOPE_FORM: &str = "visible ASCII without quotation marks and backslashes, as `ai:gateway:manage`";

/// RFC 6749, 3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'))
}

#[cfg(test)]
mod tests {
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
        for name in [
            "CLIENT_KEYS",
            "UPSTREAM_CLIENT_ID",
            "TOTAL_MS",
            "AUDIT_OBJECT_ROWS",
            "UPSTREAM_CLIENT_SECERT",
            "MODEL_RATE",
        ] {
            assert!(paths.contains(&format!("$.{name}").as_str()), "{name}: {paths:?}");
        }
        for name in ["MY_KEY", "CF_VERSION_METADATA"] {
            assert!(!paths.contains(&format!("$.{name}").as_str()), "{name}: {paths:?}");
        }
        assert!(faults.iter().any(|fault| fault.message.contains("did you mean UPSTREAM_CLIENT_SECRET?")));
        assert!(!format!("{faults:?}").contains("canary"));
        let policy = Settings::read(|name| {
            (name == "GUARD_INPUT").then(|| r#"{"actions":{"user":{"emails":"block"}}}"#.to_owned())
        });
        let message =
            policy.unwrap_err().errors.into_iter().find(|fault| fault.path == "$.GUARD_INPUT").unwrap().message;
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
}
