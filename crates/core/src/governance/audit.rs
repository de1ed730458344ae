//! The audit row of a request: one line of JSON, without prompt text, key or personal data.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::cost::{Cost, Rates};
use super::{Metric, Metrics};
use crate::call::{Call, Outcome};
use crate::problem::Problem;
use crate::reply::{Guarded, Status};

/// One row. Names and fields are the document's (requirements, B6), then ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    event: &'static str,
    timestamp: String,
    request_id: String,
    tenant: Option<String>,
    /// The key that was actually sent upstream; none was if nothing was.
    idempotency_key: Option<String>,
    model_id: Option<String>,
    #[serde(flatten)]
    template: Option<Execution>,
    latency_ms: u64,
    first_content_ms: Option<u64>,
    /// Prompt and answer together, as upstream says; none where it did not say, or nothing that can be.
    tokens_used: Option<u64>,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    /// Upstream says that it used more than can be: nothing of it is counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    usage_implausible: bool,
    /// The name of the model is one that upstream or the operator knows: a client cannot make up labels of metrics.
    #[serde(skip)]
    model_known: bool,
    /// None where something was sent and upstream did not say what it used: the cost is unknown.
    cost_estimate_usd: Option<String>,
    /// The same in billionths, for the metrics.
    #[serde(skip)]
    cost_billionths: u64,
    status: Status,
    code: Option<&'static str>,
    system_instruction_count: Option<usize>,
    context_message_count: Option<usize>,
    dropped_message_count: Option<usize>,
    attempts: u32,
    malformed_frames: u32,
    upstream_correlation_id: Option<String>,
    /// What the guard has found.
    guard: Option<Guarded>,
}

/// The template that was executed (requirements, E6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    action: &'static str,
    template_id: String,
    template_version: u64,
}

impl Audit {
    /// The row of a request that was refused `latency_ms` after it came, at `now_ms` (Unix ms), and cost
    /// nothing upstream.
    pub fn refused(request_id: &str, tenant: Option<&str>, problem: &Problem, now_ms: u64, latency_ms: u64) -> Audit {
        Audit {
            event: "llm_prompt_audit",
            timestamp: timestamp(now_ms),
            request_id: request_id.to_owned(),
            tenant: tenant.map(str::to_owned),
            idempotency_key: None,
            model_id: None,
            template: None,
            latency_ms,
            first_content_ms: None,
            tokens_used: None,
            prompt_tokens: None,
            completion_tokens: None,
            usage_implausible: false,
            model_known: false,
            cost_estimate_usd: Some(Cost::nothing().usd),
            cost_billionths: 0,
            status: Status::Error,
            code: Some(problem.code.as_str()),
            system_instruction_count: None,
            context_message_count: None,
            dropped_message_count: None,
            attempts: 0,
            malformed_frames: 0,
            upstream_correlation_id: None,
            guard: None,
        }
    }

    /// The row of a call that has ended at `now_ms` (Unix ms), costed at `rates`.
    pub fn of_call(
        request_id: &str,
        tenant: &str,
        call: &Call,
        outcome: &Outcome,
        rates: &Rates,
        now_ms: u64,
    ) -> Audit {
        let job = call.job();
        let counts = job.counts();
        let usage = outcome.usage.or((outcome.attempts == 0).then(Default::default));
        let usage_implausible = usage.is_some_and(|usage| !usage.is_plausible());
        let usage = usage.filter(|_| !usage_implausible);
        let cost = usage.map(|usage| rates.chat_cost(job.model_id(), usage));
        Audit {
            event: "llm_prompt_audit",
            timestamp: timestamp(now_ms),
            request_id: request_id.to_owned(),
            tenant: Some(tenant.to_owned()),
            idempotency_key: outcome.idempotency_key.clone(),
            model_id: Some(job.model_id().to_owned()),
            template: job.template().map(|(id, version)| Execution {
                action: "EXECUTION",
                template_id: id.to_owned(),
                template_version: version,
            }),
            latency_ms: outcome.latency.as_millis() as u64,
            first_content_ms: outcome.first_content.map(|first| first.as_millis() as u64),
            tokens_used: usage.map(|usage| usage.prompt_tokens.saturating_add(usage.completion_tokens)),
            prompt_tokens: usage.map(|usage| usage.prompt_tokens),
            completion_tokens: usage.map(|usage| usage.completion_tokens),
            usage_implausible,
            model_known: outcome.first_content.is_some()
                || outcome.status == Status::Success
                || rates.names(job.model_id()),
            cost_billionths: cost.as_ref().map_or(0, Cost::billionths),
            cost_estimate_usd: cost.map(|cost| cost.usd),
            status: outcome.status,
            code: outcome.code.map(|code| code.as_str()),
            system_instruction_count: counts.map(|(instructions, _)| instructions),
            context_message_count: counts.map(|(_, messages)| messages),
            dropped_message_count: job.trim().map(|trim| trim.dropped.len()),
            attempts: outcome.attempts,
            malformed_frames: outcome.malformed_frames,
            upstream_correlation_id: outcome.upstream_correlation_id.clone(),
            guard: Some(Guarded { input: job.findings().clone(), output: outcome.findings.clone() }),
        }
    }

