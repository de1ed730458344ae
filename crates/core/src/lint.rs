//! `POST /v1/lint`: a text and what is known of it in, the report out, as the other places give it.

mod errors;

pub use errors::errors;
pub use promptgate_lint::*;

use crate::fault::{Faults, MAX_FAULTS, Path};
use crate::problem::{Code, Problem};
use crate::schema::{self, Field, Shape, decode};

/// The body of `POST /v1/lint`.
pub static REQUEST: Shape = Shape::Object(&[
    Field::required("text", Shape::Text(schema::Text::of(schema::Rule::None))).about("What is linted."),
    Field::optional("file", Shape::Text(schema::Text::of(schema::Rule::None))).about("The name that it has as a file."),
    Field::optional("kind", Shape::OneOf(&KINDS)).about("What it is, if its text does not say that."),
    Field::optional("config", Shape::Open(&[])).about("The configuration, as in a file of that."),
]);

/// What a text may be taken for.
#[expect(clippy::indexing_slicing, reason = "a constant: the compiler looks")]
const KINDS: [&str; Kind::ALL.len()] = {
    let mut names = [""; Kind::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Kind::ALL[at].name();
        at += 1;
    }
    names
};

/// Answers a body `{text, file?, kind?, config?}` with the report as JSON, places in UTF-16 code units. `linter`
/// is used where no configuration is given, else one of its own.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault of body and configuration.
pub fn answer(linter: &Linter, body: &[u8]) -> Result<String, Problem> {
    let mut body = decode(body, &REQUEST)?;
    let text = body.text("text").unwrap_or_default();
    let file = body.text("file");
    let kind = body.text("kind").and_then(|name| Kind::from_name(&name));
    let config = body.take("config").map(Config::from_json).transpose().map_err(|found| {
        let mut faults = Faults::default();
        faults.below(&Path::root().name("config"), found);
        Problem::with_errors(Code::InvalidRequest, faults)
    })?;
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
