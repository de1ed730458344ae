//! A write: held against what is there, sent once, merged where someone else was faster.

use super::super::merge::merge;
use super::seen::{content, malformed, missing, name_taken, own, seen, stale};
use super::{Ended, Precondition, Step, TemplateValidator, UpstreamTemplate};
use crate::call::Answer;
use crate::fault::Fault;
use crate::http::correlation_id;
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::upstream::genesys::{self, Expect, Family};

/// Most merges for one write (requirements, A4).
const MAX_MERGES: u32 = 3;

/// A write.
#[derive(Debug)]
pub struct Write {
    family: Family,
    id: String,
    precondition: Precondition,
    /// What the client wants to be there.
    wanted: Json,
    /// What is sent: the same, or merged.
    sent: String,
    kept: Option<UpstreamTemplate>,
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
        kept: Option<UpstreamTemplate>,
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
            _ => Step::Send(family.get(id)),
        };
        (write, step)
    }

    /// Upstream has answered at `now_ms` (Unix ms).
    pub fn answer(&mut self, answer: Result<Answer, Problem>, validator: &TemplateValidator, now_ms: u64) -> Step {
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
                Ok(there) => self.merge(there, validator),
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
        Step::Send(self.family.put(&self.id, self.sent.clone().into_bytes(), &expect))
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
                        sent_bytes: Some(self.sent.len()),
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
                // Someone was faster; the answer has only the tag of what is there.
                let mut problem = stale(None, Vec::new());
                problem.etag = genesys::etag(&answer.head);
                problem.upstream_correlation_id = correlation_id(&answer.head);
                self.kept = None;
                self.refuse(problem)
            }
            _ if self.merges < MAX_MERGES => {
                self.merges += 1;
                self.state = State::Merging;
                Step::Send(self.family.get(&self.id))
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
    fn merge(&mut self, there: Option<UpstreamTemplate>, validator: &TemplateValidator) -> Step {
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
                sent_bytes: Some(self.sent.len()),
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
                if let Err(problem) = validator.check(self.family, &merged.to_text()) {
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
