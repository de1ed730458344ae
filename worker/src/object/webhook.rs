//! The object of one destination of webhooks: keeps what is to be sent, sends it by its alarm, and keeps what nobody took.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use promptgate_core::governance::Metric;
use promptgate_core::governance::webhook::{
    Attempt, DeadLetter, DeadLetterReason, Destination, DestinationStatus, Family, MAX_WAITING, Message, Question,
    Verdict, next_alarm, verdict,
};
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::AbortSignal;
use worker::{DurableObject, Env, Method, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use crate::bridge::Delay;
use crate::limits::Limits;
use crate::state::{self, Clock, ExecutionContext};
use crate::{telemetry, upstream};

/// How long a request to an object may take (ours): it costs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// How long one alarm sends before the next one goes on (ours): the platform ends an alarm after fifteen minutes.
const SHIFT: Duration = Duration::from_secs(60);
/// When an alarm that was cut off comes again (ours). While it is at work none begins beside it.
const AGAIN: Duration = Duration::from_secs(5);
/// How long an alarm waits for more before it ends (ours): to begin the next one costs more than to send a message.
const LINGER: Duration = Duration::from_millis(250);
/// How long dead letters are kept (ours), in milliseconds.
const KEPT_MS: f64 = 30.0 * 24.0 * 60.0 * 60.0 * 1000.0;
/// How often those that are older are looked for (ours), in milliseconds.
const SWEEP_MS: u64 = 60 * 60 * 1000;

/// Brings messages to the object of the destination `name`: how many it had no room for; none where it does not answer.
pub(crate) async fn bring(env: &Env, name: &str, messages: &[Message]) -> Option<u64> {
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    let body = serde_json::to_string(&Delivery { destination: name.to_owned(), messages: messages.to_vec() }).ok()?;
    super::ask_json(env, "WEBHOOK", name, "messages", Some(body), &limits).await.ok()
}

/// How the destination `name` fares.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn standing(env: &Env, name: &str, limits: &Limits) -> Result<DestinationStatus, Problem> {
    super::ask_json(env, "WEBHOOK", name, "standing", None, &limits.at_most(LIMIT)).await
}

/// Its dead letters.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn dead_letters(
    env: &Env,
    name: &str,
    question: &Question,
    limits: &Limits,
) -> Result<Vec<DeadLetter>, Problem> {
    let body = serde_json::to_string(question).ok();
    super::ask_json(env, "WEBHOOK", name, "dead-letters", body, &limits.at_most(LIMIT)).await
}

/// Sends dead letters again, those with these ids or all: how many. The destination takes messages again, too.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn redeliver(env: &Env, name: &str, ids: &[String], limits: &Limits) -> Result<u64, Problem> {
    let body = serde_json::to_string(ids).ok();
    super::ask_json(env, "WEBHOOK", name, "redeliver", body, &limits.at_most(LIMIT)).await
}

/// Messages on their way to an object, which learns by it whose it is: an alarm does not say.
#[derive(Serialize, Deserialize)]
struct Delivery {
    destination: String,
    messages: Vec<Message>,
}

/// One for each destination.
#[durable_object]
pub struct WebhookObject {
    state: Rc<State>,
    sql: SqlStorage,
    env: Env,
    /// Whether the tables are there, and the name of the destination in them.
    created: Cell<bool>,
    named: Cell<bool>,
    /// When old dead letters were looked for last, Unix ms.
    swept_ms: Cell<u64>,
    /// Messages that wait, counted when first asked for.
    waiting: Cell<Option<u64>>,
    /// An alarm is at work, and looks again when it is told.
    working: RefCell<Option<oneshot::Sender<()>>>,
}

/// The oldest message of a family.
#[derive(Deserialize)]
struct Oldest {
    family: String,
    sequence: f64,
    id: String,
    event: String,
    body: String,
    since_ms: f64,
    attempts: u32,
    due_ms: f64,
}

