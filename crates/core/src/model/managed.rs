//! A model as its object keeps it: both machines as one text, what is asked of them, what they leave behind.
//!
//! ```text
//! request ─▶ Command ─take─▶ ManagedModel ─answer─▶ Reply          each alarm: step, request, received
//!                             │  └─ none yet: look again when something has changed
//!                             └─ changed: store it, and set the alarm to now
//! ```
//! Only alarms send; requests put something there and look.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::active::Active;
use super::answer::reply;
use super::configuration::Configuration;
use super::definition::Submission;
use super::deletion::{Deletion, DeletionEnd};
use super::exchange::{Received, Step};
use super::provisioning::{ModelStatus, Origin, Provisioning, StatusUpdates};
use super::record::Record;
use super::snapshot::Snapshot;
use super::update::{Update, UpdateStatus, Updates};
use crate::call::Health;
use crate::fault::Fault;
use crate::governance::{Family, Metrics, Occasion, WebhookEvent, timestamp};
use crate::http::{HttpRequest, Reply, ReplyHead};
use crate::problem::{Code, Problem};
use crate::sensitive::{Bytes, Sensitive};
use crate::settings::Settings;
use crate::upstream::genesys::{Endpoints, ModelId};

/// Most updates that have ended and can still be looked at (no source; ours).
const MAX_SETTLED: usize = 8;
/// How often one that watches is written to (no source; ours), in milliseconds.
const WATCH_MS: u64 = 10_000;

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
    /// Tell which configuration it has, and how the newest stands.
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

    /// How long an answer at `now` (Unix ms) may wait until there is something to tell, in milliseconds: half of the
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
    revision: u32,
    warnings: Vec<Fault>,
}

/// What is left behind: to be written, counted and sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Audit rows, one line each.
    pub rows: Vec<String>,
    /// What was counted.
    pub metrics: Metrics,
    /// Webhooks.
    pub events: Vec<WebhookEvent>,
}

/// What has its row already.
struct Mark {
    /// The number of the last change of status.
    last: u32,
    /// The revision of the update that was deferred.
    deferred: Option<u32>,
    /// The newest deletion has ended.
    deleted: bool,
}

/// A model, from its submission on.
#[derive(Debug)]
pub struct ManagedModel {
    provisioning: Provisioning,
    updates: Option<Updates>,
    /// Updates that have ended, the newest last.
    settled: Vec<Update>,
    /// The newest deletion; while it goes on, nothing else does.
    deletion: Option<Deletion>,
    left: Effects,
}

/// No `Debug`: the machine's text holds the key.
#[derive(Serialize, Deserialize)]
struct StoredModel {
    provisioning: String,
    updates: Option<Updates>,
    settled: Vec<Update>,
    #[serde(default)]
    deletion: Option<Deletion>,
}

