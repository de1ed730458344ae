//! What is left behind of everything that is done to a model: audit rows, the webhook and the counters
//! (requirements, C6, C7 and D4). No prompt text, no key; of the caller only the tenant's name.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::configuration::ComplianceMode;
use super::deletion::{Deletion, DeletionEnd};
use super::invocation::Invocation;
use super::provisioning::{ModelStatus, Provisioning};
use super::snapshot::{API_VERSION, Snapshot};
use super::update::{Update, UpdateStatus};
use crate::budget::Amounts;
use crate::chat::event::Usage;
use crate::governance::stats::{MINUTE_MS, Series, Sums};
use crate::governance::{AuditEvent, AuditOutcome, Cost, Metric, Metrics, Occasion, Resource, parse_time, timestamp};
use crate::problem::Code;
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
    /// Upstream has it no more.
    ModelLost,
    /// It was deleted.
    ModelDeleted,
    /// It was configured.
    ConfigurationUpdate,
    /// It was invoked.
    ModelInvoked,
}

impl ModelAction {
    /// What audit rows call it.
    pub fn row(self) -> &'static str {
        match self {
            ModelAction::ModelSubmitted => "model.submit",
            ModelAction::ModelCreated => "model.provision",
            ModelAction::ModelConfigSync => "model.export",
            ModelAction::ModelLost => "model.lose",
            ModelAction::ModelDeleted => "model.delete",
            ModelAction::ConfigurationUpdate => "model.configure",
            ModelAction::ModelInvoked => "model.invoke",
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

/// What was done, as the documents spell it: in answers (C7) and webhooks (D4). The audit log has its [`Record::event`].
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
    /// Of an export: the environments that it was for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    synced_environments: Vec<String>,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    /// Upstream reports more use than is possible: nothing of it is counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    usage_implausible: bool,
    /// None where something was sent and upstream did not report its usage: the cost is unknown.
    cost_estimate_usd: Option<String>,
    cost_basis: Option<&'static str>,
    /// The cost in billionths of a dollar, for the metrics.
    #[serde(skip)]
    cost_billionths: u64,
    attempts: Option<u32>,
    upstream_correlation_id: Option<String>,
    guard: Option<Guarded>,
    /// For the row only.
    #[serde(skip)]
    key_id: String,
    #[serde(skip)]
    compliance_framework: String,
    #[serde(skip)]
    policy_sha256: String,
    #[serde(skip)]
    now_ms: u64,
    #[serde(skip)]
    usage: Option<Usage>,
    #[serde(skip)]
    cost: Option<Cost>,
}

impl Record {
    /// What an invocation used, for the limits: what upstream reports, else `need`, if anything was sent.
    pub fn used(&self, need: Amounts) -> Amounts {
        match (self.prompt_tokens, self.completion_tokens) {
            (Some(prompt), Some(completion)) => {
                Amounts::request(prompt.saturating_add(completion), self.cost_billionths)
            }
            _ if self.attempts.unwrap_or_default() > 0 => need,
            _ => Amounts::request(0, 0),
        }
    }

