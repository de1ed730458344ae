//! What is asked of a model's object.

use serde::{Deserialize, Serialize};

use super::WATCH_MS;
use crate::fault::Fault;
use crate::governance::Occasion;
use crate::settings::Settings;
use crate::upstream::genesys::ModelId;

/// What is asked of a model's object. No `Debug`: the body of a submission holds the provider's key.
#[derive(Serialize, Deserialize)]
pub struct Command {
    /// The gateway's id of the model.
    pub id: String,
    /// Who asks.
    pub tenant: String,
    /// Whether the key reaches the models of every tenant.
    #[serde(default)]
    pub any_tenant: bool,
    /// By which key ([`crate::client::Caller::key_id`]).
    pub key_id: String,
    /// The client's request.
    pub request_id: String,
    /// When it came, Unix ms.
    pub started_ms: u64,
    /// What is to be done.
    pub verb: Verb,
    /// Of a submission: the provider was asked whether it takes the key, and has not said so.
    #[serde(default)]
    pub key_unchecked: bool,
}

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub enum Verb {
    /// Provision a model of this definition, a [`Submission`] as JSON text.
    Submit(String),
    /// Tell how far it is.
    Read,
    /// Send the status changes after the one with this number, as soon as there are any: [`StatusUpdates`].
    Watch(u32),
    /// Take this configuration, a [`Configuration`] as JSON text.
    Configure(String),
    /// Return the current configuration, and the status of its newest update.
    ReadConfiguration,
    /// Tell what an invocation needs: [`Active`].
    Invoke,
    /// Export the definition, for these environments.
    Export(Vec<String>),
    /// Delete the model, upstream and here.
    Delete,
    /// Upstream has answered that it has no such model: that of this id upstream.
    Lose(ModelId),
}

impl Command {
    /// When the client's request must have ended, Unix ms (R1).
    pub fn deadline_ms(&self, settings: &Settings) -> u64 {
        self.started_ms.saturating_add(settings.call.total.as_millis() as u64)
    }

    /// How long an answer at `now` (Unix ms) may wait until there is something new, in milliseconds: half of the
    /// time that is left, so that it comes before the deadline. One that watches is written to now and then, so that
    /// its leaving is noticed.
    pub fn patience_ms(&self, settings: &Settings, now: u64) -> u64 {
        let half = self.deadline_ms(settings).saturating_sub(now) / 2;
        if let Verb::Watch(_) = self.verb { half.min(WATCH_MS) } else { half }
    }

    /// For the row of what it leads to.
    pub fn occasion<'a>(&'a self, settings: &'a Settings, now: u64) -> Occasion<'a> {
        settings.occasion(&self.request_id, &self.tenant, &self.key_id, now)
    }
}

/// What became of a command so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandProgress {
    /// Store the model and set the alarm to now.
    pub changed: bool,
    /// The configuration's.
    pub(super) revision: u32,
    pub(super) warnings: Vec<Fault>,
}
