//! A keyed call happens once, and can be seen again: what is kept of a call that has an `Idempotency-Key` (reliability,
//! Idempotency).
//!
//! ```text
//!  reserve ──▶ Reserved ──dispatch──▶ Dispatched ──append──▶ Streaming ──append, the last──▶ Complete | Failed
//!                 │ nothing was executed: release              │ the process died: restore
//!                 ▼                                            ▼
//!              (gone: the key is free)                    Indeterminate ──where upstream honours keys: reserve again
//! ```
//! One object keeps one key of one tenant for one address, and it alone calls upstream for it. The record is stored before
//! a request is sent upstream, and each batch of events before a client reads of it; a crash loses what was not stored,
//! which nobody has seen. `Reserved` is in memory only: no record means that nothing was sent.
//!
//! The object carries out what is decided here. Times are Unix milliseconds.

mod reader;
mod storage;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::canonical;
use crate::client::Tenant;
use crate::front::{About, AnswerEvent, Front};
use crate::problem::{Code, Problem};

pub use reader::{Reader, Resume, Step};
pub use storage::Unreadable;

/// Most bytes of one part of a batch as text (ours): an object's storage takes 2 MB for a value, sealed and in base64.
pub const MAX_PART: usize = 1 << 20;
/// Most bytes that are kept of one answer (ours): four times what may come of it, since events have names.
pub const MAX_KEPT: usize = 16 << 20;
/// How often a running call's object is woken to see whether its process lives, in milliseconds (ours).
pub const WATCH_MS: u64 = 5_000;

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its request is being prepared; nothing was sent.
    Reserved,
    /// A request is sent upstream, or about to be.
    Dispatched,
    /// Something of the answer is stored.
    Streaming,
    /// The answer is whole.
    Complete,
    /// It ended with a problem.
    Failed,
    /// It was sent, and nobody knows how it ended.
    Indeterminate,
}

/// What is stored beside the batches: neither the prompt nor the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    state: State,
    /// SHA-256 of what was asked ([`fingerprint`]).
    fingerprint: String,
    about: About,
    /// How often the call was begun anew after a crash.
    generation: u32,
    /// Whether all that was asked takes our key for what it is, so that the same request may be sent again.
    repeatable: bool,
    /// The audit row that is not written yet: while the call runs, the one for the case that nobody learns how it ends.
    row: String,
    /// When it is deleted.
    expires_ms: u64,
}

/// Events that are stored together, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Of which generation.
    pub generation: u32,
    /// From 1. The first one of a generation takes the place of the generations before.
    pub number: u32,
    /// The events as JSON, in parts of at most [`MAX_PART`] bytes.
    pub parts: Vec<String>,
    /// The record that is stored with it, where it is another one.
    pub record: Option<String>,
    state: State,
    text: Rc<str>,
}

/// What a request with the key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Make the call; its generation.
    Begin(u32),
    /// Read what the call gives or gave.
    Follow,
}

/// When the object is to be woken, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// At this time.
    At(u64),
    /// Now is the time to delete everything.
    Delete,
    /// It need not be.
    None,
}

/// The journal of one call.
#[derive(Debug, Clone)]
pub struct Journal {
    record: Record,
    /// The call runs in this process.
    live: bool,
    /// The stored batches.
    batches: Vec<Rc<str>>,
    /// The generation of the batches.
    generation: u32,
    bytes: usize,
    /// What ends the answer where no stored event does.
    end: Option<Vec<AnswerEvent>>,
    /// Why the batches cannot be read.
    unreadable: Option<String>,
    /// How long it is kept after its end, in milliseconds.
    retention_ms: u64,
}

/// SHA-256 of what was asked: the body as canonical JSON (or as it came, where it is none), the tenant, and the address,
/// which says the front. How the answer is to be written is not in it, so that another format may be asked for later.
pub fn fingerprint(tenant: &Tenant, path: &str, front: Front, body: &[u8]) -> String {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut members)) => {
            if let Front::OpenAi(_) = front {
                members.remove("stream");
                members.remove("stream_options");
            }
            Value::Object(members)
        }
        Ok(body) => body,
        Err(_) => json!({ "bytes": canonical::hex(body) }),
    };
    canonical::hash(&json!([tenant.as_str(), path, body]))
}

// a call
impl Journal {
    /// A call that is being prepared; what it leaves is kept for `retention_ms` after its end. One that is asked for
    /// anew has the names of the first.
    pub fn reserve(fingerprint: &str, about: About, generation: u32, retention_ms: u64) -> Journal {
        let record = Record {
            state: State::Reserved,
            fingerprint: fingerprint.to_owned(),
            about,
            generation,
            repeatable: true,
            row: String::new(),
            expires_ms: u64::MAX,
        };
        Journal {
            record,
            live: true,
            batches: Vec::new(),
            generation,
            bytes: 0,
            end: None,
            unreadable: None,
            retention_ms,
        }
    }

    /// A request is about to be sent upstream: the record, to be stored before. `repeatable` is whether that upstream
    /// takes our key for what it is, `row` is the audit row if nobody learns how it ends. `None` where the same is stored.
    pub fn dispatch(&mut self, now_ms: u64, repeatable: bool, row: &str) -> Option<String> {
        let repeatable = self.record.repeatable && repeatable;
        if self.record.state != State::Reserved && self.record.repeatable == repeatable {
            return None;
        }
        self.record.repeatable = repeatable;
        self.record.state = State::Dispatched;
        self.record.row = row.to_owned();
        self.record.expires_ms = now_ms.saturating_add(self.retention_ms);
        Some(self.text())
    }

