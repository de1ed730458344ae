//! The machine itself: the states are drawn in the module above.

mod deadline;
mod ending;

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::{Answer, Event, MAX_ANSWER};
use super::backoff::{Random, jitter};
use super::verdict::{Sign, Verdict, rejected, verdict};
use super::{AccessToken, CallRules, Health, Identity, Input, Job, Outcome, Output};
use crate::genesys::{self, Endpoints, Usage};
use crate::http::{Head, correlation_id};
use crate::problem::{Code, Problem};
use crate::reply::{Format, Status, Writer};
use promptgate_guard::Guard;

/// Most requests sent for one call, repetitions of every kind included (R2).
const MAX_ATTEMPTS: u32 = 3;
/// Most bytes of a refusal that are read to find its code (ours).
const MAX_REFUSAL: usize = 64 << 10;

/// One call: takes [`Input`]s, gives [`Output`]s.
#[derive(Debug)]
pub struct Call {
    job: Job,
    guard: Guard,
    endpoints: Endpoints,
    rules: CallRules,
    identity: Identity,
    writer: Writer,
    random: Random,
    state: State,
    outbox: VecDeque<Output>,
    attempts: u32,
    /// Repetitions after failures; 401 and B7 do not count.
    retries: u32,
    /// The grant of the token in use.
    grant: u64,
    replayed: bool,
    retrimmed: bool,
    replied: bool,
    first_content: Option<Duration>,
    usage: Option<Usage>,
    malformed: u32,
    correlation_id: Option<String>,
}

#[derive(Debug)]
enum State {
    /// Waits for a token.
    Authorizing,
    /// The request is on its way.
    Sent,
    /// A 400 whose body says why.
    Refused(Vec<u8>),
    /// A 200 whose body is the answer. `silent_since`: since when upstream has been silent; none while the client
    /// is taking bytes.
    Answering {
        answer: Box<Answer>,
        silent_since: Option<Duration>,
    },
    /// Before a repetition.
    Waiting {
        until: Duration,
    },
    Ended(Outcome),
}

// handle
impl Call {
    /// A call that will send `job` and pass on what `guard` lets through of the answer. Its first outputs are
    /// there to poll.
    pub fn new(
        job: Job,
        guard: Guard,
        endpoints: Endpoints,
        rules: CallRules,
        identity: Identity,
        format: Format,
    ) -> Self {
        Call {
            random: Random(identity.seed),
            writer: Writer::new(format),
            outbox: VecDeque::from([Output::Authorize { rejected: None }]),
            state: State::Authorizing,
            job,
            guard,
            endpoints,
            rules,
            identity,
            attempts: 0,
            retries: 0,
            grant: 0,
            replayed: false,
            retrimmed: false,
            replied: false,
            first_content: None,
            usage: None,
            malformed: 0,
            correlation_id: None,
        }
    }

    /// Takes what happened at `now`, a duration since the request began; `health` is shared by the calls of
    /// one upstream. What does not fit the state is ignored.
    pub fn handle(&mut self, now: Duration, input: Input, health: &mut Health) {
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        if input == Input::Cancel {
            return self.cancel(now, health);
        }
        if now >= self.deadline() {
            return self.expire(now, health);
        }
        match (&mut self.state, input) {
            (State::Authorizing, Input::Token(token)) => self.token(now, token, health),
            (State::Sent, Input::Head(head)) => self.head(now, &head, health),
            (State::Sent | State::Refused(_), Input::Failed) | (State::Sent, Input::End) => self.lost(now, health),
            (State::Refused(body), Input::Chunk(chunk)) => {
                let room = MAX_REFUSAL.saturating_sub(body.len()).min(chunk.0.len());
                body.extend(chunk.0.iter().take(room));
            }
            (State::Refused(body), Input::End) => {
                let too_long = genesys::is_token_limit(body);
                self.refused(now, too_long, health);
            }
            (State::Answering { .. }, Input::Chunk(chunk)) => self.chunk(now, &chunk.0, health),
            (State::Answering { .. }, Input::End | Input::Failed) => self.end(now, health),
            (State::Answering { silent_since, .. }, Input::Flushed) => *silent_since = Some(now),
            (State::Waiting { until }, Input::Tick) if now >= *until => self.authorize(None),
            _ => {}
        }
    }

