//! Calls that were sent and have no row yet: registered with the object that writes their rows if their isolate dies.
//!
//! A call that ends before it is registered costs nothing; the others are registered and ended in batches. What was not
//! registered yet when the process dies (some 250 ms of calls) has no row; `AUDIT_MODE=strict` registers each call before
//! it is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most calls that wait to be registered (ours); more are dropped.
const MOST: usize = 5_000;
/// How long after its deadline a call's own row may take (ours).
const MARGIN: Duration = Duration::from_secs(5);

/// A call that is sent upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The id of the request, which is that of its row.
    pub id: String,
    /// Its row if it does not end.
    pub row: String,
    /// When it has certainly ended, Unix ms.
    pub due_ms: u64,
}

impl Intent {
    /// Of a call that began at `started_ms` (Unix ms) and may take `total`.
    pub fn new(id: &str, row: String, started_ms: u64, total: Duration) -> Intent {
        let due_ms = started_ms.saturating_add((total + MARGIN).as_millis() as u64);
        Intent { id: id.to_owned(), row, due_ms }
    }
}

/// One batch of registrations and ends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notice {
    /// Calls that were sent.
    pub sent: Vec<Intent>,
    /// The ids of calls whose rows are written.
    pub ended: Vec<String>,
}

impl Notice {
    /// Whether there is nothing to register or to end.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.ended.is_empty()
    }
}

/// What waits in an isolate.
#[derive(Debug, Clone, Default)]
pub struct Intents {
    sent: BTreeMap<String, Intent>,
    /// Those of `sent` that may be registered already: the answer to an earlier notice was lost.
    uncertain: BTreeSet<String>,
    ended: BTreeSet<String>,
}

impl Intents {
    /// A call is sent.
    pub fn sent(&mut self, intent: Intent) {
        if self.sent.len() < MOST {
            self.sent.insert(intent.id.clone(), intent);
        }
    }

    /// A call has left its row. One that cannot have been registered needs no word.
    pub fn ended(&mut self, id: &str) {
        let waited = self.sent.remove(id).is_some();
        if !waited || self.uncertain.remove(id) {
            self.end(id.to_owned());
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.ended.is_empty()
    }

    /// The next notice: everything that waits.
    pub fn take(&mut self) -> Notice {
        let Intents { sent, ended, .. } = std::mem::take(self);
        Notice { sent: sent.into_values().collect(), ended: ended.into_iter().collect() }
    }

    /// The notice did not arrive, or nobody knows whether it did.
    pub fn keep(&mut self, notice: Notice) {
        for intent in notice.sent {
            if !self.ended.contains(&intent.id) && self.sent.len() < MOST {
                self.uncertain.insert(intent.id.clone());
                self.sent.insert(intent.id.clone(), intent);
            }
        }
        notice.ended.into_iter().for_each(|id| self.end(id));
    }

    fn end(&mut self, id: String) {
        if self.ended.len() < MOST {
            self.ended.insert(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(id: &str) -> Intent {
        Intent::new(id, format!("row {id}"), 1_000, Duration::from_secs(60))
    }

    #[test]
    fn a_short_call_is_not_told_of() {
        let mut intents = Intents::default();
        intents.sent(intent("a"));
        intents.sent(intent("b"));
        intents.ended("a");
        assert_eq!(intents.take(), Notice { sent: vec![intent("b")], ended: vec![] });
        assert_eq!(intent("b").due_ms, 66_000);
        intents.ended("b");
        assert_eq!(intents.take(), Notice { sent: vec![], ended: vec!["b".into()] });
        assert!(intents.is_empty());
    }

    #[test]
    fn what_was_lost_is_told_again() {
        let mut intents = Intents::default();
        intents.sent(intent("a"));
        intents.sent(intent("b"));
        let lost = intents.take();
        intents.ended("a");
        intents.sent(intent("c"));
        intents.keep(lost);
        // "a" may have been registered, so its end is sent.
        assert_eq!(intents.take(), Notice { sent: vec![intent("b"), intent("c")], ended: vec!["a".into()] });
    }

    #[test]
    fn the_end_of_one_that_may_be_registered_is_told() {
        let mut intents = Intents::default();
        intents.sent(intent("a"));
        let lost = intents.take();
        intents.keep(lost);
        // The object may have it, and would write a row of an unknown end.
        intents.ended("a");
        assert_eq!(intents.take(), Notice { sent: vec![], ended: vec!["a".into()] });
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut intents = Intents::default();
        for round in 0..3 {
            (0..MOST + 10).for_each(|number| intents.sent(intent(&format!("{round} {number}"))));
            (0..MOST + 10).for_each(|number| intents.ended(&format!("x{round} {number}")));
            let notice = intents.take();
            assert_eq!((notice.sent.len(), notice.ended.len()), (MOST, MOST));
            // An object that is away for long fills no memory.
            (0..MOST).for_each(|number| intents.ended(&format!("y{round} {number}")));
            intents.keep(notice);
        }
    }
}