    /// The next events, to be stored and then given to [`stored`](Self::stored).
    ///
    /// # Errors
    /// [`Code::AnswerTooLong`] beyond [`MAX_KEPT`].
    pub fn append(&self, now_ms: u64, events: &[AnswerEvent]) -> Result<Batch, Problem> {
        // Strings, numbers and maps with names: this cannot fail.
        let text = serde_json::to_string(events).unwrap_or_default();
        if self.bytes.saturating_add(text.len()) > MAX_KEPT {
            let detail = format!("The answer takes more than {MAX_KEPT} bytes to keep and was cut off.");
            return Err(Problem::new(Code::AnswerTooLong, detail));
        }
        let state = match events.last() {
            Some(AnswerEvent::Done(..)) => State::Complete,
            Some(AnswerEvent::Failed(_)) => State::Failed,
            _ => State::Streaming,
        };
        let changed = state != self.record.state;
        let record = || {
            let record = Record { state, expires_ms: now_ms.saturating_add(self.retention_ms), ..self.record.clone() };
            serde_json::to_string(&record).unwrap_or_default()
        };
        Ok(Batch {
            generation: self.generation,
            number: self.batches.len() as u32 + 1,
            parts: parts(&text).map(str::to_owned).collect(),
            record: changed.then(record),
            state,
            text: text.into(),
        })
    }

    /// The batch is stored: clients may read it.
    pub fn stored(&mut self, now_ms: u64, batch: Batch) {
        if batch.record.is_some() {
            self.record.state = batch.state;
            self.record.expires_ms = now_ms.saturating_add(self.retention_ms);
        }
        self.bytes = self.bytes.saturating_add(batch.text.len());
        self.batches.push(batch.text);
    }

    /// The call has ended with `events`, and nothing that was sent was executed: they are not stored, the key is free.
    /// After a crash whose call may have been executed it is not: that record, to be stored again.
    pub fn release(&mut self, now_ms: u64, events: Vec<AnswerEvent>) -> Option<String> {
        self.end = Some(events);
        self.record.expires_ms = now_ms.saturating_add(self.retention_ms);
        let again = self.record.generation > 0;
        if again {
            self.record.state = State::Indeterminate;
        }
        again.then(|| self.text())
    }

    /// Storage has failed, or cannot take more: clients read what is stored, and why there is no more.
    pub fn break_off(&mut self, problem: Problem) {
        self.record.state = State::Indeterminate;
        self.end = Some(vec![AnswerEvent::Failed(Box::new(problem.into()))]);
    }

    /// The call has ended, and left this audit row: the record, to be stored before the row is written.
    pub fn settle(&mut self, row: &str) -> String {
        row.clone_into(&mut self.record.row);
        self.text()
    }

    /// The row is in the audit log: the record, to be stored.
    pub fn written(&mut self) -> String {
        self.record.row.clear();
        self.text()
    }

    /// The call does not run any more.
    pub fn ended(&mut self) {
        self.live = false;
        if !self.has_ended() {
            self.break_off(unknown());
        }
    }
}

// requests
impl Journal {
    /// What a request with this fingerprint may do.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyReused`] and [`Code::AnswerGone`].
    pub fn admit(&self, fingerprint: &str, now_ms: u64) -> Result<Admission, Problem> {
        if !self.live && self.has_expired(now_ms) {
            return Ok(Admission::Begin(0));
        }
        if fingerprint != self.record.fingerprint {
            let detail = "This Idempotency-Key was used with another request: use a new key for a new request.";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail));
        }
        if self.live {
            return Ok(Admission::Follow);
        }
        if self.record.state == State::Indeterminate && self.record.repeatable {
            return Ok(Admission::Begin(self.record.generation.saturating_add(1)));
        }
        match &self.unreadable {
            Some(why) => {
                let detail = format!("The call was made, once, and its answer cannot be read again. {why}");
                Err(Problem::new(Code::AnswerGone, detail))
            }
            None => Ok(Admission::Follow),
        }
    }

    /// Whether the call runs in this process.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Whether nothing more can be stored.
    pub fn is_broken(&self) -> bool {
        self.end.is_some()
    }

    /// What the bytes of the answer name.
    pub fn about(&self) -> &About {
        &self.record.about
    }

    /// How far the call is.
    pub fn state(&self) -> State {
        self.record.state
    }

    fn has_ended(&self) -> bool {
        self.end.is_some() || matches!(self.record.state, State::Complete | State::Failed | State::Indeterminate)
    }
}

/// Nobody knows how the call ended.
fn unknown() -> Problem {
    let detail = "The gateway lost the connection to the model while the answer came. It may have been generated, so it \
                  is not asked for again: use a new Idempotency-Key to ask again.";
    Problem::new(Code::OutcomeUnknown, detail)
}

/// The call runs, and its answer is not whole yet.
pub fn running() -> Problem {
    let detail = "The call with this Idempotency-Key is still running: ask for its answer again later.";
    let mut problem = Problem::new(Code::CallRunning, detail);
    problem.retry_after = Some(std::time::Duration::from_secs(5));
    problem
}

/// `text` in pieces of at most [`MAX_PART`] bytes.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_PART));
        rest = after;
        Some(part)
    })
}
