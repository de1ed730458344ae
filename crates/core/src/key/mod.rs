//! Keys that are made over `/v1/keys` (requirements, T2): what one may do, and what becomes of it.
//!
//! ```text
//! create ─▶ active ─rotate─▶ active, the old secret too until its overlap is over
//!             ├─ expires_ms is past ─▶ expired
//!             └─ revoke ─▶ revoked: its digests are gone, its entry stays for the audit log's readers
//! ```
//! A secret is shown once; its SHA-256 is kept. An isolate remembers a key for a minute ([`memory`]), so a revocation
//! holds everywhere a minute later at most.

pub mod memory;
mod order;
mod secret;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::budget::Limits;
use crate::client::{Caller, Right, Tenant};
use crate::governance::timestamp;
use crate::problem::{Code, Problem};

pub use order::{CHANGE, Change, KEY, NewKey, ROTATION, master, rotation};
pub use secret::{digest, is_well_formed, secret};

/// Most keys that are kept of one tenant, those that have ended included (ours).
pub const MAX_KEYS: usize = 1_000;

/// A key, as its object keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// A UUID: what rows and counts call it.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// What people call it.
    pub name: String,
    /// What it may do besides calling.
    pub rights: BTreeSet<Right>,
    /// The models it may ask; empty for all.
    pub models: BTreeSet<String>,
    /// What it may use.
    pub limits: Limits,
    /// Unix ms.
    pub created_ms: u64,
    /// The id of the key that made it.
    pub created_by: String,
    /// Unix ms.
    pub expires_ms: Option<u64>,
    /// Unix ms, to the minute.
    pub last_used_ms: Option<u64>,
    /// Unix ms.
    pub revoked_ms: Option<u64>,
    /// The SHA-256 of its secrets, in hexadecimal: the newest first, then the one that it replaces.
    pub digests: Vec<Secret>,
}

/// What is kept of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its SHA-256, in hexadecimal.
    pub digest: String,
    /// When it ends, Unix ms; none while it is the newest.
    pub until_ms: Option<u64>,
}

impl Key {
    /// Its state at `now_ms` (Unix ms): `active`, `expired`, `revoked`.
    pub fn status(&self, now_ms: u64) -> &'static str {
        match (self.revoked_ms, self.expires_ms) {
            (Some(_), _) => "revoked",
            (None, Some(expires_ms)) if expires_ms <= now_ms => "expired",
            _ => "active",
        }
    }

    /// Who calls with the secret of this digest at `now_ms` (Unix ms), and until when that is so at most.
    pub fn caller(&self, digest: &str, now_ms: u64) -> Option<(Caller, Option<u64>)> {
        let secret = self.digests.iter().find(|secret| secret.digest == digest)?;
        let until_ms = secret.until_ms.into_iter().chain(self.expires_ms).min();
        if self.revoked_ms.is_some() || until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            return None;
        }
        let caller = Caller {
            tenant: Tenant::named(&self.tenant)?,
            key_id: self.id.clone(),
            rights: self.rights.clone(),
            models: self.models.clone(),
            limits: self.limits.clone(),
            expires_ms: self.expires_ms,
            name: Some(self.name.clone()),
        };
        Some((caller, until_ms))
    }

    /// It is used at `now_ms` (Unix ms); returns whether that is to be stored.
    pub fn used(&mut self, now_ms: u64) -> bool {
        let minute = now_ms / 60_000 * 60_000;
        self.last_used_ms.replace(minute) != Some(minute)
    }

    /// Gets a new secret at `now_ms` (Unix ms); the newest so far is good for `overlap_ms` more, those before it end.
    ///
    /// # Errors
    /// [`Code::Conflict`] where the key has ended.
    pub fn rotate(&mut self, digest: String, overlap_ms: u64, now_ms: u64) -> Result<(), Problem> {
        self.alive(now_ms)?;
        self.digests.truncate(1);
        for secret in &mut self.digests {
            secret.until_ms = Some(now_ms.saturating_add(overlap_ms));
        }
        self.digests.insert(0, Secret { digest, until_ms: None });
        Ok(())
    }

    /// Is changed.
    ///
    /// # Errors
    /// [`Code::Conflict`] where it is revoked.
    pub fn change(&mut self, change: Change) -> Result<(), Problem> {
        if self.revoked_ms.is_some() {
            return Err(ended());
        }
        let Change { name, rights, models, limits, expires_ms } = change;
        self.name = name.unwrap_or_else(|| self.name.clone());
        self.rights = rights.unwrap_or_else(|| self.rights.clone());
        self.models = models.unwrap_or_else(|| self.models.clone());
        self.limits = limits.unwrap_or_else(|| self.limits.clone());
        self.expires_ms = expires_ms.or(self.expires_ms);
        Ok(())
    }

    /// Ends for good at `now_ms` (Unix ms).
    pub fn revoke(&mut self, now_ms: u64) {
        self.revoked_ms.get_or_insert(now_ms);
        self.digests.clear();
    }

    /// When it ended, Unix ms, if that is past at `now_ms`.
    fn ended_ms(&self, now_ms: u64) -> Option<u64> {
        self.revoked_ms.into_iter().chain(self.expires_ms).filter(|ended_ms| *ended_ms <= now_ms).min()
    }

    fn alive(&self, now_ms: u64) -> Result<(), Problem> {
        if self.status(now_ms) == "active" { Ok(()) } else { Err(ended()) }
    }

    /// As clients see it; never with a secret or digest.
    pub fn document(&self, now_ms: u64) -> Value {
        let overlap = self.digests.get(1).and_then(|old| old.until_ms).filter(|until_ms| *until_ms > now_ms);
        json!({
            "id": self.id,
            "tenant": self.tenant,
            "name": self.name,
            "status": self.status(now_ms),
            "rights": names(&self.rights),
            "models": self.models,
            "limits": self.limits.document(),
            "createdAt": timestamp(self.created_ms),
            "createdBy": self.created_by,
            "expiresAt": self.expires_ms.map(timestamp),
            "lastUsedAt": self.last_used_ms.map(timestamp),
            "revokedAt": self.revoked_ms.map(timestamp),
            "oldSecretUntil": overlap.map(timestamp),
        })
    }
}

