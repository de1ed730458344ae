//! The object of one keyed call: it alone calls upstream for its key, keeps what comes, and gives it to all who ask.
//!
//! The record is on disk before a request is sent, since the platform sends nothing out of an object before what was
//! stored until then is (its output gate). A batch is on disk before it is read: that is waited for.

mod recorder;
mod run;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select;
use promptgate_core::front::About;
use promptgate_core::journal::{Admission, Alarm, Journal, Unreadable};
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

pub(crate) use recorder::Recorder;
pub(crate) use run::Run;

use crate::bridge::Delay;
use crate::client::Asked;
use crate::limits::Limits;
use crate::state::{self, Clock, ExecutionContext};
use crate::{client, seal, telemetry};

/// How long an alarm stays with a call that runs, so that the platform does not evict its object (ours).
const STAY: Duration = Duration::from_secs(60);
/// When an alarm that could not do its work comes again (ours).
const AGAIN: Duration = Duration::from_secs(30);
/// How much longer than a call may take a Worker waits for its object's answer (ours).
const GRACE: Duration = Duration::from_secs(5);

/// Hands a request with a key to the object of this name; its answer goes to the client as it comes.
///
/// # Errors
/// [`Problem::storage_unavailable`], [`Code::TotalDeadline`](promptgate_core::problem::Code::TotalDeadline) and
/// [`Code::ClientLeft`](promptgate_core::problem::Code::ClientLeft).
pub(crate) async fn forward(
    env: &Env,
    name: &str,
    request: &web_sys::Request,
    settings: &Settings,
    limits: &Limits,
) -> Result<web_sys::Response, Problem> {
    let answer = async {
        let stub = env.durable_object("JOURNAL").ok()?.get_by_name(name).ok()?;
        stub.fetch_with_request(Request::from(Clone::clone(request))).await.ok()
    };
    let longer = settings.models.longest(&settings.call).saturating_sub(settings.call.total) + GRACE;
    let answer = limits.longer(longer).within(answer).await?.ok_or_else(Problem::storage_unavailable)?;
    Ok(client::passed_on(answer))
}

/// One for each key of a tenant and an address.
#[durable_object]
pub struct JournalObject {
    keyed: Rc<Keyed>,
}

/// What the requests of an object share.
pub(crate) struct Keyed {
    state: Rc<State>,
    env: Env,
    sql: SqlStorage,
    loaded: Cell<bool>,
    run: RefCell<Option<Rc<Run>>>,
}

#[derive(serde::Deserialize)]
struct Text {
    text: String,
}

#[derive(serde::Deserialize)]
struct Part {
    generation: u32,
    number: u32,
    part: u32,
    sealed: String,
}

impl DurableObject for JournalObject {
    fn new(state: State, env: Env) -> Self {
        let sql = state.storage().sql();
        let (loaded, run) = (Cell::new(false), RefCell::default());
        JournalObject { keyed: Rc::new(Keyed { state: Rc::new(state), env, sql, loaded, run }) }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let life = ExecutionContext::Object(self.keyed.state.clone());
        let request = Clone::clone(request.inner());
        let asked = Rc::new(Asked::of(&request));
        Ok(crate::serve(request, asked, self.keyed.env.clone(), life, Some(self.keyed.clone())).await.into())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // An error here would be retried a few times by the platform, and then never.
        if self.keyed.alarm().await.is_err() {
            self.keyed.state.storage().set_alarm(AGAIN).await?;
        }
        Response::empty()
    }
}

// requests
impl Keyed {
    /// The call of this request, if there is one; else its generation. `fingerprint` is what was asked.
    ///
    /// # Errors
    /// Those of [`Journal::admit`], and [`Problem::storage_unavailable`].
    pub(crate) async fn find(&self, fingerprint: &str) -> Result<Result<Rc<Run>, u32>, Problem> {
        let settings = state::settings(&self.env)?;
        self.load(&settings).await.map_err(|_| Problem::storage_unavailable())?;
        let Some(run) = self.run.borrow().clone() else { return Ok(Err(0)) };
        let admitted = run.journal.borrow().admit(fingerprint, Clock::start().unix_ms())?;
        Ok(match admitted {
            Admission::Follow => Ok(run),
            Admission::Begin(generation) => Err(generation),
        })
    }

    /// Reserves the key for a call that begins now; nothing else waits between [`find`](Self::find) and this.
    pub(crate) fn begin(
        self: &Rc<Self>,
        fingerprint: &str,
        about: About,
        generation: u32,
        settings: &Rc<Settings>,
    ) -> Rc<Recorder> {
        let before = self.run.borrow().clone().filter(|_| generation > 0);
        let about = before.map_or(about, |run| run.journal.borrow().about().clone());
        let journal =
            Journal::reserve(fingerprint, about, generation, settings.idempotency_ttl_s.saturating_mul(1_000));
        let run = Run::new(journal);
        *self.run.borrow_mut() = Some(run.clone());
        Rc::new(Recorder::new(self, run, settings))
    }

