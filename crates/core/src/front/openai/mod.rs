//! OpenAI's wire, for clients of any official SDK: their base address is `/openai/v1`.

mod decode;
mod error;
mod models;
mod writer;

pub use decode::decode;
pub use error::refusal;
pub use models::{list, model};
pub(crate) use writer::Writer;

/// Below this are the addresses of this front.
pub const BASE: &str = "/openai/";

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer {
    /// As server-sent events; else as one document.
    pub streamed: bool,
    /// With a chunk at the end that says what was used (`stream_options.include_usage`).
    pub usage: bool,
}
