//! The object that keeps whose templates are, and the isolate's memory of it.

use promptgate_core::problem::Problem;
use promptgate_core::template::ownership::Question;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use crate::limits::Limits;
use crate::state;

/// Whose these are, in their order. What this isolate knows is not asked for, unless it must be the `newest`.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn find(
    env: &Env,
    names: &[String],
    newest: bool,
    limits: &Limits,
) -> Result<Vec<Option<String>>, Problem> {
    let now_ms = state::now_ms();
    let known = state::owners(|owners| -> Vec<Option<Option<String>>> {
        names.iter().map(|name| owners.known(name, now_ms).filter(|_| !newest)).collect()
    });
    let unknown: Vec<String> =
        names.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(name, _)| name.clone()).collect();
    let mut found = Vec::new();
    if !unknown.is_empty() {
        found = ask(env, &Question::Find(unknown.clone()), limits).await?;
        if found.len() != unknown.len() {
            return Err(Problem::storage_unavailable());
        }
        state::owners(|owners| {
            unknown.iter().zip(&found).for_each(|(name, owner)| owners.learn(name, owner.clone(), now_ms));
        });
    }
    let mut found = found.into_iter();
    Ok(known.into_iter().map(|known| known.unwrap_or_else(|| found.next().flatten())).collect())
}

/// Makes something the tenant's, unless it is somebody's already; whose it is then.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn claim(env: &Env, name: String, tenant: &str, limits: &Limits) -> Result<Option<String>, Problem> {
    let now_ms = state::now_ms();
    let question = Question::Claim { name: name.clone(), tenant: tenant.to_owned() };
    let owner = ask(env, &question, limits).await?.pop().flatten();
    state::owners(|owners| owners.learn(&name, owner.clone(), now_ms));
    Ok(owner)
}

async fn ask(env: &Env, question: &Question, limits: &Limits) -> Result<Vec<Option<String>>, Problem> {
    let body = serde_json::to_string(question).ok();
    super::ask_json(env, "OWNERS", "all", "", body, limits).await
}

/// One for the whole gateway.
#[durable_object]
pub struct OwnersObject {
    sql: SqlStorage,
}

#[derive(serde::Deserialize)]
struct Row {
    tenant: String,
}

impl DurableObject for OwnersObject {
    fn new(state: State, _env: Env) -> Self {
        OwnersObject { sql: state.storage().sql() }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let question: Question = serde_json::from_str(&request.text().await?)?;
        // Nothing from here on waits: of two claims one is first.
        let create = "CREATE TABLE IF NOT EXISTS owners (name TEXT PRIMARY KEY, tenant TEXT NOT NULL) WITHOUT ROWID";
        self.sql.exec(create, None)?;
        let names = match question {
            Question::Find(names) => names,
            Question::Claim { name, tenant } => {
                let values = vec![name.as_str().into(), tenant.as_str().into()];
                self.sql.exec("INSERT INTO owners (name, tenant) VALUES (?, ?) ON CONFLICT DO NOTHING", values)?;
                vec![name]
            }
        };
        let owners: Vec<Option<String>> = names.iter().map(|name| self.owner(name)).collect::<worker::Result<_>>()?;
        Response::ok(serde_json::to_string(&owners)?)
    }
}

impl OwnersObject {
    fn owner(&self, name: &str) -> worker::Result<Option<String>> {
        let found = self.sql.exec("SELECT tenant FROM owners WHERE name = ?", vec![name.into()])?.to_array::<Row>()?;
        Ok(found.into_iter().next().map(|row| row.tenant))
    }
}
