//! How far a model is.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ModelStatus, Origin, Provisioning, StatusEvent};
use crate::governance::timestamp;
use crate::model::definition::Definition;
use crate::model::failure::Failure;
use crate::problem::{Code, Problem};
use crate::upstream::genesys::{Capabilities, ModelId};

impl Provisioning {
    /// Whose it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
    /// What was submitted, without the credentials.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }
    /// How far it is.
    pub fn status(&self) -> ModelStatus {
        self.status
    }
    /// Why there is no model.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
    /// Upstream's id, once it has accepted the submission.
    pub fn upstream_id(&self) -> Option<&ModelId> {
        self.upstream_id.as_ref()
    }
    /// What the model can, once it is active and if upstream reports so.
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }
    /// Upstream's name for the last exchange.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }
    /// From submission to the end, in milliseconds, once it has ended.
    pub fn latency_ms(&self) -> Option<u64> {
        self.ended_ms.map(|ended| ended.saturating_sub(self.started_ms))
    }
    /// The changes of status after the one numbered `sequence`; 0 for all.
    pub fn events_after(&self, sequence: u32) -> impl Iterator<Item = &StatusEvent> {
        self.events.iter().filter(move |event| event.sequence > sequence)
    }

    /// Upstream's id of the model, if it can be used.
    ///
    /// # Errors
    /// [`Code::ModelNotActive`].
    pub fn active(&self) -> Result<&ModelId, Problem> {
        match (&self.upstream_id, self.status) {
            (Some(id), ModelStatus::Active) => Ok(id),
            (_, ModelStatus::Lost) => Err(Failure::lost().problem()),
            (_, ModelStatus::Failed) => {
                let detail = "There is no such model: its provisioning has failed. GET it to see why.";
                Err(Problem::new(Code::ModelNotActive, detail))
            }
            _ => Err(self.pending()),
        }
    }

    /// It is not there yet.
    pub(in crate::model) fn pending(&self) -> Problem {
        let detail = "The model is still being provisioned: wait until its status is ACTIVE.";
        let mut problem = Problem::new(Code::ModelNotActive, detail);
        problem.retry_after = Some(Duration::from_millis(self.polling.first_ms));
        problem
    }

    /// The model as `GET /v1/models/{id}` shows it to its tenant.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "id": self.origin.id,
            "name": self.definition.name,
            "provider": self.definition.provider.name(),
            "modelId": self.definition.model_id,
            "status": self.status,
            "createdAt": timestamp(self.started_ms),
            "events": self.events,
        });
        if let Some(members) = document.as_object_mut() {
            members.extend(self.failure.as_ref().map(|failure| ("error".to_owned(), json!(failure))));
            members.extend(self.capabilities.as_ref().map(|can| ("capabilities".to_owned(), json!(can))));
        }
        document
    }

    /// Nothing is to be done for it.
    pub(super) fn is_settled(&self) -> bool {
        self.status.is_final() && !self.checking
    }

    /// Whether it is being provisioned, or looked for: then its configuration waits.
    pub(in crate::model) fn is_busy(&self) -> bool {
        !self.is_settled()
    }

    /// Whether upstream has used up its key: it has made a model by it, which has failed or is gone.
    pub(super) fn is_spent(&self) -> bool {
        let code = self.failure.as_ref().map(|failure| failure.code.as_str());
        code == Some(Failure::UPSTREAM) || code == Some(Code::ModelLost.as_str())
    }
}
