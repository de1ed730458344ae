//! One request to upstream whose answer is small and whole: a resource read, written or listed.
//!
//! ```text
//!  new ──▶ Authorizing ──token──▶ Sent ──2xx, 404, 409, 412──▶ Ended
//!            ▲    ▲                │ └── 401 once ──┐
//!            │    └────────────────┼────────────────┘
//!            └─wait over─ Waiting ◀┘ may be repeated (reliability, R4)
//! ```
//! The rules of repetition, the throttle and the breaker are those of [`Call`](super::Call). What a 404, 409
//! or 412 means is the caller's business.

use std::time::Duration;

use super::{AccessToken, Health};
use crate::http::{Head, HttpRequest, correlation_id};
use crate::problem::{Code, Problem};
use crate::sensitive::Bytes;
use crate::upstream::UpstreamRequest;
use crate::upstream::health::{Admission, RESOURCES};
use crate::upstream::retry::{HealthSignal, Retry, Verdict, verdict};

/// How long one exchange may take, repetitions included, where its request has more time than that (R1 gives a whole
/// request 60 s; a program of several exchanges must fit in it; ours).
pub const EXCHANGE_LIMIT: Duration = Duration::from_secs(15);
/// Most bytes of an answer: a page of a hundred templates of 64 KiB (ours).
pub const MAX_ANSWER: usize = 8 << 20;

/// What upstream answered: 2xx, 404, 409 or 412.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// The whole body.
    pub body: Bytes,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The answer to [`Output::Authorize`].
    Token(Result<AccessToken, Problem>),
    /// Upstream's answer; at most [`MAX_ANSWER`] bytes of body.
    Answer(Answer),
    /// Upstream cannot be reached, the connection broke, or the body is too long.
    Failed,
    /// Time has passed. An early one does no harm.
    Tick,
    /// The client has left.
    Left,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Get a token; the one of this grant was rejected by upstream.
    Authorize {
        /// For [`TokenCache::reject`](super::TokenCache::reject).
        rejected: Option<u64>,
    },
    /// Send this.
    Send(HttpRequest),
    /// Nothing to do until something happens, or this time has come; then whatever was sent is not wanted.
    Wait(Duration),
    /// The exchange has ended.
    Done(Result<Answer, Problem>),
}

/// The exchange.
#[derive(Debug)]
pub struct Exchange {
    request: UpstreamRequest,
    /// Where the API is, without a slash at the end.
    base: String,
    retry: Retry,
    /// Unix ms.
    started_ms: u64,
    /// How long it may take.
    limit: Duration,
    /// The client has left: what was sent is waited for, and nothing else is sent.
    left: bool,
    state: State,
    outbox: Option<Output>,
    grant: u64,
    /// It was let through to see whether upstream has recovered.
    probing: bool,
}

#[derive(Debug)]
enum State {
    Authorizing,
    Sent,
    /// Before a repetition; `sign` is that of the attempt that failed.
    Waiting {
        until: Duration,
        sign: HealthSignal,
    },
    Ended(Result<Answer, Problem>),
}

impl Exchange {
    /// An exchange with the API at `base` (without a slash at the end) that begins at `started_ms` and must have ended at `deadline_ms`, that of its request (Unix ms);
    /// `seed` is for the jitter.
    pub fn new(request: UpstreamRequest, base: String, started_ms: u64, deadline_ms: u64, seed: u64) -> Exchange {
        let limit = EXCHANGE_LIMIT.min(Duration::from_millis(deadline_ms.saturating_sub(started_ms)));
        Exchange {
            limit,
            left: false,
            request,
            base,
            retry: Retry::new(seed),
            started_ms,
            state: State::Authorizing,
            outbox: Some(Output::Authorize { rejected: None }),
            grant: 0,
            probing: false,
        }
    }

