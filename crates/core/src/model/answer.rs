//! The answers to clients about models (requirements, C2, C4, C7 and D3).

use serde_json::{Value, json};

use super::invocation::Invocation;
use super::provisioning::{ModelStatus, Provisioning};
use super::record::Record;
use super::update::{Update, UpdateStatus};
use crate::fault::Fault;
use crate::http::{Reply, ReplyHead};
use crate::problem::Problem;
use crate::sensitive::Bytes;

impl Provisioning {
    /// The answer to `POST /v1/models` and `POST /api/configure-model`: `{model, auditLog, warnings}`; 201 where
    /// the model is active already, else 202; `Location` is where it can be watched.
    pub fn reply(&self, row: &Record, warnings: &[Fault]) -> Reply {
        let status = if self.status() == ModelStatus::Active { 201 } else { 202 };
        let document = json!({"model": self.document(), "auditLog": row.document(), "warnings": warnings});
        reply(status, Some(format!("/v1/models/{}", self.origin().id)), &document)
    }
}

impl Update {
    /// The answer to `PUT /v1/models/{id}/configuration`: 200 with what was applied, 202 where it is kept and tried
    /// again or not sent yet, with `Location`, where to look.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn reply(&self, row: &Record) -> Result<Reply, Problem> {
        let status = match (self.status, &self.failure) {
            (UpdateStatus::Refused, Some(failure)) => {
                let mut problem = failure.problem();
                problem.upstream_correlation_id = self.upstream_correlation_id.clone();
                return Err(problem);
            }
            (UpdateStatus::Applied, _) => 200,
            _ => 202,
        };
        let document = json!({
            "status": self.status,
            "revision": self.revision,
            "configuration": self.configuration.document(),
            "error": self.failure,
            "auditLog": row.document(),
        });
        let location = (status == 202).then(|| format!("/v1/models/{}/configuration", self.configuration.model_id()));
        Ok(reply(status, location, &document))
    }
}

impl Invocation {
    /// The answer to an invocation that has ended.
    ///
    /// # Errors
    /// Those of [`Invocation::answer`].
    pub fn reply(&self, request_id: &str) -> Result<Reply, Problem> {
        let mut reply = reply(200, None, &self.answer()?);
        reply.head.headers.push(("x-request-id", request_id.to_owned()));
        Ok(reply)
    }
}

pub(super) fn reply(status: u16, location: Option<String>, document: &Value) -> Reply {
    let mut headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
    headers.extend(location.map(|location| ("location", location)));
    Reply { head: ReplyHead { status, headers }, body: Bytes(document.to_string().into_bytes()) }
}
