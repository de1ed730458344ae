//! What the object of a destination keeps in SQLite: messages that wait, dead letters, and whether the receiver is gone.

use std::borrow::Cow;
use std::cell::Cell;

use promptgate_core::governance::webhook::{
    DeadLetter, DeadLetterReason, Destination, DestinationStatus, Family, MAX_WAITING, Question,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use worker::{SqlStorage, SqlStorageValue};

use crate::object::sql;

/// How long dead letters are kept (ours), in milliseconds.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How often those that are older are looked for (ours), in milliseconds.
const SWEEP_MS: u64 = 60 * 60 * 1000;
/// So many messages of a family are read at once (ours): a read for each would cost as much as to send it.
pub(super) const BATCH: usize = 50;

/// So many bytes of messages are one statement's (ours): a value of SQLite has 2 MB here, and a message as many as its event.
const TOGETHER: usize = 512 << 10;

/// The tables of one destination.
pub(super) struct Messages {
    sql: SqlStorage,
    /// Whether the tables are there, and the name of the destination in them.
    created: Cell<bool>,
    named: Cell<bool>,
    /// When old dead letters were looked for last, Unix ms.
    swept_ms: Cell<u64>,
    /// How many wait, counted when first asked for.
    waiting: Cell<Option<u64>>,
}

/// Messages on their way to an object, each as it was written.
#[derive(Deserialize)]
struct Delivery<'a> {
    #[serde(borrow)]
    destination: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

/// A message that waits.
#[derive(Deserialize)]
pub(super) struct Waiting {
    pub(super) sequence: f64,
    pub(super) id: String,
    pub(super) event: String,
    pub(super) body: String,
    pub(super) since_ms: f64,
    pub(super) attempts: u32,
    pub(super) due_ms: f64,
}

#[derive(Deserialize)]
struct Due {
    family: String,
    due_ms: f64,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Messages {
    pub(super) fn new(sql: SqlStorage) -> Messages {
        let (created, named, swept_ms, waiting) = Default::default();
        Messages { sql, created, named, swept_ms, waiting }
    }

    pub(super) fn create(&self) -> worker::Result<()> {
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

    /// Keeps the messages of a delivery; those of a destination that is disabled are dead letters at once. How many had no
    /// room. Nothing here waits: the platform sends the answer when all is on disk.
    pub(super) fn take(&self, delivery: &str, now_ms: u64) -> worker::Result<u64> {
        let Delivery { destination, mut messages } = serde_json::from_str(delivery)?;
        if !self.named.get() {
            self.sql.exec("INSERT OR IGNORE INTO destination (text) VALUES (?)", vec![destination.as_ref().into()])?;
            self.named.set(true);
        }
        let disabled = self.disabled_ms()?.is_some();
        let waiting = self.count()?;
        let refused = messages.len().saturating_sub((MAX_WAITING as u64).saturating_sub(waiting) as usize);
        messages.truncate(messages.len() - refused);
        if !disabled {
            self.waiting.set(Some(waiting + messages.len() as u64));
        }
        let (dead, why) = match disabled {
            true => (sql::value(now_ms), DeadLetterReason::Disabled.as_str().into()),
            false => (SqlStorageValue::Null, SqlStorageValue::Null),
        };
        // One statement for many: each costs more than its rows. One that is brought twice, because an answer was lost, is
        // kept once.
        let insert = "INSERT OR IGNORE INTO messages \
                      (id, family, event, body, created_ms, since_ms, attempts, due_ms, dead_ms, why) \
                      SELECT value ->> 'id', value ->> 'family', value ->> 'event', value ->> 'body', \
                      value ->> 'created_ms', value ->> 'created_ms', 0, value ->> 'created_ms', ?, ? \
                      FROM json_each(?) ORDER BY key";
        let mut rest = messages.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |message: &&&RawValue| {
                bytes += message.get().len();
                bytes <= TOGETHER
            };
            let (part, more) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            self.sql.exec(insert, vec![dead.clone(), why.clone(), serde_json::to_string(part)?.into()])?;
            rest = more;
        }
        if now_ms.saturating_sub(self.swept_ms.get()) >= SWEEP_MS {
            let old = sql::value(now_ms.saturating_sub(KEPT_MS));
            self.sql.exec("DELETE FROM messages WHERE dead_ms < ?", vec![old])?;
            self.swept_ms.set(now_ms);
        }
        Ok(refused as u64)
    }

    pub(super) fn status(&self) -> worker::Result<DestinationStatus> {
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

    pub(super) fn dead_letters(&self, question: &Question) -> worker::Result<Vec<DeadLetter>> {
        let select = "SELECT sequence, id, event, created_ms, attempts, dead_ms, why, last_status FROM messages \
                      WHERE dead_ms IS NOT NULL AND sequence > ? ORDER BY sequence LIMIT ?";
        self.rows(select, vec![sql::value(question.after), sql::value(question.limit)])
    }

    /// Makes messages of dead letters, of those with these ids or of all: how many.
    pub(super) fn redeliver(&self, ids: &[String], now_ms: u64) -> worker::Result<u64> {
        self.sql.exec("DELETE FROM disabled", None)?;
        let revive = "UPDATE messages SET dead_ms = NULL, why = NULL, attempts = 0, since_ms = ?1, due_ms = ?1 \
                      WHERE dead_ms IS NOT NULL";
        let before = self.count()?;
        if ids.is_empty() {
            self.sql.exec(revive, vec![sql::value(now_ms)])?;
        } else {
            let these = format!("{revive} AND id IN (SELECT value FROM json_each(?2))");
            self.sql.exec(&these, vec![sql::value(now_ms), serde_json::to_string(ids)?.into()])?;
        }
        self.waiting.set(None);
        Ok(self.count()?.saturating_sub(before))
    }

    /// Whose messages these are.
    pub(super) fn destination(&self) -> worker::Result<Option<String>> {
        Ok(self.rows::<Text>("SELECT text FROM destination LIMIT 1", Vec::new())?.pop().map(|name| name.text))
    }

    /// The oldest messages of a family.
    pub(super) fn oldest(&self, family: Family) -> worker::Result<Vec<Waiting>> {
        let select = "SELECT sequence, id, event, body, since_ms, attempts, due_ms FROM messages \
                      WHERE family = ? AND dead_ms IS NULL ORDER BY sequence LIMIT ?";
        self.rows(select, vec![family.as_str().into(), sql::value(BATCH as u64)])
    }

    /// When the oldest message of each family that has one is due, Unix ms. Each is found by the index, however many wait.
    pub(super) fn due(&self) -> worker::Result<Vec<(Family, u64)>> {
        let oldest = |family: Family| {
            let family = family.as_str();
            format!(
                "SELECT * FROM (SELECT family, due_ms FROM messages \
                 WHERE family = '{family}' AND dead_ms IS NULL ORDER BY sequence LIMIT 1)"
            )
        };
        let due = self.rows::<Due>(&Family::ALL.map(oldest).join(" UNION ALL "), Vec::new())?;
        let named = |due: Due| Some((Family::named(&due.family)?, due.due_ms as u64));
        Ok(due.into_iter().filter_map(named).collect())
    }

    /// The receiver has these.
    pub(super) fn delete(&self, taken: &[f64]) -> worker::Result<()> {
        if taken.is_empty() {
            return Ok(());
        }
        let delete = "DELETE FROM messages WHERE sequence IN (SELECT value FROM json_each(?))";
        self.sql.exec(delete, vec![serde_json::to_string(taken)?.into()])?;
        self.waiting.set(self.waiting.get().map(|waiting| waiting.saturating_sub(taken.len() as u64)));
        Ok(())
    }

    /// A message is sent again when it is due.
    pub(super) fn again(&self, sequence: f64, due_ms: u64, status: Option<u16>) -> worker::Result<()> {
        let update = "UPDATE messages SET attempts = attempts + 1, due_ms = ?, last_status = ? WHERE sequence = ?";
        self.sql.exec(update, vec![sql::value(due_ms), last(status), sequence.into()]).map(|_| ())
    }

    /// A message is not sent again.
    pub(super) fn dead(
        &self,
        sequence: f64,
        why: DeadLetterReason,
        status: Option<u16>,
        now_ms: u64,
    ) -> worker::Result<()> {
        let update = "UPDATE messages SET attempts = attempts + 1, dead_ms = ?, why = ?, last_status = ? \
                      WHERE sequence = ?";
        self.sql.exec(update, vec![sql::value(now_ms), why.as_str().into(), last(status), sequence.into()])?;
        self.waiting.set(None);
        Ok(())
    }

    /// The receiver has answered a message with 410.
    pub(super) fn disable(&self, destination: &Destination, sequence: f64, now_ms: u64) -> worker::Result<()> {
        let update = "UPDATE messages SET attempts = attempts + 1, last_status = 410 WHERE sequence = ?";
        self.sql.exec(update, vec![sequence.into()])?;
        let insert = "INSERT OR REPLACE INTO disabled (address, since_ms) VALUES (?, ?)";
        self.sql.exec(insert, vec![destination.fingerprint().into(), sql::value(now_ms)])?;
        self.bury(now_ms)
    }

    /// Makes dead letters of all that waits.
    pub(super) fn bury(&self, now_ms: u64) -> worker::Result<()> {
        let update = "UPDATE messages SET dead_ms = ?, why = ? WHERE dead_ms IS NULL";
        self.sql.exec(update, vec![sql::value(now_ms), DeadLetterReason::Disabled.as_str().into()])?;
        self.waiting.set(Some(0));
        Ok(())
    }

    /// Whether the receiver at this address has said that it is gone. One at another address has not.
    pub(super) fn is_disabled(&self, destination: &Destination) -> worker::Result<bool> {
        self.sql.exec("DELETE FROM disabled WHERE address <> ?", vec![destination.fingerprint().into()])?;
        Ok(self.disabled_ms()?.is_some())
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
        sql::number(&self.sql, select, Vec::new())
    }

    fn rows<T: DeserializeOwned>(&self, select: &str, values: Vec<SqlStorageValue>) -> worker::Result<Vec<T>> {
        self.sql.exec(select, values)?.to_array::<T>()
    }
}

fn last(status: Option<u16>) -> SqlStorageValue {
    status.map_or(SqlStorageValue::Null, |status| f64::from(status).into())
}
