//! `POST /v1/lint`: a text and what is known of it in, the report out, as the other places give it.

mod errors;

use std::rc::Rc;

pub use errors::{errors, place};
pub use promptgate_lint::*;

use crate::fault::{Faults, MAX_FAULTS, Path};
use crate::problem::{Code, Problem};
use crate::schema::{self, Field, Shape, decode};

/// The body of `POST /v1/lint`.
pub static REQUEST: Shape = Shape::Object(&[
    Field::required("text", Shape::Text(schema::Text::of(schema::Rule::None))).about("What is linted."),
    Field::optional("file", Shape::Text(schema::Text::of(schema::Rule::None))).about("The name that it has as a file."),
    Field::optional("kind", Shape::OneOf(Kind::NAMES)).about("What it is, if its text does not say that."),
    Field::optional("config", Shape::Open(&[])).about("The configuration, as in a file of that."),
]);

/// What is to be linted, by what.
pub struct LintRequest {
    text: String,
    file: Option<String>,
    kind: Option<Kind>,
    linter: Rc<Linter>,
}

impl LintRequest {
    /// Reads a body `{text, file?, kind?, config?}`; `linter` is used where no configuration is given, else one of its
    /// own.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault of body and configuration.
    pub fn read(body: &[u8], linter: Rc<Linter>) -> Result<LintRequest, Problem> {
        let mut body = decode(body, &REQUEST)?;
        let text = body.text("text").unwrap_or_default();
        let file = body.text("file");
        let kind = body.text("kind").and_then(|name| Kind::from_name(&name));
        let config = body.take("config").map(Config::from_json).transpose().map_err(|found| {
            let mut faults = Faults::default();
            faults.below(&Path::root().name("config"), found);
            Problem::with_errors(Code::InvalidRequest, faults)
        })?;
        let linter = config.map_or(linter, |config| Rc::new(Linter::new(config)));
        Ok(LintRequest { text, file, kind, linter })
    }

    /// The document, to be linted in steps.
    pub fn document(&self) -> Document<'_> {
        let kind = self.kind.or(self.linter.config().kind);
        Document::read(&Source { text: &self.text, file: self.file.as_deref(), kind })
    }

    /// What would lint it.
    pub fn begin<'a>(&'a self, document: &'a Document<'a>) -> Linting<'a> {
        self.linter.begin(document)
    }

    /// The answer: the report as JSON, places in UTF-16 code units.
    pub fn answer(report: Report) -> String {
        report.shortened(MAX_FAULTS).json(Unit::Utf16)
    }
}

/// Answers a body at once, as [`LintRequest`] does in steps.
///
/// # Errors
/// Those of [`LintRequest::read`].
pub fn answer(linter: &Rc<Linter>, body: &[u8]) -> Result<String, Problem> {
    let asked = LintRequest::read(body, linter.clone())?;
    let document = asked.document();
    Ok(LintRequest::answer(asked.begin(&document).end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_linted_as_a_text_is() {
        let linter = Rc::new(Linter::default());
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
            let problem = answer(&Rc::new(Linter::default()), body.as_bytes()).unwrap_err();
            let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(found, paths, "{body}");
        }
    }
}
