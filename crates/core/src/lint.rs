//! `POST /v1/lint`: a text and what is known of it in, the report out, as the other places give it.

pub use promptgate_lint::*;

use crate::fault::{Fault, Faults, MAX_FAULTS, Path, nearest};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};

const FIELDS: [&str; 4] = ["text", "file", "kind", "config"];

/// Answers a body `{text, file?, kind?, config?}` with the report as JSON, places in UTF-16 code units. `linter`
/// is used where no configuration is given, else one of its own.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault of body and configuration.
pub fn answer(linter: &Linter, body: &[u8]) -> Result<String, Problem> {
    let json = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
    let Json::Object(members) = json else {
        let message = format!("The body must be an object and is {}.", json.kind());
        let fault = Fault::new(&Path::root(), "wrong_type", message);
        return Err(Problem::with_errors(Code::InvalidRequest, vec![fault]));
    };
    let mut faults = Faults::default();
    let (mut text, mut file, mut kind, mut config) = (None, None, None, None);
    for (name, value) in members {
        let path = Path::root().name(&name);
        match (name.as_str(), value) {
            ("text", Json::String(value)) => text = Some(value),
            ("file", Json::String(value)) => file = Some(value),
            ("kind", Json::String(value)) if Kind::from_name(&value).is_some() => kind = Kind::from_name(&value),
            ("kind", _) => {
                let names = Kind::ALL.map(Kind::name).join(", ");
                faults.add(|| Fault::new(&path, "unknown_name", format!("`kind` must be one of: {names}.")));
            }
            ("config", value) => match Config::from_json(value) {
                Ok(read) => config = Some(read),
                Err(found) => faults.below(&path, found),
            },
            ("text" | "file", value) => {
                let message = format!("`{name}` must be a string and is {}.", value.kind());
                faults.add(|| Fault::new(&path, "wrong_type", message));
            }
            _ => faults.add(|| {
                let hint = match nearest(&name, &FIELDS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}.", FIELDS.join(", ")),
                };
                Fault::new(&path, "unknown_field", format!("This field is not known: {hint}"))
            }),
        }
    }
    if text.is_none() && !faults.iter().any(|fault| fault.path == "$.text") {
        let message = "`text` is missing: what is to be linted, as a string.";
        faults.add(|| Fault::new(&Path::root().name("text"), "missing_field", message));
    }
    let Some(text) = text.filter(|_| faults.is_empty()) else {
        return Err(Problem::with_errors(Code::InvalidRequest, faults));
    };
    let source = Source { text: &text, file: file.as_deref(), kind };
    let report = match config {
        Some(config) => Linter::new(config).lint(&source),
        None => linter.lint(&source),
    };
    Ok(report.shortened(MAX_FAULTS).json(Unit::Utf16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_linted_as_a_text_is() {
        let linter = Linter::default();
        let text = "Use the password: hunter2!x to log in. 😀 {{name";
        let body = serde_json::json!({ "text": text, "file": "a.txt" }).to_string();
        let source = Source { text, file: Some("a.txt"), kind: None };
        assert_eq!(answer(&linter, body.as_bytes()).unwrap(), linter.lint(&source).json(Unit::Utf16));
        let off = serde_json::json!({ "text": text, "config": { "rules": { "S007": "off" } } }).to_string();
        assert!(!answer(&linter, off.as_bytes()).unwrap().contains("S007"));
    }

    #[test]
    fn hostile_bodies() {
        for (body, paths) in [
            ("", vec!["$"]),
            ("[]", vec!["$"]),
            ("{}", vec!["$.text"]),
            (r#"{"text":1,"file":[],"kind":"x","txt":""}"#, vec!["$.text", "$.file", "$.kind", "$.txt"]),
            (
                r#"{"text":"","config":{"rules":{"X999":"off"},"dialekt":"format"}}"#,
                vec!["$.config.rules.X999", "$.config.dialekt"],
            ),
        ] {
            let problem = answer(&Linter::default(), body.as_bytes()).unwrap_err();
            let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(found, paths, "{body}");
        }
    }
}
