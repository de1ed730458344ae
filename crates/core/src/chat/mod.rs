//! A chat call: from bytes to what is sent, and what comes back as events.
//!
//! ```text
//! bytes ─parse─▶ Request ─check─▶ Checked ─weigh─▶ Weighed ─fit─▶ Fitted ─▶ ChatRequest
//! ```
//! Each type is made only by the stage before it.

mod answer;
mod arguments;
mod count;
pub mod document;
pub mod event;
mod fit;
pub mod message;
mod request;
mod safety;

pub use answer::{AnswerGuard, Refused};
pub use count::Weighed;
pub use fit::{FitRules, Fitted, Trim};
pub use message::{Message, Role};
pub use promptgate_tokens::{Counters, Counting};
pub use request::{MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS, Request};
pub use safety::Checked;

use promptgate_guard::Guard;

use crate::guard::Findings;
use crate::problem::Problem;
use message::ChatRequest;

/// What is done to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChatRules {
    /// How tokens are counted.
    pub counting: Counting,
    /// How the conversation is trimmed.
    pub fit: FitRules,
}

/// A request, and what is sent of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    weighed: Weighed,
    rules: FitRules,
    /// What trimming did.
    pub trim: Trim,
    /// What is sent.
    pub sent: ChatRequest,
}

impl Prepared {
    /// All stages: from the bytes of the client's body to what is sent.
    ///
    /// # Errors
    /// Those of [`Request::parse`], [`Request::check`] and [`Weighed::fit`].
    pub fn from_body(
        body: &[u8],
        guard: &Guard,
        rules: &ChatRules,
        counters: &mut Counters,
    ) -> Result<Prepared, Problem> {
        Prepared::in_window(body, guard, rules, counters, |_| None)
    }

    /// The same, where `window` knows the windows of some models.
    ///
    /// # Errors
    /// Those of [`Prepared::from_body`].
    pub fn in_window(
        body: &[u8],
        guard: &Guard,
        rules: &ChatRules,
        counters: &mut Counters,
        window: impl Fn(&str) -> Option<u64>,
    ) -> Result<Prepared, Problem> {
        let checked = Request::parse(body)?.check(guard)?;
        let context_window = window(checked.request().model_id()).or(rules.fit.context_window);
        Prepared::fit(checked.weigh(rules.counting, counters), FitRules { context_window, ..rules.fit })
    }

    /// The same request, trimmed harder (B7); nothing is counted again.
    ///
    /// # Errors
    /// Those of [`Weighed::fit`].
    pub fn tighter(&self) -> Result<Prepared, Problem> {
        Prepared::fit(self.weighed.clone(), self.rules.tighter())
    }

    /// The request.
    pub fn request(&self) -> &Request {
        self.weighed.checked.request()
    }

    /// What the guard has found in it.
    pub fn findings(&self) -> &Findings {
        &self.weighed.checked.findings
    }

    /// How many system instructions and messages are sent: the audit row's figures (B6).
    pub fn counts(&self) -> (usize, usize) {
        let request = self.request();
        (request.system_instructions.len(), request.context.len() - self.trim.dropped.len())
    }

    fn fit(weighed: Weighed, rules: FitRules) -> Result<Prepared, Problem> {
        let fitted = weighed.fit(&rules)?;
        let request = fitted.request();
        let sent = ChatRequest {
            kind: message::Kind::Chat,
            model: request.model_id.clone(),
            instructions: request.system_instructions.clone(),
            messages: fitted.messages().cloned().collect(),
            temperature: Some(request.temperature.clone()),
            max_tokens: Some(request.max_tokens),
            streamed: true,
            document: None,
            particular: None,
        };
        let trim = fitted.trim;
        Ok(Prepared { weighed, rules, trim, sent })
    }
}
