//! What is stored of a call, and what another process makes of it.

use std::rc::Rc;

use super::{Alarm, Journal, Record, State, WATCH_MS, unknown};
use crate::front::AnswerEvent;
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::seal::Unsealed;

impl Journal {
    /// The record as text.
    pub fn text(&self) -> String {
        // Strings, numbers and booleans: this cannot fail.
        serde_json::to_string(&self.record).unwrap_or_default()
    }

    /// From what another process has stored. `batches` are those of the highest generation, in order, with it. A call that
    /// was running is [`State::Indeterminate`] now. With the audit row that is not written yet, if there is one: to be
    /// written, and then [`written`](Self::written) to be stored.
    ///
    /// # Errors
    /// [`Code::StorageUnavailable`] where the record cannot be read.
    pub fn restore(
        record: &str,
        (generation, batches): (u32, Result<Vec<String>, Unreadable>),
        retention_ms: u64,
    ) -> Result<(Journal, Option<String>), Problem> {
        let mut record: Record = serde_json::from_str(record).map_err(|_| Problem::storage_unavailable())?;
        if let State::Dispatched | State::Streaming = record.state {
            record.state = State::Indeterminate;
        }
        let row = Some(record.row.clone()).filter(|row| !row.is_empty());
        let (batches, unreadable) = match batches {
            Ok(batches) => (batches, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        let end = (record.state == State::Indeterminate)
            .then(|| vec![AnswerEvent::Failed(Box::new(Refusal::from(unknown())))]);
        let bytes = batches.iter().map(String::len).sum();
        let batches = batches.into_iter().map(Rc::from).collect();
        Ok((Journal { record, live: false, batches, generation, bytes, end, unreadable, retention_ms }, row))
    }

    /// What the object's alarm is for.
    pub fn alarm(&self, now_ms: u64) -> Alarm {
        match self.record.state {
            State::Reserved => Alarm::None,
            _ if self.live => Alarm::At(now_ms.saturating_add(WATCH_MS)),
            _ if self.has_expired(now_ms) => Alarm::Delete,
            _ => Alarm::At(self.record.expires_ms),
        }
    }

    pub(super) fn has_expired(&self, now_ms: u64) -> bool {
        now_ms >= self.record.expires_ms
    }
}

/// Why stored batches cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// There was no key to seal them by, so they were not stored.
    NotKept,
    /// They do not open.
    Unsealed(Unsealed),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::NotKept => f.write_str(
                "This gateway has no key to seal answers by, so it keeps none: its operator can set SEAL_KEYS.",
            ),
            Unreadable::Unsealed(why) => why.fmt(f),
        }
    }
}