    /// Takes what happened at `now`, since the exchange began. What does not fit the state is ignored.
    pub fn handle(&mut self, now: Duration, input: Input, health: &mut Health) {
        match (&self.state, input) {
            (State::Ended(_), _) => {}
            (State::Authorizing, Input::Token(Ok(token))) if now < self.limit => self.send(now, token, health),
            (State::Authorizing, Input::Token(Err(problem))) => self.fail(now, problem, HealthSignal::None, health),
            (State::Sent, Input::Answer(answer)) => self.answer(now, answer, health),
            (State::Sent, Input::Failed) => {
                let detail = "The upstream cannot be reached, or broke the connection.";
                let problem = Problem::new(Code::UpstreamUnavailable, detail);
                match self.request.repeatable {
                    true => self.repeat(now, problem, None, HealthSignal::Ill, health),
                    false => self.fail(now, self.unknown(), HealthSignal::Ill, health),
                }
            }
            // Whether a change was made is worth knowing for its audit row; nobody waits for what was read.
            (State::Sent, Input::Left) if !self.request.reads => self.left = true,
            (_, Input::Left) => self.fail(now, client_left(), HealthSignal::None, health),
            (State::Waiting { until, .. }, Input::Tick) if now >= *until && now < self.limit => self.authorize(None),
            (state, _) if now >= self.limit => {
                let sign = match state {
                    State::Sent => HealthSignal::Ill,
                    State::Waiting { sign, .. } => *sign,
                    State::Authorizing | State::Ended(_) => HealthSignal::None,
                };
                let detail = format!("The upstream did not answer within {} ms.", self.limit.as_millis());
                self.fail(now, Problem::new(Code::TotalDeadline, detail), sign, health);
            }
            _ => {}
        }
    }

    /// What to do next.
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.outbox.take() {
            return output;
        }
        match &self.state {
            State::Ended(result) => Output::Done(result.clone()),
            State::Waiting { until, .. } => Output::Wait((*until).min(self.limit)),
            State::Authorizing | State::Sent => Output::Wait(self.limit),
        }
    }

    /// How long it may take: after that an input ends it.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Requests sent so far.
    pub fn attempts(&self) -> u32 {
        self.retry.attempt
    }

    fn authorize(&mut self, rejected: Option<u64>) {
        self.state = State::Authorizing;
        self.outbox = Some(Output::Authorize { rejected });
    }

    fn send(&mut self, now: Duration, token: AccessToken, health: &mut Health) {
        if !self.probing {
            match health.admit(RESOURCES, self.unix_ms(now)) {
                Ok(admission) => self.probing = admission == Admission::Probe,
                Err(after) => {
                    let detail = "The upstream has failed repeatedly: calls are paused.";
                    let mut problem = Problem::new(Code::UpstreamUnavailable, detail);
                    problem.retry_after = Some(after);
                    return self.end(Err(problem));
                }
            }
        }
        self.retry.attempt += 1;
        self.grant = token.grant;
        self.state = State::Sent;
        self.outbox = Some(Output::Send(self.request.to_http(&self.base, &token.token)));
    }

    fn answer(&mut self, now: Duration, answer: Answer, health: &mut Health) {
        if matches!(answer.head.status, 200..=299 | 404 | 409 | 412) {
            health.succeeded(RESOURCES);
            return self.end(Ok(answer));
        }
        let (verdict, sign) = verdict(&answer.head, self.unix_ms(now), Some(self.request.scope));
        let id = correlation_id(&answer.head);
        let named = |mut problem: Problem| {
            problem.upstream_correlation_id = id.clone();
            problem
        };
        match verdict {
            Verdict::Renew(_) if !self.retry.is_spent() && self.retry.renew() => {
                self.authorize(Some(self.grant));
            }
            // Refused before it was executed (429, 503 with Retry-After), or harmless to execute twice.
            Verdict::Repeat(problem, after) if self.request.repeatable || matches!(answer.head.status, 429 | 503) => {
                self.repeat(now, named(problem), after, sign, health);
            }
            Verdict::Repeat(..) => self.fail(now, named(self.unknown()), sign, health),
            Verdict::Explain => {
                let detail = "The upstream refuses the document with status 400: it holds something that this gateway \
                              lets pass and the upstream does not.";
                self.fail(now, named(Problem::new(Code::UpstreamRejected, detail)), sign, health);
            }
            Verdict::Renew(problem) | Verdict::Away(problem) | Verdict::Tell(problem) => {
                self.fail(now, named(problem), sign, health);
            }
        }
    }

    /// Sends again after a wait, if a wait fits and the throttle allows it; else ends with `problem`.
    fn repeat(
        &mut self,
        now: Duration,
        mut problem: Problem,
        after: Option<Duration>,
        sign: HealthSignal,
        health: &mut Health,
    ) {
        let wait = self.retry.wait(self.retry.attempt.saturating_sub(1), after);
        let until = now.saturating_add(wait);
        let failed_probe = self.probing && sign == HealthSignal::Ill;
        let over = self.left || failed_probe || self.retry.is_spent() || until >= self.limit;
        if over || !health.allow_retry() {
            problem.retry_after = after;
            return self.fail(now, problem, sign, health);
        }
        self.state = State::Waiting { until, sign };
    }

    /// What was sent must not be sent twice, and nobody knows whether it was executed.
    fn unknown(&self) -> Problem {
        let detail = "The upstream broke off: whether it did what it was asked is unknown. Look before you try again.";
        Problem::new(Code::UpstreamError, detail)
    }

    /// Ends with `problem`, by which upstream shows `sign`.
    fn fail(&mut self, now: Duration, problem: Problem, sign: HealthSignal, health: &mut Health) {
        match sign {
            HealthSignal::Well => health.succeeded(RESOURCES),
            HealthSignal::Ill => health.failed(RESOURCES, self.unix_ms(now)),
            HealthSignal::None if self.probing => health.undecided(RESOURCES),
            HealthSignal::None => {}
        }
        self.end(Err(problem));
    }

    fn end(&mut self, result: Result<Answer, Problem>) {
        self.outbox = None;
        self.state = State::Ended(result);
    }

    fn unix_ms(&self, now: Duration) -> u64 {
        self.started_ms.saturating_add(now.as_millis() as u64)
    }
}

