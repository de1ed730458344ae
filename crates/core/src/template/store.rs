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

use serde::{Deserialize, Serialize};

use super::document::Desk;
use super::merge::merge;
use super::precondition::Precondition;
use crate::call::Answer;
use crate::fault::Fault;
use crate::genesys::{self, Ask, Expect, Family};
use crate::http::correlation_id;
use crate::json::{self, Json};
use crate::problem::{Code, Problem};

/// Most merges for one write (requirements, A4).
const MAX_MERGES: u32 = 3;
/// The members that upstream sets; a client's document does not have them.
const UPSTREAMS: [&str; 3] = ["id", "version", "date_modified"];

/// A template as it was last seen upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Upstream's entity tag, quoted.
    pub etag: String,
    /// The document, as JSON text.
    pub document: String,
    /// When upstream was asked, Unix ms.
    pub fetched_ms: u64,
}

impl Stored {
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
        /// Valid JSON text of what is to stand there.
        document: String,
    },
    /// Drop what is kept of it here.
    Invalidate,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask upstream; bring the answer.
    Ask(Ask),
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
    pub fn begin(command: Command, kept: Option<Stored>, now_ms: u64) -> (Work, Step) {
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

    /// Upstream has answered at `now_ms` (Unix ms); `desk` checks what a merge makes.
    pub fn answer(self, answer: Result<Answer, Problem>, desk: &Desk, now_ms: u64) -> (Work, Step) {
        match self {
            Work::Read(read) => {
                let step = read.answer(answer, now_ms);
                (Work::Invalidate, step)
            }
            Work::Write(mut write) => {
                let step = write.answer(answer, desk, now_ms);
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
    pub result: Result<Stored, Problem>,
    /// What the object keeps from now on: the newest that is known of upstream, or nothing.
    pub keep: Option<Stored>,
    /// Upstream had nothing before.
    pub created: bool,
    /// Someone else's change was merged with this one.
    pub merged: bool,
    /// Upstream's name for the spreading of a cached template to its edge (A3).
    pub propagation_id: Option<String>,
}

/// What the object tells of a template: the answer to a [`Command`] that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The template.
    pub stored: Stored,
    /// Upstream had nothing before.
    pub created: bool,
    /// Someone else's change was merged with this one.
    pub merged: bool,
    /// Upstream's name for the spreading of a cached template to its edge (A3).
    pub propagation_id: Option<String>,
}

impl Told {
    /// What upstream has made of a new prompt template, at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// [`Code::Conflict`] where the name is taken, [`Code::UpstreamMalformed`].
    pub fn created(answer: Answer, now_ms: u64) -> Result<Told, Problem> {
        match answer.head.status {
            409 => Err(name_taken()),
            _ => match seen(Ok(answer), now_ms)? {
                Some(stored) => Ok(Told { stored, created: true, merged: false, propagation_id: None }),
                None => Err(malformed()),
            },
        }
    }
}

/// What is there; a 404 is told as such.
///
/// # Errors
/// [`Code::NotFound`], and [`Code::UpstreamRejected`] for a 409 or 412 to what does not write.
pub fn there(answer: Answer) -> Result<Answer, Problem> {
    match answer.head.status {
        200..=299 => Ok(answer),
        404 => Err(Problem::new(Code::NotFound, "There is no template with this id, or no such version of it.")),
        status => {
            Err(Problem::new(Code::UpstreamRejected, format!("The upstream refuses the request with status {status}.")))
        }
    }
}

impl Ended {
    fn step(result: Result<Stored, Problem>, keep: Option<Stored>) -> Step {
        Step::Done(Box::new(Ended { result, keep, created: false, merged: false, propagation_id: None }))
    }
}

/// A read.
#[derive(Debug)]
pub struct Read {
    kept: Option<Stored>,
}

impl Read {
    /// Begins: a copy younger than `max_age_s` at `now_ms` (Unix ms) is taken for the newest.
    pub fn begin(family: Family, id: &str, kept: Option<Stored>, max_age_s: u64, now_ms: u64) -> (Read, Step) {
        let step = match &kept {
            Some(stored) if stored.age_s(now_ms) < max_age_s => Ended::step(Ok(stored.clone()), kept.clone()),
            _ => Step::Ask(family.get(id)),
        };
        (Read { kept }, step)
    }

    /// Upstream has answered at `now_ms`.
    pub fn answer(self, answer: Result<Answer, Problem>, now_ms: u64) -> Step {
        match seen(answer, now_ms) {
            Ok(Some(stored)) => Ended::step(Ok(stored.clone()), Some(stored)),
            Ok(None) => Ended::step(Err(missing()), None),
            // Better an old template than none while upstream is away; its `Age` says so.
            Err(problem) => match self.kept {
                Some(stored) if problem.code.retryable() => Ended::step(Ok(stored.clone()), Some(stored)),
                kept => Ended::step(Err(problem), kept),
            },
        }
    }
}

/// A write.
#[derive(Debug)]
pub struct Write {
    family: Family,
    id: String,
    precondition: Precondition,
    /// What the client wants to stand there.
    wanted: Json,
    /// What is sent: the same, or merged.
    sent: String,
    kept: Option<Stored>,
    state: State,
    merges: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Looks at what is there, to hold the precondition against it.
    Looking,
    /// Writes where there was nothing, or whatever there was.
    Putting(Expect),
    /// Looks at what someone else has written meanwhile.
    Merging,
}

impl Write {
    /// Begins: `document` is valid, and `kept` is what the object has.
    pub fn begin(
        family: Family,
        id: &str,
        precondition: Precondition,
        document: Json,
        kept: Option<Stored>,
    ) -> (Write, Step) {
        let sent = document.to_text();
        let mut write = Write {
            family,
            id: id.to_owned(),
            precondition,
            wanted: document,
            sent,
            kept,
            state: State::Looking,
            merges: 0,
        };
        let step = match (&write.precondition, &write.kept) {
            // Upstream chooses the ids of prompt templates, so only what is there can be written.
            (Precondition::Nothing, _) if family == Family::Cached => write.put(Expect::Nothing),
            (Precondition::Anything, _) if family == Family::Cached => write.put(Expect::Anything),
            (Precondition::OneOf(_), Some(kept)) if write.precondition.names(&kept.etag) => {
                let tag = kept.etag.clone();
                write.put(Expect::Tag(tag))
            }
            // What is kept may be old: upstream decides.
            _ => Step::Ask(family.get(id)),
        };
        (write, step)
    }

    /// Upstream has answered at `now_ms` (Unix ms).
    pub fn answer(&mut self, answer: Result<Answer, Problem>, desk: &Desk, now_ms: u64) -> Step {
        match self.state.clone() {
            State::Looking => match seen(answer, now_ms) {
                Ok(there) => {
                    self.kept = there;
                    self.look()
                }
                Err(problem) => self.refuse(problem),
            },
            State::Putting(expect) => match answer {
                Ok(answer) => self.put_answered(&expect, answer, now_ms),
                // Whether it was executed is unknown: what is kept may be old now.
                Err(problem) => {
                    self.kept = None;
                    self.refuse(problem)
                }
            },
            State::Merging => match seen(answer, now_ms) {
                Ok(there) => self.merge(there, desk),
                Err(problem) => self.refuse(problem),
            },
        }
    }

    /// Holds the precondition against what is there.
    fn look(&mut self) -> Step {
        match (&self.precondition, self.kept.clone()) {
            (_, None) if self.family == Family::Prompt => self.refuse(missing()),
            (Precondition::Missing, None) => self.put(Expect::Nothing),
            (Precondition::Missing, Some(there)) => {
                let detail = "There is a template already: send If-Match with the ETag of the one you have read, so \
                              that nobody's change is lost.";
                let mut problem = Problem::new(Code::PreconditionRequired, detail);
                problem.etag = Some(there.etag);
                self.refuse(problem)
            }
            (precondition, Some(there)) if precondition.names(&there.etag) => self.put(Expect::Tag(there.etag)),
            (_, there) => self.refuse(stale(there.as_ref(), Vec::new())),
        }
    }

    fn put(&mut self, expect: Expect) -> Step {
        self.state = State::Putting(expect.clone());
        Step::Ask(self.family.put(&self.id, self.sent.clone().into_bytes(), &expect))
    }

    fn put_answered(&mut self, expect: &Expect, answer: Answer, now_ms: u64) -> Step {
        match answer.head.status {
            200..=299 => {
                let created = answer.head.status == 201;
                let propagation_id = answer.head.header("x-cdn-propagation-id").map(str::to_owned);
                match seen(Ok(answer), now_ms) {
                    Ok(Some(stored)) => Step::Done(Box::new(Ended {
                        result: Ok(stored.clone()),
                        keep: Some(stored),
                        created,
                        merged: self.merges > 0,
                        propagation_id,
                    })),
                    // It was written, and nobody knows what its tag is: look again at the next read.
                    Ok(None) | Err(_) => {
                        self.kept = None;
                        self.refuse(malformed())
                    }
                }
            }
            // A prompt template's name is unique; nothing of the kind is merged away (contract, section 10).
            409 if self.family == Family::Prompt => self.refuse(name_taken()),
            404 => {
                self.kept = None;
                self.refuse(missing())
            }
            _ if *expect == Expect::Nothing && self.merges == 0 => {
                // Someone was faster; what is there is told by its tag alone.
                let mut problem = stale(None, Vec::new());
                problem.etag = genesys::etag(&answer.head);
                problem.upstream_correlation_id = correlation_id(&answer.head);
                self.kept = None;
                self.refuse(problem)
            }
            _ if self.merges < MAX_MERGES => {
                self.merges += 1;
                self.state = State::Merging;
                Step::Ask(self.family.get(&self.id))
            }
            _ => {
                let mut problem = stale(None, Vec::new());
                problem.etag = genesys::etag(&answer.head);
                self.kept = None;
                self.refuse(problem)
            }
        }
    }

    /// Someone else has written: their change and ours, held against what both began with.
    fn merge(&mut self, there: Option<Stored>, desk: &Desk) -> Step {
        let (Some(there), base) = (there, self.kept.take()) else { return self.refuse(stale(None, Vec::new())) };
        let theirs = content(&there.document);
        if theirs.as_ref() == Some(&own(&self.wanted)) {
            // Ours already: an earlier attempt had been executed though nobody said so.
            return Step::Done(Box::new(Ended {
                result: Ok(there.clone()),
                keep: Some(there),
                created: false,
                merged: false,
                propagation_id: None,
            }));
        }
        let tag = there.etag.clone();
        if self.precondition == Precondition::Anything && self.family == Family::Cached {
            // The client wants its own in any case; upstream was only busy.
            self.kept = Some(there);
            return self.put(Expect::Anything);
        }
        let base = base.and_then(|base| content(&base.document)).unwrap_or(Json::Null);
        let merged = match &theirs {
            Some(theirs) => merge(&base, &own(&self.wanted), theirs),
            None => Err(Vec::new()),
        };
        self.kept = Some(there.clone());
        match merged {
            Ok(merged) => {
                // Two changes that are right by themselves may be wrong together.
                if let Err(problem) = desk.check(self.family, &merged.to_text()) {
                    return self.refuse(stale(Some(&there), problem.errors));
                }
                // The next merge begins with what was found now.
                self.sent = self.addressed(merged.clone()).to_text();
                self.wanted = merged;
                self.put(Expect::Tag(tag))
            }
            Err(paths) => {
                let message = "Both you and someone else have changed this: take theirs or yours by hand.";
                let faults = paths.iter().map(|path| Fault::new(path, "merge_conflict", message)).collect();
                self.refuse(stale(Some(&there), faults))
            }
        }
    }

    /// A cached template bears its own id (contract, section 9).
    fn addressed(&self, document: Json) -> Json {
        match (self.family, document) {
            (Family::Cached, Json::Object(members)) => {
                let id = ("id".to_owned(), Json::String(self.id.clone()));
                Json::Object(std::iter::once(id).chain(members).collect())
            }
            (_, document) => document,
        }
    }

    fn refuse(&self, problem: Problem) -> Step {
        Ended::step(Err(problem), self.kept.clone())
    }
}

/// What upstream has: a document with its tag, or nothing.
fn seen(answer: Result<Answer, Problem>, now_ms: u64) -> Result<Option<Stored>, Problem> {
    let answer = answer?;
    match answer.head.status {
        200..=299 => {
            let document = String::from_utf8(answer.body.0)
                .ok()
                .filter(|text| matches!(json::parse(text.as_bytes()), Ok(Json::Object(_))));
            match (genesys::etag(&answer.head), document) {
                (Some(etag), Some(document)) => Ok(Some(Stored { etag, document, fetched_ms: now_ms })),
                _ => Err(malformed()),
            }
        }
        404 => Ok(None),
        status => {
            let detail = format!("The upstream answered {status} to a read. Check its address.");
            Err(Problem::new(Code::UpstreamMalformed, detail))
        }
    }
}

/// The same of its text.
fn content(document: &str) -> Option<Json> {
    json::parse(document.as_bytes()).ok().map(|document| own(&document))
}

/// A document without the members that upstream sets.
pub(super) fn own(document: &Json) -> Json {
    match document {
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !UPSTREAMS.contains(&name.as_str()));
            Json::Object(kept.cloned().collect())
        }
        other => other.clone(),
    }
}

fn missing() -> Problem {
    Problem::new(Code::NotFound, "There is no template with this id.")
}

fn malformed() -> Problem {
    let detail = "The upstream's answer is no template with an entity tag. Check its address.";
    Problem::new(Code::UpstreamMalformed, detail)
}

/// The name of a prompt template is taken (E3).
pub fn name_taken() -> Problem {
    let fault = Fault::new(
        &crate::fault::Path::root().name("name"),
        "name_taken",
        "Another template has this name: choose another, or update that one.",
    );
    Problem::with_errors(Code::Conflict, vec![fault])
}

fn stale(there: Option<&Stored>, faults: Vec<Fault>) -> Problem {
    let detail = match there {
        Some(_) => {
            "The template has changed since you read it, and nothing was written. Read it again (with \
             `Cache-Control: no-cache`), make your change on top of it, and send it with the new ETag in If-Match."
        }
        None => {
            "The template is not the one that you expect, and nothing was written. Read it again (with \
             `Cache-Control: no-cache`), and send If-Match with the ETag that you get."
        }
    };
    let mut problem = Problem::new(Code::PreconditionFailed, detail);
    problem.errors = faults;
    problem.etag = there.map(|there| there.etag.clone());
    problem
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
