//! The machine itself: the states are drawn in the module above.

mod answering;
mod deadline;
mod ending;

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::Answer;
use super::{
    AccessToken, AnswerSummary, AskedTarget, Attempt, CallRules, Health, Identity, Input, Job, Outcome, Output,
};
use crate::chat::event::{ChatEvent, Usage};
use crate::front::About;
use crate::http::{Head, correlation_id};
use crate::problem::{Code, Problem};
use crate::reply::Status;
use crate::upstream::health::Admission;
use crate::upstream::retry::{HealthSignal, Retry, Verdict, rejected, verdict};
use crate::upstream::{Credential, Limit, Reason, Target};
use promptgate_guard::Guard;

/// Most bytes of a refusal that are read to find its code (ours).
const MAX_REFUSAL: usize = 64 << 10;

/// Whether what is answered with `status` may have been executed. A refusal has not; that a call with the same key runs
/// says that it may.
fn may_be_executed(status: u16) -> bool {
    !matches!(status, 400..=407 | 410..=498 | 503)
}

/// One call: takes [`Input`]s, gives [`Output`]s.
#[derive(Debug)]
pub struct Call {
    job: Job,
    guard: Guard,
    /// Where the model can be asked, best first.
    targets: Vec<Target>,
    /// The one that is asked, and since when.
    at: usize,
    since: Duration,
    rules: CallRules,
    identity: Identity,
    /// At this target.
    retry: Retry,
    state: State,
    outbox: VecDeque<Output>,
    attempts: u32,
    asked: Vec<AskedTarget>,
    /// Repetitions after failures; 401 and B7 do not count.
    retries: u32,
    /// The grant of the token in use.
    grant: u64,
    /// It was let through to see whether upstream has recovered.
    probing: bool,
    retrimmed: bool,
    /// Something of the answer has gone out.
    begun: bool,
    /// Something that was sent may have been executed.
    executed: bool,
    first_content: Option<Duration>,
    usage: Option<Usage>,
    /// Bytes of text that came.
    came: u64,
    malformed: u32,
    correlation_id: Option<String>,
    /// What the upstream that was asked last says of its rate limits.
    limits: Vec<Limit>,
    /// Every request that was sent upstream.
    sent: Vec<Attempt>,
    /// The last of them goes on.
    running: bool,
    /// What the answer says of itself.
    summary: AnswerSummary,
    /// What waits for the first content: until then a failure has an HTTP status, and another target may be asked.
    held: Vec<ChatEvent>,
    /// What comes within this time after something was given goes together; at once, unless it is set.
    gather: Duration,
    /// When something was given last.
    given: Option<Duration>,
}

#[derive(Debug)]
enum State {
    /// Waits for a token.
    Authorizing,
    /// The request is on its way.
    Sent,
    /// A 400 or 429 whose body says why; of the latter what it comes to, unless the body says that waiting is in vain.
    Refused {
        body: Vec<u8>,
        limited: Option<(Problem, Option<Duration>)>,
    },
    /// A 200 whose body is the answer. `silent_since`: since when upstream has been silent; none while the client
    /// is taking bytes.
    Answering {
        answer: Box<Answer>,
        silent_since: Option<Duration>,
    },
    /// Before a repetition; `sign` is that of the attempt that failed.
    Waiting {
        until: Duration,
        sign: HealthSignal,
    },
    Ended(Outcome),
}

// handle
impl Call {
    /// A call that will send `job` to the first of `targets`, of which there is one at least, that begins to answer, and
    /// pass on what `guard` lets through. Its first outputs are there to poll.
    pub fn new(job: Job, guard: Guard, targets: Vec<Target>, rules: CallRules, identity: Identity) -> Self {
        Call {
            retry: Retry::new(identity.seed),
            outbox: VecDeque::from([Output::Authorize { rejected: None }]),
            state: State::Authorizing,
            guard: guard.restoring(job.tags().clone()),
            job,
            targets,
            at: 0,
            since: identity.received,
            rules,
            identity,
            attempts: 0,
            asked: Vec::new(),
            retries: 0,
            grant: 0,
            probing: false,
            retrimmed: false,
            begun: false,
            executed: false,
            first_content: None,
            usage: None,
            came: 0,
            malformed: 0,
            correlation_id: None,
            limits: Vec::new(),
            sent: Vec::new(),
            running: false,
            summary: AnswerSummary::default(),
            held: Vec::new(),
            gather: Duration::ZERO,
            given: None,
        }
    }

