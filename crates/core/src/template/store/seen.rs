//! What upstream's answers report about a template, and what clients get of it.

use super::UpstreamTemplate;
use crate::call::Answer;
use crate::fault::Fault;
use crate::json::{self, Json};
use crate::problem::{Code, Problem};
use crate::upstream::genesys;

/// The members that upstream sets; a client's document does not have them.
const UPSTREAMS: [&str; 3] = ["id", "version", "date_modified"];

/// Largest template that upstream may answer, in bytes (ours): a text of 64 KiB, escaped, and its other members.
pub(in crate::template) const MAX_DOCUMENT: usize = 1 << 20;

/// What is there; a 404 stays one.
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

/// What upstream has: a document with its tag, or nothing.
pub(super) fn seen(answer: Result<Answer, Problem>, now_ms: u64) -> Result<Option<UpstreamTemplate>, Problem> {
    let answer = answer?;
    match answer.head.status {
        200..=299 => {
            let document = match json::parse(&answer.body.0) {
                Ok(document @ Json::Object(_)) if answer.body.0.len() <= MAX_DOCUMENT => Some(document.to_text()),
                _ => None,
            };
            match (genesys::etag(&answer.head), document) {
                (Some(etag), Some(document)) => Ok(Some(UpstreamTemplate { etag, document, fetched_ms: now_ms })),
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
pub(super) fn content(document: &str) -> Option<Json> {
    json::parse(document.as_bytes()).ok().map(|document| own(&document))
}

/// A document without the members that upstream sets.
pub(in crate::template) fn own(document: &Json) -> Json {
    match document {
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !UPSTREAMS.contains(&name.as_str()));
            Json::Object(kept.cloned().collect())
        }
        other => other.clone(),
    }
}

pub(super) fn missing() -> Problem {
    Problem::new(Code::NotFound, "There is no template with this id.")
}

pub(super) fn malformed() -> Problem {
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

pub(super) fn stale(there: Option<&UpstreamTemplate>, faults: Vec<Fault>) -> Problem {
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
