//! What a model's object answers.

use serde_json::{Value, json};

use super::{Command, CommandProgress, ManagedModel, Verb};
use crate::governance::timestamp;
use crate::http::{Reply, ReplyHead};
use crate::model::active::Active;
use crate::model::answer::reply;
use crate::model::configuration::Configuration;
use crate::model::deletion::{Deletion, DeletionEnd};
use crate::model::provisioning::{ModelStatus, StatusUpdates};
use crate::model::record::Record;
use crate::model::snapshot::Snapshot;
use crate::model::update::{UpdateStatus, Updates};
use crate::problem::Problem;
use crate::sensitive::Bytes;
use crate::settings::Settings;

impl ManagedModel {
    /// The answer to a command; none while there is nothing to report yet. A `late` command is answered with
    /// whatever there is.
    pub fn answer(
        &mut self,
        command: &Command,
        taken: &CommandProgress,
        late: bool,
        settings: &Settings,
        now: u64,
    ) -> Option<Result<Reply, Problem>> {
        let occasion = command.occasion(settings, now);
        let answer = match &command.verb {
            // Whether upstream still has it is worth waiting for.
            Verb::Submit(_)
                if self.provisioning.status() == ModelStatus::Active && self.provisioning.is_busy() && !late =>
            {
                return None;
            }
            Verb::Submit(_) => {
                let row = Record::submitted(occasion, &self.provisioning);
                self.left.rows.push(row.event().line());
                Ok(self.provisioning.reply(&row, &taken.warnings))
            }
            Verb::Read | Verb::Lose(_) => Ok(reply(200, None, &self.document())),
            Verb::Delete => match self.deletion.as_ref().and_then(Deletion::end) {
                Some(DeletionEnd::Done) => Ok(ManagedModel::deleted()),
                Some(DeletionEnd::Failed(failure)) => Err(failure.problem()),
                None if late => Ok(reply(202, Some(format!("/v1/models/{}", command.id)), &self.document())),
                None => return None,
            },
            Verb::Watch(after) => {
                let ended = self.provisioning.status().is_final();
                let mut events = self.provisioning.events_after(*after).peekable();
                if events.peek().is_none() && !ended && !late {
                    return None;
                }
                Ok(reply(200, None, &json!(StatusUpdates::of(events, *after, ended))))
            }
            Verb::Configure(_) => self.configured(taken.revision, late, settings, now)?,
            Verb::ReadConfiguration => Ok(reply(200, None, &self.configuration())),
            Verb::Invoke => self.active().map(|id| {
                let active = Active::new(id.clone(), self.provisioning.definition().clone());
                reply(200, None, &active.document())
            }),
            Verb::Export(environments) => {
                let snapshot = Snapshot::new(self.provisioning.definition(), &settings.environment, now);
                self.left.rows.push(Record::exported(occasion, &command.id, &snapshot, environments).event().line());
                Ok(reply(200, None, &snapshot.document()))
            }
        };
        Some(answer.map(|mut reply| {
            reply.head.headers.push(("x-request-id", command.request_id.clone()));
            reply
        }))
    }

    /// The answer to a deletion that is done; also where the object has forgotten the model meanwhile.
    pub fn deleted() -> Reply {
        Reply {
            head: ReplyHead { status: 204, headers: vec![("cache-control", "no-store".to_owned())] },
            body: Bytes::default(),
        }
    }

    /// The model as `GET /v1/models/{id}` shows it to its tenant.
    fn document(&self) -> Value {
        let mut document = self.provisioning.document();
        if let (true, Some(members)) = (self.is_being_deleted(), document.as_object_mut()) {
            members.insert("status".to_owned(), "DELETING".into());
        }
        document
    }

    /// The answer to the client that sent the configuration `revision`; to a late client, the state of the newest one.
    fn configured(&self, revision: u32, late: bool, settings: &Settings, now: u64) -> Option<Result<Reply, Problem>> {
        let open = self.updates.as_ref().and_then(Updates::open);
        let update = match self.settled.iter().find(|update| update.revision == revision) {
            Some(settled) => settled,
            None => open.filter(|open| late || open.revision == revision && open.status == UpdateStatus::Deferred)?,
        };
        Some(update.reply(&self.row(update, settings, update.settled_ms.unwrap_or(now))))
    }

    /// What `GET /v1/models/{id}/configuration` shows.
    fn configuration(&self) -> Value {
        let open = self.updates.as_ref().and_then(Updates::open);
        let update = open.or(self.settled.last()).map(|update| {
            json!({
                "revision": update.revision,
                "status": update.status,
                "error": update.failure,
                "configuration": update.configuration.document(),
                "offeredAt": timestamp(update.offered_ms),
                "settledAt": update.settled_ms.map(timestamp),
            })
        });
        let applied = self.updates.as_ref().and_then(Updates::applied).map(Configuration::document);
        json!({"applied": applied, "update": update})
    }
}