impl ManagedModel {
    /// The model as text, for storage only: until the end of its provisioning it holds the provider's key.
    pub fn stored(&self) -> Sensitive {
        let stored = StoredModel {
            provisioning: self.provisioning.stored().expose().to_owned(),
            updates: self.updates.clone(),
            settled: self.settled.clone(),
            deletion: self.deletion.clone(),
        };
        Sensitive::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads what [`ManagedModel::stored`] wrote.
    ///
    /// # Errors
    /// [`Code::Internal`] where the text is something else; it is not quoted.
    pub fn restore(text: &str) -> Result<ManagedModel, Problem> {
        let foreign = |_| Problem::new(Code::Internal, "The stored model cannot be read.");
        let stored: StoredModel = serde_json::from_str(text).map_err(foreign)?;
        let provisioning = Provisioning::restore(&stored.provisioning)?;
        let StoredModel { updates, settled, deletion, .. } = stored;
        Ok(ManagedModel { provisioning, updates, settled, deletion, left: Effects::default() })
    }

    /// Whether it was deleted: nothing of it is to be kept.
    pub fn is_deleted(&self) -> bool {
        self.deletion.as_ref().and_then(Deletion::end) == Some(&DeletionEnd::Done)
    }

    /// What was left behind since this was asked last.
    pub fn take_left(&mut self) -> Effects {
        std::mem::take(&mut self.left)
    }
}

// commands
impl ManagedModel {
    /// Takes a command to the object that keeps `kept`, at `now` (Unix ms); `seed` is for the jitter.
    ///
    /// # Errors
    /// [`Code::NotFound`] where nothing was submitted by this tenant; those of [`Submission::parse`],
    /// [`Configuration::parse`], [`Configuration::fits`] and [`Provisioning::active`].
    pub fn take(
        kept: &mut Option<ManagedModel>,
        command: &Command,
        settings: &Settings,
        now: u64,
        seed: u64,
    ) -> Result<CommandProgress, Problem> {
        if kept.as_ref().is_some_and(ManagedModel::is_deleted) {
            *kept = None;
        }
        if let Verb::Submit(body) = &command.verb {
            return ManagedModel::submit(kept, command, body, settings, now, seed);
        }
        let reached =
            |kept: &&mut ManagedModel| command.any_tenant || kept.provisioning.origin().tenant == command.tenant;
        let kept = kept.as_mut().filter(reached);
        let kept = kept.ok_or_else(|| {
            Problem::new(Code::NotFound, "There is no such model. Its id is in the answer to its submission.")
        })?;
        match &command.verb {
            Verb::Configure(body) => {
                let configuration = Configuration::parse(body.as_bytes(), &command.id)?;
                let id = kept.active()?.clone();
                configuration.fits(kept.provisioning.capabilities())?;
                let before = kept.mark();
                let updates =
                    kept.updates.get_or_insert_with(|| Updates::new(id, settings.model_polling.first_ms, seed));
                let revision = updates.offer(configuration, &command.request_id, &command.key_id, now);
                kept.observe(&before, settings, now);
                Ok(CommandProgress { changed: true, revision, warnings: Vec::new() })
            }
            Verb::Delete if kept.is_being_deleted() => Ok(CommandProgress::default()),
            Verb::Delete => {
                let upstream_id = kept.provisioning.upstream_id();
                let id = match kept.provisioning.status() {
                    ModelStatus::Lost => None,
                    // What has been sent may have made a model whose id is not known yet.
                    ModelStatus::Submitted => return Err(kept.provisioning.pending()),
                    _ => upstream_id.cloned(),
                };
                let before = kept.mark();
                kept.deletion = Some(Deletion::begin(id, &command.request_id, &command.key_id, now, seed));
                kept.observe(&before, settings, now);
                Ok(CommandProgress { changed: true, ..CommandProgress::default() })
            }
            Verb::Lose(id) if kept.provisioning.upstream_id() == Some(id) => {
                let before = kept.mark();
                kept.lose(now);
                kept.observe(&before, settings, now);
                Ok(CommandProgress { changed: true, ..CommandProgress::default() })
            }
            _ => Ok(CommandProgress::default()),
        }
    }

    /// Upstream's id of the model, if it can be used.
    fn active(&self) -> Result<&ModelId, Problem> {
        if self.is_being_deleted() {
            return Err(Problem::new(Code::NotFound, "The model is being deleted."));
        }
        self.provisioning.active()
    }

    fn is_being_deleted(&self) -> bool {
        self.deletion.as_ref().is_some_and(|deletion| deletion.end().is_none())
    }

    /// Upstream has it no more: what was to be configured is refused.
    fn lose(&mut self, now: u64) {
        self.provisioning.lose(now);
        if let Some(updates) = &mut self.updates {
            updates.abandon(now);
        }
    }

    fn submit(
        kept: &mut Option<ManagedModel>,
        command: &Command,
        body: &str,
        settings: &Settings,
        now: u64,
        seed: u64,
    ) -> Result<CommandProgress, Problem> {
        let submission = Submission::parse(body.as_bytes())?;
        let mut warnings = submission.warnings.clone();
        if command.key_unchecked {
            warnings.push(super::key::unchecked());
        }
        if kept.as_ref().is_some_and(ManagedModel::is_being_deleted) {
            let mut problem = Problem::new(Code::ModelNotActive, "The model is being deleted: submit it again then.");
            problem.retry_after = Some(Duration::from_secs(1));
            return Err(problem);
        }
        if kept.as_ref().is_some_and(|kept| kept.provisioning.is_busy()) {
            return Ok(CommandProgress { warnings, ..CommandProgress::default() });
        }
        let origin = Origin {
            id: command.id.clone(),
            tenant: command.tenant.clone(),
            key_id: command.key_id.clone(),
            request_id: command.request_id.clone(),
        };
        let earlier = kept.take();
        let (updates, settled) = match &earlier {
            // It is looked for upstream, and may be there.
            Some(active) if active.provisioning.status() == ModelStatus::Active => {
                (active.updates.clone(), active.settled.clone())
            }
            _ => (None, Vec::new()),
        };
        let earlier = earlier.map(|kept| kept.provisioning);
        let provisioning = Provisioning::submit(earlier, submission, origin, settings.model_polling, now, seed);
        *kept = Some(ManagedModel { provisioning, updates, settled, deletion: None, left: Effects::default() });
        Ok(CommandProgress { changed: true, revision: 0, warnings })
    }

    /// The answer to a command that was taken; none while there is nothing to tell yet. One that is `late` is
    /// answered whatever there is.
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

