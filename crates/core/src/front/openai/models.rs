//! The models that may be asked, as `GET /models` lists them.

use serde_json::{Value, json};

use crate::problem::{Code, Problem};

/// The models `names`.
pub fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let data: Vec<Value> = names.map(entry).collect();
    json!({ "object": "list", "data": data }).to_string()
}

/// The model `name`, if it is `known`.
///
/// # Errors
/// [`Code::ModelNotFound`].
pub fn model(name: &str, known: bool) -> Result<String, Problem> {
    match known {
        true => Ok(entry(name).to_string()),
        false => Err(Problem::new(Code::ModelNotFound, "There is no such model: `GET /openai/v1/models` lists all.")),
    }
}

/// When a model was made is not known: 0.
fn entry(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": 0, "owned_by": "promptgate" })
}