    /// The row as one line of JSON, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Counts the request, which came by the address `route`.
    pub fn measure(&self, route: &str, metrics: &mut Metrics) {
        let status = match self.status {
            Status::Success => "success",
            Status::Fallback => "fallback",
            Status::Error => "error",
            Status::Truncated => "truncated",
            Status::Cancelled => "cancelled",
        };
        let tenant = self.tenant.as_deref().unwrap_or_default();
        let outcome =
            [("route", route), ("tenant", tenant), ("outcome", status), ("code", self.code.unwrap_or_default())];
        metrics.count(Metric::Requests, &outcome, 1);
        metrics.observe(Metric::Duration, &[("route", route)], Duration::from_millis(self.latency_ms));
        if let Some(first) = self.first_content_ms {
            metrics.observe(Metric::FirstContent, &[("route", route)], Duration::from_millis(first));
        }
        if self.attempts > 0 {
            metrics.count(Metric::UpstreamRequests, &[], u64::from(self.attempts));
            metrics.count(Metric::UpstreamRetries, &[], u64::from(self.attempts) - 1);
        }
        let model = self.model_id.as_deref().filter(|_| self.model_known).unwrap_or("other");
        for (kind, tokens) in [("prompt", self.prompt_tokens), ("completion", self.completion_tokens)] {
            let labels = [("tenant", tenant), ("model", model), ("kind", kind)];
            metrics.count(Metric::Tokens, &labels, tokens.unwrap_or_default());
        }
        metrics.count(Metric::Cost, &[("tenant", tenant), ("model", model)], self.cost_billionths);
        if let Some(guard) = &self.guard {
            for (direction, findings) in [("input", &guard.input), ("output", &guard.output)] {
                let counts =
                    [("redacted", findings.redacted), ("flagged", findings.flagged), ("allowed", findings.allowed)];
                for (action, count) in counts {
                    let labels = [("direction", direction), ("action", action)];
                    metrics.count(Metric::GuardFindings, &labels, u64::from(count));
                }
            }
        }
    }

