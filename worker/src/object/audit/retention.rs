//! What an object does by its alarm: it signs its head, and deletes rows that the policy lets go.

use std::time::Duration;

use promptgate_core::governance::chain::{Checkpoint, DiscardedRows};
use promptgate_core::settings::Settings;

use super::{AuditObject, Text};
use crate::object::sql;
use crate::state::{Clock, ExecutionContext};
use crate::{sign, telemetry};

/// How many rows are deleted at once (ours).
const MAX_DISCARDED: u64 = 20_000;

impl AuditObject {
    /// Signs the head and deletes rows, as the policy says; gives when to look again.
    pub(super) async fn work(&self) -> worker::Result<Option<Duration>> {
        self.create()?;
        let settings = self.settings()?;
        let policy = settings.audit_policy;
        let now_ms = Clock::start().unix_ms();
        let Some(head) = self.segment()?.head() else { return Ok(None) };
        let last = "SELECT checkpoint AS text FROM heads ORDER BY sequence DESC LIMIT 1";
        let last: Option<Checkpoint> =
            self.rows::<Text>(last, Vec::new())?.pop().and_then(|last| serde_json::from_str(&last.text).ok());
        if policy.is_due(&head, last.as_ref(), now_ms) {
            let note = match &settings.audit_signing_key {
                Some(key) => {
                    let text = key.text(&head, now_ms);
                    let signature = sign::sign(key, &text).await.map_err(|problem| problem.code.as_str())?;
                    Some(key.note(&text, &signature))
                }
                None => None,
            };
            let checkpoint = Checkpoint { head, time_ms: now_ms, note };
            let values = vec![sql::value(checkpoint.head.sequence), serde_json::to_string(&checkpoint)?.into()];
            self.sql.exec("INSERT OR IGNORE INTO heads (sequence, checkpoint) VALUES (?, ?)", values)?;
            let life = ExecutionContext::Object(self.state.clone());
            telemetry::webhook(&life, &self.env, &checkpoint.event());
            telemetry::bring(&life, &self.env);
        }
        let more = self.discard(&settings, now_ms)?;
        let rows = self.number("SELECT MAX(sequence) AS number FROM rows")?.unwrap_or_default();
        let signed = self.number("SELECT MAX(sequence) AS number FROM heads")?.unwrap_or_default();
        Ok(match () {
            () if more => Some(Duration::ZERO),
            // Rows that no head covers, or that will be let go.
            () if rows > signed => Some(Duration::from_millis(policy.checkpoint_ms)),
            () if rows > 0 && policy.keep_ms.is_some() => Some(Duration::from_millis(policy.next_ms())),
            () => None,
        })
    }

    /// Deletes rows that need not be kept; says whether there are more.
    fn discard(&self, settings: &Settings, now_ms: u64) -> worker::Result<bool> {
        let all: Vec<Text> = self.rows("SELECT checkpoint AS text FROM heads ORDER BY sequence", Vec::new())?;
        let all: Vec<Checkpoint> = all.iter().filter_map(|one| serde_json::from_str(&one.text).ok()).collect();
        let Some(checkpoint) = settings.audit_policy.discardable(&all, now_ms) else { return Ok(false) };
        let Some(first) = self.number("SELECT MIN(sequence) AS number FROM rows")? else {
            return Ok(false);
        };
        let last = checkpoint.head.sequence;
        if first > last {
            return Ok(false);
        }
        let ever = self.gone()?.map_or(first, |gone| gone.first);
        let gone = DiscardedRows { first: ever, checkpoint: checkpoint.clone() };
        // What replaces them first: were this to fail half-way, the rows that are left are behind it.
        self.sql.exec("DELETE FROM let_go", None)?;
        self.sql.exec("INSERT INTO let_go (text) VALUES (?)", vec![serde_json::to_string(&gone)?.into()])?;
        let upto = last.min(first.saturating_add(MAX_DISCARDED - 1));
        for delete in [
            "DELETE FROM rows WHERE sequence <= ?",
            "DELETE FROM fired WHERE sequence <= ?",
            "DELETE FROM hours WHERE last <= ?",
            "DELETE FROM heads WHERE sequence < ?",
        ] {
            self.sql.exec(delete, vec![sql::value(upto)])?;
        }
        worker::console_log!("{}", gone.log());
        Ok(upto < last)
    }
}
