//! One protected invocation of a model (requirements, C3 and C4): the input sanitised, sent once, the result
//! checked. Driven as [`super::Provisioning`] is, but in memory, within the deadline of its request.

use std::time::Duration;

use promptgate_guard::{Action, Guard, Role};
use serde_json::{Value, json};

use super::definition::Definition;
use super::exchange::{Exchange, Received, Step, Verdict, correlation, malformed, verdict};
use super::question::Question;
use crate::call::{Health, client_left};
use crate::chat::event::Usage;
use crate::fault::Path;
use crate::governance::{Cost, Rates};
use crate::guard::{self, Findings};
use crate::http::HttpRequest;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::upstream::genesys::{self, Endpoints, ModelId};
use crate::upstream::health::{Admission, paused};
use crate::upstream::retry::{HealthSignal, MAX_ATTEMPTS};

/// What makes this invocation different from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationIdentity {
    /// Sent upstream with every attempt, always the same.
    pub idempotency_key: String,
    /// For the jitter.
    pub seed: u64,
    /// When the request began, Unix ms.
    pub started_ms: u64,
    /// When it must have ended, Unix ms (R1).
    pub deadline_ms: u64,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct InvocationEnd {
    /// The result, fit for the client, or why there is none.
    pub result: Result<Value, Problem>,
    /// What upstream reports as used, also where the result is refused.
    pub usage: Option<Usage>,
    /// What it cost; none where something was sent and upstream did not report its usage.
    pub cost: Option<Cost>,
    /// Upstream's name for the invocation.
    pub request_id: Option<String>,
    /// From the request's start, in milliseconds.
    pub latency_ms: u64,
    /// Requests sent upstream.
    pub attempts: u32,
    /// What the guard has redacted and flagged in the result.
    pub findings: Findings,
    /// Upstream's name for the last exchange.
    pub upstream_correlation_id: Option<String>,
}

/// The machine.
#[derive(Debug)]
pub struct Invocation {
    question: Question,
    upstream_id: ModelId,
    definition: Definition,
    identity: InvocationIdentity,
    repeats: u32,
    /// It was let through to see whether the model has recovered.
    probing: bool,
    exchange: Exchange,
    ended: Option<InvocationEnd>,
}

// handle
impl Invocation {
    /// Will ask the model that upstream knows as `upstream_id` ([`super::Provisioning::active`]).
    pub fn new(question: Question, upstream_id: ModelId, definition: Definition, identity: InvocationIdentity) -> Self {
        let exchange = Exchange::new(identity.started_ms, identity.seed);
        Invocation { question, upstream_id, definition, identity, repeats: 0, probing: false, exchange, ended: None }
    }

    /// What to do at `now` (Unix ms).
    pub fn step(&mut self, now: u64, health: &mut Health) -> Step {
        if self.ended.is_some() {
            return Step::Done;
        }
        if now >= self.identity.deadline_ms {
            if !self.exchange.is_awaiting() {
                return self.fail(now, late());
            }
            return self.late(now, health);
        }
        if let Some(until) = self.exchange.waits(now) {
            return Step::Wait(until.min(self.identity.deadline_ms));
        }
        if !self.probing {
            match health.admit(self.upstream_id.as_str(), now) {
                Ok(admission) => self.probing = admission == Admission::Probe,
                Err(after) => return self.fail(now, paused(after)),
            }
        }
        let mut dispatch = self.exchange.send(now);
        // Nothing is repeated because it is slow: one attempt may take all the time there is.
        dispatch.until_ms = self.identity.deadline_ms;
        self.exchange.await_until(self.identity.deadline_ms);
        Step::Send(dispatch)
    }

    /// The client has left at `now`, and did not ask for one execution by a key: what was sent is not waited for.
    pub fn cancel(&mut self, now: u64, health: &mut Health) {
        if self.ended.is_none() {
            self.show(now, HealthSignal::None, health);
            self.fail(now, client_left());
        }
    }

    /// Takes what came at `now` of the request `attempt`; `guard` is that for answers.
    pub fn received(
        &mut self,
        attempt: u32,
        now: u64,
        received: &Received,
        guard: &Guard,
        rates: &Rates,
        health: &mut Health,
    ) {
        if self.ended.is_some() || !self.exchange.takes(attempt) {
            return;
        }
        if *received == Received::Unreachable && now >= self.identity.deadline_ms {
            self.late(now, health);
            return;
        }
        let (verdict, signal) = verdict(received, now, genesys::MODEL_WRITE_SCOPE);
        match verdict {
            Verdict::Answer => {
                self.show(now, signal, health);
                self.answered(now, received, guard, rates);
            }
            Verdict::Renew(problem) => {
                if !self.exchange.renew(now) {
                    self.show(now, signal, health);
                    self.fail(now, problem);
                }
            }
            Verdict::Repeat(problem, after) => self.repeat(now, problem, after, signal, health),
            Verdict::Away(problem) | Verdict::Refused(problem) => {
                self.show(now, signal, health);
                self.fail(now, problem);
            }
        }
        if let Some(ended) = &mut self.ended {
            ended.upstream_correlation_id = correlation(received);
        }
    }

    /// The call has shown what it reports about the health of upstream's model.
    fn show(&mut self, now: u64, signal: HealthSignal, health: &mut Health) {
        let model = self.upstream_id.as_str();
        match signal {
            HealthSignal::Well => health.succeeded(model),
            HealthSignal::Ill => health.failed(model, now),
            HealthSignal::None if self.probing => health.undecided(model),
            HealthSignal::None => {}
        }
        self.probing = false;
    }

