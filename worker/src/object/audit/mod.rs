//! The objects that keep the audit log: one at a time appends to the chain, the full ones before it are read only.

mod retention;
mod search;

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use promptgate_core::governance::chain::{
    Checkpoint, Delivery, DiscardedRows, Export, Extent, Found, PAGE_ROWS, Page, Question, Receipt, Segment, hour,
};
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Method, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use super::sql;
use crate::limits::Limits;
use crate::state;

/// How long a request may take (ours): it costs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// When an alarm that could not do its work comes again (ours).
const AGAIN: Duration = Duration::from_secs(60);
/// How many rows one statement stores (ours): each statement costs as much as some rows. A value of SQLite has 2 MB here, and a
/// row a few kilobytes at most.
const TOGETHER: usize = 50;

/// Brings a delivery to the object of this number; none where it does not answer.
pub(crate) async fn bring(env: &Env, object: u64, delivery: &str) -> Option<Receipt> {
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    super::ask_json(env, "AUDIT", &object.to_string(), "", Some(delivery.to_owned()), &limits).await.ok()
}

/// The page that an export wants next.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn page(env: &Env, export: &Export, limits: &Limits) -> Result<Page, Problem> {
    let (object, after) = (export.object.to_string(), export.after.to_string());
    super::ask_json(env, "AUDIT", &object, &after, None, &limits.at_most(LIMIT)).await
}

/// Which rows the objects have, the first object first; those after `known` are asked, since full ones do not change.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn extents(env: &Env, known: Vec<Extent>, limits: &Limits) -> Result<Vec<Extent>, Problem> {
    let mut extents: Vec<Extent> = known.into_iter().take_while(|extent| extent.full).collect();
    loop {
        let object = (extents.len() + 1).to_string();
        let extent: Extent = super::ask_json(env, "AUDIT", &object, "extent", None, &limits.at_most(LIMIT)).await?;
        extents.push(extent);
        if !extent.full {
            return Ok(extents);
        }
    }
}

/// What the object of this number finds.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn search(env: &Env, object: u64, question: &Question, limits: &Limits) -> Result<Found, Problem> {
    let body = serde_json::to_string(question).ok();
    super::ask_json(env, "AUDIT", &object.to_string(), "search", body, &limits.at_most(LIMIT)).await
}

/// The heads that the object of this number has taken down after row `after`.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn heads(env: &Env, object: u64, after: u64, limits: &Limits) -> Result<Vec<Checkpoint>, Problem> {
    let path = format!("heads/{after}");
    super::ask_json(env, "AUDIT", &object.to_string(), &path, None, &limits.at_most(LIMIT)).await
}

/// One part of the chain.
#[durable_object]
pub struct AuditObject {
    state: Rc<State>,
    sql: SqlStorage,
    env: Env,
    /// There is an alarm.
    armed: Cell<bool>,
    /// The tables are there.
    created: Cell<bool>,
}