    /// Reads what is stored. A call that was running when its process died has its audit row before anything else.
    async fn load(&self, settings: &Settings) -> worker::Result<()> {
        if self.loaded.get() {
            return Ok(());
        }
        self.sql.exec("CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, text TEXT NOT NULL)", None)?;
        let batches = "CREATE TABLE IF NOT EXISTS batches (generation INTEGER NOT NULL, number INTEGER NOT NULL, \
                       part INTEGER NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (generation, number, part))";
        self.sql.exec(batches, None)?;
        let record = self.sql.exec("SELECT text FROM record", None)?.to_array::<Text>()?.pop();
        let Some(Text { text: record }) = record else {
            self.loaded.set(true);
            return Ok(());
        };
        let stored = self.batches(settings).await?;
        let retention_ms = settings.idempotency_ttl_s.saturating_mul(1_000);
        let restored = Journal::restore(&record, stored, retention_ms).map_err(|problem| problem.code.as_str())?;
        // Another request may have read it meanwhile.
        if self.loaded.replace(true) {
            return Ok(());
        }
        let (mut journal, row) = restored;
        if let Some(row) = row {
            telemetry::row(&row);
            if telemetry::flush_rows(&self.env).await {
                self.put(&journal.written())?;
            }
            telemetry::bring(&ExecutionContext::Object(self.state.clone()), &self.env);
        }
        *self.run.borrow_mut() = Some(Run::new(journal));
        self.arm().await
    }

    /// The stored batches of the highest generation, opened.
    async fn batches(&self, settings: &Settings) -> worker::Result<(u32, Result<Vec<String>, Unreadable>)> {
        let query = "SELECT generation, number, part, sealed FROM batches \
                     WHERE generation = (SELECT MAX(generation) FROM batches) ORDER BY number, part";
        let parts = self.sql.exec(query, None)?.to_array::<Part>()?;
        let generation = parts.first().map_or(0, |part| part.generation);
        let mut batches: Vec<String> = Vec::new();
        for Part { number, part, sealed, .. } in parts {
            if sealed.is_empty() {
                return Ok((generation, Err(Unreadable::NotKept)));
            }
            let opened = seal::open(&settings.seal_keys, &self.place(generation, number, part), &sealed).await;
            let text = match opened.map(|bytes| String::from_utf8(bytes).unwrap_or_default()) {
                Ok(text) => text,
                Err(why) => return Ok((generation, Err(Unreadable::Unsealed(why)))),
            };
            match batches.last_mut().filter(|_| part > 0) {
                Some(batch) => batch.push_str(&text),
                None => batches.push(text),
            }
        }
        Ok((generation, Ok(batches)))
    }

    /// What a sealed part belongs to: it opens nowhere else.
    fn place(&self, generation: u32, number: u32, part: u32) -> String {
        format!("journal/{}/{generation}/{number}/{part}", self.state.id())
    }

    fn put(&self, record: &str) -> worker::Result<()> {
        self.sql.exec("INSERT OR REPLACE INTO record (id, text) VALUES (1, ?)", vec![record.into()])?;
        Ok(())
    }

    async fn clear(&self) -> worker::Result<()> {
        self.loaded.set(false);
        *self.run.borrow_mut() = None;
        self.state.storage().delete_all().await
    }
}

// alarms
impl Keyed {
    async fn alarm(&self) -> worker::Result<()> {
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        self.load(&settings).await?;
        let Some(run) = self.run.borrow().clone() else { return Ok(()) };
        let stay = Clock::start();
        // A call that runs keeps its object, whether its client is there or not.
        while run.journal.borrow().is_live() && stay.elapsed() < STAY {
            select(run.change(), Delay::from(Duration::from_secs(5))).await;
        }
        let now_ms = Clock::start().unix_ms();
        let alarm = run.journal.borrow().alarm(now_ms);
        match alarm {
            Alarm::Delete => self.clear().await,
            _ => self.arm().await,
        }
    }

    /// Sets the alarm that the call needs now.
    async fn arm(&self) -> worker::Result<()> {
        let Some(run) = self.run.borrow().clone() else { return Ok(()) };
        let now_ms = Clock::start().unix_ms();
        let alarm = run.journal.borrow().alarm(now_ms);
        let at_ms = match alarm {
            Alarm::At(at_ms) => at_ms,
            Alarm::Delete => now_ms,
            Alarm::None => return Ok(()),
        };
        self.state.storage().set_alarm(Duration::from_millis(at_ms.saturating_sub(now_ms))).await
    }
}
