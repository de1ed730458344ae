//! The object of one model: provisions and configures it by alarms, and answers with its status.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::select;
use futures_util::lock::Mutex;
use promptgate_core::http::Reply;
use promptgate_core::model::{Command, Effects, ManagedModel, Received, Step, Verb};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::refusal::Refusal;
use promptgate_core::settings::Settings;
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::bridge::Delay;
use crate::limits::Limits;
use crate::state::{self, Clock, ExecutionContext};
use crate::under_way::{self, UnderWay};
use crate::{exchange, seal, telemetry};

/// Where it is stored.
const KEY: &str = "model";
/// When an alarm that could not do its work comes again (ours).
const AGAIN: Duration = Duration::from_secs(30);
/// When an alarm comes again that came while the gateway stopped (ours).
const AFTER_A_STOP: Duration = Duration::from_secs(1);

/// The object's answer for the client, as it is written between object and Worker.
#[derive(Serialize, Deserialize)]
pub(crate) struct ModelReply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The code of its problem, where what was refused has its row and count already.
    pub(crate) recorded: Option<String>,
}

/// Asks the object of a model.
///
/// # Errors
/// Those of [`super::ask`], and the object's own.
pub(crate) async fn ask(env: &Env, command: &Command, limits: &Limits) -> Result<ModelReply, Problem> {
    let body = serde_json::to_string(command).ok();
    let reply: Result<ModelReply, Refusal> = super::ask_json(env, "MODEL", &command.id, "", body, limits).await?;
    Ok(reply?)
}

/// An answer, and the code of its problem, where that has its row.
type Answered = (Reply, Option<Code>);

/// One for each model.
#[durable_object]
pub struct ModelObject {
    state: Rc<State>,
    env: Env,
    /// As it is stored; read when first asked for.
    kept: RefCell<Option<ManagedModel>>,
    loaded: Cell<bool>,
    /// Those who wait for something to change.
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    /// That of the token that was used last.
    grant: Cell<Option<u64>>,
    /// One write at a time, since it is sealed before: the last one has what is newest.
    writing: Mutex<()>,
}

impl DurableObject for ModelObject {
    fn new(state: State, env: Env) -> Self {
        ModelObject {
            state: Rc::new(state),
            env,
            kept: RefCell::default(),
            loaded: Cell::new(false),
            waiting: RefCell::default(),
            grant: Cell::new(None),
            writing: Mutex::new(()),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let command: Command = serde_json::from_str(&request.text().await?)?;
        let answered = match state::settings(&self.env) {
            Ok(settings) => {
                let answered = match self.answer(&command, &settings).await {
                    Ok(answered) => answered,
                    // What is in memory may not be what is stored.
                    Err(_) => Err(self.forget()),
                };
                self.telemetry();
                answered
            }
            Err(problem) => Err(problem),
        };
        let reply = answered.map_err(Refusal::from).map(|(Reply { head, body }, recorded)| ModelReply {
            status: head.status,
            headers: head.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: String::from_utf8(body.0).unwrap_or_default(),
            recorded: recorded.map(|code| code.as_str().to_owned()),
        });
        Response::ok(serde_json::to_string(&reply)?)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if under_way::is_drained() {
            self.state.storage().set_alarm(AFTER_A_STOP).await?;
            return Response::empty();
        }
        // A stop waits for the answer of what is sent: a request that is lost is repeated after half a minute only.
        let _under_way = UnderWay::begin();
        // An error here would be retried a few times by the platform, and then never.
        if self.work().await.is_err() {
            self.forget();
            self.state.storage().set_alarm(AGAIN).await?;
        }
        Response::empty()
    }
}

// requests
impl ModelObject {
    async fn answer(&self, command: &Command, settings: &Settings) -> worker::Result<Result<Answered, Problem>> {
        let clock = Clock::start();
        self.load().await?;
        let seed = match state::random() {
            Ok(random) => random.seed,
            Err(problem) => return Ok(Err(problem)),
        };
        let taken = ManagedModel::take(&mut self.kept.borrow_mut(), command, settings, clock.unix_ms(), seed);
        let taken = match taken {
            Ok(taken) => taken,
            Err(problem) => return Ok(Err(problem)),
        };
        if taken.changed {
            self.store().await?;
            self.state.storage().set_alarm(Duration::ZERO).await?;
        }
        let patience = Duration::from_millis(command.patience_ms(settings, clock.unix_ms()));
        loop {
            let (changed, change) = oneshot::channel();
            self.waiting.borrow_mut().push(changed);
            let left = patience.saturating_sub(clock.elapsed());
            let answered = match &mut *self.kept.borrow_mut() {
                Some(kept) => kept.answer(command, &taken, left.is_zero(), settings, clock.unix_ms()),
                None if matches!(command.verb, Verb::Delete) => Some(Ok(ManagedModel::deleted())),
                // It was forgotten meanwhile.
                None => Some(Err(Problem::storage_unavailable())),
            };
            match answered {
                // The update or the deletion has ended, so it has its row.
                Some(Err(problem))
                    if matches!(command.verb, Verb::Configure(_) | Verb::Delete)
                        && problem.code != Code::StorageUnavailable =>
                {
                    return Ok(Ok((problem.reply(&command.request_id), Some(problem.code))));
                }
                Some(answered) => return Ok(answered.map(|reply| (reply, None))),
                None => {}
            }
            select(change, Delay::from(left)).await;
        }
    }
}

// alarms
impl ModelObject {
    /// Sends what is to be sent, until there is nothing to do or something to wait for.
    async fn work(&self) -> worker::Result<()> {
        self.load().await?;
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        let life = ExecutionContext::Object(self.state.clone());
        loop {
            let now = Clock::start().unix_ms();
            let Some(step) = self.with(|kept| state::resources(|health| kept.step(now, health, &settings))) else {
                return Ok(());
            };
            let at = |until: u64| Duration::from_millis(until.saturating_sub(now));
            match step {
                Step::Send(dispatch) => {
                    // Nothing is sent beyond what is stored; if this process dies, the alarm goes on.
                    self.store().await?;
                    self.state.storage().set_alarm(at(dispatch.until_ms)).await?;
                    let request = |token: &_| self.with(|kept| kept.request(&settings.endpoints, token)).flatten();
                    let limits = Limits::until(dispatch.until_ms);
                    let received = exchange::dispatch(dispatch, request, &self.grant, &settings, &life, &limits).await;
                    // No client can leave this.
                    let received = received.unwrap_or(Received::Unreachable);
                    let now = Clock::start().unix_ms();
                    self.with(|kept| {
                        state::resources(|health| kept.received(dispatch.attempt, now, &received, health, &settings));
                    });
                }
                Step::Wait(until) => {
                    self.state.storage().set_alarm(at(until)).await?;
                    return self.store().await;
                }
                Step::Done => return self.store().await,
            }
            self.store().await?;
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut ManagedModel) -> T) -> Option<T> {
        self.kept.borrow_mut().as_mut().map(use_it)
    }

