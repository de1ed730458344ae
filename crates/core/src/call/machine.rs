//! The machine itself: the states are drawn in the module above.

mod deadline;
mod ending;

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::{Answer, Event, MAX_ANSWER};
use super::backoff::{Random, jitter};
use super::health::Admission;
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
    /// It was let through to see whether upstream has recovered.
    probing: bool,
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
    /// Before a repetition; `sign` is that of the attempt that failed.
    Waiting {
        until: Duration,
        sign: Sign,
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
            probing: false,
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
            (State::Answering { silent_since, .. }, Input::Flushed) => *silent_since = Some(now),
            (State::Waiting { until, .. }, Input::Tick) if now >= *until => self.authorize(None),
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
            Err(problem) => {
                self.undecided(health);
                return self.fail(now, Status::Error, problem);
            }
        };
        // Who probes may send again after a 401 or a 400 (B7): that is the same probe.
        if !self.probing {
            match health.admit(self.job.model_id(), self.unix_ms(now)) {
                Ok(admission) => self.probing = admission == Admission::Probe,
                Err(after) => {
                    let detail = "The upstream has failed repeatedly: calls are paused.";
                    let mut problem = Problem::new(Code::UpstreamUnavailable, detail);
                    problem.retry_after = Some(after);
                    return self.give_up(now, problem);
                }
            }
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
        }
        if sign == Sign::Well {
            self.succeeded(health);
        }
        match verdict {
            Verdict::Answer => {
                self.state = State::Answering {
                    answer: Box::new(Answer::new(&self.guard, self.job.moderated())),
                    silent_since: Some(now),
                };
            }
            Verdict::Explain => self.state = State::Refused(Vec::new()),
            Verdict::Renew(_) if !self.replayed && self.attempts < MAX_ATTEMPTS => {
                self.replayed = true;
                self.authorize(Some(self.grant));
            }
            Verdict::Repeat(problem, after) => self.retry(now, problem, after, sign, health),
            Verdict::Away(problem) => {
                self.signed(now, sign, health);
                self.give_up(now, problem);
            }
            Verdict::Renew(problem) | Verdict::Tell(problem) => {
                self.signed(now, sign, health);
                self.fail(now, Status::Error, problem);
            }
        }
    }

    /// The call has shown what it says of upstream's health.
    pub(super) fn signed(&mut self, now: Duration, sign: Sign, health: &mut Health) {
        match sign {
            Sign::Well => {}
            Sign::Ill => self.failed(now, health),
            Sign::None => self.undecided(health),
        }
    }

    fn succeeded(&mut self, health: &mut Health) {
        self.probing = false;
        health.succeeded(self.job.model_id());
    }

    pub(super) fn failed(&mut self, now: Duration, health: &mut Health) {
        self.probing = false;
        health.failed(self.job.model_id(), self.unix_ms(now));
    }

    pub(super) fn undecided(&mut self, health: &mut Health) {
        if std::mem::take(&mut self.probing) {
            health.undecided(self.job.model_id());
        }
    }

    /// A 400 has said why.
    fn refused(&mut self, now: Duration, too_long: bool, health: &mut Health) {
        self.succeeded(health);
        if !too_long {
            return self.fail(now, Status::Error, rejected(400));
        }
        let too_long = |detail: &str| Err(Problem::new(Code::ContextTooLong, detail));
        let tighter = if self.retrimmed {
            too_long("The upstream says that the prompt is too long, also after it was trimmed harder: shorten it.")
        } else if self.attempts >= MAX_ATTEMPTS {
            too_long("The upstream says that the prompt is too long: shorten it.")
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

    /// Looks at some of what has come.
    fn look(&mut self, now: Duration, health: &mut Health) {
        let State::Answering { answer, .. } = &mut self.state else { return };
        let events = answer.step();
        let (ended, empty) = (answer.has_ended(), answer.is_empty());
        if !self.events(now, events, health) && ended {
            self.end(now, empty, health);
        }
    }

    /// The body has ended, or broke off, which the platform does not tell apart.
    fn end(&mut self, now: Duration, empty: bool, health: &mut Health) {
        if self.first_content.is_none() && empty {
            return self.lost(now, health);
        }
        self.failed(now, health);
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
                    if self.first_content.is_none() {
                        self.first_content = Some(now);
                        self.probing = false;
                        health.content(self.job.model_id());
                    }
                    if !text.is_empty() {
                        self.writer.delta(&text, &mut out);
                    }
                    continue;
                }
                Event::Usage(usage) => {
                    self.succeeded(health);
                    self.usage = Some(usage);
                    self.writer.usage(usage, &mut out);
                    self.writer.done(&self.summary(now, Status::Success, None), &mut out);
                    self.write(out);
                    self.finish(now, Status::Success, None);
                    return true;
                }
                Event::Error => {
                    self.failed(now, health);
                    (Code::UpstreamError, "The upstream reported an error within its answer.".to_owned())
                }
                Event::Refused => {
                    self.succeeded(health);
                    (Code::AnswerRefused, "The policy refuses what comes next in the answer.".to_owned())
                }
                Event::TooLong => {
                    self.undecided(health);
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
        let problem =
            Problem::new(Code::UpstreamUnavailable, "The upstream cannot be reached, or broke the connection.");
        self.retry(now, problem, None, Sign::Ill, health);
    }

    /// Repeats the request with the same key if it may be repeated; else the call has failed, by which upstream shows
    /// `sign`, and ends with `problem`.
    fn retry(&mut self, now: Duration, mut problem: Problem, after: Option<Duration>, sign: Sign, health: &mut Health) {
        let wait = after.unwrap_or_default().saturating_add(jitter(&mut self.random, self.retries));
        let until = now.saturating_add(wait);
        let failed_probe = self.probing && sign == Sign::Ill;
        if failed_probe || self.attempts >= MAX_ATTEMPTS || until >= self.deadline() || !health.allow_retry() {
            problem.retry_after = after;
            self.signed(now, sign, health);
            return self.give_up(now, problem);
        }
        if sign == Sign::None {
            self.undecided(health);
        }
        self.retries += 1;
        self.state = State::Waiting { until, sign };
    }

    fn cancel(&mut self, now: Duration, health: &mut Health) {
        if let State::Sent | State::Refused(_) | State::Answering { .. } = self.state {
            self.outbox.push_back(Output::Abort);
        }
        self.undecided(health);
        self.finish(now, Status::Cancelled, None);
    }
}

#[cfg(test)]
impl Call {
    pub(super) fn guard_with(&mut self, guard: Guard) {
        self.guard = guard;
    }
    pub(super) fn ask(&mut self, prepared: crate::chat::Prepared) {
        self.job = Job::Chat(Box::new(prepared));
    }
    pub(super) fn started(&mut self, unix_ms: u64) {
        self.identity.started_ms = unix_ms;
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
            State::Answering { answer, silent_since: Some(_) } if answer.has_more() => Output::Yield,
            State::Waiting { until, .. } => Output::Wait((*until).min(self.deadline())),
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
