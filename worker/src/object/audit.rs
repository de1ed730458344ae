//! The objects that keep the audit log: one at a time appends to the chain, the full ones before it are read only.

use std::collections::HashSet;
use std::time::Duration;

use promptgate_core::governance::chain::{Delivery, Export, PAGE_ROWS, Page, Receipt, Segment};
use promptgate_core::problem::Problem;
use serde::Serialize;
use worker::{DurableObject, Env, Method, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use crate::isolate;
use crate::limits::Limits;

/// How long a request may take (ours): it costs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

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

/// One part of the chain.
#[durable_object]
pub struct AuditObject {
    sql: SqlStorage,
    env: Env,
}

/// A line as it is stored.
#[derive(serde::Deserialize)]
struct Line {
    line: String,
}

impl DurableObject for AuditObject {
    fn new(state: State, env: Env) -> Self {
        AuditObject { sql: state.storage().sql(), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let create = "CREATE TABLE IF NOT EXISTS rows \
                      (sequence INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, line TEXT NOT NULL)";
        self.sql.exec(create, None)?;
        if request.method() == Method::Get {
            let path = request.path();
            let after = path.trim_start_matches('/').parse::<f64>().unwrap_or_default();
            return json(&self.page(after)?);
        }
        let delivery: Delivery = serde_json::from_str(&request.text().await?)?;
        json(&self.take(delivery)?)
    }
}

impl AuditObject {
    /// Nothing here waits, so no other delivery comes between; the platform sends the answer when all is on disk.
    /// Were it to fail half-way, the rows before would be a chain too, and known when they are brought again.
    fn take(&self, delivery: Delivery) -> worker::Result<Receipt> {
        let mut known = HashSet::new();
        for row in &delivery.rows {
            if !self.lines("SELECT line FROM rows WHERE key = ?", vec![row.key.as_str().into()])?.is_empty() {
                known.insert(row.key.clone());
            }
        }
        let taken = self.segment()?.take(delivery, |key| known.contains(key));
        for (sequence, key, line) in &taken.lines {
            let values: Vec<SqlStorageValue> =
                vec![(*sequence as f64).into(), key.as_str().into(), line.as_str().into()];
            self.sql.exec("INSERT INTO rows (sequence, key, line) VALUES (?, ?, ?)", values)?;
        }
        if !taken.lines.is_empty() {
            worker::console_log!("{}", taken.head.log());
        }
        Ok(taken.receipt)
    }

    fn page(&self, after: f64) -> worker::Result<Page> {
        let query = "SELECT line FROM rows WHERE sequence > ? ORDER BY sequence LIMIT ?";
        let lines = self.lines(query, vec![after.into(), (PAGE_ROWS as f64).into()])?;
        Ok(self.segment()?.page(lines))
    }

    fn segment(&self) -> worker::Result<Segment> {
        let rows = isolate::settings(&self.env).map_err(|problem| problem.code.as_str())?.audit_object_rows;
        let first = self.lines("SELECT line FROM rows ORDER BY sequence LIMIT 1", Vec::new())?.pop();
        let last = self.lines("SELECT line FROM rows ORDER BY sequence DESC LIMIT 1", Vec::new())?.pop();
        Ok(Segment::restore(first.as_deref(), last.as_deref(), rows)?)
    }

    fn lines(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<String>> {
        let found = self.sql.exec(query, values)?.to_array::<Line>()?;
        Ok(found.into_iter().map(|found| found.line).collect())
    }
}

fn json(value: &impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}
