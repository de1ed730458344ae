//! The models that may be asked, as `GET /models` lists them.

use serde_json::{Value, json};

use crate::problem::{Code, Problem};
use crate::settings::Settings;

/// All that have a name of their own.
pub fn list(settings: &Settings) -> String {
    let data: Vec<Value> = settings.models.names().map(entry).collect();
    json!({ "object": "list", "data": data }).to_string()
}

/// The model `name`.
///
/// # Errors
/// [`Code::ModelNotFound`].
pub fn model(settings: &Settings, name: &str) -> Result<String, Problem> {
    match settings.models.find(name, &settings.call) {
        Some(_) => Ok(entry(name).to_string()),
        None => Err(Problem::new(Code::ModelNotFound, "There is no such model: `GET /openai/v1/models` lists all.")),
    }
}

/// When a model was made is not known: 0.
fn entry(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": 0, "owned_by": "promptgate" })
}