/// The names of what a key may do: `use` first, which every key has.
pub fn names(rights: &BTreeSet<Right>) -> Vec<&'static str> {
    let has = |right: &Right| *right == Right::Use || rights.contains(right);
    Right::ALL.iter().filter(|right| has(right)).map(|right| right.as_str()).collect()
}

/// What `GET /v1/whoami` answers.
pub fn whoami(caller: &Caller, tenant_limits: &Limits) -> String {
    json!({
        "tenant": caller.tenant.as_str(),
        "keyId": caller.key_id,
        "name": caller.name,
        "rights": names(&caller.rights),
        "models": caller.models,
        "limits": caller.limits.document(),
        "tenantLimits": tenant_limits.document(),
        "expiresAt": caller.expires_ms.map(timestamp),
    })
    .to_string()
}

/// Whether `caller` may see a key: its tenant's, unless it is an admin.
///
/// # Errors
/// [`Code::NotFound`].
pub fn reach(caller: &Caller, key: &Key) -> Result<(), Problem> {
    if caller.is_admin() || key.tenant == caller.tenant.as_str() { Ok(()) } else { Err(missing()) }
}

/// There is no such key, or it is another tenant's.
pub fn missing() -> Problem {
    Problem::new(Code::NotFound, "There is no key with this id. GET /v1/keys lists all there are.")
}

/// The ids of those of a tenant's `keys` that give way to a new one at `now_ms` (Unix ms): none while fewer than
/// [`MAX_KEYS`] are kept, else as many as there must be of those that have expired or were revoked, the longest ended first.
///
/// # Errors
/// [`Code::Conflict`] where too few of them have ended.
pub fn replaced(keys: &[Key], now_ms: u64) -> Result<Vec<&str>, Problem> {
    let surplus = (keys.len() + 1).saturating_sub(MAX_KEYS);
    let mut ended: Vec<_> = keys.iter().filter_map(|key| Some((key.ended_ms(now_ms)?, key.id.as_str()))).collect();
    if ended.len() < surplus {
        return Err(Problem::new(
            Code::Conflict,
            format!(
                "A tenant has {MAX_KEYS} keys at most, and none of these has ended. DELETE /v1/keys/{{id}} ends one that is no longer needed."
            ),
        ));
    }
    ended.sort_unstable();
    ended.truncate(surplus);
    Ok(ended.into_iter().map(|(_, id)| id).collect())
}

fn ended() -> Problem {
    Problem::new(Code::Conflict, "This key has ended: make a new one with POST /v1/keys.")
}

/// What the object that keeps the keys is asked for; it answers the keys that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The key of this digest; it is being used.
    Find(String),
    /// Those of a tenant, or of all.
    List(Option<String>),
    /// The one of this id.
    Read(String),
    /// Keep this new one.
    Create(Box<Key>),
    /// Change the one of this id.
    Update(String, Box<Change>),
    /// Give the one of this id a new secret.
    Rotate {
        /// Which.
        id: String,
        /// The SHA-256 of the new secret, in hexadecimal.
        digest: String,
        /// How long the old one is still good, in milliseconds.
        overlap_ms: u64,
    },
    /// End the one of this id.
    Revoke(String),
}

impl Command {
    /// The id of the key that is to be changed.
    pub fn changes(&self) -> Option<&str> {
        match self {
            Command::Update(id, _) | Command::Rotate { id, .. } | Command::Revoke(id) => Some(id),
            Command::Find(_) | Command::List(_) | Command::Read(_) | Command::Create(_) => None,
        }
    }

    /// Carries it out on the key that it is about, at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// [`Code::Conflict`] where the key has ended.
    pub fn apply(self, key: &mut Key, now_ms: u64) -> Result<(), Problem> {
        match self {
            Command::Update(_, change) => key.change(*change),
            Command::Rotate { digest, overlap_ms, .. } => key.rotate(digest, overlap_ms, now_ms),
            Command::Revoke(_) => {
                key.revoke(now_ms);
                Ok(())
            }
            Command::Find(_) | Command::List(_) | Command::Read(_) | Command::Create(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