    /// The answer to the client that offered the configuration `revision`; to a late one, how the newest stands.
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

// alarms
impl ManagedModel {
    /// What to do at `now` (Unix ms).
    pub fn step(&mut self, now: u64, health: &mut Health, settings: &Settings) -> Step {
        let before = self.mark();
        let step = match (&mut self.deletion, &mut self.updates) {
            (Some(deletion), _) if deletion.end().is_none() => deletion.step(now, health),
            (_, updates) => match (self.provisioning.step(now, health), updates) {
                (Step::Done, Some(updates)) => updates.step(now, health),
                (step, _) => step,
            },
        };
        self.observe(&before, settings, now);
        step
    }

    /// The request of the last [`Step::Send`].
    pub fn request(&self, endpoints: &Endpoints, token: &Sensitive) -> Option<HttpRequest> {
        match (&self.deletion, &self.updates) {
            (Some(deletion), _) if deletion.end().is_none() => deletion.request(endpoints, token),
            (_, Some(updates)) if !self.provisioning.is_busy() => updates.request(endpoints, token),
            _ => self.provisioning.request(endpoints, token),
        }
    }

    /// Takes what came at `now` of the request `attempt`.
    pub fn received(&mut self, attempt: u32, now: u64, received: &Received, health: &mut Health, settings: &Settings) {
        let before = self.mark();
        match (&mut self.deletion, &mut self.updates) {
            (Some(deletion), _) if deletion.end().is_none() => deletion.received(attempt, now, received, health),
            (_, Some(updates)) if !self.provisioning.is_busy() => {
                updates.received(attempt, now, received, health);
                if updates.is_lost() {
                    self.lose(now);
                }
            }
            _ => {
                let upstream_id = self.provisioning.upstream_id().cloned();
                self.provisioning.received(attempt, now, received, health);
                // Another model is made: what the one before was configured with is not its configuration.
                if upstream_id.is_some() && self.provisioning.upstream_id().is_none() {
                    self.updates.iter_mut().for_each(|updates| updates.abandon(now));
                }
            }
        }
        self.observe(&before, settings, now);
    }

    /// What is to be told of, as it is now.
    fn mark(&self) -> Mark {
        let open = self.updates.as_ref().and_then(Updates::open);
        let deferred = open.filter(|open| open.status == UpdateStatus::Deferred).map(|open| open.revision);
        let deleted = self.deletion.as_ref().is_some_and(|deletion| deletion.end().is_some());
        let last = self.provisioning.events_after(0).last().map_or(0, |event| event.sequence);
        Mark { last, deferred, deleted }
    }

    /// Leaves behind what has come about since `before`.
    fn observe(&mut self, before: &Mark, settings: &Settings, now: u64) {
        let Mark { deferred, deleted, .. } = self.mark();
        let origin = self.provisioning.origin();
        let ends: Vec<ModelStatus> = self.provisioning.events_after(before.last).map(|event| event.status).collect();
        for status in ends.into_iter().filter(|status| status.is_final()) {
            let occasion = settings.occasion(&origin.request_id, &origin.tenant, &origin.key_id, now);
            let record = match status {
                ModelStatus::Lost => Record::lost(occasion, &self.provisioning),
                _ => Record::provisioned(occasion, &self.provisioning),
            };
            self.left.rows.push(record.event().line());
        }
        if let (true, Some(deletion)) = (deleted && !before.deleted, &self.deletion) {
            let occasion = settings.occasion(&deletion.request_id, &origin.tenant, &deletion.key_id, now);
            self.left.rows.push(Record::deleted(occasion, &origin.id, deletion).event().line());
        }
        if let (true, Some(open)) =
            (deferred.is_some() && deferred != before.deferred, self.updates.as_ref().and_then(Updates::open))
        {
            self.left.rows.push(self.row(open, settings, now).event().line());
        }
        for update in self.updates.as_mut().map(Updates::take_settled).unwrap_or_default() {
            let row = self.row(&update, settings, update.settled_ms.unwrap_or(now));
            self.left.rows.push(row.event().line());
            row.measure(&self.provisioning.definition().model_id, &mut self.left.metrics);
            if let Some(body) = row.config_change(&update) {
                let (family, subject) = (Family::ConfigChange, update.request_id.clone());
                self.left.events.push(WebhookEvent { family, name: "llm_config_change", subject, body });
            }
            self.settled.push(update);
        }
        let spare = self.settled.len().saturating_sub(MAX_SETTLED);
        self.settled.drain(..spare);
    }

    fn row(&self, update: &Update, settings: &Settings, now: u64) -> Record {
        let origin = self.provisioning.origin();
        let occasion = settings.occasion(&update.request_id, &origin.tenant, &update.key_id, now);
        Record::update(occasion, &origin.id, update)
    }
}
