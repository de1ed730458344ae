//! Asking a target: a token, the request, the head of what it answers; then the next target.

use std::time::Duration;

use super::{Call, State};
use crate::call::answer::Answer;
use crate::call::{AccessToken, AnswerSummary, AskedTarget, Attempt, Health, Output};
use crate::http::{Head, correlation_id};
use crate::problem::{Code, Problem};
use crate::reply::Status;
use crate::upstream::Credential;
use crate::upstream::health::{Admission, paused};
use crate::upstream::retry::{HealthSignal, Verdict, verdict};

impl Call {
    pub(super) fn authorize(&mut self, rejected: Option<u64>) {
        self.state = State::Authorizing;
        self.outbox.push_back(Output::Authorize { rejected });
    }

    /// Asks the next target where this one failed with `code`, if there is one, and no content has come yet (R7).
    pub(super) fn next(&mut self, now: Duration, code: Code) -> bool {
        if self.first_content.is_some() || self.at + 1 >= self.targets.len() || now >= self.rules.total {
            return false;
        }
        self.note(now, Some(code));
        self.at += 1;
        self.since = now;
        self.retry.restart();
        (self.retries, self.grant, self.malformed) = (0, 0, 0);
        (self.probing, self.retrimmed) = (false, false);
        self.held.clear();
        (self.writes, self.about, self.again) = (false, None, false);
        self.summary = AnswerSummary::default();
        self.authorize(None);
        true
    }

    pub(super) fn token(&mut self, now: Duration, token: Result<AccessToken, Problem>, health: &mut Health) {
        let token = match token {
            Ok(token) => token,
            Err(problem) => {
                self.undecided(health);
                if !self.next(now, problem.code) {
                    self.fail(now, Status::Error, problem);
                }
                return;
            }
        };
        let Some(target) = self.targets.get(self.at).cloned() else { return };
        // Who probes may send again after a 401 or a 400 (B7): that is the same probe.
        if !self.probing {
            match health.admit(&target.model, self.unix_ms(now)) {
                Ok(admission) => self.probing = admission == Admission::Probe,
                Err(after) => return self.give_up(now, paused(after)),
            }
        }
        let credential = target.upstream.credential.header(&token.token);
        let key = &self.identity.idempotency_key;
        let Some(request) = self.job.request(&target.upstream.wire, &target.model, credential, key) else {
            self.undecided(health);
            let detail = "A template is executed by the upstream that keeps it, and this model has another.";
            return self.fail(now, Status::Error, Problem::new(Code::UnsupportedByUpstream, detail));
        };
        self.attempts += 1;
        self.retry.attempt += 1;
        self.grant = token.grant;
        self.running = true;
        self.sent.push(Attempt {
            upstream: target.upstream.name.clone(),
            provider: target.upstream.wire.provider(),
            model: target.model.clone(),
            from: now,
            to: now,
            status: None,
            code: None,
        });
        self.outbox.push_back(Output::Send(request));
        self.state = State::Sent;
    }

    pub(super) fn head(&mut self, now: Duration, head: &Head, health: &mut Health) {
        self.correlation_id = correlation_id(head);
        self.executed |= may_be_executed(head.status);
        let Some(target) = self.targets.get(self.at).cloned() else { return };
        let wire = &target.upstream.wire;
        self.limits = wire.limits(head);
        if let Some(attempt) = self.sent.last_mut() {
            attempt.status = Some(head.status);
        }
        if head.status == 200
            && let Some(decoder) = wire.decoder(head)
        {
            let answer = Box::new(Answer::new(decoder, &self.guard, self.job.moderated()));
            self.state = State::Answering { answer, silent_since: Some(now) };
            return;
        }
        let (verdict, signal) = verdict(head, self.unix_ms(now), wire.scope());
        if let (Verdict::Repeat(problem, after), 429, true) = (&verdict, head.status, wire.explains_limits()) {
            let limited = Some((problem.clone(), *after));
            self.state = State::Refused { body: Vec::new(), limited };
            return;
        }
        if verdict != Verdict::Explain {
            self.outbox.push_back(Output::Abort);
        }
        if signal == HealthSignal::Well {
            self.succeeded(health);
        }
        let renewable = matches!(target.upstream.credential, Credential::Client { .. });
        match verdict {
            Verdict::Explain => self.state = State::Refused { body: Vec::new(), limited: None },
            Verdict::Renew(_) if renewable && !self.retry.is_spent() && self.retry.renew() => {
                self.attempt_ended(now, Some(Code::UpstreamUnauthorized));
                self.authorize(Some(self.grant));
            }
            // Refused before it was executed, or executed once only (R4).
            Verdict::Repeat(problem, after) if target.upstream.idempotent || matches!(head.status, 429 | 503) => {
                self.retry(now, problem, after, signal, health);
            }
            Verdict::Repeat(problem, _) | Verdict::Away(problem) => {
                self.show(now, signal, health);
                self.give_up(now, problem);
            }
            Verdict::Renew(problem) | Verdict::Tell(problem) => {
                self.show(now, signal, health);
                // What is wrong with the upstream is not wrong with the next; what is wrong with the request is.
                if signal == HealthSignal::Well || !self.next(now, problem.code) {
                    self.fail(now, Status::Error, problem);
                }
            }
        }
    }

    /// The target has been asked, and failed with `code`, if with one.
    pub(super) fn note(&mut self, now: Duration, code: Option<Code>) {
        self.attempt_ended(now, code);
        if let Some(target) = self.targets.get(self.at) {
            self.asked.push(AskedTarget {
                upstream: target.upstream.name.clone(),
                model: target.model.clone(),
                requests: self.retry.attempt,
                code: code.map(Code::as_str),
            });
        }
    }

    /// The request that was sent last has come to its end, by `code` if it failed.
    pub(super) fn attempt_ended(&mut self, now: Duration, code: Option<Code>) {
        if let (true, Some(attempt)) = (std::mem::take(&mut self.running), self.sent.last_mut()) {
            (attempt.to, attempt.code) = (now, code.map(Code::as_str));
        }
    }
}

/// Whether what is answered with `status` may have been executed. A refusal has not; that a call with the same key runs
/// says that it may.
fn may_be_executed(status: u16) -> bool {
    !matches!(status, 400..=407 | 410..=498 | 503)
}
