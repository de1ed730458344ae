//! What the end of a call for an answer of a model leaves: its audit row, its counts, its webhook.

use std::time::Duration;

use serde_json::Value;

use super::cost::{Cost, Rates};
use super::event::{AuditEvent, AuditOutcome, Occasion, Resource};
use super::parse_time;
use super::stats::{MINUTE_MS, Series, Sums};
use super::trace::{Kind, Span, Trace};
use super::webhook::{Event as WebhookEvent, Family};
use super::{Generation, Metric, Metrics};
use crate::budget::Amounts;
use crate::call::{AnswerSummary, Attempt, Call, Job, Outcome};
use crate::chat::event::Usage;
use crate::problem::Code;
use crate::reply::{Guarded, Status};
use crate::upstream::Rate;

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
    /// That of the target that was asked last.
    rate: Option<Rate>,
    /// `gen_ai.provider.name` of the upstream that was asked last, and what it calls the model.
    asked: Option<(&'static str, String)>,
    /// The operator's name of that upstream.
    upstream: String,
    /// `gen_ai.operation.name`.
    operation: &'static str,
    summary: AnswerSummary,
    /// Bytes of text that came.
    came: u64,
    sent: Vec<Attempt>,
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
        let reported = outcome.usage.or((outcome.attempts == 0).then(Default::default));
        // Upstream reports usage at the end, if at all. Without a report the prompt and the text that came are counted.
        let cut = matches!(outcome.status, Status::Cancelled | Status::Truncated) || outcome.came > 0;
        let estimated = (reported.is_none() && cut && call.executed())
            .then(|| Usage { completion_tokens: outcome.came.div_ceil(4), ..job.need() });
        let usage = reported.filter(|usage| usage.is_plausible()).or(estimated);
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
            .detail("usage_estimated", estimated.map(|_| true))
            // Nothing of it is counted.
            .detail("usage_implausible", (usage.is_none() && reported.is_some()).then_some(true));
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
            rate: call.target().and_then(|target| target.rate),
            asked: call.target().map(|target| (target.upstream.wire.provider(), target.model.clone())),
            operation: job.operation(),
            summary: outcome.summary.clone(),
            came: outcome.came,
            sent: outcome.sent.clone(),
        }
    }

    /// The audit row.
    pub fn event(&self) -> &AuditEvent {
        &self.event
    }

    /// What it used, for the limits: what upstream reports, else the prompt that was sent and what came of the answer, a
    /// quarter token for each byte of text, costed alike.
    pub fn used(&self, need: Usage, rates: &Rates) -> Amounts {
        let event = &self.event;
        match event.tokens {
            Some(tokens) => Amounts::request(tokens.prompt.saturating_add(tokens.completion), self.cost_billionths),
            None => {
                let usage = Usage { completion_tokens: self.came.div_ceil(4), ..need };
                let model = event.model.as_deref().unwrap_or_default();
                let cost = rates.chat_cost(model, self.rate, usage).billionths();
                Amounts::request(usage.prompt_tokens.saturating_add(usage.completion_tokens), cost)
            }
        }
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
                operation: self.operation,
                provider,
                model,
                answered_by: self.summary.model.as_deref().filter(|_| self.model_known),
                error: self.event.code.as_deref(),
                took: self.latency,
                // One that came whole has no first token of its own.
                first_content: self.first_content.filter(|first| *first < self.latency),
                tokens: self.event.tokens.map(|tokens| (tokens.prompt, tokens.completion)),
            });
        }
        self.event.measure(metrics);
    }

    /// The spans of the call, which ended at `now_ms` (Unix ms), at its place in a trace: its own, and below it one for
    /// each request that was sent upstream.
    pub fn spans(&self, trace: Trace, now_ms: u64) -> Vec<Span> {
        let event = &self.event;
        let model = event.model.as_deref().unwrap_or_default();
        let start_ms = now_ms.saturating_sub(ms(self.latency));
        let mut attributes = self.answered();
        attributes.extend([
            ("gen_ai.request.model", model.into()),
            ("promptgate.request_id", event.request_id.as_str().into()),
            ("promptgate.tenant", event.tenant.as_str().into()),
            ("promptgate.attempts", event.attempts.into()),
        ]);
        let asked = self.asked.as_ref();
        let optional: [(_, Option<Value>); 3] = [
            ("gen_ai.provider.name", asked.map(|(provider, _)| (*provider).into())),
            ("promptgate.upstream_model", asked.map(|(_, model)| model.as_str().into())),
            ("promptgate.first_content_ms", self.first_content.map(|first| ms(first).into())),
        ];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let own = Span {
            trace,
            name: format!("{} {model}", self.operation),
            kind: Kind::Server,
            start_ms,
            end_ms: now_ms,
            attributes,
            error: event.code.clone(),
        };
        let sent = self.sent.iter().zip(1..).map(|(attempt, number)| {
            let mut attributes = match attempt.code {
                None => self.answered(),
                Some(_) => vec![("gen_ai.operation.name", self.operation.into())],
            };
            attributes.extend([
                ("gen_ai.provider.name", attempt.provider.into()),
                ("gen_ai.request.model", attempt.model.as_str().into()),
                ("promptgate.upstream", attempt.upstream.as_str().into()),
            ]);
            attributes.extend(attempt.status.map(|status| ("http.response.status_code", status.into())));
            Span {
                trace: trace.attempt(number),
                name: format!("{} {}", self.operation, attempt.model),
                kind: Kind::Client,
                start_ms: start_ms.saturating_add(ms(attempt.from)),
                end_ms: start_ms.saturating_add(ms(attempt.to)),
                attributes,
                error: attempt.code.map(str::to_owned),
            }
        });
        std::iter::once(own).chain(sent).collect()
    }

    /// What the answer reports about itself, as far as it does.
    fn answered(&self) -> Vec<(&'static str, Value)> {
        let (summary, tokens) = (&self.summary, self.event.tokens);
        let reasons = Some(&summary.finish_reasons).filter(|reasons| !reasons.is_empty());
        let attributes: [(_, Option<Value>); 7] = [
            ("gen_ai.operation.name", Some(self.operation.into())),
            ("gen_ai.response.model", summary.model.as_deref().map(Value::from)),
            ("gen_ai.response.finish_reasons", reasons.map(|reasons| reasons.as_slice().into())),
            ("gen_ai.usage.input_tokens", tokens.map(|tokens| tokens.prompt.into())),
            ("gen_ai.usage.output_tokens", tokens.map(|tokens| tokens.completion.into())),
            ("gen_ai.usage.cache_read.input_tokens", summary.cached_tokens.map(Value::from)),
            ("gen_ai.usage.reasoning_tokens", summary.reasoning_tokens.map(Value::from)),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
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
mod tests;
