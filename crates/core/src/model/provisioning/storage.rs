//! The machine as text, for the storage that outlives a restart.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ModelStatus, Origin, Provisioning, StatusEvent};
use crate::model::definition::{Credentials, Definition};
use crate::model::exchange::Exchange;
use crate::model::failure::Failure;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::settings::Polling;
use crate::upstream::genesys::{Capabilities, ModelId};

impl Provisioning {
    /// The machine as text, for storage only: until the end it holds the provider's key.
    pub fn stored(&self) -> Sensitive {
        let credentials = self.credentials.as_ref();
        let stored = StoredProvisioning {
            origin: self.origin.clone(),
            definition: self.definition.document(),
            api_key: credentials.map(|credentials| credentials.api_key.expose().to_owned()),
            endpoint: credentials.and_then(|credentials| Some(credentials.endpoint.as_ref()?.expose().to_owned())),
            generation: self.generation,
            since_ms: self.since_ms,
            polling: self.polling,
            checking: self.checking,
            started_ms: self.started_ms,
            ended_ms: self.ended_ms,
            status: self.status,
            upstream_id: self.upstream_id.clone(),
            capabilities: self.capabilities.clone(),
            failure: self.failure.clone(),
            tries: self.tries,
            exchange: self.exchange.clone(),
            events: self.events.clone(),
            correlation_id: self.correlation_id.clone(),
        };
        Sensitive::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads what [`Provisioning::stored`] wrote.
    ///
    /// # Errors
    /// [`Code::Internal`] where the text is something else; it is not quoted.
    pub fn restore(text: &str) -> Result<Provisioning, Problem> {
        let foreign = || Problem::new(Code::Internal, "The stored model cannot be read.");
        let stored: StoredProvisioning = serde_json::from_str(text).map_err(|_| foreign())?;
        let credentials = stored
            .api_key
            .map(|key| Credentials { api_key: Sensitive::new(key), endpoint: stored.endpoint.map(Sensitive::new) });
        Ok(Provisioning {
            definition: Definition::restore(&stored.definition).ok_or_else(foreign)?,
            origin: stored.origin,
            credentials,
            generation: stored.generation,
            since_ms: stored.since_ms,
            polling: stored.polling,
            checking: stored.checking,
            started_ms: stored.started_ms,
            ended_ms: stored.ended_ms,
            status: stored.status,
            upstream_id: stored.upstream_id,
            capabilities: stored.capabilities,
            failure: stored.failure,
            tries: stored.tries,
            exchange: stored.exchange,
            events: stored.events,
            correlation_id: stored.correlation_id,
        })
    }
}

/// Of a machine that was stored before there was a choice.
fn polling() -> Polling {
    Polling::DEFAULT
}

/// No `Debug`: it holds the key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredProvisioning {
    origin: Origin,
    definition: Value,
    api_key: Option<String>,
    endpoint: Option<String>,
    generation: u32,
    #[serde(default)]
    since_ms: u64,
    #[serde(default = "polling")]
    polling: Polling,
    #[serde(default)]
    checking: bool,
    started_ms: u64,
    ended_ms: Option<u64>,
    status: ModelStatus,
    upstream_id: Option<ModelId>,
    capabilities: Option<Capabilities>,
    failure: Option<Failure>,
    tries: u32,
    exchange: Exchange,
    events: Vec<StatusEvent>,
    correlation_id: Option<String>,
}
