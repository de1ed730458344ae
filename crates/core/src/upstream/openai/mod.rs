//! OpenAI's wire, as OpenAI and all who imitate it speak it: chat completions, whole and as server-sent events.

mod decode;
mod encode;
mod shape;

pub(crate) use decode::{Decoder, Frame, reason};
pub(crate) use encode::request;

use crate::chat::Kind;

/// Where an upstream of this wire is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Everything before `/chat/completions`; `{model}` means the model's name (Azure's deployments).
    base: String,
    /// The query with its `?`, or nothing.
    query: String,
}

impl Address {
    /// An upstream at `base`, which may have a query, as Azure's `api-version`.
    pub fn new(base: &str) -> Address {
        let (path, query) = match base.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (base, String::new()),
        };
        Address { base: path.trim_end_matches('/').to_owned(), query }
    }

    /// Whether it is a resource of Azure's.
    pub fn is_azure(&self) -> bool {
        self.base.contains(".openai.azure.com/") || self.base.contains(".cognitiveservices.azure.com/")
    }

    /// The address of the list of models; none where each model has an address of its own.
    pub fn models(&self) -> Option<String> {
        (!self.base.contains("{model}")).then(|| format!("{}/models{}", self.base, self.query))
    }

    /// The address to ask `model` at.
    pub fn of(&self, kind: Kind, model: &str) -> String {
        let path = match kind {
            Kind::Chat => "chat/completions",
            Kind::Embeddings => "embeddings",
        };
        format!("{}/{path}{}", self.base.replace("{model}", model), self.query)
    }
}