#[derive(Deserialize)]
struct Number {
    number: f64,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl DurableObject for WebhookObject {
    fn new(state: State, env: Env) -> Self {
        let sql = state.storage().sql();
        WebhookObject {
            state: Rc::new(state),
            sql,
            env,
            created: Cell::new(false),
            named: Cell::new(false),
            swept_ms: Cell::new(0),
            waiting: Cell::new(None),
            working: RefCell::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        self.create()?;
        let text = match request.method() {
            Method::Get => String::new(),
            _ => request.text().await?,
        };
        let now_ms = Clock::start().unix_ms();
        match request.path().trim_start_matches('/') {
            "messages" => {
                let refused = self.take(&serde_json::from_str(&text)?, now_ms)?;
                self.wake().await?;
                json(&refused)
            }
            "standing" => {
                // Whoever looks wakes what waits for a destination that was not set for a while.
                self.wake().await?;
                json(&self.standing()?)
            }
            "dead-letters" => json(&self.dead_letters(&serde_json::from_str(&text)?)?),
            "redeliver" => {
                let count = self.redeliver(&serde_json::from_str(&text)?, now_ms)?;
                self.wake().await?;
                json(&count)
            }
            _ => Response::error("not found", 404),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // If this process dies while it sends, or the storage fails, the alarm goes on.
        self.state.storage().set_alarm(AGAIN).await?;
        let worked = self.work().await;
        *self.working.borrow_mut() = None;
        match worked? {
            Some(wait) => self.state.storage().set_alarm(wait).await?,
            None => self.state.storage().delete_alarm().await?,
        }
        Response::empty()
    }
}

// requests
impl WebhookObject {
    fn create(&self) -> worker::Result<()> {
        if self.created.get() {
            return Ok(());
        }
        for create in [
            "CREATE TABLE IF NOT EXISTS messages (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, \
             family TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL, created_ms INTEGER NOT NULL, \
             since_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL, last_status INTEGER, \
             dead_ms INTEGER, why TEXT)",
            "CREATE INDEX IF NOT EXISTS waiting ON messages (family, sequence) WHERE dead_ms IS NULL",
            "CREATE INDEX IF NOT EXISTS dead ON messages (sequence) WHERE dead_ms IS NOT NULL",
            "CREATE TABLE IF NOT EXISTS destination (text TEXT PRIMARY KEY)",
            // The address that has answered 410, as a digest, and when.
            "CREATE TABLE IF NOT EXISTS disabled (address TEXT PRIMARY KEY, since_ms INTEGER NOT NULL)",
        ] {
            self.sql.exec(create, None)?;
        }
        self.created.set(true);
        Ok(())
    }

    /// Keeps messages; those of a destination that is disabled are dead letters at once. How many had no room. Nothing
    /// here waits: the platform sends the answer when all is on disk.
    fn take(&self, delivery: &Delivery, now_ms: u64) -> worker::Result<u64> {
        if !self.named.get() {
            let name = delivery.destination.as_str();
            self.sql.exec("INSERT OR IGNORE INTO destination (text) VALUES (?)", vec![name.into()])?;
            self.named.set(true);
        }
        let disabled = self.disabled_ms()?.is_some();
        let mut waiting = self.count()?;
        let mut refused = 0;
        for message in &delivery.messages {
            if waiting >= MAX_WAITING as u64 {
                refused += 1;
                continue;
            }
            let dead: SqlStorageValue = if disabled { (now_ms as f64).into() } else { SqlStorageValue::Null };
            let why: SqlStorageValue =
                if disabled { DeadLetterReason::Disabled.as_str().into() } else { SqlStorageValue::Null };
            let created: SqlStorageValue = (message.created_ms as f64).into();
            let values = vec![
                message.id.as_str().into(),
                message.family.as_str().into(),
                message.event.as_str().into(),
                message.body.as_str().into(),
                created.clone(),
                created.clone(),
                created,
                dead,
                why,
            ];
            // One that is brought twice, because an answer was lost, is kept once.
            let insert = "INSERT OR IGNORE INTO messages \
                          (id, family, event, body, created_ms, since_ms, attempts, due_ms, dead_ms, why) \
                          VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)";
            self.sql.exec(insert, values)?;
            waiting += u64::from(!disabled);
        }
        self.waiting.set(Some(waiting));
        if now_ms.saturating_sub(self.swept_ms.get()) >= SWEEP_MS {
            self.sql.exec("DELETE FROM messages WHERE dead_ms < ?", vec![(now_ms as f64 - KEPT_MS).into()])?;
            self.swept_ms.set(now_ms);
        }
        Ok(refused)
    }

    /// Sees to it that there is an alarm for what is due.
    async fn wake(&self) -> worker::Result<()> {
        if let Some(working) = self.working.borrow_mut().take() {
            let _ = working.send(());
            return Ok(());
        }
        match next_alarm(self.due()?, Clock::start().unix_ms()) {
            Some(wait) => self.state.storage().set_alarm(wait).await,
            None => Ok(()),
        }
    }

    fn standing(&self) -> worker::Result<DestinationStatus> {
        let first = "SELECT created_ms AS number FROM messages WHERE dead_ms IS NULL ORDER BY sequence LIMIT 1";
        let attempts = "SELECT attempts AS number FROM messages WHERE dead_ms IS NULL ORDER BY sequence LIMIT 1";
        let status = "SELECT last_status AS number FROM messages \
                      WHERE dead_ms IS NULL AND last_status IS NOT NULL ORDER BY sequence LIMIT 1";
        Ok(DestinationStatus {
            waiting: self.number("SELECT COUNT(*) AS number FROM messages WHERE dead_ms IS NULL")?.unwrap_or_default(),
            oldest_ms: self.number(first)?,
            attempts: self.number(attempts)?.unwrap_or_default() as u32,
            last_status: self.number(status)?.map(|status| status as u16),
            dead: self.number("SELECT COUNT(*) AS number FROM messages WHERE dead_ms IS NOT NULL")?.unwrap_or_default(),
            disabled_ms: self.disabled_ms()?,
        })
    }

    fn dead_letters(&self, question: &Question) -> worker::Result<Vec<DeadLetter>> {
        let select = "SELECT sequence, id, event, created_ms, attempts, dead_ms, why, last_status FROM messages \
                      WHERE dead_ms IS NOT NULL AND sequence > ? ORDER BY sequence LIMIT ?";
        self.rows(select, vec![(question.after as f64).into(), (question.limit as f64).into()])
    }

    fn redeliver(&self, ids: &Vec<String>, now_ms: u64) -> worker::Result<u64> {
        self.sql.exec("DELETE FROM disabled", None)?;
        let revive = "UPDATE messages SET dead_ms = NULL, why = NULL, attempts = 0, since_ms = ?, due_ms = ? \
                      WHERE dead_ms IS NOT NULL";
        let now: SqlStorageValue = (now_ms as f64).into();
        let before = self.count()?;
        if ids.is_empty() {
            self.sql.exec(revive, vec![now.clone(), now])?;
        } else {
            for id in ids {
                self.sql.exec(&format!("{revive} AND id = ?"), vec![now.clone(), now.clone(), id.as_str().into()])?;
            }
        }
        self.waiting.set(None);
        Ok(self.count()?.saturating_sub(before))
    }
}

// alarms
impl WebhookObject {
    /// Sends what is due, the families side by side, each in its order; says when the next alarm is to come.
    async fn work(&self) -> worker::Result<Option<Duration>> {
        self.create()?;
        let Some(name) = self.name()? else { return Ok(None) };
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        // It is no longer set: what waits is kept until it is again.
        let Some(destination) = settings.webhooks.find(&name) else { return Ok(None) };
        let clock = Clock::start();
        if self.is_disabled(destination)? {
            self.bury(clock.unix_ms())?;
        }
        let mut sending = FuturesUnordered::new();
        let mut busy = Vec::new();
        loop {
            let (changed, change) = oneshot::channel();
            *self.working.borrow_mut() = Some(changed);
            let goes_on = clock.elapsed() < SHIFT;
            let oldest = if goes_on { self.oldest()? } else { Vec::new() };
            for oldest in oldest {
                let Some(family) = Family::named(&oldest.family) else { continue };
                if oldest.due_ms <= clock.unix_ms() as f64 && !busy.contains(&family) {
                    busy.push(family);
                    sending.push(self.send(family, oldest, destination, &settings));
                }
            }
            if sending.is_empty() {
                match select(change, Delay::from(LINGER)).await {
                    Either::Left(_) if goes_on => continue,
                    _ => break,
                }
            }
            // Another family's message may come while a receiver takes its time.
            if let Either::Left((Some(sent), _)) = select(sending.next(), change).await {
                let family = sent?;
                busy.retain(|other| *other != family);
            }
        }
        telemetry::bring(&ExecutionContext::Object(self.state.clone()), &self.env);
        Ok(next_alarm(self.due()?, clock.unix_ms()))
    }

    /// Sends a message, once, and keeps what became of it.
    async fn send(
        &self,
        family: Family,
        oldest: Oldest,
        destination: &Destination,
        settings: &Settings,
    ) -> worker::Result<Family> {
        let clock = Clock::start();
        let request = destination.request(&oldest.id, oldest.body.clone(), clock.started_ms);
        let limit = AbortSignal::timeout_with_u32(family.timeout_ms());
        let answer = match destination.private {
            true => upstream::send(&request, &limit).await,
            false => upstream::send_public(&self.env, &request, &limit).await,
        };
        if let Some((_, Some(body))) = &answer {
            body.cancel();
        }
        let head = answer.map(|(head, _)| head);
        let attempt = Attempt { since_ms: oldest.since_ms as u64, before: oldest.attempts };
        let seed = state::random().map_err(|problem| problem.code.as_str())?.seed;
        let verdict = verdict(attempt, head.as_ref(), clock.unix_ms(), settings.webhook_retry_ms, seed);
        self.note(destination, &oldest, verdict, head.map(|head| head.status), clock.unix_ms())?;
        Ok(family)
    }

    /// Keeps what became of a try.
    fn note(
        &self,
        destination: &Destination,
        oldest: &Oldest,
        verdict: Verdict,
        status: Option<u16>,
        now_ms: u64,
    ) -> worker::Result<()> {
        let sequence: SqlStorageValue = oldest.sequence.into();
        let last: SqlStorageValue = status.map_or(SqlStorageValue::Null, |status| f64::from(status).into());
        match verdict {
            Verdict::Taken => {
                self.sql.exec("DELETE FROM messages WHERE sequence = ?", vec![sequence])?;
                self.waiting.set(self.waiting.get().map(|waiting| waiting.saturating_sub(1)));
            }
            Verdict::Again(due_ms) => {
                let update =
                    "UPDATE messages SET attempts = attempts + 1, due_ms = ?, last_status = ? WHERE sequence = ?";
                self.sql.exec(update, vec![(due_ms as f64).into(), last, sequence])?;
            }
            Verdict::Dead(why) => {
                let update = "UPDATE messages SET attempts = attempts + 1, dead_ms = ?, why = ?, last_status = ? \
                              WHERE sequence = ?";
                self.sql.exec(update, vec![(now_ms as f64).into(), why.as_str().into(), last, sequence])?;
                self.waiting.set(None);
            }
            Verdict::Gone => {
                let update = "UPDATE messages SET attempts = attempts + 1, last_status = ? WHERE sequence = ?";
                self.sql.exec(update, vec![last, sequence])?;
                let address = destination.fingerprint();
                let insert = "INSERT OR REPLACE INTO disabled (address, since_ms) VALUES (?, ?)";
                self.sql.exec(insert, vec![address.as_str().into(), (now_ms as f64).into()])?;
                self.bury(now_ms)?;
            }
        }
        if let Some(line) = verdict.log(&destination.name, &oldest.id, &oldest.event, status) {
            worker::console_log!("{line}");
        }
        let (name, event) = (destination.name.as_str(), oldest.event.as_str());
        let labels = [("destination", name), ("event", event), ("result", verdict.as_str())];
        telemetry::count(|metrics| metrics.count(Metric::Webhooks, &labels, 1));
        Ok(())
    }

    /// Makes dead letters of all that waits.
    fn bury(&self, now_ms: u64) -> worker::Result<()> {
        let update = "UPDATE messages SET dead_ms = ?, why = ? WHERE dead_ms IS NULL";
        self.sql.exec(update, vec![(now_ms as f64).into(), DeadLetterReason::Disabled.as_str().into()])?;
        self.waiting.set(Some(0));
        Ok(())
    }

    /// Whether the receiver at this address has said that it is gone. One at another address has not.
    fn is_disabled(&self, destination: &Destination) -> worker::Result<bool> {
        self.sql.exec("DELETE FROM disabled WHERE address <> ?", vec![destination.fingerprint().into()])?;
        Ok(self.disabled_ms()?.is_some())
    }
}

// storage
impl WebhookObject {
    /// Whose object this is.
    fn name(&self) -> worker::Result<Option<String>> {
        Ok(self.rows::<Text>("SELECT text FROM destination LIMIT 1", Vec::new())?.pop().map(|name| name.text))
    }

    /// The oldest message of each family.
    fn oldest(&self) -> worker::Result<Vec<Oldest>> {
        self.rows(&of_each_family("family, sequence, id, event, body, since_ms, attempts, due_ms"), Vec::new())
    }

    /// When the oldest message of each family is due, Unix ms.
    fn due(&self) -> worker::Result<Vec<u64>> {
        let due = self.rows::<Number>(&of_each_family("due_ms AS number"), Vec::new())?;
        Ok(due.into_iter().map(|due| due.number as u64).collect())
    }

    fn disabled_ms(&self) -> worker::Result<Option<u64>> {
        self.number("SELECT since_ms AS number FROM disabled LIMIT 1")
    }

    fn count(&self) -> worker::Result<u64> {
        if let Some(waiting) = self.waiting.get() {
            return Ok(waiting);
        }
        let waiting = self.number("SELECT COUNT(*) AS number FROM messages WHERE dead_ms IS NULL")?.unwrap_or_default();
        self.waiting.set(Some(waiting));
        Ok(waiting)
    }

    fn number(&self, select: &str) -> worker::Result<Option<u64>> {
        let found = self.rows::<Number>(select, Vec::new())?.pop();
        Ok(found.map(|found| found.number as u64))
    }

    fn rows<T: DeserializeOwned>(&self, select: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<T>> {
        self.sql.exec(select, values)?.to_array::<T>()
    }
}

fn json(value: &impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}

/// The query of `columns` of the oldest message of each family. Each is found by the index, however many wait; their
/// names are ours.
fn of_each_family(columns: &str) -> String {
    let oldest = |family: Family| {
        let family = family.as_str();
        format!(
            "SELECT * FROM (SELECT {columns} FROM messages \
             WHERE family = '{family}' AND dead_ms IS NULL ORDER BY sequence LIMIT 1)"
        )
    };
    Family::ALL.map(oldest).join(" UNION ALL ")
}