    fn repeat(
        &mut self,
        now: u64,
        mut problem: Problem,
        after: Option<Duration>,
        signal: HealthSignal,
        health: &mut Health,
    ) {
        let wait = self.exchange.backoff(self.repeats, after);
        let due = now.saturating_add(wait.as_millis() as u64);
        self.repeats += 1;
        let failed_probe = self.probing && signal == HealthSignal::Ill;
        if failed_probe || self.repeats >= MAX_ATTEMPTS || due >= self.identity.deadline_ms || !health.allow_retry() {
            problem.retry_after = after;
            self.show(now, signal, health);
            self.fail(now, problem);
        } else {
            self.exchange.later(now, wait);
        }
    }

    fn answered(&mut self, now: u64, received: &Received, guard: &Guard, rates: &Rates) {
        let body = match received {
            Received::Answer(_, body) => &body.0,
            Received::Unreachable | Received::NoToken(_) => return,
        };
        let Some(answer) = genesys::invoked(body) else {
            self.fail(now, malformed(received));
            return;
        };
        let mut findings = Findings::default();
        let faults = self.definition.response_schema.faults(&Path::root().name("result"), &answer.result);
        let result = if faults.is_empty() {
            let mut result = answer.result;
            guarded(&mut result, guard, &mut findings).map(|()| result)
        } else {
            Err(Problem::with_errors(Code::ResultInvalid, faults))
        };
        let provider = self.definition.provider.name();
        self.end(now, result);
        if let Some(ended) = &mut self.ended {
            ended.usage = answer.usage;
            ended.cost = answer.usage.map(|usage| rates.cost(provider, &self.definition.model_id, usage));
            ended.request_id = answer.request_id;
            ended.findings = findings;
        }
    }

    /// Upstream has not answered by the deadline.
    fn late(&mut self, now: u64, health: &mut Health) -> Step {
        self.show(now, HealthSignal::Ill, health);
        self.fail(now, late())
    }

    fn fail(&mut self, now: u64, problem: Problem) -> Step {
        self.end(now, Err(problem));
        Step::Done
    }

    fn end(&mut self, now: u64, result: Result<Value, Problem>) {
        let attempts = self.exchange.attempts();
        self.ended = Some(InvocationEnd {
            result,
            usage: None,
            cost: (attempts == 0).then(Cost::nothing),
            request_id: None,
            latency_ms: now.saturating_sub(self.identity.started_ms),
            attempts,
            findings: Findings::default(),
            upstream_correlation_id: None,
        });
    }
}

// poll
impl Invocation {
    /// The request of the last [`Step::Send`].
    pub fn request(&self, endpoints: &Endpoints, token: &Sensitive) -> HttpRequest {
        let body = genesys::invoke_body(&self.question.input);
        genesys::invoke_model_request(endpoints, &self.upstream_id, body, &self.identity.idempotency_key, token)
    }
}

// getters
impl Invocation {
    /// What was asked.
    pub fn question(&self) -> &Question {
        &self.question
    }
    /// Of which model.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }
    /// How it ended, once it has.
    pub fn ended(&self) -> Option<&InvocationEnd> {
        self.ended.as_ref()
    }

    /// The answer for the client: `{result, latency, cost, costBasis, sanitizedInput, usage, request_id}`, latency
    /// in milliseconds, cost in US dollars as an exact decimal.
    ///
    /// # Errors
    /// The problem by which it ended; [`Code::Internal`] before the end.
    pub fn answer(&self) -> Result<Value, Problem> {
        let ended = self.ended.as_ref().ok_or_else(|| Problem::new(Code::Internal, "The invocation has not ended."))?;
        let result = ended.result.as_ref().map_err(Problem::clone)?;
        Ok(json!({
            "result": result,
            "latency": ended.latency_ms,
            "cost": ended.cost.as_ref().map(|cost| &cost.usd),
            "costBasis": ended.cost.as_ref().map(|cost| cost.basis),
            "sanitizedInput": self.question.input.expose(),
            "usage": ended.usage,
            "request_id": ended.request_id,
        }))
    }
}

fn late() -> Problem {
    Problem::new(Code::TotalDeadline, "The answer was not there in time.")
}

/// Applies the policy for answers to every text of a result. A member's name and a number cannot be redacted in their
/// place: what the policy redacts there is refused.
fn guarded(value: &mut Value, guard: &Guard, findings: &mut Findings) -> Result<(), Problem> {
    match value {
        Value::String(text) => {
            let (redacted, report) = guard.redact(text, Role::Assistant);
            findings.add(&report.findings, Role::Assistant, guard.policy());
            findings.watched(&report.would);
            if report.action == Action::Block {
                let detail = "The policy refuses the result.";
                return Err(Problem::new(Code::AnswerRefused, detail));
            }
            *text = redacted;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| guarded(item, guard, findings)),
        Value::Object(members) => members.iter_mut().try_for_each(|(name, member)| {
            fixed(name, guard, findings)?;
            guarded(member, guard, findings)
        }),
        Value::Number(number) => guard::long_number(number).map_or(Ok(()), |digits| fixed(&digits, guard, findings)),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

/// Applies the policy for answers to what cannot be replaced by a tag.
fn fixed(text: &str, guard: &Guard, findings: &mut Findings) -> Result<(), Problem> {
    let report = guard.check(text, Role::Assistant);
    findings.watched(&report.would);
    if report.action >= Action::Restore {
        // It is not redacted, so it is not counted as that.
        findings.fired(&report.findings);
        let detail = "The policy refuses a member's name or a number of the result.";
        return Err(Problem::new(Code::AnswerRefused, detail));
    }
    findings.add(&report.findings, Role::Assistant, guard.policy());
    Ok(())
}
