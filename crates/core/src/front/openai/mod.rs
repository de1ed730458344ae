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

/// Whether a client of this wire asks for `target`, a path with its query: it is below [`BASE`], or one of OpenAI's addresses below another, as of a
/// client whose base address is wrong.
pub fn is_asked(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.starts_with(BASE) || ["/completions", "/embeddings", "/responses"].iter().any(|end| path.ends_with(end))
}

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

#[cfg(test)]
mod tests {
    use super::is_asked;

    #[test]
    fn clients_with_a_wrong_base_address_are_answered_on_their_wire() {
        for (target, expected) in [
            ("/openai/v1/models", true),
            ("/openai/v1/files", true),
            ("/v1/chat/completions", true),
            ("/chat/completions?api-version=1", true),
            ("/v1/embeddings", true),
            ("/v1/responses", true),
            ("/v1/chat", false),
            ("/v1/models", false),
            ("/v1/templates?name=/completions", false),
            ("/", false),
        ] {
            assert_eq!(is_asked(target), expected, "{target}");
        }
        for row in crate::route::ROUTES {
            assert_eq!(is_asked(row.pattern), row.pattern.starts_with(super::BASE), "{}", row.pattern);
        }
    }
}
