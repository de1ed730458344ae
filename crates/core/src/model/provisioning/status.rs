//! How far a model is, and the events that tell of it.

use serde::{Deserialize, Serialize};

use crate::model::failure::Failure;

/// How far it is. Never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ModelStatus {
    /// Not accepted by upstream yet.
    Submitted,
    /// Accepted.
    Pending,
    /// Being made.
    Provisioning,
    /// Ready.
    Active,
    /// Ended without a model.
    Failed,
}

impl ModelStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, ModelStatus::Active | ModelStatus::Failed)
    }
}

/// A change of status, for the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusEvent {
    /// From 1, without gaps: the event's id.
    pub sequence: u32,
    /// RFC 3339.
    pub timestamp: String,
    /// From then on.
    pub status: ModelStatus,
    /// Why, with [`ModelStatus::Failed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

impl StatusEvent {
    /// The event as a client of `text/event-stream` reads it, with its empty line.
    pub fn server_sent(&self) -> String {
        let data = serde_json::to_string(self).unwrap_or_default();
        format!("id: {}\nevent: status\ndata: {data}\n\n", self.sequence)
    }
}
