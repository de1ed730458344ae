//! A chat: from what a front decodes to what is sent, and what comes back as events.
//!
//! ```text
//! bytes ─front─▶ Decoded ─check─▶ Checked ─count─▶ Counted ─trim─▶ Trimmed ─▶ upstream
//! ```
//! Each type is made only by the stage before it; all of them hold one [`ChatRequest`].

mod answer;
mod arguments;
mod check;
mod count;
pub mod document;
mod echo;
pub mod event;
mod extra;
pub mod members;
mod message;
mod request;
mod trim;

pub use answer::{AnswerGuard, Refused};
pub use check::{Checked, Checking};
pub use count::Counted;
pub use message::{Form, Message, Role, Text};
pub use promptgate_lint::limits::{
    MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS,
};
pub use promptgate_tokens::{Counters, Counting};
pub use request::{ChatRequest, Decoded, Kind};
pub use trim::{Trim, Trimmed, nothing_to_leave_out};

/// What is done to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatRules {
    /// How tokens are counted.
    pub counting: Counting,
    /// Thousandths of the budget that instructions and conversation may take, 1–1000.
    pub ratio_permille: u64,
    /// The window in tokens of a model whose own is not known; without one the budget is the request's.
    pub context_window: Option<u64>,
}

impl Default for ChatRules {
    fn default() -> Self {
        ChatRules { counting: Counting::default(), ratio_permille: 800, context_window: None }
    }
}
