//! A problem on its way from an object to the Worker, as text: objects answer `Result<T, Refusal>`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use promptgate_guard::Entry;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Place};
use crate::problem::{Code, Problem};

/// Most codes of faults that are kept (ours): more than there are.
const MAX_CODES: usize = 1_000;

/// A problem as it is written between the parts of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    code: String,
    detail: String,
    errors: Vec<Error>,
    more: usize,
    upstream_correlation_id: Option<String>,
    retry_after_ms: Option<u64>,
    etag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Error {
    path: String,
    code: String,
    message: String,
    span: Option<(usize, usize)>,
    #[serde(default)]
    place: Option<(usize, usize)>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        let error = |fault: Fault| Error {
            path: fault.path,
            code: fault.code.to_owned(),
            message: fault.message,
            span: fault.span,
            place: fault.place.map(|place| (place.line, place.column)),
        };
        Refusal {
            code: problem.code.as_str().to_owned(),
            detail: problem.detail,
            errors: problem.errors.into_iter().map(error).collect(),
            more: problem.more,
            upstream_correlation_id: problem.upstream_correlation_id,
            retry_after_ms: problem.retry_after.map(|after| after.as_millis() as u64),
            etag: problem.etag,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let fault = |error: Error| Fault {
            path: error.path,
            code: interned(error.code),
            message: error.message,
            span: error.span,
            place: error.place.map(|(line, column)| Place { line, column }),
        };
        let mut problem = Problem::new(Code::named(&refusal.code), refusal.detail);
        problem.errors = refusal.errors.into_iter().map(fault).collect();
        problem.more = refusal.more;
        problem.upstream_correlation_id = refusal.upstream_correlation_id;
        problem.retry_after = refusal.retry_after_ms.map(Duration::from_millis);
        problem.etag = refusal.etag;
        problem
    }
}

/// The code of a fault for a finding of the guard: an operator's pattern has the name that the operator gave it.
pub(crate) fn fault_code(entry: &Entry) -> &'static str {
    match &entry.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(name) => interned(name.clone()),
    }
}

/// The one copy of a fault's code: they are few: constants of this program, and names in its settings.
fn interned(code: String) -> &'static str {
    thread_local! {
        static CODES: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    }
    CODES.with_borrow_mut(|codes| match codes.get(code.as_str()) {
        Some(known) => known,
        None if codes.len() >= MAX_CODES => "unknown",
        None => {
            let code: &'static str = code.leak();
            codes.insert(code);
            code
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Path;

    #[test]
    fn a_problem_arrives_as_it_was() {
        let fault = Fault {
            span: Some((1, 5)),
            place: Some(Place { line: 2, column: 3 }),
            ..Fault::new(&Path::root().name("name"), "name_taken", "Choose another.")
        };
        let full = Problem {
            errors: vec![fault],
            more: 3,
            upstream_correlation_id: Some("c-1".into()),
            retry_after: Some(Duration::from_millis(1_500)),
            etag: Some("\"version=3\"".into()),
            ..Problem::new(Code::PreconditionFailed, "Read it again.")
        };
        for problem in Code::ALL.iter().map(|&code| Problem::new(code, "x")).chain([full]) {
            let text = serde_json::to_string(&Refusal::from(problem.clone())).unwrap();
            assert_eq!(Problem::from(serde_json::from_str::<Refusal>(&text).unwrap()), problem);
        }
    }

    #[test]
    fn one_code_has_one_copy() {
        let (one, two) = (interned("a_code".to_owned()), interned("a_code".to_owned()));
        assert!(std::ptr::eq(one, two));
    }
}
