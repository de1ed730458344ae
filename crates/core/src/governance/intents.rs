//! Calls that were sent and have no row yet: what an isolate tells the object that writes their rows if it dies.
//!
//! A call that ends before it was told of costs nothing; the others are told of and ended in batches. What was not told
//! yet when the process dies (some 250 ms of calls) has no row; `AUDIT_MODE=strict` tells of each call before it is sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most calls that wait to be told of (ours); the ones beyond are not.
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

/// What is told of at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notice {
    /// Calls that were sent.
    pub sent: Vec<Intent>,
    /// The ids of calls whose rows are written.
    pub ended: Vec<String>,
}

impl Notice {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.ended.is_empty()
    }
}

/// What waits in an isolate.
#[derive(Debug, Clone, Default)]
pub struct Intents(Notice);

impl Intents {
    /// A call is sent.
    pub fn sent(&mut self, intent: Intent) {
        if self.0.sent.len() < MOST {
            self.0.sent.push(intent);
        }
    }

    /// A call has left its row. One that nobody was told of need not be.
    pub fn ended(&mut self, id: &str) {
        let before = self.0.sent.len();
        self.0.sent.retain(|intent| intent.id != id);
        if self.0.sent.len() == before && self.0.ended.len() < MOST {
            self.0.ended.push(id.to_owned());
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is told of next.
    pub fn take(&mut self) -> Notice {
        std::mem::take(&mut self.0)
    }

    /// It could not be told, or nobody knows whether it was.
    pub fn keep(&mut self, notice: Notice) {
        let Notice { mut sent, ended } = notice;
        sent.retain(|intent| !self.0.ended.contains(&intent.id));
        self.0.sent.splice(..0, sent);
        self.0.ended.extend(ended);
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
        // That "a" was sent may have been told, so that it has ended is.
        assert_eq!(intents.take(), Notice { sent: vec![intent("b"), intent("c")], ended: vec!["a".into()] });
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut intents = Intents::default();
        (0..MOST + 10).for_each(|number| intents.sent(intent(&number.to_string())));
        (0..MOST + 10).for_each(|number| intents.ended(&format!("x{number}")));
        let notice = intents.take();
        assert_eq!((notice.sent.len(), notice.ended.len()), (MOST, MOST));
    }
}
