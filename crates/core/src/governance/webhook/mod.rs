//! Webhooks that arrive (requirements, H; reliability, row 37).
//!
//! ```text
//! Event ─▶ Destination (who wants its family) ─▶ Message in the destination's object (SQLite)
//!                                                   │ alarm: the oldest of each family, one at a time
//!                                                   ▼
//!                        signed POST ─▶ Verdict: taken │ again at a later time │ dead letter │ gone (410)
//! ```
//! At least once, and in the order of its family: while a message waits for its next try, those behind it wait too.

mod delivery;
mod destination;
mod listing;
mod queue;

use serde::{Deserialize, Serialize};

pub use delivery::{Attempt, DeadLetterReason, RETRY_MS, Verdict, next_alarm, verdict};
pub use destination::{Destination, Destinations};
pub use listing::{DeadLetter, DestinationStatus, Question, REDELIVER, destination, redelivery};
pub use queue::{MAX_WAITING, Queue};

/// What webhooks are about. A destination takes some families or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A call for an answer of a model has ended (requirements, B6).
    PromptCompleted,
    /// A template was created, updated, invalidated (requirements, A6).
    Template,
    /// A model's configuration was applied (requirements, D4).
    ConfigChange,
    /// A limit is near or reached (requirements, T3).
    Limit,
    /// The audit log has a signed checkpoint (requirements, H).
    AuditCheckpoint,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 5] =
        [Family::PromptCompleted, Family::Template, Family::ConfigChange, Family::Limit, Family::AuditCheckpoint];

    /// Its name in `WEBHOOKS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::PromptCompleted => "llm_prompt_completed",
            Family::Template => "template.*",
            Family::ConfigChange => "llm_config_change",
            Family::Limit => "limit.*",
            Family::AuditCheckpoint => "audit.checkpoint",
        }
    }

    /// How long a receiver may take for it, in milliseconds (requirements: 3 s for B6, 5 s for A6).
    pub fn timeout_ms(self) -> u32 {
        match self {
            Family::PromptCompleted => 3_000,
            _ => 5_000,
        }
    }

    /// The family called `name`.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.as_str() == name)
    }
}

/// An event that webhooks are sent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its family.
    pub family: Family,
    /// What happened: `llm_prompt_completed`, `template.update`, ….
    pub name: &'static str,
    /// The request or resource that it is about; unique within its family.
    pub subject: String,
    /// JSON, as the documents have it.
    pub body: String,
}

impl Event {
    /// As it is sent to the object of a destination at `now_ms` (Unix ms).
    pub fn message(&self, now_ms: u64) -> Message {
        Message {
            id: format!("msg_{}", self.subject),
            family: self.family.as_str().to_owned(),
            event: self.name.to_owned(),
            body: self.body.clone(),
            created_ms: now_ms,
        }
    }
}

/// An event on its way to the object of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its `webhook-id`: the same in every try, so that a receiver can recognise a repetition.
    pub id: String,
    /// [`Family::as_str`].
    pub family: String,
    /// [`Event::name`].
    pub event: String,
    /// JSON.
    pub body: String,
    /// When it happened, Unix ms.
    pub created_ms: u64,
}
