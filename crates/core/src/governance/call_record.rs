//! What the end of a call for an answer of a model leaves: its audit row, its counts, its webhook.

use std::time::Duration;

use serde_json::Value;

use super::cost::{Cost, Rates};
use super::event::{AuditEvent, AuditOutcome, Occasion, Resource};
use super::parse_time;
use super::stats::{MINUTE_MS, Series, Sums};
use super::trace::{Span, Trace};
use super::webhook::{Event as WebhookEvent, Family};
use super::{Generation, Metric, Metrics};
use crate::call::{Call, Job, Outcome};
use crate::problem::Code;
use crate::reply::{Guarded, Status};

/// A call that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    event: AuditEvent,
    status: Status,
    latency: Duration,
    first_content: Option<Duration>,
    /// In billionths of a dollar.
    cost_billionths: u64,
    /// The name of the model is one that upstream or the operator knows: a client cannot make up labels of metrics.
    model_known: bool,
    guard: Guarded,
    /// `gen_ai.provider.name` of the upstream that was asked last, and what it calls the model.
    asked: Option<(&'static str, String)>,
    /// The operator's name of that upstream.
    upstream: String,
}

/// The row of a call that is about to send something upstream, if nobody learns how it ends.
pub fn undecided(occasion: &Occasion<'_>, action: &'static str, call: &Call) -> AuditEvent {
    let job = call.job();
    let (key, attempts) = call.sent();
    let mut event = AuditEvent::new(occasion, action).found("input", job.findings());
    event.outcome = AuditOutcome::Unknown;
    event.code = Some(Code::OutcomeUnknown.as_str().to_owned());
    event.resource = executed(job);
    event.model = Some(job.model_id().to_owned());
    event.attempts = attempts;
    event.idempotency_key = Some(key.to_owned());
    event
}

/// The template that is executed, where it is one.
fn executed(job: &Job) -> Option<Resource> {
    job.template().map(|(id, version)| Resource {
        kind: "prompt_template",
        id: Some(id.to_owned()),
        version: Some(version.to_string()),
    })
}

impl CallRecord {
    /// Of a call of `action` that ended at the time of `occasion`, costed at `rates`.
    pub fn new(
        occasion: &Occasion<'_>,
        action: &'static str,
        call: &Call,
        outcome: &Outcome,
        rates: &Rates,
    ) -> CallRecord {
        let job = call.job();
        let told = outcome.usage.or((outcome.attempts == 0).then(Default::default));
        let usage = told.filter(|usage| usage.is_plausible());
        let cost =
            usage.map(|usage| rates.chat_cost(job.model_id(), call.target().and_then(|target| target.rate), usage));
        let guard = Guarded { input: job.findings().clone(), output: outcome.findings.clone() };
        let counts = job.counts();
        let mut event = AuditEvent::new(occasion, action)
            .found("input", &guard.input)
            .found("output", &guard.output)
            .used(usage, cost.as_ref())
            .detail("first_content_ms", outcome.first_content.map(ms))
            .detail("system_instruction_count", counts.map(|(instructions, _)| instructions))
            .detail("context_message_count", counts.map(|(_, messages)| messages))
            .detail("dropped_message_count", job.trim().map(|trim| trim.dropped.len()))
            .detail("malformed_frames", outcome.malformed_frames)
            .detail("asked", (!outcome.asked.is_empty()).then(|| serde_json::json!(outcome.asked)))
            // Nothing of it is counted.
            .detail("usage_implausible", (usage != told).then_some(true));
        event.outcome = match (outcome.status, outcome.code) {
            (Status::Success, _) => AuditOutcome::Success,
            (Status::Fallback, _) => AuditOutcome::Fallback,
            (Status::Truncated, _) => AuditOutcome::Truncated,
            (Status::Cancelled, _) => AuditOutcome::Cancelled,
            (Status::Error, code) => code.map_or(AuditOutcome::Failed, AuditOutcome::of),
        };
        event.code = outcome.code.map(|code| code.as_str().to_owned());
        event.resource = executed(job);
        event.model = Some(job.model_id().to_owned());
        event.attempts = outcome.attempts;
        event.idempotency_key = outcome.idempotency_key.clone();
        event.upstream_correlation_id = outcome.upstream_correlation_id.clone();
        event.latency_ms = Some(ms(outcome.latency));
        CallRecord {
            event,
            status: outcome.status,
            latency: outcome.latency,
            first_content: outcome.first_content,
            cost_billionths: cost.as_ref().map_or(0, Cost::billionths),
            model_known: outcome.first_content.is_some()
                || outcome.status == Status::Success
                || rates.names(job.model_id()),
            guard,
            upstream: call.target().map(|target| target.upstream.name.clone()).unwrap_or_default(),
            asked: call.target().map(|target| (target.upstream.wire.provider(), target.model.clone())),
        }
    }