    /// The body of the webhook `llm_prompt_completed` (requirements, B6); none for a call that sent nothing.
    pub(super) fn completed(&self) -> Option<String> {
        (self.attempts > 0).then(|| {
            serde_json::json!({
                "event": "llm_prompt_completed",
                "timestamp": self.timestamp,
                "request_id": self.request_id,
                "tenant": self.tenant,
                "model": self.model_id,
                "status": self.status,
                "latency_ms": self.latency_ms,
                "tokens_used": self.tokens_used,
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens,
                "cost_estimate_usd": self.cost_estimate_usd,
            })
            .to_string()
        })
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// Unix milliseconds as RFC 3339 in UTC.
pub(crate) fn timestamp(unix_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{CallRules, Identity, Job};
    use crate::chat::{ChatRules, Counters, Prepared};
    use crate::front::Front;
    use crate::genesys::{Endpoints, Usage};
    use crate::guard::Guards;
    use crate::problem::Code;
    use crate::reply::Format;
    use crate::upstream::{Credential, Target, Upstream, Wire};

    #[test]
    fn a_refusal_is_one_line() {
        let problem = Problem::new(Code::InvalidRequest, "canary");
        let row = Audit::refused("r\n1", Some("t"), &problem, 1_700_000_000_123, 5);
        let line = row.line();
        assert!(!line.contains('\n') && !line.contains("canary"), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["timestamp"], "2023-11-14T22:13:20.123Z");
        assert_eq!((value["status"].as_str(), value["code"].as_str()), (Some("error"), Some("invalid_request")));
        assert_eq!(value["costEstimateUsd"], "0.000000");
        assert_eq!(row.completed(), None);
    }

    /// The row of a call of `model` that ended so.
    fn row(model: &str, status: Status, usage: Option<Usage>, rates: &Rates) -> Audit {
        let body = serde_json::json!({
            "systemInstructions": [], "context": [{"role": "user", "content": "Hello"}], "temperature": 0,
            "maxTokens": 80, "modelId": model,
        });
        let guards = Guards::default();
        let (rules, mut counters) = (ChatRules::default(), Counters::default());
        let prepared = Prepared::from_body(body.to_string().as_bytes(), &guards.input, &rules, &mut counters).unwrap();
        let endpoints = Endpoints { api: "https://api".into(), login: "https://login".into() };
        let wire = Wire::Genesys(endpoints);
        let upstream = Upstream { name: "genesys".into(), wire, credential: Credential::Nothing };
        let targets = vec![Target { upstream: upstream.into(), model: "m".into() }];
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
        let call = Call::new(job, guards.output, targets, rules, identity, Front::Promptgate(Format::Json));
        let outcome = Outcome {
            status,
            code: None,
            latency: Duration::ZERO,
            first_content: None,
            usage,
            attempts: 1,
            idempotency_key: None,
            upstream_correlation_id: None,
            malformed_frames: 0,
            findings: crate::guard::Findings::default(),
        };
        Audit::of_call("r", "t", &call, &outcome, rates, 0)
    }

    fn told(rows: &[Audit]) -> String {
        let mut metrics = Metrics::default();
        rows.iter().for_each(|row| row.measure("/v1/chat", &mut metrics));
        metrics.prometheus()
    }

    /// A 404 costs nothing, so anyone with a key could make up two hundred names and push all others out.
    #[test]
    fn models_that_nobody_knows_have_one_series() {
        let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 4 });
        let rates = Rates::parse(r#"{"openai":{"rated":{"promptPer1k":1,"completionPer1k":1}}}"#).unwrap();
        let mut rows: Vec<Audit> =
            (0..300).map(|at| row(&format!("invented-{at}"), Status::Error, None, &rates)).collect();
        rows.push(row("rated", Status::Error, usage, &rates));
        rows.push(row("real", Status::Success, usage, &rates));
        let text = told(&rows);
        assert!(!text.contains("invented"), "{text}");
        for line in [
            "promptgate_tokens_total{tenant=\"t\",model=\"real\",kind=\"prompt\"} 3",
            "promptgate_tokens_total{tenant=\"t\",model=\"rated\",kind=\"completion\"} 4",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }

    #[test]
    fn usage_that_cannot_be_is_marked_and_not_counted() {
        let usage = |prompt_tokens| Some(Usage { prompt_tokens, completion_tokens: 4 });
        let rates = Rates::default();
        let (good, bad) =
            (row("m", Status::Success, usage(3), &rates), row("m", Status::Success, usage(u64::MAX), &rates));
        let line: serde_json::Value = serde_json::from_str(&bad.line()).unwrap();
        assert_eq!(line["usageImplausible"], true);
        assert!(line["promptTokens"].is_null() && line["tokensUsed"].is_null() && line["costEstimateUsd"].is_null());
        assert!(!good.line().contains("usageImplausible"));
        let text = told(&[bad, good]);
        assert!(text.contains("model=\"m\",kind=\"prompt\"} 3\n"), "{text}");
    }

    #[test]
    fn times_out_of_range_do_not_panic() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(u64::MAX), "");
    }
}