    fn authorize(&mut self, rejected: Option<u64>) {
        self.state = State::Authorizing;
        self.outbox.push_back(Output::Authorize { rejected });
    }

    fn token(&mut self, now: Duration, token: Result<AccessToken, Problem>, health: &mut Health) {
        let token = match token {
            Ok(token) => token,
            Err(problem) => return self.fail(now, Status::Error, problem),
        };
        if let Err(after) = health.admit(self.unix_ms(now)) {
            let mut problem =
                Problem::new(Code::UpstreamUnavailable, "The upstream has failed repeatedly: calls are paused.");
            problem.retry_after = Some(after);
            return self.give_up(now, problem);
        }
        self.attempts += 1;
        self.grant = token.grant;
        let key = &self.identity.idempotency_key;
        let request = genesys::chat_request(&self.endpoints, self.job.payload(), key, &token.token);
        self.outbox.push_back(Output::Send(request));
        self.state = State::Sent;
    }

    fn head(&mut self, now: Duration, head: &Head, health: &mut Health) {
        self.correlation_id = correlation_id(head);
        let (verdict, sign) = verdict(head, self.unix_ms(now));
        if !matches!(verdict, Verdict::Answer | Verdict::Explain) {
            self.outbox.push_back(Output::Abort);
            match sign {
                Sign::Well => health.succeeded(),
                Sign::Ill => health.failed(self.unix_ms(now)),
                Sign::None => health.undecided(),
            }
        }
        match verdict {
            Verdict::Answer => {
                self.state = State::Answering { answer: Box::new(Answer::new(&self.guard)), silent_since: Some(now) };
            }
            Verdict::Explain => self.state = State::Refused(Vec::new()),
            Verdict::Renew(_) if !self.replayed && self.attempts < MAX_ATTEMPTS => {
                self.replayed = true;
                self.authorize(Some(self.grant));
            }
            Verdict::Repeat(problem, after) => self.retry(now, problem, after, health),
            Verdict::Away(problem) => self.give_up(now, problem),
            Verdict::Renew(problem) | Verdict::Tell(problem) => self.fail(now, Status::Error, problem),
        }
    }

    /// A 400 has said why.
    fn refused(&mut self, now: Duration, too_long: bool, health: &mut Health) {
        health.succeeded();
        if !too_long {
            return self.fail(now, Status::Error, rejected(400));
        }
        let tighter = if self.retrimmed || self.attempts >= MAX_ATTEMPTS {
            let detail = "The upstream says that the prompt is too long, also after it was trimmed harder: shorten it.";
            Err(Problem::new(Code::ContextTooLong, detail))
        } else {
            self.job.tighter()
        };
        match tighter {
            Ok(job) => {
                self.retrimmed = true;
                self.job = job;
                self.authorize(None);
            }
            Err(problem) => self.fail(now, Status::Error, problem),
        }
    }

    fn chunk(&mut self, now: Duration, chunk: &[u8], health: &mut Health) {
        let State::Answering { answer, silent_since } = &mut self.state else { return };
        *silent_since = Some(now);
        let events = answer.push(chunk);
        self.events(now, events, health);
    }

    /// The body has ended, or broke off, which the platform does not tell apart.
    fn end(&mut self, now: Duration, health: &mut Health) {
        let State::Answering { answer, .. } = &mut self.state else { return };
        let empty = answer.is_empty();
        let events = answer.finish();
        if self.events(now, events, health) {
            return;
        }
        if self.first_content.is_none() && empty {
            return self.lost(now, health);
        }
        health.failed(self.unix_ms(now));
        if self.first_content.is_none() && self.malformed > 0 {
            let detail = "The upstream's answer holds no frame that can be read.";
            return self.fail(now, Status::Error, Problem::new(Code::UpstreamMalformed, detail));
        }
        let detail = "The upstream's answer broke off before its last frame: what came is not the whole answer.";
        self.fail(now, Status::Truncated, Problem::new(Code::UpstreamTruncated, detail));
    }

