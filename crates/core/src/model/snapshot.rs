//! A model's definition as it is exported from one environment to another (requirements, C6).

use serde::Serialize;
use serde_json::{Value, json};

use super::definition::Definition;
use crate::canonical::hash;
use crate::fault::{Fault, Path};
use crate::governance::timestamp;
use crate::problem::{Code, Problem};
use crate::route::Target;

/// The version of this format.
const VERSION: &str = "1.0.0";
/// The version of upstream's interface.
pub(super) const API_VERSION: &str = "v2";

/// Most environments of one export (ours).
const MAX_ENVIRONMENTS: usize = 16;

/// Reads `?environments=staging,prod` of an export: for whom it is, as its audit row says.
///
/// # Errors
/// [`Code::InvalidRequest`].
pub fn environments(target: &Target) -> Result<Vec<String>, Problem> {
    let query = target.query(&["environments"])?;
    let names: Vec<&str> =
        query.get("environments").map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default();
    let plain = |name: &&str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if names.len() > MAX_ENVIRONMENTS || !names.iter().all(plain) {
        let message = format!(
            "`environments` must be 1 to {MAX_ENVIRONMENTS} names with commas between them, each of 1 to 64 letters, \
             digits, `.`, `_` and `-`."
        );
        let path = Path::root().name("query").name("environments");
        return Err(Problem::with_errors(Code::InvalidRequest, vec![Fault::new(&path, "not_a_name", message)]));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    // Row C6.
    #[test]
    fn environments_are_names() {
        let read = |query: &str| {
            let path = format!("/v1/models/a1b2c3d4-e5f6-7890-abcd-ef1234567890/snapshot{query}");
            environments(&Target::find("GET", &path).unwrap())
        };
        assert_eq!(read("").unwrap(), Vec::<String>::new());
        assert_eq!(read("?environments=staging,%20prod").unwrap(), ["staging", "prod"]);
        let long = format!("?environments={}", "x".repeat(65));
        let many = format!("?environments={}", "x,".repeat(17));
        for query in ["?environments=", "?environments=a,,b", "?environments=a%20b", "?environment=a", &long, &many] {
            assert!(read(query).is_err(), "{query}");
        }
    }
}
