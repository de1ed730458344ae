//! The object that keeps the ids of one tenant's models.

use promptgate_core::model::{ListCommand, ListPage, Listed};
use promptgate_core::problem::Problem;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::sql;
use crate::limits::Limits;

/// Asks the list of `tenant`.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn ask(env: &Env, tenant: &str, command: &ListCommand, limits: &Limits) -> Result<Listed, Problem> {
    super::ask_json(env, "MODEL_LIST", tenant, "", serde_json::to_string(command).ok(), limits).await
}

/// One for each tenant.
#[durable_object]
pub struct ModelListObject {
    sql: SqlStorage,
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
}

impl DurableObject for ModelListObject {
    fn new(state: State, _env: Env) -> Self {
        ModelListObject { sql: state.storage().sql() }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let create = "CREATE TABLE IF NOT EXISTS models (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)";
        self.sql.exec(create, None)?;
        let listed = match serde_json::from_str(&request.text().await?)? {
            ListCommand::Add(id) => {
                self.sql.exec("INSERT OR IGNORE INTO models (id) VALUES (?)", vec![id.as_str().into()])?;
                Listed::default()
            }
            ListCommand::Remove(ids) => {
                for id in ids {
                    self.sql.exec("DELETE FROM models WHERE id = ?", vec![id.as_str().into()])?;
                }
                Listed::default()
            }
            ListCommand::Page(page) => self.page(page)?,
        };
        Response::ok(serde_json::to_string(&listed)?)
    }
}

impl ModelListObject {
    fn page(&self, page: ListPage) -> worker::Result<Listed> {
        let values = vec![sql::value(page.size), sql::value(page.offset())];
        let query = "SELECT id FROM models ORDER BY place LIMIT ? OFFSET ?";
        let rows = self.sql.exec(query, values)?.to_array::<Row>()?;
        let total = sql::number(&self.sql, "SELECT COUNT(*) AS number FROM models", Vec::new())?;
        Ok(Listed { ids: rows.into_iter().map(|row| row.id).collect(), total: total.unwrap_or_default() })
    }
}
