//! The object that keeps the keys which are made over `/v1/keys`, and the isolate's memory of them.

use std::time::Duration;

use futures_util::lock::Mutex;
use promptgate_core::client::Caller;
use promptgate_core::key::memory::Lookup;
use promptgate_core::key::{self, Command, Key};
use promptgate_core::problem::Problem;
use promptgate_core::refusal::Refusal;
use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use super::sql;
use crate::bridge::Delay;
use crate::limits::Limits;
use crate::seal;
use crate::state;

/// How long a key may be looked for (ours).
const LIMIT: Duration = Duration::from_secs(5);
/// How often one that waits for another's answer looks again: no request may wait for another's I/O.
const PAUSE: Duration = Duration::from_millis(5);

/// Who calls with `secret`, which has the form of a key.
///
/// # Errors
/// That nobody does, and those of [`super::ask`].
pub(crate) async fn caller(env: &Env, secret: &str) -> Result<Caller, Problem> {
    let digest = key::digest(secret);
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    loop {
        let now_ms = state::now_ms();
        match state::keys(|memory| memory.look(&digest, now_ms)) {
            Lookup::Known(caller) => return Ok(*caller),
            Lookup::Refused(problem) => return Err(problem),
            Lookup::Wait => {
                limits.check().map_err(|_| Problem::storage_unavailable())?;
                Delay::from(PAUSE).await;
            }
            Lookup::Ask => match ask(env, &Command::Find(digest.clone()), &limits).await {
                Ok(found) => state::keys(|memory| memory.learn(&digest, found.first(), now_ms)),
                Err(problem) => {
                    state::keys(|memory| memory.lost(&digest));
                    return Err(problem);
                }
            },
        }
    }
}

/// The keys that a command is about.
///
/// # Errors
/// Those of [`super::ask`], and the object's own.
pub(crate) async fn ask(env: &Env, command: &Command, limits: &Limits) -> Result<Vec<Key>, Problem> {
    let body = serde_json::to_string(command).ok();
    let keys: Result<Vec<Key>, Refusal> = super::ask_json(env, "KEYS", "all", "", body, limits).await?;
    Ok(keys?)
}

/// Where sealed keys open: nowhere else.
const PLACE: &str = "keys";

/// One for the whole gateway: an isolate asks it once a minute for a key that is used.
#[durable_object]
pub struct KeysObject {
    sql: SqlStorage,
    env: Env,
    /// One command at a time: what is kept is sealed, and the platform seals in its own time.
    turn: Mutex<()>,
}

#[derive(serde::Deserialize)]
struct Row {
    key: String,
}

impl DurableObject for KeysObject {
    fn new(state: State, env: Env) -> Self {
        KeysObject { sql: state.storage().sql(), env, turn: Mutex::new(()) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let command: Command = serde_json::from_str(&request.text().await?)?;
        // A command is carried out whole before the next.
        let _turn = self.turn.lock().await;
        self.sql.exec(
            "CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL)",
            None,
        )?;
        self.sql.exec("CREATE INDEX IF NOT EXISTS keys_of_tenants ON keys (tenant)", None)?;
        self.sql.exec("CREATE TABLE IF NOT EXISTS digests (digest TEXT PRIMARY KEY, id TEXT NOT NULL)", None)?;
        let answer = self.answer(command, state::now_ms()).await?;
        Response::ok(serde_json::to_string(&answer.map_err(Refusal::from))?)
    }
}

impl KeysObject {
    async fn answer(&self, command: Command, now_ms: u64) -> worker::Result<Result<Vec<Key>, Problem>> {
        let id = command.changes().map(str::to_owned);
        Ok(match command {
            Command::List(None) => Ok(self.keys("SELECT key FROM keys ORDER BY rowid", Vec::new()).await?),
            Command::List(Some(tenant)) => {
                Ok(self.keys("SELECT key FROM keys WHERE tenant = ? ORDER BY rowid", vec![tenant.into()]).await?)
            }
            Command::Read(id) => Ok(self.keys("SELECT key FROM keys WHERE id = ?", vec![id.into()]).await?),
            Command::Create(key) => match self.make_room(&key.tenant, now_ms).await? {
                Ok(()) => {
                    self.keep(&key).await?;
                    Ok(vec![*key])
                }
                Err(problem) => Err(problem),
            },
            Command::Find(digest) => {
                let query = "SELECT key FROM keys JOIN digests USING (id) WHERE digest = ?";
                let mut found = self.keys(query, vec![digest.as_str().into()]).await?;
                if let Some(key) = found.first_mut().filter(|key| key.caller(&digest, now_ms).is_some())
                    && key.used(now_ms)
                {
                    self.keep(key).await?;
                }
                Ok(found)
            }
            change => {
                let id = id.unwrap_or_default();
                match self.keys("SELECT key FROM keys WHERE id = ?", vec![id.into()]).await?.pop() {
                    None => Err(key::missing()),
                    Some(mut key) => match change.apply(&mut key, now_ms) {
                        Ok(()) => {
                            self.keep(&key).await?;
                            Ok(vec![key])
                        }
                        Err(problem) => Err(problem),
                    },
                }
            }
        })
    }

