//! What an isolate remembers of keys: who they are for a minute, and that strangers are strangers.
//!
//! ```text
//! secret ─▶ known, and asked less than a minute ago ─▶ Caller, or the refusal
//!             └─ no ─▶ someone asks already ─▶ Wait
//!                        └─ no ─▶ known before, or a stranger within the bucket ─▶ Ask ─▶ learn
//!                                   └─ too many strangers ─▶ 503: nothing is asked for an attacker's inventions
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use super::Key;
use crate::client::{Caller, unknown_key};
use crate::problem::{Code, Problem};

/// How long an answer holds (requirements, T2: revoked everywhere within 60 s; asked for once a minute), from when the
/// question was sent.
const MINUTE_MS: u64 = 60_000;
/// Most keys that are remembered (ours), and most strangers.
const MAX_KNOWN: usize = 10_000;
const MAX_STRANGERS: usize = 2_000;
/// How many strangers may be asked for in a second, and at once (ours).
const PER_SECOND: u64 = 20;
const BURST: u64 = 100;
/// When a question that has had no answer is asked again (ours).
const LOST_MS: u64 = 5_000;

/// What to do for a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It is known who it is.
    Known(Box<Caller>),
    /// It opens nothing.
    Refused(Problem),
    /// Ask the object, then [`Memory::learn`].
    Ask,
    /// Someone asks already: look again soon.
    Wait,
}

/// What is remembered.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    known: BTreeMap<String, Entry>,
    /// Digests that are no key's, and until when that is believed.
    strangers: BTreeMap<String, u64>,
    /// Digests that are being asked for, and since when.
    asking: BTreeMap<String, u64>,
    /// Questions about strangers that may be asked, in thousandths, and as of when.
    bucket: Option<(u64, u64)>,
}

#[derive(Debug, Clone)]
struct Entry {
    caller: Caller,
    /// Until when this is believed, Unix ms.
    until_ms: u64,
}

impl Memory {
    /// What to do for the secret of this digest at `now_ms` (Unix ms).
    pub fn look(&mut self, digest: &str, now_ms: u64) -> Lookup {
        let known = self.known.get(digest);
        if let Some(entry) = known.filter(|entry| now_ms < entry.until_ms) {
            return Lookup::Known(Box::new(entry.caller.clone()));
        }
        if self.strangers.get(digest).is_some_and(|until_ms| now_ms < *until_ms) {
            return Lookup::Refused(unknown_key());
        }
        if self.asking.get(digest).is_some_and(|since_ms| now_ms < since_ms.saturating_add(LOST_MS)) {
            return Lookup::Wait;
        }
        if known.is_none() && !self.spare(now_ms) {
            let mut problem = Problem::new(
                Code::Overloaded,
                "Too many keys that nobody knows are being tried: try again in a second.",
            );
            problem.retry_after = Some(Duration::from_secs(1));
            return Lookup::Refused(problem);
        }
        if self.asking.len() >= MAX_STRANGERS {
            self.asking.retain(|_, since_ms| now_ms < since_ms.saturating_add(LOST_MS));
        }
        self.asking.insert(digest.to_owned(), now_ms);
        Lookup::Ask
    }

    /// The object has answered the question sent at `asked_ms` (Unix ms): the key, or that there is none.
    pub fn learn(&mut self, digest: &str, key: Option<&Key>, asked_ms: u64) {
        self.asking.remove(digest);
        let until_ms = asked_ms.saturating_add(MINUTE_MS);
        match key.and_then(|key| key.caller(digest, asked_ms)) {
            Some((caller, ends_ms)) => {
                room(&mut self.known, MAX_KNOWN, |entry| asked_ms < entry.until_ms);
                let until_ms = until_ms.min(ends_ms.unwrap_or(u64::MAX));
                self.strangers.remove(digest);
                self.known.insert(digest.to_owned(), Entry { caller, until_ms });
            }
            None => {
                self.known.remove(digest);
                room(&mut self.strangers, MAX_STRANGERS, |until_ms| asked_ms < *until_ms);
                self.strangers.insert(digest.to_owned(), until_ms);
            }
        }
    }

    /// The object has not answered.
    pub fn lost(&mut self, digest: &str) {
        self.asking.remove(digest);
    }

    /// Takes one from the bucket of strangers, if there is one.
    fn spare(&mut self, now_ms: u64) -> bool {
        let (left, as_of) = self.bucket.unwrap_or((BURST * 1_000, now_ms));
        let left = left.saturating_add(now_ms.saturating_sub(as_of).saturating_mul(PER_SECOND)).min(BURST * 1_000);
        let spare = left >= 1_000;
        self.bucket = Some((if spare { left - 1_000 } else { left }, now_ms));
        spare
    }
}

/// Makes room for one more: first what is old goes, then everything.
fn room<T>(map: &mut BTreeMap<String, T>, most: usize, fresh: impl Fn(&T) -> bool) {
    if map.len() >= most {
        map.retain(|_, entry| fresh(entry));
    }
    if map.len() >= most {
        map.clear();
    }
}
