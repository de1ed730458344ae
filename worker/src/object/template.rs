//! The object of one template: its only writer, whose copy is the newest that is known of upstream.

use std::rc::Rc;

use futures_util::lock::Mutex;
use promptgate_core::genesys::Family;
use promptgate_core::governance::Metrics;
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use promptgate_core::template::{Command, Ended, Step, Stored, Told, Work, edge};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::isolate::{self, Clock, Life};
use crate::{client, exchange, leave};

/// Where the copy is stored.
const KEY: &str = "stored";

/// Asks the object of a template.
///
/// # Errors
/// The answer for the client.
pub(crate) async fn ask(env: &Env, settings: &Settings, command: &Command) -> Result<Told, Response> {
    let refuse = |problem: Problem| client::whole(problem.reply(&command.request_id));
    let name = format!("{}:{}", command.family.as_str(), command.id);
    let body = serde_json::to_string(command).ok();
    let mut answer = super::ask(env, "TEMPLATE", &name, "", body, settings.call.total).await.map_err(refuse)?;
    if client::problem_code(&answer).is_some() {
        return Err(answer);
    }
    let told = answer.text().await.ok().and_then(|text| serde_json::from_str(&text).ok());
    told.ok_or_else(|| refuse(Problem::storage_unavailable()))
}

/// One for each template.
#[durable_object]
pub struct TemplateObject {
    state: Rc<State>,
    env: Env,
    /// One read or write at a time: the object's handlers interleave where they wait.
    turn: Mutex<()>,
}

impl DurableObject for TemplateObject {
    fn new(state: State, env: Env) -> Self {
        TemplateObject { state: Rc::new(state), env, turn: Mutex::new(()) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let command: Command = serde_json::from_str(&request.text().await?)?;
        let request_id = command.request_id.clone();
        let settings = match isolate::settings(&self.env) {
            Ok(settings) => settings,
            Err(problem) => return Ok(client::whole(problem.reply(&request_id))),
        };
        let _turn = self.turn.lock().await;
        let (family, id) = (command.family, command.id.clone());
        let ended = self.work(command, &settings).await?;
        // The copies for reads; what goes wrong there costs a read of this object, and no more.
        self.spread(family, &id, ended.keep.as_ref(), &settings).await;
        // What was counted here is brought from here: the object may live where no request does.
        let env = self.env.clone();
        self.state.wait_until(async move { leave::behind(&env, Metrics::default(), None).await });
        match ended.result {
            Ok(stored) => {
                let told =
                    Told { stored, created: ended.created, merged: ended.merged, propagation_id: ended.propagation_id };
                Response::ok(serde_json::to_string(&told)?)
            }
            Err(problem) => Ok(client::whole(problem.reply(&request_id))),
        }
    }
}

impl TemplateObject {
    /// Runs the machine to its end, and stores what it says to keep.
    async fn work(&self, command: Command, settings: &Rc<Settings>) -> worker::Result<Ended> {
        let clock = Clock::start();
        let text: Option<String> = self.state.storage().get(KEY).await?;
        let kept: Option<Stored> = text.and_then(|text| serde_json::from_str(&text).ok());
        let life = Life::Object(self.state.clone());
        let (mut work, mut step) = Work::begin(command, kept.clone(), clock.unix_ms());
        let ended = loop {
            match step {
                Step::Ask(ask) => {
                    let answer = exchange::run(ask, settings, &life).await;
                    (work, step) = work.answer(answer, &isolate::desk(), clock.unix_ms());
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

    async fn spread(&self, family: Family, id: &str, keep: Option<&Stored>, settings: &Settings) {
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