    fn new(occasion: Occasion<'_>, action: ModelAction, model: Option<&str>) -> Record {
        Record {
            event: "llm_model_audit",
            timestamp: timestamp(occasion.now_ms),
            request_id: occasion.request_id.to_owned(),
            tenant: Some(occasion.tenant.to_owned()),
            key_id: occasion.key_id.to_owned(),
            compliance_framework: occasion.compliance_framework.to_owned(),
            policy_sha256: occasion.policy_sha256.to_owned(),
            now_ms: occasion.now_ms,
            action,
            model_id: model.map(str::to_owned),
            environment: occasion.environment.to_owned(),
            api_version: API_VERSION,
            status: RecordStatus::Success,
            error_code: None,
            latency_ms: None,
            payload_hash: None,
            compliance_mode: None,
            synced_environments: Vec::new(),
            prompt_tokens: None,
            completion_tokens: None,
            usage_implausible: false,
            cost_estimate_usd: None,
            cost_basis: None,
            cost_billionths: 0,
            attempts: None,
            upstream_correlation_id: None,
            guard: None,
            usage: None,
            cost: None,
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

    /// Of a model that upstream has no more (C2).
    pub fn lost(occasion: Occasion<'_>, model: &Provisioning) -> Record {
        Record {
            status: RecordStatus::Failed,
            error_code: Some(Code::ModelLost.as_str().to_owned()),
            payload_hash: Some(model.definition().hash()),
            upstream_correlation_id: model.correlation_id().map(str::to_owned),
            ..Record::new(occasion, ModelAction::ModelLost, Some(&model.origin().id))
        }
    }

    /// Of a deletion that has ended.
    pub(super) fn deleted(occasion: Occasion<'_>, model: &str, deletion: &Deletion) -> Record {
        let failure = match deletion.end() {
            Some(DeletionEnd::Failed(failure)) => Some(failure.code.clone()),
            _ => None,
        };
        let latency_ms = Some(occasion.now_ms.saturating_sub(deletion.started_ms));
        Record {
            status: if failure.is_none() { RecordStatus::Success } else { RecordStatus::Failed },
            error_code: failure,
            latency_ms,
            upstream_correlation_id: deletion.upstream_correlation_id.clone(),
            ..Record::new(occasion, ModelAction::ModelDeleted, Some(model))
        }
    }

    /// Of an export (C6).
    pub fn exported(occasion: Occasion<'_>, model: &str, snapshot: &Snapshot, environments: &[String]) -> Record {
        let (payload_hash, synced_environments) = (Some(snapshot.hash()), environments.to_vec());
        Record { payload_hash, synced_environments, ..Record::new(occasion, ModelAction::ModelConfigSync, Some(model)) }
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
            usage,
            cost: cost.cloned(),
            attempts: Some(ended.attempts),
            upstream_correlation_id: ended.upstream_correlation_id.clone(),
            guard: Some(Guarded { input: question.findings.clone(), output: ended.findings.clone() }),
            ..row
        }
    }

    /// The row of the audit log.
    pub fn event(&self) -> AuditEvent {
        let occasion = Occasion {
            request_id: &self.request_id,
            tenant: self.tenant.as_deref().unwrap_or_default(),
            key_id: &self.key_id,
            environment: &self.environment,
            compliance_framework: &self.compliance_framework,
            policy_sha256: &self.policy_sha256,
            now_ms: self.now_ms,
            retries: None,
        };
        let mut event = AuditEvent::new(&occasion, self.action.row())
            .used(self.usage, self.cost.as_ref())
            .detail("environment", self.environment.as_str())
            .detail("api_version", self.api_version)
            .detail("compliance_framework", self.compliance_framework.as_str())
            .detail("payload_sha256", self.payload_hash.clone())
            .detail("compliance_mode", json!(self.compliance_mode))
            .detail(
                "synced_environments",
                match &*self.synced_environments {
                    [] => Value::Null,
                    names => json!(names),
                },
            )
            .detail("usage_implausible", self.usage_implausible.then_some(true));
        if let Some(guard) = &self.guard {
            event = event.found("input", &guard.input).found("output", &guard.output);
        }
        event.outcome = match (self.status, self.error_code.as_deref()) {
            (RecordStatus::Success, _) => AuditOutcome::Success,
            (RecordStatus::Deferred, _) => AuditOutcome::Deferred,
            (RecordStatus::Failed, Some(SUPERSEDED)) => AuditOutcome::Failed,
            (RecordStatus::Failed, _) if self.action == ModelAction::ModelLost => AuditOutcome::Failed,
            (RecordStatus::Failed, code) => {
                code.map_or(AuditOutcome::Failed, |code| AuditOutcome::of(Code::named(code)))
            }
        };
        // One request has a row for each thing that comes of it.
        event.id = match self.status {
            RecordStatus::Deferred => format!("{}/{}/deferred", self.request_id, self.action.row()),
            _ => format!("{}/{}", self.request_id, self.action.row()),
        };
        event.resource = Some(Resource { kind: "model", id: self.model_id.clone(), version: None });
        event.code = self.error_code.clone();
        event.attempts = self.attempts.unwrap_or_default();
        event.upstream_correlation_id = self.upstream_correlation_id.clone();
        event.latency_ms = self.latency_ms;
        event
    }

    /// The record as a document, for answers (C7).
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
                // The request itself is counted where it ends.
                let series = Series {
                    minute: parse_time(&self.timestamp).unwrap_or_default() / MINUTE_MS,
                    tenant: tenant.to_owned(),
                    model: provider_model.to_owned(),
                    route: Route::InvokeModel.pattern().to_owned(),
                    code: self.error_code.clone().unwrap_or_default(),
                    upstream: String::new(),
                };
                let sums = Sums {
                    prompt_tokens: self.prompt_tokens.unwrap_or_default(),
                    completion_tokens: self.completion_tokens.unwrap_or_default(),
                    cost: self.cost_billionths,
                    ..Sums::default()
                };
                metrics.point(series, sums);
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
                "event_type": "llm_config_change",
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
