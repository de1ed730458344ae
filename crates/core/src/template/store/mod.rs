//! What the object of a template does: it alone writes, so compare-and-set is real. A read or a write is a
//! machine whose steps are exchanges with upstream, which is the truth (requirements, A3–A5 and E3; reliability,
//! "Concurrency").
//!
//! ```text
//! read:   fresh copy ──▶ done          else ──get──▶ done (or the old copy, if upstream is away)
//! write:  precondition fits ──put──▶ done
//!            │ no                 └─ 409, 412 ──get──▶ merge ──put──▶ … three times at most
//!            └──get──▶ fits after all? put. Else 412 with the entity tag of what is there
//! ```

mod read;
mod seen;
mod write;

use serde::{Deserialize, Serialize};

use super::precondition::Precondition;
use super::validator::TemplateValidator;
use crate::call::Answer;
use crate::json;
use crate::problem::{Code, Problem};
use crate::upstream::UpstreamRequest;
use crate::upstream::genesys::Family;

use read::Read;
pub(super) use seen::{MAX_DOCUMENT, own};
use seen::{malformed, missing, seen};
pub use seen::{name_taken, there};
use write::Write;

/// A template as it was last seen upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamTemplate {
    /// Upstream's entity tag, quoted.
    pub etag: String,
    /// The document, as JSON text.
    pub document: String,
    /// When upstream was asked, Unix ms.
    pub fetched_ms: u64,
}

impl UpstreamTemplate {
    /// Seconds since upstream was asked: the `Age` of an answer (RFC 9111, 5.1).
    pub fn age_s(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.fetched_ms) / 1000
    }
}

/// What the object is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The kind of template.
    pub family: Family,
    /// Its id, a UUID.
    pub id: String,
    /// The id of the client's request.
    pub request_id: String,
    /// When that request must have ended, Unix ms (R1).
    pub deadline_ms: u64,
    /// What is to be done.
    pub verb: Verb,
}

/// What is to be done to a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Read it.
    Read {
        /// The oldest copy that will do, in seconds; 0 asks upstream.
        max_age_s: u64,
    },
    /// Write it.
    Write {
        /// What must be there.
        precondition: Precondition,
        /// Valid JSON text of what is to be there.
        document: String,
    },
    /// Drop what is kept of it here.
    Invalidate,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this upstream; the answer is the next input.
    Send(UpstreamRequest),
    /// It has ended.
    Done(Box<Ended>),
}

/// A read or a write that goes on.
#[derive(Debug)]
pub enum Work {
    /// A read.
    Read(Read),
    /// A write.
    Write(Box<Write>),
    /// Nothing is asked of upstream.
    Invalidate,
}

impl Work {
    /// Begins what `command` asks for at `now_ms` (Unix ms); `kept` is what the object has.
    pub fn begin(command: Command, kept: Option<UpstreamTemplate>, now_ms: u64) -> (Work, Step) {
        let Command { family, id, verb, .. } = command;
        match verb {
            Verb::Read { max_age_s } => {
                let (read, step) = Read::begin(family, &id, kept, max_age_s, now_ms);
                (Work::Read(read), step)
            }
            Verb::Write { precondition, document } => match json::parse(document.as_bytes()) {
                Ok(document) => {
                    let (write, step) = Write::begin(family, &id, precondition, document, kept);
                    (Work::Write(Box::new(write)), step)
                }
                Err(faults) => {
                    let problem = Problem::with_errors(Code::InvalidJson, faults);
                    (Work::Invalidate, Ended::step(Err(problem), kept))
                }
            },
            Verb::Invalidate => (Work::Invalidate, Ended::step(kept.ok_or_else(missing), None)),
        }
    }

    /// Upstream has answered at `now_ms` (Unix ms); `validator` checks what a merge makes.
    pub fn answer(self, answer: Result<Answer, Problem>, validator: &TemplateValidator, now_ms: u64) -> (Work, Step) {
        match self {
            Work::Read(read) => {
                let step = read.answer(answer, now_ms);
                (Work::Invalidate, step)
            }
            Work::Write(mut write) => {
                let step = write.answer(answer, validator, now_ms);
                (Work::Write(write), step)
            }
            Work::Invalidate => (Work::Invalidate, Ended::step(Err(missing()), None)),
        }
    }
}

/// How a read or a write has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The template, or why not.
    pub result: Result<UpstreamTemplate, Problem>,
    /// What the object keeps from now on: the newest that is known of upstream, or nothing.
    pub keep: Option<UpstreamTemplate>,
    /// Upstream had nothing before.
    pub created: bool,
    /// Someone else's change was merged with this one.
    pub merged: bool,
    /// Upstream's name for the spreading of a cached template to its edge (A3).
    pub propagation_id: Option<String>,
    /// Bytes of the document as it was sent, where one was (A2).
    pub sent_bytes: Option<usize>,
}

/// The object's answer about a template: the answer to a [`Command`] that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateSnapshot {
    /// The template.
    pub stored: UpstreamTemplate,
    /// Upstream had nothing before.
    pub created: bool,
    /// Someone else's change was merged with this one.
    pub merged: bool,
    /// Upstream's name for the spreading of a cached template to its edge (A3).
    pub propagation_id: Option<String>,
    /// Bytes of the document as it was sent, where one was (A2).
    pub sent_bytes: Option<usize>,
}

impl TemplateSnapshot {
    /// The id of the template, as upstream has it.
    pub fn id(&self) -> String {
        let document = json::parse(self.stored.document.as_bytes()).ok();
        document.as_ref().and_then(|document| document.member("id")?.text()).unwrap_or_default().to_owned()
    }

    /// What upstream has made of a new prompt template of `sent_bytes` bytes, at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// [`Code::Conflict`] where the name is taken, [`Code::UpstreamMalformed`].
    pub fn created(answer: Answer, sent_bytes: usize, now_ms: u64) -> Result<TemplateSnapshot, Problem> {
        match answer.head.status {
            409 => Err(name_taken()),
            _ => match seen(Ok(answer), now_ms)? {
                Some(stored) => {
                    let sent_bytes = Some(sent_bytes);
                    Ok(TemplateSnapshot { stored, created: true, merged: false, propagation_id: None, sent_bytes })
                }
                None => Err(malformed()),
            },
        }
    }
}

impl Ended {
    fn step(result: Result<UpstreamTemplate, Problem>, keep: Option<UpstreamTemplate>) -> Step {
        Step::Done(Box::new(Ended {
            result,
            keep,
            created: false,
            merged: false,
            propagation_id: None,
            sent_bytes: None,
        }))
    }
}

#[cfg(test)]
mod tests;
