//! The status of a model, and its events.

use serde::{Deserialize, Serialize};

use crate::http::ReplyHead;
use crate::model::failure::Failure;

/// How far it is. Goes back only where a model is provisioned anew.
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
    /// It was ready, and upstream has it no more.
    Lost,
}

impl ModelStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, ModelStatus::Active | ModelStatus::Failed | ModelStatus::Lost)
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
    /// Why, with [`ModelStatus::Failed`] and [`ModelStatus::Lost`].
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

/// What is new to a client that watches, as the object gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusUpdates {
    /// The events as the client reads them; a comment where there are none, which shows whether it still listens.
    pub text: String,
    /// The number of the last one that the client has then.
    pub last: u32,
    /// Nothing will follow.
    pub ended: bool,
}

impl StatusUpdates {
    /// The number of the last event that a client has, by its header `Last-Event-ID`; 0 where it has none.
    pub fn last_event(header: Option<&str>) -> u32 {
        header.and_then(|id| id.trim().parse().ok()).unwrap_or_default()
    }

    /// `events` for a client that has those up to `after`.
    pub(in crate::model) fn of<'a>(
        events: impl Iterator<Item = &'a StatusEvent>,
        after: u32,
        ended: bool,
    ) -> StatusUpdates {
        let mut news = StatusUpdates { text: String::new(), last: after, ended };
        for event in events {
            news.text.push_str(&event.server_sent());
            news.last = event.sequence;
        }
        if news.text.is_empty() && !ended {
            news.text.push_str(": nothing new\n\n");
        }
        news
    }

    /// No event will follow.
    pub fn none(&self) -> bool {
        self.text.is_empty()
    }

    /// How an answer begins with this: 204, after which a client does not come again (HTML, server-sent events),
    /// where there is [`StatusUpdates::none`].
    pub fn head(&self, request_id: &str) -> ReplyHead {
        let mut headers = vec![("cache-control", "no-store".to_owned()), ("x-request-id", request_id.to_owned())];
        if self.none() {
            return ReplyHead { status: 204, headers };
        }
        headers.push(("content-type", "text/event-stream".to_owned()));
        ReplyHead { status: 200, headers }
    }
}
