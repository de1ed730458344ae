//! The machine itself: the states are drawn in the module above.

mod answering;
mod asking;
mod deadline;
mod ending;
mod refused;
mod signals;

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::Answer;
use super::{AnswerSummary, AskedTarget, Attempt, CallRules, Health, Identity, Input, Job, Outcome, Output};
use crate::chat::event::{ChatEvent, Members, Usage};
use crate::front::About;
use crate::problem::Problem;
use crate::upstream::retry::{HealthSignal, Retry};
use crate::upstream::{Limit, Reason, Target};
use promptgate_guard::Guard;

/// Most bytes of a refusal that are read to find its code (ours).
const MAX_REFUSAL: usize = 64 << 10;

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
    /// What the upstream that was asked last reports about its rate limits.
    limits: Vec<Limit>,
    /// Every request that was sent upstream.
    sent: Vec<Attempt>,
    /// The last of them goes on.
    running: bool,
    /// What the answer reports about itself.
    summary: AnswerSummary,
    /// What waits for the first content: until then a failure has an HTTP status, and another target may be asked.
    held: Vec<ChatEvent>,
    /// Something of it has bytes for the client.
    writes: bool,
    /// What was last said of the answer as a whole; and whether it was said again since the last event that is kept.
    about: Option<Members>,
    again: bool,
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
    /// A 400 or 429 whose body gives the reason; for the latter, the outcome unless the body states that waiting is in vain.
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
    /// Before a repetition; `signal` is that of the attempt that failed.
    Waiting {
        until: Duration,
        signal: HealthSignal,
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
            writes: false,
            about: None,
            again: false,
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

    /// What the upstream that was asked last reports about its rate limits, for the head of the answer.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// The model as the target calls it.
    fn model(&self) -> &str {
        self.target().map_or("", |target| &target.model)
    }
}
