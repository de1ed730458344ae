//! How a call ends, and what its client receives.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Call, State};
use crate::call::{Health, Outcome, Output};
use crate::chat::event::{Channel, ChatEvent, ChoiceEvent, Part, Usage};
use crate::front::AnswerEvent;
use crate::guard::Findings;
use crate::problem::{Code, Problem};
use crate::reply::{Guarded, Status, Summary};

/// Most events that are kept though none of them has bytes for the client (ours).
const MOST_HELD: usize = 64;

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
        self.held.clear();
        (self.writes, self.again) = (false, false);
        let part = Part { channel: Channel::Content, text: fallback, call: None };
        let choice = ChoiceEvent { parts: vec![part], finish: Some("stop".to_owned()), ..ChoiceEvent::default() };
        let report = self.report(now, Status::Fallback, Some(problem.code));
        self.done(vec![ChatEvent::Choice(Box::new(choice))], report, None);
        self.finish(now, Status::Fallback, Some(problem.code));
    }

    /// Tells the client: by the answer itself, or within the stream that has begun.
    pub(super) fn fail(&mut self, now: Duration, status: Status, mut problem: Problem) {
        problem.upstream_correlation_id = problem.upstream_correlation_id.or_else(|| self.correlation_id.clone());
        // What the guard held back goes out before the error, as the prefix that it is.
        if let State::Answering { answer, .. } = &mut self.state {
            let rest = answer.rest();
            self.pass(now, rest);
            if self.begun && !self.held.is_empty() {
                self.give(now);
            }
        }
        let code = problem.code;
        self.outbox.push_back(Output::Answer(vec![AnswerEvent::Failed(Box::new(problem.into()))]));
        self.finish(now, status, Some(code));
    }

    pub(super) fn finish(&mut self, now: Duration, status: Status, code: Option<Code>) {
        let findings = self.output_findings();
        self.note(now, code);
        self.state = State::Ended(Outcome {
            asked: std::mem::take(&mut self.asked),
            findings,
            status,
            code,
            latency: now,
            first_content: self.first_content,
            usage: self.usage,
            came: self.came,
            summary: std::mem::take(&mut self.summary),
            sent: std::mem::take(&mut self.sent),
            attempts: self.attempts,
            idempotency_key: (self.attempts > 0).then(|| self.identity.idempotency_key.clone()),
            upstream_correlation_id: self.correlation_id.clone(),
            malformed_frames: self.malformed,
        });
    }

    /// Sends the client what upstream has sent, or holds it to be sent together with what comes soon. Events without content
    /// wait for the first event with content.
    pub(super) fn pass(&mut self, now: Duration, events: Vec<ChatEvent>) {
        self.begun |= self.first_content.is_some() && events.iter().any(ChatEvent::has_content);
        self.writes |= events.iter().any(ChatEvent::writes);
        events.into_iter().for_each(|event| self.hold(event));
        self.writes |= self.held.len() >= MOST_HELD;
        if self.begun && self.writes && self.due().is_none_or(|due| now >= due) {
            self.give(now);
        }
    }

    /// Keeps an event. Texts that follow one another are one: its client reads the same, and each costs as much as another.
    fn hold(&mut self, event: ChatEvent) {
        let event = match (event, self.held.last_mut()) {
            (ChatEvent::About(about), Some(ChatEvent::Choice(_))) if self.about.as_ref() == Some(&about) => {
                self.again = true;
                return;
            }
            (event @ ChatEvent::Choice(_), Some(last)) => match last.join(event) {
                Ok(()) => {
                    self.again = false;
                    return;
                }
                Err(event) => event,
            },
            (event, _) => event,
        };
        self.say_again();
        if let ChatEvent::About(about) = &event {
            self.about = Some(about.clone());
        }
        self.held.push(event);
    }

    /// What was said again is of what comes next, and that is not one with what was before.
    fn say_again(&mut self) {
        if std::mem::take(&mut self.again) {
            self.held.extend(self.about.clone().map(ChatEvent::About));
        }
    }

    /// Until then nothing of the answer is given, whatever comes: it can be brought together.
    pub fn rests(&self) -> Duration {
        let gathers = self.given.filter(|_| !self.gather.is_zero());
        gathers.map_or(Duration::ZERO, |given| given.saturating_add(self.gather))
    }

    /// When what is kept goes to the client; none where nothing is, or nothing was given yet.
    pub(super) fn due(&self) -> Option<Duration> {
        let kept = self.begun && self.writes;
        (kept && !self.gather.is_zero() && self.given.is_some()).then(|| self.rests())
    }

    /// Gives what is kept.
    pub(super) fn give(&mut self, now: Duration) {
        self.given = Some(now);
        self.writes = false;
        self.say_again();
        let all = std::mem::take(&mut self.held);
        self.answer(all.into_iter().map(AnswerEvent::Chat).collect());
    }

    /// The answer is whole with `events`.
    pub(super) fn done(&mut self, events: Vec<ChatEvent>, report: Value, usage: Option<Usage>) {
        self.say_again();
        let all = std::mem::take(&mut self.held).into_iter().chain(events).map(AnswerEvent::Chat);
        self.answer(all.chain([AnswerEvent::Done(report, usage)]).collect());
    }

    fn answer(&mut self, events: Vec<AnswerEvent>) {
        self.outbox.push_back(Output::Answer(events));
        if let State::Answering { silent_since, .. } = &mut self.state {
            *silent_since = None;
        }
    }

    /// The contents of the last event.
    pub(super) fn report(&self, now: Duration, status: Status, reason: Option<Code>) -> Value {
        json!(Summary {
            status,
            reason: reason.map(Code::as_str),
            request_id: self.identity.request_id.clone(),
            model_id: self.job.model_id().to_owned(),
            latency_ms: now.as_millis() as u64,
            malformed_frames: self.malformed,
            trim: self.job.trim().cloned(),
            guard: Guarded { input: self.job.findings().clone(), output: self.output_findings() },
        })
    }

    /// What the guard has found in the answer.
    fn output_findings(&self) -> Findings {
        match &self.state {
            State::Answering { answer, .. } => answer.findings(),
            _ => Findings::default(),
        }
    }

    /// What the call gives, or that it is about to send something, cannot be stored.
    pub(super) fn unstored(&mut self, now: Duration, problem: Problem, health: &mut Health) {
        if let State::Sent | State::Refused { .. } | State::Answering { .. } = self.state {
            self.outbox.push_back(Output::Abort);
        }
        self.undecided(health);
        self.fail(now, Status::Error, problem);
    }

    pub(super) fn cancel(&mut self, now: Duration, health: &mut Health) {
        self.executed |= matches!(self.state, State::Sent);
        if let State::Sent | State::Refused { .. } | State::Answering { .. } = self.state {
            self.outbox.push_back(Output::Abort);
        }
        self.undecided(health);
        self.finish(now, Status::Cancelled, None);
    }
}
