//! The object of one template: its only writer, whose copy is the newest that is known of upstream.

use std::rc::Rc;

use futures_util::lock::Mutex;
use promptgate_core::problem::Problem;
use promptgate_core::refusal::Refusal;
use promptgate_core::settings::Settings;
use promptgate_core::template::{
    Bearer, Command, Ended, LabelVerb, Labels, LabelsAnswer, Step, TemplateSnapshot, UpstreamTemplate, Work, edge,
};
use promptgate_core::upstream::genesys::Family;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::limits::Limits;
use crate::state::{self, Clock, ExecutionContext};
use crate::{exchange, telemetry};

/// Where the copy is stored.
const KEY: &str = "stored";
/// Where the labels are stored.
const LABELS: &str = "labels";

/// Where a version that a label points to is stored.
fn version_key(version: u64) -> String {
    format!("version:{version}")
}

/// Asks the object of a template.
///
/// # Errors
/// Those of [`super::ask`], and the object's own.
pub(crate) async fn ask(env: &Env, command: &Command, limits: &Limits) -> Result<TemplateSnapshot, Problem> {
    let name = format!("{}:{}", command.family.as_str(), command.id);
    let body = serde_json::to_string(command).ok();
    let answer: Result<TemplateSnapshot, Refusal> = super::ask_json(env, "TEMPLATE", &name, "", body, limits).await?;
    Ok(answer?)
}

/// Asks the object of a prompt template about its labels.
///
/// # Errors
/// Those of [`super::ask`], and of [`Labels::apply`].
pub(crate) async fn labels(env: &Env, id: &str, verb: &LabelVerb, limits: &Limits) -> Result<LabelsAnswer, Problem> {
    let name = format!("{}:{id}", Family::Prompt.as_str());
    let body = serde_json::to_string(verb).ok();
    let answer: Result<LabelsAnswer, Refusal> = super::ask_json(env, "TEMPLATE", &name, LABELS, body, limits).await?;
    Ok(answer?)
}

/// One for each template.
#[durable_object]
pub struct TemplateObject {
    state: Rc<State>,
    env: Env,
    /// One read or write at a time: the object's handlers interleave where they wait.
    turn: Mutex<()>,
    /// One change of the labels at a time; it waits for nothing but storage.
    labelling: Mutex<()>,
}

impl DurableObject for TemplateObject {
    fn new(state: State, env: Env) -> Self {
        TemplateObject { state: Rc::new(state), env, turn: Mutex::new(()), labelling: Mutex::new(()) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let text = request.text().await?;
        if request.path().ends_with(LABELS) {
            let answer = self.labels(serde_json::from_str(&text)?).await?;
            return Response::ok(serde_json::to_string(&answer.map_err(Refusal::from))?);
        }
        let command: Command = serde_json::from_str(&text)?;
        let answer = match state::settings(&self.env) {
            Ok(settings) => self.answer(command, &settings).await?,
            Err(problem) => Err(problem),
        };
        // Counts are flushed from here: the object may live where no request does.
        telemetry::bring(&ExecutionContext::Object(self.state.clone()), &self.env);
        Response::ok(serde_json::to_string(&answer.map_err(Refusal::from))?)
    }
}

impl TemplateObject {
    /// Waits for its turn, and does what is asked.
    async fn answer(
        &self,
        command: Command,
        settings: &Rc<Settings>,
    ) -> worker::Result<Result<TemplateSnapshot, Problem>> {
        // Those who wait for their turn give up at their deadlines.
        let limits = Limits::until(command.deadline_ms);
        let Ok(_turn) = limits.within(self.turn.lock()).await else { return Ok(Err(Problem::storage_late())) };
        let (family, id) = (command.family, command.id.clone());
        let ended = self.work(command, settings).await?;
        // The copies for reads; what goes wrong there costs a read of this object, and no more.
        self.spread(family, &id, ended.keep.as_ref(), settings).await;
        let answer = |stored| {
            let Ended { created, merged, propagation_id, sent_bytes, .. } = ended;
            TemplateSnapshot { stored, created, merged, propagation_id, sent_bytes }
        };
        Ok(ended.result.map(answer))
    }

    /// Looks at the labels, or changes one of them.
    async fn labels(&self, verb: LabelVerb) -> worker::Result<Result<LabelsAnswer, Problem>> {
        let _turn = self.labelling.lock().await;
        let text: Option<String> = self.state.storage().get(LABELS).await?;
        let kept: Labels = text.map_or_else(|| Ok(Labels::default()), |text| serde_json::from_str(&text))?;
        let (before, bearer) = match &verb {
            LabelVerb::Set(_, bearer, _) => (kept.versions(), Some(bearer.clone())),
            _ => (kept.versions(), None),
        };
        let mut answer = match kept.apply(verb, Clock::start().unix_ms()) {
            Ok(answer) => answer,
            Err(problem) => return Ok(Err(problem)),
        };
        let storage = self.state.storage();
        if answer.moved.is_some() {
            // What a label points to is kept before the label points to it.
            if let Some(Bearer { version, document }) = bearer {
                storage.put(&version_key(version), document).await?;
            }
            storage.put(LABELS, serde_json::to_string(&answer.labels)?).await?;
            for version in before.difference(&answer.labels.versions()) {
                storage.delete(&version_key(*version)).await?;
            }
        }
        if let Some(version) = answer.found {
            answer.document = storage.get(&version_key(version)).await?;
        }
        Ok(Ok(answer))
    }

    /// Runs the machine to its end, and stores what it says to keep.
    async fn work(&self, command: Command, settings: &Rc<Settings>) -> worker::Result<Ended> {
        let limits = Limits::until(command.deadline_ms);
        let clock = Clock::start();
        let text: Option<String> = self.state.storage().get(KEY).await?;
        let kept: Option<UpstreamTemplate> = text.and_then(|text| serde_json::from_str(&text).ok());
        let life = ExecutionContext::Object(self.state.clone());
        let (mut work, mut step) = Work::begin(command, kept.clone(), clock.unix_ms());
        let ended = loop {
            match step {
                Step::Send(ask) => {
                    let answer = exchange::run(ask, settings, &life, &limits).await;
                    (work, step) = work.answer(answer, &state::validator(), clock.unix_ms());
                }
                Step::Done(ended) => break *ended,
            }
        };
        match &ended.keep {
            keep if *keep == kept => {}
            Some(stored) => self.state.storage().put(KEY, serde_json::to_string(stored)?).await?,
            None => self.state.storage().delete(KEY).await.map(|_| ())?,
        }
        Ok(ended)
    }

    async fn spread(&self, family: Family, id: &str, keep: Option<&UpstreamTemplate>, settings: &Settings) {
        let Ok(copies) = self.env.kv("TEMPLATES") else { return };
        let key = edge::key(family, id);
        match keep {
            Some(stored) => {
                let ttl = edge::ttl_s(family, stored, settings.template_ttl_s, Clock::start().unix_ms());
                let Ok(value) = serde_json::to_string(stored) else { return };
                if let Ok(put) = copies.put(&key, value) {
                    let _ = put.expiration_ttl(ttl).execute().await;
                }
            }
            None => {
                let _ = copies.delete(&key).await;
            }
        }
    }
}