    /// The same for an answer that is given as it comes: the first content at once, then what comes within `time`
    /// together.
    #[must_use]
    pub fn gathering(self, time: Duration) -> Self {
        Call { gather: time, ..self }
    }

    /// Takes what happened at `now`, a duration since the request began; `health` is that of the upstream of
    /// [`target`](Self::target), shared by all its calls. What does not fit the state is ignored.
    pub fn handle(&mut self, now: Duration, input: Input, health: &mut Health) {
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        if input == Input::Cancel {
            return self.cancel(now, health);
        }
        if let Input::Unstored(problem) = input {
            return self.unstored(now, problem, health);
        }
        if now >= self.deadline() {
            return self.expire(now, health);
        }
        let due = self.due().is_some_and(|due| now >= due);
        let target = self.targets.get(self.at);
        match (&mut self.state, input) {
            (State::Authorizing, Input::Token(token)) => self.token(now, token, health),
            (State::Sent, Input::Head(head)) => self.head(now, &head, health),
            (State::Refused { body, limited: None }, Input::End) => {
                let reason = reason(target, body);
                self.refused(now, reason, health);
            }
            (State::Refused { body, limited: limited @ Some(_) }, Input::End | Input::Failed) => {
                let reason = reason(target, body);
                if let Some((problem, after)) = limited.take() {
                    self.limited(now, reason, problem, after, health);
                }
            }
            (State::Sent | State::Refused { .. }, Input::Failed) | (State::Sent, Input::End) => self.lost(now, health),
            (State::Refused { body, .. }, Input::Chunk(chunk)) => {
                let room = MAX_REFUSAL.saturating_sub(body.len()).min(chunk.0.len());
                body.extend(chunk.0.iter().take(room));
            }
            (State::Answering { answer, silent_since }, Input::Chunk(chunk)) => {
                *silent_since = Some(now);
                answer.push(&chunk.0);
                self.look(now, health);
            }
            (State::Answering { answer, .. }, Input::End | Input::Failed) => {
                answer.end();
                self.look(now, health);
            }
            (State::Answering { answer, silent_since: Some(since) }, Input::Tick) if answer.has_more() => {
                *since = now;
                self.look(now, health);
            }
            (State::Answering { .. }, Input::Tick) if due => self.give(now),
            (State::Answering { silent_since, .. }, Input::Flushed) => *silent_since = Some(now),
            (State::Waiting { until, .. }, Input::Tick) if now >= *until => self.authorize(None),
            _ => {}
        }
    }

    fn authorize(&mut self, rejected: Option<u64>) {
        self.state = State::Authorizing;
        self.outbox.push_back(Output::Authorize { rejected });
    }

    /// Asks the next target where this one failed with `code`, if there is one, and no content has come yet (R7).
    fn next(&mut self, now: Duration, code: Code) -> bool {
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
        self.summary = AnswerSummary::default();
        self.authorize(None);
        true
    }

    /// The request that was sent last has come to its end, by `code` if it failed.
    fn attempt_ended(&mut self, now: Duration, code: Option<Code>) {
        if let (true, Some(attempt)) = (std::mem::take(&mut self.running), self.sent.last_mut()) {
            (attempt.to, attempt.code) = (now, code.map(Code::as_str));
        }
    }

