//! A chat call: bytes to payload.
//!
//! ```text
//! bytes ─parse─▶ Request ─check─▶ Checked ─fit─▶ Fitted ─payload─▶ Payload
//! ```
//! Each type is made only by the stage before it.

mod fit;
mod request;
mod safety;

pub use fit::{Counting, FitRules, Fitted, Trim};
pub use request::{
    MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS, Message, Request, Role,
};
pub use safety::Checked;

use promptgate_guard::Guard;

use crate::genesys::{self, Payload};
use crate::guard::Findings;
use crate::problem::Problem;

/// A checked request and what is sent of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    checked: Checked,
    rules: FitRules,
    /// What trimming did.
    pub trim: Trim,
    /// What is sent.
    pub payload: Payload,
}

impl Prepared {
    /// All stages: from the bytes of the client's body to the payload.
    ///
    /// # Errors
    /// Those of [`Request::parse`], [`Request::check`] and [`Checked::fit`].
    pub fn from_body(body: &[u8], guard: &Guard, rules: &FitRules) -> Result<Prepared, Problem> {
        Prepared::fit(Request::parse(body)?.check(guard)?, *rules)
    }

    /// The same request, trimmed harder (B7).
    ///
    /// # Errors
    /// Those of [`Checked::fit`].
    pub fn tighter(&self) -> Result<Prepared, Problem> {
        Prepared::fit(self.checked.clone(), self.rules.tighter())
    }

    /// The checked request.
    pub fn request(&self) -> &Request {
        self.checked.request()
    }

    /// What the guard has redacted and flagged in it.
    pub fn findings(&self) -> &Findings {
        &self.checked.findings
    }

    /// How many system instructions and messages are sent: the audit row's figures (B6).
    pub fn counts(&self) -> (usize, usize) {
        let request = self.request();
        (request.system_instructions.len(), request.context.len() - self.trim.dropped.len())
    }

    fn fit(checked: Checked, rules: FitRules) -> Result<Prepared, Problem> {
        let fitted = checked.fit(&rules)?;
        let payload = genesys::chat_payload(&fitted);
        let trim = fitted.trim;
        Ok(Prepared { checked, rules, trim, payload })
    }
}
