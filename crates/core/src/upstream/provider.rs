//! Who runs models that are provisioned.

/// Who runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// `openai`
    OpenAi,
    /// `azure`
    Azure,
    /// `anthropic`
    Anthropic,
    /// `bedrock`
    Bedrock,
}

impl Provider {
    /// Every provider, by the name it has in documents.
    pub const ALL: [(&'static str, Provider); 4] = [
        ("openai", Provider::OpenAi),
        ("azure", Provider::Azure),
        ("anthropic", Provider::Anthropic),
        ("bedrock", Provider::Bedrock),
    ];

    /// The name it has in documents.
    pub fn name(self) -> &'static str {
        Provider::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}