    /// The target has been asked, and failed with `code`, if with one.
    fn note(&mut self, now: Duration, code: Option<Code>) {
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

    fn token(&mut self, now: Duration, token: Result<AccessToken, Problem>, health: &mut Health) {
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
                Err(after) => {
                    let detail = "The upstream has failed repeatedly: calls are paused.";
                    let mut problem = Problem::new(Code::UpstreamUnavailable, detail);
                    problem.retry_after = Some(after);
                    return self.give_up(now, problem);
                }
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

    fn head(&mut self, now: Duration, head: &Head, health: &mut Health) {
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
        let (verdict, sign) = verdict(head, self.unix_ms(now), wire.scope());
        if let (Verdict::Repeat(problem, after), 429, true) = (&verdict, head.status, wire.explains_limits()) {
            let limited = Some((problem.clone(), *after));
            self.state = State::Refused { body: Vec::new(), limited };
            return;
        }
        if verdict != Verdict::Explain {
            self.outbox.push_back(Output::Abort);
        }
        if sign == HealthSignal::Well {
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
                self.retry(now, problem, after, sign, health);
            }
            Verdict::Repeat(problem, _) | Verdict::Away(problem) => {
                self.signed(now, sign, health);
                self.give_up(now, problem);
            }
            Verdict::Renew(problem) | Verdict::Tell(problem) => {
                self.signed(now, sign, health);
                // What is wrong with the upstream is not wrong with the next; what is wrong with the request is.
                if sign == HealthSignal::Well || !self.next(now, problem.code) {
                    self.fail(now, Status::Error, problem);
                }
            }
        }
    }

    /// The call has shown what it says of upstream's health.
    fn signed(&mut self, now: Duration, sign: HealthSignal, health: &mut Health) {
        match sign {
            HealthSignal::Well => {}
            HealthSignal::Ill => self.failed(now, health),
            HealthSignal::None => self.undecided(health),
        }
    }

    fn succeeded(&mut self, health: &mut Health) {
        self.probing = false;
        health.succeeded(self.model());
    }

    fn failed(&mut self, now: Duration, health: &mut Health) {
        self.probing = false;
        health.failed(self.model(), self.unix_ms(now));
    }

    fn undecided(&mut self, health: &mut Health) {
        if std::mem::take(&mut self.probing) {
            health.undecided(self.model());
        }
    }

    /// A 400 has said why.
    fn refused(&mut self, now: Duration, reason: Reason, health: &mut Health) {
        self.succeeded(health);
        match reason {
            Reason::TooLong => {}
            Reason::Filtered => {
                let detail = "The upstream's own filter refuses the request: rephrase it.";
                return self.fail(now, Status::Error, Problem::new(Code::SafetyRefused, detail));
            }
            Reason::Quota | Reason::Other => return self.fail(now, Status::Error, rejected(400)),
        }
        let too_long = |detail: &str| Err(Problem::new(Code::ContextTooLong, detail));
        let tighter = if self.retrimmed {
            too_long("The upstream says that the prompt is too long, also after it was trimmed harder: shorten it.")
        } else if self.retry.is_spent() {
            too_long("The upstream says that the prompt is too long: shorten it.")
        } else {
            self.job.tighter()
        };
        match tighter {
            Ok(job) => {
                self.retrimmed = true;
                self.attempt_ended(now, Some(Code::ContextTooLong));
                self.job = job;
                self.authorize(None);
            }
            Err(problem) => self.fail(now, Status::Error, problem),
        }
    }

    /// A 429 has said why: `problem`, to be repeated after `after`, unless waiting is in vain.
    fn limited(
        &mut self,
        now: Duration,
        reason: Reason,
        problem: Problem,
        after: Option<Duration>,
        health: &mut Health,
    ) {
        if reason != Reason::Quota {
            return self.retry(now, problem, after, HealthSignal::None, health);
        }
        self.undecided(health);
        if !self.next(now, Code::InsufficientQuota) {
            let detail = "What the gateway may use at this upstream is used up: its operator must see to it there.";
            self.fail(now, Status::Error, Problem::new(Code::InsufficientQuota, detail));
        }
    }

    /// The connection broke before anything of the answer came.
    fn lost(&mut self, now: Duration, health: &mut Health) {
        self.executed = true;
        let problem =
            Problem::new(Code::UpstreamUnavailable, "The upstream cannot be reached, or broke the connection.");
        if self.target().is_some_and(|target| target.upstream.idempotent) {
            return self.retry(now, problem, None, HealthSignal::Ill, health);
        }
        self.failed(now, health);
        self.give_up(now, problem);
    }

    /// Repeats the request with the same key if it may be repeated; else the call has failed, by which upstream shows
    /// `sign`, and ends with `problem`.
    fn retry(
        &mut self,
        now: Duration,
        mut problem: Problem,
        after: Option<Duration>,
        sign: HealthSignal,
        health: &mut Health,
    ) {
        let wait = self.retry.wait(self.retries, after);
        let until = now.saturating_add(wait);
        let failed_probe = self.probing && sign == HealthSignal::Ill;
        if failed_probe || self.retry.is_spent() || until >= self.deadline() || !health.allow_retry() {
            problem.retry_after = after;
            self.signed(now, sign, health);
            return self.give_up(now, problem);
        }
        if sign == HealthSignal::None {
            self.undecided(health);
        }
        self.retries += 1;
        self.attempt_ended(now, Some(problem.code));
        self.state = State::Waiting { until, sign };
    }

    /// What the call gives, or that it is about to send something, cannot be stored.
    fn unstored(&mut self, now: Duration, problem: Problem, health: &mut Health) {
        if let State::Sent | State::Refused { .. } | State::Answering { .. } = self.state {
            self.outbox.push_back(Output::Abort);
        }
        self.undecided(health);
        self.fail(now, Status::Error, problem);
    }

    fn cancel(&mut self, now: Duration, health: &mut Health) {
        self.executed |= matches!(self.state, State::Sent);
        if let State::Sent | State::Refused { .. } | State::Answering { .. } = self.state {
            self.outbox.push_back(Output::Abort);
        }
        self.undecided(health);
        self.finish(now, Status::Cancelled, None);
    }
}

/// Why `target` refuses, as the body of its answer says.
fn reason(target: Option<&Target>, body: &[u8]) -> Reason {
    target.map_or(Reason::Other, |target| target.upstream.wire.reason(body))
}

#[cfg(test)]
impl Call {
    pub(super) fn guard_with(&mut self, guard: Guard) {
        self.guard = guard;
    }
    pub(crate) fn was_executed(&mut self) {
        self.executed = true;
    }
    pub(super) fn ask(&mut self, trimmed: crate::chat::Trimmed) {
        self.job = Job::Chat(Box::new(trimmed));
    }
    pub(super) fn started(&mut self, unix_ms: u64) {
        self.identity.started_ms = unix_ms;
    }
    pub(super) fn received(&mut self, received: Duration) {
        (self.identity.received, self.since) = (received, received);
    }
}

// poll
impl Call {
    /// What to do next.
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.outbox.pop_front() {
            return output;
        }
        match &self.state {
            State::Ended(outcome) => Output::Done(Box::new(outcome.clone())),
            State::Answering { answer, silent_since: Some(_) } if answer.has_more() => Output::Yield,
            State::Waiting { until, .. } => Output::Wait((*until).min(self.deadline())),
            _ => Output::Wait(self.due().map_or(self.deadline(), |due| due.min(self.deadline()))),
        }
    }
}

// getters
impl Call {
    /// What is sent, and of whom.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// What the bytes of the answer name.
    pub fn about(&self) -> About {
        About {
            request_id: self.identity.request_id.clone(),
            model: self.job.model_id().to_owned(),
            started_ms: self.identity.started_ms,
        }
    }

    /// Whether something that was sent may have been executed: a refusal is no execution, a lost answer may be one.
    pub fn executed(&self) -> bool {
        self.executed
    }

    /// Whether the upstream that is asked now takes our key for what it is, and executes nothing twice.
    pub fn repeatable(&self) -> bool {
        self.target().is_some_and(|target| target.upstream.idempotent)
    }

    /// How long it may take.
    pub fn total(&self) -> Duration {
        self.rules.total
    }

    /// The key that is sent upstream, and how many requests were.
    pub(crate) fn sent(&self) -> (&str, u32) {
        (&self.identity.idempotency_key, self.attempts)
    }

    /// Where the model is asked now.
    pub fn target(&self) -> Option<&Target> {
        self.targets.get(self.at)
    }

    /// How many requests were sent upstream.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the upstream that was asked last says of its rate limits, for the head of the answer.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// The model as the target calls it.
    fn model(&self) -> &str {
        self.target().map_or("", |target| &target.model)
    }
}
