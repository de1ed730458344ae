//! A read: from the copy while it is fresh, else from upstream.

use super::seen::{missing, seen};
use super::{Ended, Step, UpstreamTemplate};
use crate::call::Answer;
use crate::problem::Problem;
use crate::upstream::genesys::Family;

/// A read.
#[derive(Debug)]
pub struct Read {
    kept: Option<UpstreamTemplate>,
}

impl Read {
    /// Begins: a copy younger than `max_age_s` at `now_ms` (Unix ms) is taken for the newest.
    pub fn begin(
        family: Family,
        id: &str,
        kept: Option<UpstreamTemplate>,
        max_age_s: u64,
        now_ms: u64,
    ) -> (Read, Step) {
        let step = match &kept {
            Some(stored) if stored.age_s(now_ms) < max_age_s => Ended::step(Ok(stored.clone()), kept.clone()),
            _ => Step::Send(family.get(id)),
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