    /// Takes what the body has brought; says whether that ended the call.
    fn events(&mut self, now: Duration, events: Vec<Event>, health: &mut Health) -> bool {
        let mut out = Vec::new();
        for event in events {
            let (code, detail) = match event {
                Event::Malformed => {
                    self.malformed = self.malformed.saturating_add(1);
                    continue;
                }
                Event::Text(text) => {
                    self.first_content.get_or_insert(now);
                    if !text.is_empty() {
                        self.writer.delta(&text, &mut out);
                    }
                    continue;
                }
                Event::Usage(usage) => {
                    health.succeeded();
                    self.usage = Some(usage);
                    self.writer.usage(usage, &mut out);
                    self.writer.done(&self.summary(now, Status::Success, None), &mut out);
                    self.write(out);
                    self.finish(now, Status::Success, None);
                    return true;
                }
                Event::Error => {
                    health.failed(self.unix_ms(now));
                    (Code::UpstreamError, "The upstream reported an error within its answer.".to_owned())
                }
                Event::Refused => {
                    health.succeeded();
                    (Code::AnswerRefused, "The policy refuses what comes next in the answer.".to_owned())
                }
                Event::TooLong => {
                    health.undecided();
                    (
                        Code::AnswerTooLong,
                        format!("The upstream's answer is longer than {MAX_ANSWER} bytes and was cut off."),
                    )
                }
            };
            self.write(out);
            self.outbox.push_back(Output::Abort);
            self.fail(now, Status::Error, Problem::new(code, detail));
            return true;
        }
        self.write(out);
        false
    }

    /// The connection broke before anything of the answer came.
    fn lost(&mut self, now: Duration, health: &mut Health) {
        health.failed(self.unix_ms(now));
        let problem =
            Problem::new(Code::UpstreamUnavailable, "The upstream cannot be reached, or broke the connection.");
        self.retry(now, problem, None, health);
    }

    /// Repeats the request with the same key if it may be repeated, else ends the call with `problem`.
    fn retry(&mut self, now: Duration, mut problem: Problem, after: Option<Duration>, health: &mut Health) {
        let deadline = self.deadline();
        if let Some(after) = after
            && now.saturating_add(after) >= deadline
        {
            problem.retry_after = Some(after);
            return self.fail(now, Status::Error, problem);
        }
        let wait = after.unwrap_or_default().saturating_add(jitter(&mut self.random, self.retries));
        let until = now.saturating_add(wait);
        if self.attempts >= MAX_ATTEMPTS || until >= deadline || !health.allow_retry() {
            problem.retry_after = after;
            return self.give_up(now, problem);
        }
        self.retries += 1;
        self.state = State::Waiting { until };
    }

    fn cancel(&mut self, now: Duration, health: &mut Health) {
        if let State::Sent | State::Refused(_) | State::Answering { .. } = self.state {
            health.undecided();
            self.outbox.push_back(Output::Abort);
        }
        self.finish(now, Status::Cancelled, None);
    }
}

#[cfg(test)]
impl Call {
    pub(super) fn guard_with(&mut self, guard: Guard) {
        self.guard = guard;
    }
    pub(super) fn received(&mut self, received: Duration) {
        self.identity.received = received;
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
            State::Ended(outcome) => Output::Done(outcome.clone()),
            State::Waiting { until } => Output::Wait((*until).min(self.deadline())),
            _ => Output::Wait(self.deadline()),
        }
    }
}

// getters
impl Call {
    /// What is sent, and of whom.
    pub fn job(&self) -> &Job {
        &self.job
    }
}
