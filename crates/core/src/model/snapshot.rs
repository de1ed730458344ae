//! A model's definition as it is exported from one environment to another (requirements, C6).

use serde::Serialize;
use serde_json::{Value, json};

use super::definition::Definition;
use crate::canonical::hash;
use crate::governance::timestamp;

/// The version of this format.
const VERSION: &str = "1.0.0";
/// The version of upstream's interface.
pub(super) const API_VERSION: &str = "v2";

/// A definition, when and whence it was exported. No credentials: a [`Definition`] has none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    version: &'static str,
    environment: String,
    exported_at: String,
    api_version: &'static str,
    model_definition: Document,
}

/// The definition's document; `Debug` shows its hash, since it holds the prompt template.
#[derive(Clone, PartialEq, Serialize)]
struct Document(Value);

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}]", hash(&self.0))
    }
}

impl Snapshot {
    /// Of `definition`, exported from `environment` ("production") at `now` (Unix ms).
    pub fn new(definition: &Definition, environment: &str, now: u64) -> Snapshot {
        Snapshot {
            version: VERSION,
            environment: environment.to_owned(),
            exported_at: timestamp(now),
            api_version: API_VERSION,
            model_definition: Document(definition.document()),
        }
    }

    /// The snapshot for its tenant.
    pub fn document(&self) -> Value {
        json!(self)
    }

    /// SHA-256 of the canonical definition, in hexadecimal: equal wherever and whenever the same one is exported.
    pub fn hash(&self) -> String {
        hash(&self.model_definition.0)
    }
}
