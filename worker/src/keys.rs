//! The routes of keys: what is read and changed is kept by one object.

use promptgate_core::governance::Operation;
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::key::{self, Change, Command, Key, NewKey, Secret};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::Route;
use promptgate_core::sensitive::Bytes;
use serde_json::{Value, json};
use web_sys::Response;

use crate::context::RequestContext;
use crate::{client, object};

impl RequestContext {
    /// Answers a route of keys.
    pub(crate) async fn keys(&self) -> Result<Response, Problem> {
        let mut done = Operation::of(self.target.route);
        if !self.target.id.is_empty() {
            done.on(&self.target.id);
        }
        let answered = match self.target.route {
            Route::ListKeys => self.list_keys().await,
            Route::ReadKey => self.key().await.map(|key| self.shown(200, key.document(self.clock.unix_ms()))),
            Route::CreateKey => self.create_key(&mut done).await,
            Route::UpdateKey => self.update_key().await,
            Route::RotateKey => self.rotate_key().await,
            Route::RevokeKey => self.revoke_key().await,
            _ => {
                let limits = self.settings.tenant_limits(self.tenant());
                let whoami = key::whoami(&self.caller, &limits);
                Ok(self.shown(200, serde_json::from_str(&whoami).unwrap_or_default()))
            }
        };
        self.close(done, answered.as_ref().err());
        answered
    }

    fn shown(&self, status: u16, document: Value) -> Response {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", self.random.request_id()),
        ];
        client::whole(Reply { head: ReplyHead { status, headers }, body: Bytes(document.to_string().into_bytes()) })
    }

    async fn list_keys(&self) -> Result<Response, Problem> {
        let query = self.target.query(&["tenant"])?;
        let tenant = match (query.get("tenant"), self.caller.sees()) {
            (asked, None) => asked.map(str::to_owned),
            (None, Some(own)) => Some(own.to_owned()),
            (Some(asked), Some(own)) if asked == own => Some(own.to_owned()),
            // Of another tenant there is nothing to be seen.
            (Some(_), Some(_)) => return Ok(self.shown(200, json!({ "keys": [] }))),
        };
        let keys = object::keys::ask(&self.env, &Command::List(tenant), &self.limits).await?;
        let now_ms = self.clock.unix_ms();
        Ok(self.shown(200, json!({ "keys": keys.iter().map(|key| key.document(now_ms)).collect::<Vec<_>>() })))
    }

    /// The key that the address names, if this one may see it.
    async fn key(&self) -> Result<Key, Problem> {
        let command = Command::Read(self.target.id.clone());
        let key = object::keys::ask(&self.env, &command, &self.limits).await?.pop().ok_or_else(key::missing)?;
        key::reach(&self.caller, &key)?;
        Ok(key)
    }

    async fn create_key(&self, done: &mut Operation) -> Result<Response, Problem> {
        let now_ms = self.clock.unix_ms();
        let order = NewKey::parse(self.body().await?.bytes(), &self.caller, now_ms)?;
        let secret = secret()?;
        let NewKey { tenant, name, rights, models, limits, expires_ms } = order;
        let key = Key {
            id: self.random.new_id(),
            tenant: tenant.as_str().to_owned(),
            name,
            rights,
            models,
            limits,
            created_ms: now_ms,
            created_by: self.caller.key_id.clone(),
            expires_ms,
            last_used_ms: None,
            revoked_ms: None,
            digests: vec![Secret { digest: key::digest(&secret), until_ms: None }],
        };
        done.on(&key.id);
        let document = self.change(&Command::Create(Box::new(key))).await?;
        Ok(self.shown(201, with_secret(document, secret)))
    }

    async fn update_key(&self) -> Result<Response, Problem> {
        let change = Change::parse(self.body().await?.bytes(), &self.caller, self.clock.unix_ms())?;
        key::master(&self.caller, &self.key().await?)?;
        let document = self.change(&Command::Update(self.target.id.clone(), Box::new(change))).await?;
        Ok(self.shown(200, document))
    }

    async fn rotate_key(&self) -> Result<Response, Problem> {
        let overlap_ms = key::rotation(self.body().await?.bytes())?;
        key::master(&self.caller, &self.key().await?)?;
        let secret = secret()?;
        let (id, digest) = (self.target.id.clone(), key::digest(&secret));
        let document = self.change(&Command::Rotate { id, digest, overlap_ms }).await?;
        Ok(self.shown(200, with_secret(document, secret)))
    }

    async fn revoke_key(&self) -> Result<Response, Problem> {
        key::master(&self.caller, &self.key().await?)?;
        let document = self.change(&Command::Revoke(self.target.id.clone())).await?;
        Ok(self.shown(200, document))
    }

    /// A change is waited for, also where its client has left.
    async fn change(&self, command: &Command) -> Result<Value, Problem> {
        let keys = object::keys::ask(&self.env, command, &self.limits.unattended()).await?;
        let key = keys.first().ok_or_else(Problem::storage_unavailable)?;
        Ok(key.document(self.clock.unix_ms()))
    }
}

/// The only time that a secret is shown.
fn with_secret(mut document: Value, secret: String) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert("secret".to_owned(), secret.into());
    }
    document
}

fn secret() -> Result<String, Problem> {
    let mut random = [0; 32];
    let drawn = getrandom::fill(&mut random);
    drawn.map_err(|_| Problem::new(Code::Internal, "The platform gives no random bytes, so no key can be made."))?;
    Ok(key::secret(&random))
}