    /// Lets go of keys of a tenant that have ended where there would be too many with one more.
    async fn make_room(&self, tenant: &str, now_ms: u64) -> worker::Result<Result<(), Problem>> {
        let count = "SELECT COUNT(*) AS number FROM keys WHERE tenant = ?";
        let count = sql::number(&self.sql, count, vec![tenant.into()])?.unwrap_or_default();
        // To open them all costs something: not before it must be.
        if count < key::MAX_KEYS as u64 {
            return Ok(Ok(()));
        }
        let keys = self.keys("SELECT key FROM keys WHERE tenant = ?", vec![tenant.into()]).await?;
        Ok(match key::replaced(&keys, now_ms) {
            Ok(ids) => {
                for id in ids {
                    self.sql.exec("DELETE FROM digests WHERE id = ?", vec![id.into()])?;
                    self.sql.exec("DELETE FROM keys WHERE id = ?", vec![id.into()])?;
                }
                Ok(())
            }
            Err(problem) => Err(problem),
        })
    }

    /// Keeps a key, sealed where the operator has set keys for that; its tenant and digests are what it is found by.
    async fn keep(&self, key: &Key) -> worker::Result<()> {
        let text = serde_json::to_string(key)?;
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        let sealed = seal::seal(&settings.seal_keys, PLACE, text.as_bytes()).await;
        let text = sealed.map_err(|problem| problem.code.as_str())?.unwrap_or(text);
        let values: Vec<SqlStorageValue> = vec![key.id.as_str().into(), key.tenant.as_str().into(), text.into()];
        let keep =
            "INSERT INTO keys (id, tenant, key) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET key = excluded.key";
        self.sql.exec(keep, values)?;
        self.sql.exec("DELETE FROM digests WHERE id = ?", vec![key.id.as_str().into()])?;
        for secret in &key.digests {
            let values = vec![secret.digest.as_str().into(), key.id.as_str().into()];
            self.sql.exec("INSERT INTO digests (digest, id) VALUES (?, ?)", values)?;
        }
        Ok(())
    }

    async fn keys(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<Key>> {
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        let mut keys = Vec::new();
        for Row { key } in self.sql.exec(query, values)?.to_array::<Row>()? {
            // One that was kept before there was a key to seal by.
            if key.starts_with('{') {
                keys.push(serde_json::from_str(&key)?);
                continue;
            }
            let opened = seal::open(&settings.seal_keys, PLACE, &key).await;
            let plain = opened.inspect_err(|why| worker::console_error!("{}", why.log("key"))).map_err(|_| "sealed")?;
            keys.push(serde_json::from_slice(&plain)?);
        }
        Ok(keys)
    }
}
