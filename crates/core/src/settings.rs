//! The operator's settings, read from named variables; every fault is reported at once.

mod address;
mod audit;
mod members;
mod models;
mod names;
mod policies;
mod polling;
mod reader;
mod upstreams;
mod webhooks;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::budget::Limits;
use crate::call::CallRules;
use crate::chat::ChatRules;
use crate::client::Clients;
use crate::cors::Cors;
use crate::fault::nearest;
use crate::governance::trace::Exporter;
use crate::governance::webhook::Destinations;
use crate::governance::{Occasion, Rates, chain};
use crate::guard::Policies;
use crate::json::MAX_BODY;
use crate::problem::{Code, Problem};
use crate::route;
use crate::seal::SealKeys;
use crate::upstream::Upstream;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;

pub use models::{Models, Route};
pub use names::NAMES;
pub use polling::Polling;
use reader::Reader;
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

/// What a client is answered when the model is late or away, unless the operator sets another.
pub const FALLBACK_TEXT: &str = "The assistant is not available right now. Please try again in a moment.";

/// Most bytes of a body on the OpenAI front, unless the operator sets another: images come in it (ours).
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
    /// `AUDIT_MODE=strict`: a call without a key is registered before it is sent, too.
    pub audit_strict: bool,
    /// `SEAL_KEYS`: what the gateway keeps of answers and secrets is sealed by them; without one it keeps none.
    pub seal_keys: SealKeys,
}

impl Settings {
    /// What a tenant may use.
    pub fn tenant_limits(&self, tenant: &str) -> Limits {
        self.tenant_limits.get(tenant).or_else(|| self.tenant_limits.get("*")).cloned().unwrap_or_default()
    }

    /// What the audit rows of a request report about it: `key_id` names a key of `tenant`; Unix ms.
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

#[cfg(test)]
mod tests;