    /// Reads what is stored. What was under way goes on, also where its alarm was lost.
    async fn load(&self) -> worker::Result<()> {
        if self.loaded.get() {
            return Ok(());
        }
        let stored: Option<String> = self.state.storage().get(KEY).await?;
        let kept = match stored {
            Some(text) => Some(self.opened(text).await?),
            None => None,
        };
        // Another request may have read it meanwhile, and changed it.
        if self.loaded.replace(true) {
            return Ok(());
        }
        let some = kept.is_some();
        *self.kept.borrow_mut() = kept;
        if some {
            self.state.storage().set_alarm(Duration::ZERO).await?;
        }
        Ok(())
    }

    /// What is stored, sealed or, where it was written before there was a key, plain. What is stored next is sealed by the
    /// current key.
    async fn opened(&self, text: String) -> worker::Result<ManagedModel> {
        let plain = match text.starts_with('{') {
            true => text,
            false => {
                let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
                let opened = seal::open(&settings.seal_keys, &self.place(), &text).await;
                let bytes = opened.inspect_err(|why| worker::console_error!("{}", why.log("model")));
                String::from_utf8(bytes.map_err(|_| "sealed")?).map_err(|_| "sealed")?
            }
        };
        Ok(ManagedModel::restore(&plain).map_err(|problem| problem.code.as_str())?)
    }

    /// Where sealed values of this object open: nowhere else.
    fn place(&self) -> String {
        format!("model/{}", self.state.id())
    }

    /// Stores it, or nothing of it where it was deleted; writes its rows, counts and webhooks, and wakes those who wait.
    async fn store(&self) -> worker::Result<()> {
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        let _turn = self.writing.lock().await;
        let Some(text) = self.with(|kept| (!kept.is_deleted()).then(|| kept.stored())) else { return Ok(()) };
        let stored = match text {
            Some(text) => {
                let sealed = seal::seal(&settings.seal_keys, &self.place(), text.expose().as_bytes()).await;
                let sealed = sealed.map_err(|problem| problem.code.as_str())?;
                self.state.storage().put(KEY, sealed.as_deref().unwrap_or(text.expose())).await
            }
            None => self.state.storage().delete_all().await,
        };
        self.telemetry();
        self.waiting.borrow_mut().clear();
        stored
    }

    /// The next one reads it anew from storage.
    fn forget(&self) -> Problem {
        self.loaded.set(false);
        *self.kept.borrow_mut() = None;
        self.waiting.borrow_mut().clear();
        Problem::storage_unavailable()
    }

    /// Rows, counts and webhooks of what has come about.
    fn telemetry(&self) {
        let Effects { rows, metrics, events } = self.with(ManagedModel::take_left).unwrap_or_default();
        if rows.is_empty() && metrics.is_empty() && events.is_empty() {
            return;
        }
        let life = ExecutionContext::Object(self.state.clone());
        rows.iter().for_each(|row| telemetry::row(row));
        telemetry::count(|counted| counted.merge(metrics));
        events.iter().for_each(|event| telemetry::webhook(&life, &self.env, event));
        telemetry::bring(&life, &self.env);
    }
}
