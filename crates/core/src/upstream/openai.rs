//! OpenAI's wire, as OpenAI and all who imitate it speak it: chat completions, whole and as server-sent events.

mod decode;
mod encode;

pub(crate) use decode::{Decoder, Frame, is_too_long};
pub(crate) use encode::request;

/// Where an upstream of this wire is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Everything before the query, with `/chat/completions` at its end; `{model}` stands for the model's name
    /// (Azure's deployments).
    pub chat: String,
    /// The query with its `?`, or nothing.
    pub query: String,
}

impl Address {
    /// The address of chat completions below `base`, which may have a query, as Azure's `api-version`.
    pub fn below(base: &str) -> Address {
        let (path, query) = match base.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (base, String::new()),
        };
        Address { chat: format!("{}/chat/completions", path.trim_end_matches('/')), query }
    }

    /// The address to ask `model` at.
    pub fn of(&self, model: &str) -> String {
        format!("{}{}", self.chat.replace("{model}", model), self.query)
    }
}
