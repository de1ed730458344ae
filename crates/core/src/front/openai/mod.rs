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

impl Answer {
    /// As the body of a request asks for it, which is looked at no further here.
    pub fn asked(body: &[u8]) -> Answer {
        let body: serde_json::Value =
            serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)).unwrap_or_default();
        let says = |at| body.pointer(at).and_then(serde_json::Value::as_bool).unwrap_or_default();
        let streamed = says("/stream");
        Answer { streamed, usage: streamed && says("/stream_options/include_usage") }
    }
}
