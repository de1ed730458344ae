//! One chat call as an explicit state machine: it alone knows retry, deadlines, fallback and what counts as
//! success (reliability, R1–R8; requirements, B4, B5 and B7).
//!
//! ```text
//!                ┌──────────────── 401 once ───────────────┐
//!                ▼                                         │
//!  new ──▶ Authorizing ──token──▶ Sent ──head 200──▶ Answering ──terminal frame──▶ Ended
//!            ▲   ▲                 │ │                     │ content: the reply has begun
//!            │   │                 │ └─head 400─▶ Refused  │
//!            │   └── token limit, once (B7) ─────────┘     │
//!            └─wait over─ Waiting ◀──may be repeated───────┘ before content
//! ```
//! From every state a deadline, a failure or the client's leaving goes to `Ended`.
//!
//! The driver calls [`handle`](Call::handle) with what happened and then [`poll`](Call::poll) until it returns
//! [`Output::Wait`] or [`Output::Done`]. Times are durations since the request began.

mod answer;
mod exchange;
mod job;
mod machine;
mod pace;
mod summary;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use crate::upstream::credential::{AccessToken, FETCH_MS, Lookup, MAX_TOKEN_BODY, TokenCache};
pub use crate::upstream::health::Health;
pub(crate) use exchange::client_left;
pub use exchange::{
    Answer, EXCHANGE_LIMIT, Exchange, Input as ExchangeInput, MAX_ANSWER as MAX_EXCHANGE, Output as ExchangeOutput,
};
pub use job::{Execution, Job};
pub use machine::Call;
pub use pace::{Pace, TOGETHER};
pub use summary::AnswerSummary;

use crate::chat::event::Usage;
use crate::front::AnswerEvent;
use crate::guard::Findings;
use crate::http::{Head, HttpRequest};
use crate::problem::{Code, Problem};
use crate::reply::Status;
use crate::sensitive::Bytes;

/// What the operator sets for every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRules {
    /// From when the request had come to the first content (B5): 5 s.
    pub first_content: Duration,
    /// Between two chunks, once content flows (R1): 15 s.
    pub idle: Duration,
    /// From the request's start to its end (R1): 60 s.
    pub total: Duration,
    /// What is answered in place of a model that is late or away; without it, a problem.
    pub fallback: Option<String>,
}

/// What makes this call different from others. The bytes behind it come from outside: the core draws none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Of the client's request.
    pub request_id: String,
    /// Sent upstream with every attempt, always the same.
    pub idempotency_key: String,
    /// For the jitter.
    pub seed: u64,
    /// When the request began, Unix ms.
    pub started_ms: u64,
    /// When its body had come, since it began: a slow client is not a slow model.
    pub received: Duration,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The answer to [`Output::Authorize`].
    Token(Result<AccessToken, Problem>),
    /// The head of upstream's answer.
    Head(Head),
    /// A piece of its body.
    Chunk(Bytes),
    /// The end of its body.
    End,
    /// The client has taken all of [`Output::Answer`]. Until then upstream need not be read: a slow
    /// client slows upstream down, and its slowness is not upstream's silence.
    Flushed,
    /// Upstream cannot be reached, or the connection broke.
    Failed,
    /// What the call gives, or that it is about to send something, cannot be stored: it ends with this.
    Unstored(Problem),
    /// Time has passed. An early one does no harm.
    Tick,
    /// The client has left.
    Cancel,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Get a token; the one of this grant was rejected by upstream.
    Authorize {
        /// For [`TokenCache::reject`].
        rejected: Option<u64>,
    },
    /// Send this; head, chunks and end are inputs.
    Send(HttpRequest),
    /// Abort what was sent; nothing of it is wanted any more.
    Abort,
    /// What the client gets next; [`Input::Flushed`] when it has taken it.
    Answer(Vec<AnswerEvent>),
    /// More of what has come is to be looked at: let others run, then come with [`Input::Tick`], or with
    /// [`Input::Cancel`]. Bring nothing else meanwhile.
    Yield,
    /// Nothing to do until something happens, or this time has come.
    Wait(Duration),
    /// The call has ended.
    Done(Box<Outcome>),
}

/// A target that was asked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AskedTarget {
    /// The upstream's name.
    pub upstream: String,
    /// What the model is called there.
    pub model: String,
    /// Requests sent there.
    pub requests: u32,
    /// Why it gave no answer; none for the one that did.
    pub code: Option<&'static str>,
}

/// A request that was sent upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The upstream's name.
    pub upstream: String,
    /// `gen_ai.provider.name` of OpenTelemetry's conventions.
    pub provider: &'static str,
    /// What the model is called there.
    pub model: String,
    /// When it was sent, since the call's start.
    pub from: Duration,
    /// When it ended.
    pub to: Duration,
    /// The status of its answer, if one came.
    pub status: Option<u16>,
    /// Why it gave no answer; none for the one that did.
    pub code: Option<&'static str>,
}

/// The contents of the audit row and the webhook (B6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Why, where it is no success.
    pub code: Option<Code>,
    /// From start to end.
    pub latency: Duration,
    /// From start to the first content, if any came.
    pub first_content: Option<Duration>,
    /// What upstream reports as used. Without it the cost is unknown if anything was sent.
    pub usage: Option<Usage>,
    /// Bytes of text that came of the answer, what the guard held back included.
    pub came: u64,
    /// What the answer reports about itself.
    pub summary: AnswerSummary,
    /// Requests sent upstream.
    pub attempts: u32,
    /// Each of them.
    pub sent: Vec<Attempt>,
    /// Where, in order.
    pub asked: Vec<AskedTarget>,
    /// The key that was sent, if anything was.
    pub idempotency_key: Option<String>,
    /// Upstream's name for the last exchange.
    pub upstream_correlation_id: Option<String>,
    /// Lines that were no frames.
    pub malformed_frames: u32,
    /// What the guard has found in the answer.
    pub findings: Findings,
}
