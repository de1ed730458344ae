//! A model as its object keeps it: both machines as one text, their commands and their effects.
//!
//! ```text
//! request ─▶ Command ─take─▶ ManagedModel ─answer─▶ Reply          each alarm: step, request, received
//!                             │  └─ none yet: look again when something has changed
//!                             └─ changed: store it, and set the alarm to now
//! ```
//! Only alarms send; requests put something there and look.

mod answer;
mod command;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::configuration::Configuration;
use super::definition::Submission;
use super::deletion::{Deletion, DeletionEnd};
use super::exchange::{Received, Step};
use super::provisioning::{ModelStatus, Origin, Provisioning};
use super::record::Record;
use super::update::{Update, UpdateStatus, Updates};
use crate::call::Health;
use crate::governance::{Family, Metrics, WebhookEvent};
use crate::http::HttpRequest;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::settings::Settings;
use crate::upstream::genesys::{Endpoints, ModelId};

pub use command::{Command, CommandProgress, Verb};

/// Most updates that have ended and can still be looked at (no source; ours).
const MAX_SETTLED: usize = 8;
/// How often one that watches is written to (no source; ours), in milliseconds.
const WATCH_MS: u64 = 10_000;

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

    /// The present effects.
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
