//! What is left behind of everything that is done to a model: audit rows, the webhook and the counters
//! (requirements, C6, C7 and D4). No prompt text, no key; of the caller only the tenant's name.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::configuration::ComplianceMode;
use super::invocation::Invocation;
use super::provisioning::{ModelStatus, Provisioning};
use super::snapshot::{API_VERSION, Snapshot};
use super::update::{Update, UpdateStatus};
use crate::genesys::Usage;
use crate::governance::{Cost, Metric, Metrics, timestamp};
use crate::problem::Problem;
use crate::reply::Guarded;
use crate::route::Route;

/// The code of an update that a newer one has replaced.
const SUPERSEDED: &str = "superseded";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModelAction {
    /// A definition was submitted.
    ModelSubmitted,
    /// Its provisioning has ended.
    ModelCreated,
    /// Its definition was exported.
    ModelConfigSync,
    /// It was configured.
    ConfigurationUpdate,
    /// It was invoked.
    ModelInvoked,
}

impl ModelAction {
    /// What a request by `route` would do; none where it only looks.
    pub fn of(route: Route) -> Option<ModelAction> {
        match route {
            Route::SubmitModel | Route::ConfigureNamed => Some(ModelAction::ModelSubmitted),
            Route::ConfigureModel => Some(ModelAction::ConfigurationUpdate),
            Route::InvokeModel | Route::InvokeNamed => Some(ModelAction::ModelInvoked),
            Route::ExportModel => Some(ModelAction::ModelConfigSync),
            _ => None,
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordStatus {
    /// Done.
    Success,
    /// Not done, and will not be.
    Failed,
    /// Not done yet.
    Deferred,
}

/// By whom, where and when: what a row needs from outside.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The client's request.
    pub request_id: &'a str,
    /// Who asked, if that is known.
    pub tenant: Option<&'a str>,
    /// The gateway's environment: "production".
    pub environment: &'a str,
    /// Unix ms.
    pub now_ms: u64,
}

/// An audit row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    event: &'static str,
    timestamp: String,
    request_id: String,
    tenant: Option<String>,
    action: ModelAction,
    /// The gateway's id of the model.
    model_id: Option<String>,
    environment: String,
    api_version: &'static str,
    status: RecordStatus,
    /// Why, where it is no success.
    error_code: Option<String>,
    latency_ms: Option<u64>,
    /// SHA-256 of the canonical definition or configuration.
    payload_hash: Option<String>,
    compliance_mode: Option<ComplianceMode>,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    /// Upstream says that it used more than can be: nothing of it is counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    usage_implausible: bool,
    /// None where something was sent and upstream did not say what it used: the cost is unknown.
    cost_estimate_usd: Option<String>,
    cost_basis: Option<&'static str>,
    /// The cost in billionths of a dollar, for the metrics.
    #[serde(skip)]
    cost_billionths: u64,
    attempts: Option<u32>,
    upstream_correlation_id: Option<String>,
    guard: Option<Guarded>,
}

impl Record {
    fn new(occasion: Occasion<'_>, action: ModelAction, model: Option<&str>) -> Record {
        Record {
            event: "llm_model_audit",
            timestamp: timestamp(occasion.now_ms),
            request_id: occasion.request_id.to_owned(),
            tenant: occasion.tenant.map(str::to_owned),
            action,
            model_id: model.map(str::to_owned),
            environment: occasion.environment.to_owned(),
            api_version: API_VERSION,
            status: RecordStatus::Success,
            error_code: None,
            latency_ms: None,
            payload_hash: None,
            compliance_mode: None,
            prompt_tokens: None,
            completion_tokens: None,
            usage_implausible: false,
            cost_estimate_usd: None,
            cost_basis: None,
            cost_billionths: 0,
            attempts: None,
            upstream_correlation_id: None,
            guard: None,
        }
    }

    /// Of a request that was refused `latency_ms` after it came, before anything was sent.
    pub fn refused(
        occasion: Occasion<'_>,
        action: ModelAction,
        model: Option<&str>,
        problem: &Problem,
        latency_ms: u64,
    ) -> Record {
        Record {
            status: RecordStatus::Failed,
            error_code: Some(problem.code.as_str().to_owned()),
            latency_ms: Some(latency_ms),
            ..Record::new(occasion, action, model)
        }
    }

    /// Of a submission (C7), however far the model is.
    pub fn submitted(occasion: Occasion<'_>, model: &Provisioning) -> Record {
        let payload_hash = Some(model.definition().hash());
        Record { payload_hash, ..Record::new(occasion, ModelAction::ModelSubmitted, Some(&model.origin().id)) }
    }

    /// Of the end of the provisioning.
    pub fn provisioned(occasion: Occasion<'_>, model: &Provisioning) -> Record {
        let success = model.status() == ModelStatus::Active;
        Record {
            status: if success { RecordStatus::Success } else { RecordStatus::Failed },
            error_code: model.failure().map(|failure| failure.code.clone()),
            latency_ms: model.latency_ms(),
            payload_hash: Some(model.definition().hash()),
            upstream_correlation_id: model.correlation_id().map(str::to_owned),
            ..Record::new(occasion, ModelAction::ModelCreated, Some(&model.origin().id))
        }
    }

