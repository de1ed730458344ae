//! Templates are checked by the linter, as the gateway runs it (requirements, A1, A2, E2).

use std::rc::Rc;

use promptgate_lint::shapes::{CACHED_TEMPLATE, PROMPT_TEMPLATE};

use super::document::{MAX_PAYLOAD, completed_cached, completed_prompt};
use crate::fault::{Fault, Faults, Path, Place};
use crate::json::{self, Json};
use crate::lint::{self, Config, Document, Finding, Kind, Linter, Linting, Report, Source};
use crate::problem::{Code, Problem};
use crate::schema;
use crate::upstream::genesys::Family;

/// Most bytes of a document that are looked at (ours): twice what upstream takes, for white space and what is ours alone.
const MAX_DOCUMENT: usize = 2 * MAX_PAYLOAD;

/// Where templates are checked: the linter without inline ignores. Keep it: what it has counted makes it faster.
#[derive(Clone)]
pub struct TemplateValidator(Rc<Linter>);

impl Default for TemplateValidator {
    fn default() -> Self {
        TemplateValidator(Rc::new(Linter::new(Config { inline_ignores: false, ..Config::default() })))
    }
}

impl TemplateValidator {
    /// Checks the texts of a draft, whose [document](Draft::document) this is, in steps; [`Draft::end`] takes the report.
    pub fn begin<'a>(&'a self, document: &'a Document<'a>) -> Linting<'a> {
        self.0.begin(document)
    }

    /// Checks a document at once.
    ///
    /// # Errors
    /// Those of [`Draft::read`] and [`Draft::end`].
    pub fn check(&self, family: Family, text: &str) -> Result<Json, Problem> {
        let draft = Draft::read(family, text)?;
        let report = self.begin(&draft.document()).end();
        draft.end(&report)
    }

    /// A prompt template as upstream takes it, checked at once.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn prompt(&self, text: &str) -> Result<Json, Problem> {
        self.check(Family::Prompt, text).map(completed_prompt)
    }

    /// A cached template as upstream takes it, checked at once.
    ///
    /// # Errors
    /// Those of [`check`](Self::check) and [`completed_cached`].
    pub fn cached(&self, text: &str, id: &str, now_ms: u64) -> Result<Json, Problem> {
        completed_cached(self.check(Family::Cached, text)?, id, now_ms)
    }
}

/// A template that is to be checked: its shape has been, its texts have not.
pub struct Draft<'a> {
    family: Family,
    text: &'a str,
    json: Json,
    /// What is wrong with its shape.
    faults: Faults,
}

impl<'a> Draft<'a> {
    /// Reads a document, and checks its shape.
    ///
    /// # Errors
    /// [`Code::InvalidJson`]; [`Code::TemplateRefused`] where it is too large to be looked at.
    pub fn read(family: Family, text: &'a str) -> Result<Draft<'a>, Problem> {
        if text.len() > MAX_DOCUMENT {
            let message = format!("{} bytes are too many: shorten this to at most {MAX_PAYLOAD}.", text.len());
            let (span, place) = (Some((0, text.encode_utf16().count())), Some(Place { line: 1, column: 1 }));
            let fault = Fault { span, place, ..Fault::new(&Path::root(), "D004", message) };
            return Err(Problem::with_errors(Code::TemplateRefused, fault));
        }
        let json = json::parse(text.as_bytes()).map_err(|mut faults| {
            lint::place(text, &mut faults);
            Problem::with_errors(Code::InvalidJson, faults)
        })?;
        let shape = match family {
            Family::Prompt => &PROMPT_TEMPLATE,
            Family::Cached => &CACHED_TEMPLATE,
        };
        let faults = schema::document(json.clone(), shape).err().unwrap_or_default();
        Ok(Draft { family, text, json, faults })
    }

    /// What the linter looks at.
    pub fn document(&self) -> Document<'a> {
        let kind = match self.family {
            Family::Prompt => Kind::PromptTemplate,
            Family::Cached => Kind::CachedTemplate,
        };
        Document::read(&Source { text: self.text, file: None, kind: Some(kind) })
    }

    /// The document, if neither its shape nor an error of the linter's `report` refuses it. Integers come out as such,
    /// however they were written.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] where its members are wrong, [`Code::TemplateRefused`] where its text is; every finding
    /// with its path, span, line and column, the rule as its code.
    pub fn end(mut self, report: &Report) -> Result<Json, Problem> {
        let has_shape = self.faults.is_empty();
        // The shape has said already what the linter's other D rules say; a cached template's size is that of what is sent.
        let new = |finding: &Finding| {
            !finding.code.starts_with('D') || (finding.code == "D004" && self.family == Family::Prompt)
        };
        lint::errors(report, self.text, new, &mut self.faults);
        lint::place(self.text, &mut self.faults);
        match has_shape {
            _ if self.faults.is_empty() => Ok(self.json.with_integers()),
            false => Err(Problem::with_errors(Code::InvalidRequest, self.faults)),
            true => Err(Problem::with_errors(Code::TemplateRefused, self.faults)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Dangers, 1: others run while a large template is looked at.
    #[test]
    fn a_large_template_is_checked_in_steps_and_judged_as_at_once() {
        let validator = TemplateValidator::default();
        for text in ["password=Abc12345 ", "Where is my parcel? ", "{{name}} "] {
            let text = text.repeat(60_000 / text.len());
            let document = json!({"name": "x", "system_instruction": text, "user_template": "x"}).to_string();
            let draft = Draft::read(Family::Prompt, &document).unwrap();
            let (looked_at, mut steps) = (draft.document(), 0);
            let mut linting = validator.begin(&looked_at);
            while linting.step() {
                steps += 1;
            }
            assert!(steps > 4, "{steps}");
            let stepped = draft.end(&linting.end()).map_err(|problem| problem.document("r").to_string());
            let at_once = validator.check(Family::Prompt, &document);
            assert_eq!(stepped, at_once.map_err(|problem| problem.document("r").to_string()));
        }
    }
}