/// A line as it is stored.
#[derive(Deserialize)]
struct Line {
    line: String,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl DurableObject for AuditObject {
    fn new(state: State, env: Env) -> Self {
        let sql = state.storage().sql();
        AuditObject { state: Rc::new(state), sql, env, armed: Cell::new(false), created: Cell::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        self.create()?;
        let path = request.path();
        let path = path.trim_start_matches('/');
        if request.method() == Method::Get {
            return match path.split_once('/') {
                Some(("heads", after)) => json(&self.heads(after.parse().unwrap_or_default())?),
                _ if path == "extent" => json(&self.extent()?),
                _ => json(&self.page(path.parse().unwrap_or_default())?),
            };
        }
        let text = request.text().await?;
        if path == "search" {
            return json(&self.search(&serde_json::from_str(&text)?)?);
        }
        let delivery: Delivery = serde_json::from_str(&text)?;
        let receipt = self.take(delivery)?;
        self.arm(self.settings()?.audit_policy.checkpoint_ms).await?;
        json(&receipt)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // An error here would be retried a few times by the platform, and then never.
        let next = match self.work().await {
            Ok(next) => next,
            Err(_) => Some(AGAIN),
        };
        self.armed.set(false);
        if let Some(next) = next {
            self.arm(next.as_millis() as u64).await?;
        }
        Response::empty()
    }
}

// requests
impl AuditObject {
    fn create(&self) -> worker::Result<()> {
        if self.created.replace(true) {
            return Ok(());
        }
        for create in [
            "CREATE TABLE IF NOT EXISTS rows (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, line TEXT NOT NULL)",
            "CREATE INDEX IF NOT EXISTS by_tenant ON rows (json_extract(line, '$.row.tenant'))",
            "CREATE INDEX IF NOT EXISTS by_key ON rows (json_extract(line, '$.row.key_id'))",
            "CREATE INDEX IF NOT EXISTS by_request ON rows (json_extract(line, '$.row.request_id'))",
            "CREATE INDEX IF NOT EXISTS by_code ON rows (json_extract(line, '$.row.code')) \
             WHERE json_extract(line, '$.row.code') IS NOT NULL",
            "CREATE INDEX IF NOT EXISTS by_model ON rows (json_extract(line, '$.row.model')) \
             WHERE json_extract(line, '$.row.model') IS NOT NULL",
            "CREATE INDEX IF NOT EXISTS by_resource ON rows (json_extract(line, '$.row.resource.id')) \
             WHERE json_extract(line, '$.row.resource.id') IS NOT NULL",
            "CREATE TABLE IF NOT EXISTS fired (rule TEXT, sequence INTEGER, PRIMARY KEY (rule, sequence)) WITHOUT ROWID",
            // Which rows each hour of their times has: rows are not quite in the order of their times.
            "CREATE TABLE IF NOT EXISTS hours (hour TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) \
             WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS heads (sequence INTEGER PRIMARY KEY, checkpoint TEXT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS let_go (text TEXT NOT NULL)",
        ] {
            self.sql.exec(create, None)?;
        }
        // Rows of before there was this table.
        if self.number("SELECT 1 AS number FROM hours LIMIT 1")?.is_none() {
            let times = "INSERT INTO hours SELECT substr(json_extract(line, '$.row.time'), 1, 13), MIN(sequence), \
                         MAX(sequence) FROM rows WHERE json_extract(line, '$.row.time') IS NOT NULL GROUP BY 1";
            self.sql.exec(times, None)?;
            let rules = "INSERT OR IGNORE INTO fired SELECT json_extract(rule.value, '$.rule'), rows.sequence \
                         FROM rows, json_each(rows.line, '$.row.rules') AS rule";
            self.sql.exec(rules, None)?;
        }
        Ok(())
    }

    /// Nothing here waits, so no other delivery comes between; the platform sends the answer when all is on disk.
    /// Were it to fail half-way, the rows before would be a chain too, and known when they are delivered again.
    fn take(&self, delivery: Delivery) -> worker::Result<Receipt> {
        let keys: Vec<&str> = delivery.rows.iter().map(|row| row.key.as_str()).collect();
        let known: HashSet<String> = self
            .rows::<Text>(
                "SELECT key AS text FROM rows WHERE key IN (SELECT value FROM json_each(?))",
                vec![list(&keys)?],
            )?
            .into_iter()
            .map(|known| known.text)
            .collect();
        let taken = self.segment()?.take(delivery, |key| known.contains(key));
        let mut hours: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (sequence, _, line) in &taken.lines {
            if let Some(hour) = hour(line) {
                let (_, last) = hours.entry(hour).or_insert((*sequence, *sequence));
                *last = *sequence;
            }
        }
        for lines in taken.lines.chunks(TOGETHER) {
            let insert = "INSERT INTO rows (sequence, key, line) \
                          SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)";
            self.sql.exec(insert, vec![list(lines)?])?;
        }
        let fired: Vec<_> = taken.lines.iter().filter(|(_, _, line)| line.contains("\"rules\":[{")).collect();
        for lines in fired.chunks(TOGETHER) {
            let insert = "INSERT OR IGNORE INTO fired SELECT rule.value ->> 'rule', line.value ->> 0 \
                          FROM json_each(?) AS line, json_each(line.value ->> 2, '$.row.rules') AS rule";
            self.sql.exec(insert, vec![list(lines)?])?;
        }
        for (hour, (first, last)) in hours {
            let insert = "INSERT INTO hours (hour, first, last) VALUES (?, ?, ?) ON CONFLICT (hour) \
                          DO UPDATE SET first = MIN(first, excluded.first), last = MAX(last, excluded.last)";
            self.sql.exec(insert, vec![hour.into(), sql::value(first), sql::value(last)])?;
        }
        if !taken.lines.is_empty() {
            worker::console_log!("{}", taken.head.log());
        }
        Ok(taken.receipt)
    }

    fn page(&self, after: u64) -> worker::Result<Page> {
        let query = "SELECT line FROM rows WHERE sequence > ? ORDER BY sequence LIMIT ?";
        let lines = self.lines(query, vec![sql::value(after), sql::value(PAGE_ROWS as u64)])?;
        Ok(self.segment()?.page(lines, after, self.heads(after)?))
    }

    fn extent(&self) -> worker::Result<Extent> {
        let first = self.number("SELECT MIN(sequence) AS number FROM rows")?;
        Ok(self.segment()?.extent(first))
    }

    /// Heads after row `after`, as many as a page has.
    fn heads(&self, after: u64) -> worker::Result<Vec<Checkpoint>> {
        let select = "SELECT checkpoint AS text FROM heads WHERE sequence > ? ORDER BY sequence LIMIT ?";
        let found: Vec<Text> = self.rows(select, vec![sql::value(after), sql::value(PAGE_ROWS as u64)])?;
        Ok(found.iter().filter_map(|found| serde_json::from_str(&found.text).ok()).collect())
    }
}

// storage
impl AuditObject {
    /// Sees to it that there is an alarm within this time.
    async fn arm(&self, within_ms: u64) -> worker::Result<()> {
        if self.armed.replace(true) || self.state.storage().get_alarm().await?.is_some() {
            return Ok(());
        }
        self.state.storage().set_alarm(Duration::from_millis(within_ms)).await
    }

    fn settings(&self) -> worker::Result<Rc<Settings>> {
        Ok(state::settings(&self.env).map_err(|problem| problem.code.as_str())?)
    }

    fn gone(&self) -> worker::Result<Option<DiscardedRows>> {
        let text = self.rows::<Text>("SELECT text FROM let_go LIMIT 1", Vec::new())?.pop();
        Ok(text.map(|text| serde_json::from_str(&text.text)).transpose()?)
    }

    fn segment(&self) -> worker::Result<Segment> {
        let first = self.lines("SELECT line FROM rows ORDER BY sequence LIMIT 1", Vec::new())?.pop();
        let last = self.lines("SELECT line FROM rows ORDER BY sequence DESC LIMIT 1", Vec::new())?.pop();
        let limit = self.settings()?.audit_object_rows;
        Ok(Segment::restore(first.as_deref(), last.as_deref(), self.gone()?, limit)?)
    }

    fn lines(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<String>> {
        Ok(self.rows::<Line>(query, values)?.into_iter().map(|found| found.line).collect())
    }

    fn number(&self, query: &str) -> worker::Result<Option<u64>> {
        sql::number(&self.sql, query, Vec::new())
    }

    fn rows<T: DeserializeOwned>(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<T>> {
        self.sql.exec(query, values)?.to_array::<T>()
    }
}

/// Many values as one, for `json_each`.
fn list(values: &(impl Serialize + ?Sized)) -> worker::Result<SqlStorageValue> {
    Ok(serde_json::to_string(values)?.into())
}

fn json(value: &impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}