    /// Of an export (C6).
    pub fn exported(occasion: Occasion<'_>, model: &str, snapshot: &Snapshot) -> Record {
        let payload_hash = Some(snapshot.hash());
        Record { payload_hash, ..Record::new(occasion, ModelAction::ModelConfigSync, Some(model)) }
    }

    /// Of an update that was deferred or has ended (D4).
    pub fn update(occasion: Occasion<'_>, model: &str, update: &Update) -> Record {
        let status = match update.status {
            UpdateStatus::Applied => RecordStatus::Success,
            UpdateStatus::Pending | UpdateStatus::Deferred => RecordStatus::Deferred,
            UpdateStatus::Refused | UpdateStatus::Superseded => RecordStatus::Failed,
        };
        let superseded = (update.status == UpdateStatus::Superseded).then(|| SUPERSEDED.to_owned());
        Record {
            status,
            error_code: update.failure.as_ref().map(|failure| failure.code.clone()).or(superseded),
            latency_ms: update.latency_ms(),
            payload_hash: Some(update.configuration.hash()),
            compliance_mode: Some(update.configuration.compliance_mode()),
            upstream_correlation_id: update.upstream_correlation_id.clone(),
            ..Record::new(occasion, ModelAction::ConfigurationUpdate, Some(model))
        }
    }

    /// Of an invocation that has ended (C4, C5).
    pub fn invocation(occasion: Occasion<'_>, invocation: &Invocation) -> Record {
        let question = invocation.question();
        let row = Record::new(occasion, ModelAction::ModelInvoked, Some(&question.model));
        let Some(ended) = invocation.ended() else { return row };
        let problem = ended.result.as_ref().err();
        let usage = ended.usage.filter(Usage::is_plausible);
        let cost = ended.cost.as_ref().filter(|_| usage == ended.usage);
        Record {
            status: if problem.is_some() { RecordStatus::Failed } else { RecordStatus::Success },
            error_code: problem.map(|problem| problem.code.as_str().to_owned()),
            latency_ms: Some(ended.latency_ms),
            prompt_tokens: usage.map(|usage| usage.prompt_tokens),
            completion_tokens: usage.map(|usage| usage.completion_tokens),
            usage_implausible: usage != ended.usage,
            cost_estimate_usd: cost.map(|cost| cost.usd.clone()),
            cost_basis: cost.map(|cost| cost.basis),
            cost_billionths: cost.map_or(0, Cost::billionths),
            attempts: Some(ended.attempts),
            upstream_correlation_id: ended.upstream_correlation_id.clone(),
            guard: Some(Guarded { input: question.findings.clone(), output: ended.findings.clone() }),
            ..row
        }
    }

    /// The row as one line of JSON, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The row as a document, for answers (C7).
    pub fn document(&self) -> Value {
        json!(self)
    }

    /// Counts an update that has ended, by result, and how long an applied one took (D4); or an invocation's tokens
    /// and cost, as those of a chat are counted. `provider_model` is the provider's name for the model.
    pub fn measure(&self, provider_model: &str, metrics: &mut Metrics) {
        let tenant = self.tenant.as_deref().unwrap_or_default();
        match self.action {
            ModelAction::ConfigurationUpdate if self.status != RecordStatus::Deferred => {
                let success = self.status == RecordStatus::Success;
                let result = match self.error_code.as_deref() {
                    Some(SUPERSEDED) => SUPERSEDED,
                    _ if success => "success",
                    _ => "failure",
                };
                metrics.count(Metric::ConfigurationUpdates, &[("result", result)], 1);
                if let (true, Some(latency)) = (success, self.latency_ms) {
                    metrics.observe(Metric::ConfigurationDuration, &[], Duration::from_millis(latency));
                }
            }
            ModelAction::ModelInvoked => {
                for (kind, tokens) in [("prompt", self.prompt_tokens), ("completion", self.completion_tokens)] {
                    let labels = [("tenant", tenant), ("model", provider_model), ("kind", kind)];
                    metrics.count(Metric::Tokens, &labels, tokens.unwrap_or_default());
                }
                metrics.count(Metric::Cost, &[("tenant", tenant), ("model", provider_model)], self.cost_billionths);
            }
            _ => {}
        }
    }

    /// The body of the webhook `llm_config_change` for an update that was applied (D4); none for any other row.
    pub fn config_change(&self, update: &Update) -> Option<String> {
        let applied = self.action == ModelAction::ConfigurationUpdate && self.status == RecordStatus::Success;
        applied.then(|| {
            json!({
                "event": "llm_config_change",
                "timestamp": self.timestamp,
                "request_id": self.request_id,
                "tenant": self.tenant,
                "audit_log": self,
                "configuration_snapshot": update.configuration.snapshot(),
            })
            .to_string()
        })
    }
}
