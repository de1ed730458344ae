//! The object that knows which calls are under way: of one that has not ended long after its deadline the process has
//! died, and its row is written here.

use std::rc::Rc;
use std::time::Duration;

use promptgate_core::governance::{Intent, Notice};
use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use super::sql;
use crate::limits::Limits;
use crate::state::{Clock, ExecutionContext};
use crate::telemetry;

/// How long a request may take (ours): it costs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// When rows that could not be written are tried again (ours).
const AGAIN_MS: u64 = 30_000;
/// Most rows that are written at once (ours): the outbox holds 5,000.
const MOST_ROWS: u32 = 1_000;

/// Tells the object; says whether it knows now.
pub(crate) async fn tell(env: &Env, notice: &Notice) -> bool {
    let Ok(body) = serde_json::to_string(notice) else { return false };
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    super::ask(env, "INTENTS", "calls", "", Some(body), &limits).await.is_ok()
}

/// The calls of all isolates.
#[durable_object]
pub struct IntentsObject {
    state: Rc<State>,
    env: Env,
    sql: SqlStorage,
}

#[derive(serde::Deserialize)]
struct Due {
    id: String,
    row: String,
}

impl DurableObject for IntentsObject {
    fn new(state: State, env: Env) -> Self {
        let sql = state.storage().sql();
        IntentsObject { state: Rc::new(state), env, sql }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let Notice { sent, ended } = serde_json::from_str(&request.text().await?)?;
        self.create()?;
        for Intent { id, row, due_ms } in sent {
            let values: Vec<SqlStorageValue> = vec![id.into(), row.into(), (due_ms as f64).into()];
            self.sql.exec("INSERT OR IGNORE INTO calls (id, row, due_ms) VALUES (?, ?, ?)", values)?;
        }
        for id in ended {
            self.sql.exec("DELETE FROM calls WHERE id = ?", vec![id.into()])?;
        }
        self.arm(0).await?;
        Response::empty()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // An error here would be retried a few times by the platform, and then never.
        if self.close().await.is_err() {
            self.arm(AGAIN_MS).await?;
        }
        Response::empty()
    }
}

impl IntentsObject {
    fn create(&self) -> worker::Result<()> {
        let create = "CREATE TABLE IF NOT EXISTS calls \
                      (id TEXT PRIMARY KEY, row TEXT NOT NULL, due_ms INTEGER NOT NULL)";
        self.sql.exec(create, None)?;
        self.sql.exec("CREATE INDEX IF NOT EXISTS calls_due ON calls (due_ms)", None).map(|_| ())
    }

    /// Writes the rows of calls that have not ended; where there are more, the next alarm comes at once.
    async fn close(&self) -> worker::Result<()> {
        self.create()?;
        let now_ms = Clock::start().unix_ms() as f64;
        let query = "SELECT id, row FROM calls WHERE due_ms <= ? ORDER BY due_ms LIMIT ?";
        let values: Vec<SqlStorageValue> = vec![now_ms.into(), f64::from(MOST_ROWS).into()];
        let due = self.sql.exec(query, values)?.to_array::<Due>()?;
        due.iter().for_each(|Due { row, .. }| telemetry::row(row));
        if !due.is_empty() && !telemetry::flush_rows(&self.env).await {
            telemetry::bring(&ExecutionContext::Object(self.state.clone()), &self.env);
            return self.arm(AGAIN_MS).await;
        }
        for Due { id, .. } in due {
            self.sql.exec("DELETE FROM calls WHERE id = ?", vec![id.into()])?;
        }
        self.arm(0).await
    }

    /// Sets the alarm for the call that is due next, `least_ms` from now at the earliest.
    async fn arm(&self, least_ms: u64) -> worker::Result<()> {
        let next = sql::number(&self.sql, "SELECT MIN(due_ms) AS number FROM calls", Vec::new())?;
        let Some(due_ms) = next else { return Ok(()) };
        let wait_ms = due_ms.saturating_sub(Clock::start().unix_ms()).max(least_ms);
        self.state.storage().set_alarm(Duration::from_millis(wait_ms)).await
    }
}
