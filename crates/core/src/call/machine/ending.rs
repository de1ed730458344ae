//! How a call ends, and how its client is told.

use std::time::Duration;

use super::{Call, State};
use crate::call::{Outcome, Output};
use crate::guard::Findings;
use crate::problem::{Code, Problem};
use crate::reply::{Guarded, Status, Summary};
use crate::sensitive::Bytes;

impl Call {
    /// Upstream is late or away: the next one in its place, or the fallback, if there is one and no content has come (R7).
    pub(super) fn give_up(&mut self, now: Duration, problem: Problem) {
        if self.next(now, problem.code) {
            return;
        }
        let Some(fallback) = self.rules.fallback.clone().filter(|_| self.first_content.is_none()) else {
            return self.fail(now, Status::Error, problem);
        };
        // A rate limit is not a matter of the model's health: its client should slow down.
        if problem.code == Code::UpstreamRateLimited {
            return self.fail(now, Status::Error, problem);
        }
        self.restart();
        let mut out = Vec::new();
        self.writer.fallback(&fallback, &mut out);
        self.writer.done(&self.summary(now, Status::Fallback, Some(problem.code)), None, &mut out);
        self.write(out);
        self.finish(now, Status::Fallback, Some(problem.code));
    }

    /// Tells the client: by the answer itself, or within the stream that has begun.
    pub(super) fn fail(&mut self, now: Duration, status: Status, mut problem: Problem) {
        problem.upstream_correlation_id = problem.upstream_correlation_id.or_else(|| self.correlation_id.clone());
        // What the guard held back goes out before the error, as the prefix that it is.
        let mut out = Vec::new();
        if let State::Answering { answer, .. } = &mut self.state {
            for event in answer.rest() {
                self.writer.event(event, &mut out);
            }
        }
        let request_id = &self.identity.request_id;
        if self.replied || !out.is_empty() {
            self.writer.error(&problem, request_id, &mut out);
            self.write(out);
        } else {
            let reply = self.front.refusal(&problem, request_id);
            self.replied = true;
            self.held.clear();
            self.outbox.push_back(Output::Reply(reply.head));
            self.write(reply.body.0);
        }
        self.finish(now, status, Some(problem.code));
    }

    pub(super) fn finish(&mut self, now: Duration, status: Status, code: Option<Code>) {
        let findings = self.output_findings();
        self.note(code);
        self.state = State::Ended(Outcome {
            asked: std::mem::take(&mut self.asked),
            findings,
            status,
            code,
            latency: now,
            first_content: self.first_content,
            usage: self.usage,
            attempts: self.attempts,
            idempotency_key: (self.attempts > 0).then(|| self.identity.idempotency_key.clone()),
            upstream_correlation_id: self.correlation_id.clone(),
            malformed_frames: self.malformed,
        });
    }

    /// Bytes for the client; the first ones begin the answer.
    pub(super) fn write(&mut self, mut bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        if !self.held.is_empty() {
            bytes.splice(..0, std::mem::take(&mut self.held));
        }
        if !std::mem::replace(&mut self.replied, true) {
            self.outbox.push_back(Output::Reply(self.writer.head(&self.identity.request_id)));
        }
        self.outbox.push_back(Output::Write(Bytes(bytes)));
        if let State::Answering { silent_since, .. } = &mut self.state {
            *silent_since = None;
        }
    }

    /// What the last event tells.
    pub(super) fn summary(&self, now: Duration, status: Status, reason: Option<Code>) -> Summary {
        Summary {
            status,
            reason: reason.map(Code::as_str),
            request_id: self.identity.request_id.clone(),
            model_id: self.job.model_id().to_owned(),
            latency_ms: now.as_millis() as u64,
            malformed_frames: self.malformed,
            trim: self.job.trim().cloned(),
            guard: Guarded { input: self.job.findings().clone(), output: self.output_findings() },
        }
    }

    /// What the guard has found in the answer.
    fn output_findings(&self) -> Findings {
        match &self.state {
            State::Answering { answer, .. } => answer.findings(),
            _ => Findings::default(),
        }
    }
}
