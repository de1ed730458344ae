//! From the environment's variables to [`Settings`]: what each may be, and what holds where it is not set.

use std::collections::BTreeMap;
use std::time::Duration;

use promptgate_tokens::Vocabulary;

use super::{FALLBACK_TEXT, OPENAI_MAX_BODY, REGIONS, Settings, address, members};
use crate::budget::Limits;
use crate::call::CallRules;
use crate::canonical;
use crate::chat::{ChatRules, Counting};
use crate::client::Clients;
use crate::cors::Cors;
use crate::fault::{Fault, Path, nearest};
use crate::governance::trace::Exporter;
use crate::governance::webhook::RETRY_MS;
use crate::governance::{Rates, chain};
use crate::http::Header;
use crate::in_flight::MAX_OF_KEY;
use crate::json::MAX_BODY;
use crate::seal::SealKeys;
use crate::sensitive::Sensitive;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;

/// Reads the variables: each once, every fault noted.
pub(super) struct Reader<'a> {
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) faults: Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn settings(&mut self) -> Option<Settings> {
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

    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(&Path::root().name(name), code, message));
    }

    /// The client of the short form; empty where it is not set and there are `others`.
    pub(super) fn credentials(&mut self, others: bool) -> Option<ClientCredentials> {
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
    pub(super) fn scope(&mut self) -> Option<String> {
        const NAME: &str = "UPSTREAM_SCOPE";
        let scope = self.get(NAME)?.split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_scope(&scope) {
            let message = format!("{NAME} must be scopes with spaces between them: {SCOPE_FORM}.");
            self.fault(NAME, "bad_variable", message);
        }
        Some(scope)
    }

    pub(super) fn required(&mut self, name: &str, what: &str) -> Option<Sensitive> {
        let value = self.get(name);
        if value.is_none() {
            self.fault(name, "missing_variable", format!("Set the secret {name}: {what}."));
        }
        value.map(Sensitive::new)
    }

    pub(super) fn clients(&mut self) -> Option<Clients> {
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

    pub(super) fn endpoints(&mut self) -> Option<Endpoints> {
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
    pub(super) fn base(&mut self, name: &str) -> Option<String> {
        let url = self.url(name)?;
        if url.contains('?') {
            let message = format!("{name} must have no query: paths are added to its end.");
            self.fault(name, "bad_variable", message);
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    /// An `https` address, or an `http` one of this machine: what is sent there bears secrets.
    pub(super) fn url(&mut self, name: &str) -> Option<String> {
        let url = self.get(name)?;
        if let Err(why) = address::check(&url) {
            self.fault(name, "bad_variable", format!("{name} {why}."));
        }
        Some(url)
    }

    pub(super) fn integer(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(name)?.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("{name} must be an integer from {} to {}.", range.start(), range.end());
            self.fault(name, "bad_variable", message);
        }
        value
    }

    pub(super) fn ratio(&mut self) -> u64 {
        let Some(text) = self.get("CONTEXT_RATIO") else { return 800 };
        let permille =
            text.parse::<f64>().ok().map(|ratio| (ratio * 1000.0).round()).filter(|x| (1.0..=1000.0).contains(x));
        if permille.is_none() {
            self.fault("CONTEXT_RATIO", "bad_variable", "CONTEXT_RATIO must be from 0.001 to 1.");
        }
        permille.map_or(800, |permille| permille as u64)
    }

    pub(super) fn counting(&mut self) -> Counting {
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

    pub(super) fn cors(&mut self) -> Cors {
        const NAME: &str = "CORS_ORIGINS";
        let read = self.get(NAME).map(|text| Cors::parse(&text)).unwrap_or(Ok(Cors::default()));
        read.unwrap_or_else(|why| {
            self.fault(NAME, "bad_variable", format!("{NAME} {why}."));
            Cors::default()
        })
    }

    pub(super) fn tenant_limits(&mut self) -> BTreeMap<String, Limits> {
        const NAME: &str = "TENANT_LIMITS";
        let Some(text) = self.get(NAME) else { return BTreeMap::new() };
        Limits::by_tenant(&text).unwrap_or_else(|faults| {
            for fault in faults {
                self.fault(NAME, "bad_variable", format!("{NAME}, at {}: {}", fault.path, fault.message));
            }
            BTreeMap::new()
        })
    }

    pub(super) fn rates(&mut self) -> Rates {
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

    pub(super) fn audit_strict(&mut self) -> bool {
        match self.get("AUDIT_MODE").as_deref() {
            None | Some("batched") => false,
            Some("strict") => true,
            Some(_) => {
                self.fault("AUDIT_MODE", "bad_variable", "AUDIT_MODE must be `batched` or `strict`.");
                false
            }
        }
    }

    pub(super) fn seal_keys(&mut self) -> SealKeys {
        const NAME: &str = "SEAL_KEYS";
        let Some(text) = self.get(NAME) else { return SealKeys::default() };
        let parsed = SealKeys::parse(&text);
        parsed.unwrap_or_else(|why| {
            self.fault(NAME, "bad_variable", format!("SEAL_KEYS cannot be read: {why}."));
            SealKeys::default()
        })
    }

    pub(super) fn traces(&mut self) -> Option<Exporter> {
        let url = self.url("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        let service = self.get("OTEL_SERVICE_NAME").unwrap_or_else(|| "promptgate".to_owned());
        Some(Exporter {
            url: format!("{}/v1/traces", url.trim_end_matches('/')),
            headers: self.trace_headers(),
            service,
            ratio: self.sampled(),
        })
    }

    pub(super) fn sampled(&mut self) -> f64 {
        const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
        let Some(text) = self.get(NAME) else { return 1.0 };
        let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        if ratio.is_none() {
            self.fault(NAME, "bad_variable", format!("{NAME} must be a number from 0 to 1."));
        }
        ratio.unwrap_or(1.0)
    }

    /// `name=value` pairs with commas between them.
    pub(super) fn trace_headers(&mut self) -> Vec<Header> {
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
pub(super) const SCOPE_FORM: &str = "visible ASCII without quotation marks and backslashes, as `ai:gateway:manage`";

/// RFC 6749, 3.3.
pub(super) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'))
}