    /// The audit row.
    pub fn event(&self) -> &AuditEvent {
        &self.event
    }

    /// Counts the call, which came by the address `route`.
    pub fn measure(&self, route: &str, metrics: &mut Metrics) {
        let status = match self.status {
            Status::Success => "success",
            Status::Fallback => "fallback",
            Status::Error => "error",
            Status::Truncated => "truncated",
            Status::Cancelled => "cancelled",
        };
        let (tenant, attempts) = (self.event.tenant.as_str(), self.event.attempts);
        let code = self.event.code.as_deref().unwrap_or_default();
        metrics.count(
            Metric::Requests,
            &[("route", route), ("tenant", tenant), ("outcome", status), ("code", code)],
            1,
        );
        metrics.observe(Metric::Duration, &[("route", route)], self.latency);
        if let Some(first) = self.first_content {
            metrics.observe(Metric::FirstContent, &[("route", route)], first);
        }
        metrics.attempts(attempts);
        let model = self.event.model.as_deref().filter(|_| self.model_known).unwrap_or("other");
        let (prompt, completion) = self.event.tokens.map_or((0, 0), |tokens| (tokens.prompt, tokens.completion));
        for (kind, tokens) in [("prompt", prompt), ("completion", completion)] {
            metrics.count(Metric::Tokens, &[("tenant", tenant), ("model", model), ("kind", kind)], tokens);
        }
        metrics.count(Metric::Cost, &[("tenant", tenant), ("model", model)], self.cost_billionths);
        let series = Series {
            minute: parse_time(&self.event.time).unwrap_or_default() / MINUTE_MS,
            tenant: tenant.to_owned(),
            model: model.to_owned(),
            route: route.to_owned(),
            code: code.to_owned(),
            upstream: if attempts > 0 { self.upstream.clone() } else { String::new() },
        };
        let (cost, latency_ms) = (self.cost_billionths, ms(self.latency));
        metrics.point(
            series,
            Sums { requests: 1, prompt_tokens: prompt, completion_tokens: completion, cost, latency_ms },
        );
        if let Some((provider, _)) = self.asked.as_ref().filter(|_| attempts > 0) {
            metrics.generation(&Generation {
                provider,
                model,
                error: self.event.code.as_deref(),
                took: self.latency,
                first_content: self.first_content,
                tokens: self.event.tokens.map(|tokens| (tokens.prompt, tokens.completion)),
            });
        }
        for (direction, findings) in [("input", &self.guard.input), ("output", &self.guard.output)] {
            let counts =
                [("redacted", findings.redacted), ("flagged", findings.flagged), ("allowed", findings.allowed)];
            for (action, count) in counts {
                metrics.count(Metric::GuardFindings, &[("direction", direction), ("action", action)], u64::from(count));
            }
            metrics.watched(direction, &findings.would());
        }
    }

    /// The span of the call, which ended at `now_ms` (Unix ms), at its place in a trace.
    pub fn span(&self, trace: Trace, now_ms: u64) -> Span {
        let event = &self.event;
        let model = event.model.as_deref().unwrap_or_default();
        let mut attributes = vec![
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.request.model", model.into()),
            ("promptgate.request_id", event.request_id.as_str().into()),
            ("promptgate.tenant", event.tenant.as_str().into()),
            ("promptgate.attempts", event.attempts.into()),
        ];
        let asked = self.asked.as_ref();
        let optional: [(_, Option<Value>); 5] = [
            ("gen_ai.provider.name", asked.map(|(provider, _)| (*provider).into())),
            ("promptgate.upstream_model", asked.map(|(_, model)| model.as_str().into())),
            ("gen_ai.usage.input_tokens", event.tokens.map(|tokens| tokens.prompt.into())),
            ("gen_ai.usage.output_tokens", event.tokens.map(|tokens| tokens.completion.into())),
            ("promptgate.first_content_ms", self.first_content.map(|first| ms(first).into())),
        ];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        Span {
            trace,
            name: format!("chat {model}"),
            start_ms: now_ms.saturating_sub(ms(self.latency)),
            end_ms: now_ms,
            attributes,
            error: event.code.clone(),
        }
    }