/// Ends what nobody waits for any more.
pub(crate) fn client_left() -> Problem {
    Problem::new(Code::ClientLeft, "The client has left: nothing more is done for it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::Sensitive;

    /// The deadline of the request, since its beginning.
    const DEADLINE: Duration = Duration::from_secs(5);

    fn answer(status: u16, headers: &[(&str, &str)]) -> Input {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Input::Answer(Answer { head: Head { status, headers }, body: Bytes::default() })
    }

    /// Runs the inputs, one for each request that is sent; gives the end and the number of requests.
    fn run(repeatable: bool, inputs: &[Input]) -> (Result<u16, Code>, u32) {
        run_ask(UpstreamRequest { repeatable, ..UpstreamRequest::get("/x".into(), "a:scope") }, inputs)
    }

    fn run_ask(ask: UpstreamRequest, inputs: &[Input]) -> (Result<u16, Code>, u32) {
        let mut exchange =
            Exchange::new(ask, "https://api.example".into(), 1_000, 1_000 + DEADLINE.as_millis() as u64, 7);
        let mut health = Health::default();
        let mut inputs = inputs.iter().cloned();
        let mut now = Duration::ZERO;
        loop {
            match exchange.poll() {
                Output::Authorize { rejected } => {
                    let grant = rejected.map_or(1, |grant| grant + 1);
                    let token = AccessToken { token: Sensitive::new("t"), grant };
                    exchange.handle(now, Input::Token(Ok(token)), &mut health);
                }
                Output::Send(_) => {
                    // The client's leaving comes before the answer.
                    for input in inputs.by_ref() {
                        let left = input == Input::Left;
                        exchange.handle(now, input, &mut health);
                        if !left {
                            break;
                        }
                    }
                }
                Output::Wait(until) => {
                    now = until;
                    exchange.handle(now, Input::Tick, &mut health);
                }
                Output::Done(result) => {
                    assert!(now <= DEADLINE, "{now:?}");
                    return (
                        result.map(|answer| answer.head.status).map_err(|problem| problem.code),
                        exchange.attempts(),
                    );
                }
            }
        }
    }

    #[test]
    fn scripts() {
        let soon = [("retry-after", "1")];
        let late = [("retry-after", "3600")];
        for (repeatable, inputs, expected) in [
            (true, vec![answer(200, &[])], (Ok(200), 1)),
            (true, vec![answer(404, &[])], (Ok(404), 1)),
            (false, vec![answer(409, &[])], (Ok(409), 1)),
            (true, vec![answer(412, &[])], (Ok(412), 1)),
            (true, vec![answer(400, &[])], (Err(Code::UpstreamRejected), 1)),
            (true, vec![answer(401, &[]), answer(200, &[])], (Ok(200), 2)),
            (true, vec![answer(401, &[]), answer(401, &[])], (Err(Code::UpstreamUnauthorized), 2)),
            (true, vec![answer(403, &[])], (Err(Code::UpstreamForbidden), 1)),
            (true, vec![answer(500, &[])], (Err(Code::UpstreamError), 1)),
            (true, vec![answer(302, &[])], (Err(Code::UpstreamMalformed), 1)),
            (true, vec![Input::Failed, answer(200, &[])], (Ok(200), 2)),
            (true, vec![Input::Failed, Input::Failed, Input::Failed], (Err(Code::UpstreamUnavailable), 3)),
            (true, vec![answer(502, &[]), answer(201, &[])], (Ok(201), 2)),
            (true, vec![answer(503, &[])], (Err(Code::UpstreamUnavailable), 1)),
            (true, vec![answer(503, &soon), answer(200, &[])], (Ok(200), 2)),
            (true, vec![answer(429, &late)], (Err(Code::UpstreamRateLimited), 1)),
            // What must not be executed twice is repeated only where it was refused before.
            (false, vec![Input::Failed], (Err(Code::UpstreamError), 1)),
            (false, vec![answer(504, &[])], (Err(Code::UpstreamError), 1)),
            (false, vec![answer(429, &soon), answer(201, &[])], (Ok(201), 2)),
            (false, vec![answer(503, &soon), answer(201, &[])], (Ok(201), 2)),
            // Nothing comes.
            (true, vec![], (Err(Code::TotalDeadline), 1)),
        ] {
            assert_eq!(run(repeatable, &inputs), expected, "{repeatable} {inputs:?}");
        }
    }

    #[test]
    fn nothing_is_sent_for_a_client_that_has_left() {
        let reads = UpstreamRequest::get("/x".into(), "a:scope");
        let changes = UpstreamRequest { reads: false, ..reads.clone() };
        let soon = [("retry-after", "1")];
        for (ask, inputs, expected) in [
            (&reads, vec![Input::Left], (Err(Code::ClientLeft), 1)),
            // A change that was sent is waited for, and its outcome is the truth; it is not repeated.
            (&changes, vec![Input::Left, answer(200, &[])], (Ok(200), 1)),
            (&changes, vec![Input::Left, answer(503, &soon)], (Err(Code::UpstreamUnavailable), 1)),
            (&changes, vec![Input::Left, Input::Failed], (Err(Code::UpstreamUnavailable), 1)),
            (&changes, vec![Input::Left], (Err(Code::TotalDeadline), 1)),
        ] {
            assert_eq!(run_ask(ask.clone(), &inputs), expected, "{} {inputs:?}", ask.reads);
        }
    }

    #[test]
    fn the_deadline_is_that_of_the_request() {
        for (deadline_ms, limit_ms) in [(6_000, 5_000), (61_000, 15_000), (1_000, 0), (0, 0)] {
            let ask = UpstreamRequest::get("/x".into(), "a:scope");
            let mut exchange = Exchange::new(ask, "https://api.example".into(), 1_000, deadline_ms, 7);
            assert_eq!(exchange.limit(), Duration::from_millis(limit_ms));
            // without a token in time it ends too, and sends nothing
            let mut health = Health::default();
            exchange.handle(exchange.limit(), Input::Tick, &mut health);
            let Output::Done(Err(problem)) = exchange.poll() else { panic!("goes on after its deadline") };
            assert_eq!((problem.code, exchange.attempts()), (Code::TotalDeadline, 0));
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let (verdict, _) =
            verdict(&Head { status: 403, headers: vec![] }, 0, Some("llm-gateway:prompt-template:manage"));
        let Verdict::Tell(problem) = verdict else { panic!("not summary") };
        assert!(problem.detail.contains("`llm-gateway:prompt-template:manage`"), "{}", problem.detail);
    }
}