    /// The webhook `llm_prompt_completed` (requirements, B6); none for a call that sent nothing.
    pub fn completed(&self) -> Option<WebhookEvent> {
        const NAME: &str = "llm_prompt_completed";
        let event = &self.event;
        (event.attempts > 0).then(|| {
            let body = serde_json::json!({
                "event": NAME,
                "timestamp": event.time,
                "request_id": event.request_id,
                "tenant": event.tenant,
                "model": event.model,
                "status": self.status,
                "latency_ms": event.latency_ms,
                "tokens_used": event.tokens.map(|tokens| tokens.total),
                "prompt_tokens": event.tokens.map(|tokens| tokens.prompt),
                "completion_tokens": event.tokens.map(|tokens| tokens.completion),
                "cost_estimate_usd": event.cost_usd,
            });
            let subject = event.request_id.clone();
            WebhookEvent { family: Family::PromptCompleted, name: NAME, subject, body: body.to_string() }
        })
    }
}

fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{CallRules, Identity, Job};
    use crate::chat::event::Usage;
    use crate::chat::{ChatRules, Counters};
    use crate::front::promptgate::decode;
    use crate::guard::Guards;
    use crate::upstream::openai::Address;
    use crate::upstream::{Credential, Target, Upstream, Wire};

    /// The row of a call of `model` that ended so.
    fn row(model: &str, status: Status, usage: Option<Usage>, rates: &Rates) -> CallRecord {
        let body = serde_json::json!({
            "systemInstructions": [], "context": [{"role": "user", "content": "Hello"}], "temperature": 0,
            "maxTokens": 80, "modelId": model,
        });
        let guards = Guards::default();
        let (rules, mut counters) = (ChatRules::default(), Counters::default());
        let decoded = decode(body.to_string().as_bytes()).unwrap();
        let prepared = decoded.prepare(&guards.input, &rules, None, &mut counters).unwrap();
        let wire = Wire::OpenAi(Address::new("https://api.example/v1"));
        let upstream = Upstream { name: "a".into(), wire, credential: Credential::Nothing, idempotent: false };
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
        let call = Call::new(job, guards.output, targets, rules, identity);
        let outcome = Outcome {
            status,
            code: None,
            latency: Duration::ZERO,
            first_content: None,
            usage,
            attempts: 1,
            asked: Vec::new(),
            idempotency_key: None,
            upstream_correlation_id: None,
            malformed_frames: 0,
            findings: crate::guard::Findings::default(),
        };
        CallRecord::new(&Occasion::for_test(), "chat.complete", &call, &outcome, rates)
    }

    fn told(rows: &[CallRecord]) -> String {
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
    fn a_call_has_opentelemetrys_names_in_metrics_and_spans() {
        let usage = Some(Usage { prompt_tokens: 3, completion_tokens: 4 });
        let row = row("real", Status::Success, usage, &Rates::default());
        let text = told(std::slice::from_ref(&row));
        let labels = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"real\"";
        let line = format!("gen_ai_client_token_usage_sum{{{labels},gen_ai_token_type=\"output\"}} 4");
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        let trace = Trace { id: 1, span: 2, parent: None };
        let span = row.span(trace, 1_700_000_000_123);
        assert_eq!((span.name.as_str(), span.end_ms, span.error), ("chat real", 1_700_000_000_123, None));
        let attribute = |name| span.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        assert_eq!(attribute("gen_ai.usage.input_tokens"), Some(3.into()));
        assert_eq!(attribute("gen_ai.provider.name"), Some("openai".into()));
        assert_eq!(attribute("promptgate.upstream_model"), Some("m".into()));
    }

    #[test]
    fn usage_that_cannot_be_is_marked_and_not_counted() {
        let usage = |prompt_tokens| Some(Usage { prompt_tokens, completion_tokens: 4 });
        let rates = Rates::default();
        let (good, bad) =
            (row("m", Status::Success, usage(3), &rates), row("m", Status::Success, usage(u64::MAX), &rates));
        let line: serde_json::Value = serde_json::from_str(&bad.event().line()).unwrap();
        assert_eq!(line["details"]["usage_implausible"], true);
        assert!(line["tokens"].is_null() && line["cost_usd"].is_null());
        assert!(!good.event().line().contains("usage_implausible"));
        let text = told(&[bad, good]);
        assert!(text.contains("model=\"m\",kind=\"prompt\"} 3\n"), "{text}");
    }
}
