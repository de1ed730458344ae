//! Who runs models that are provisioned.

use strum::VariantArray;

/// Who runs the model. Each has its name in documents, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
#[expect(missing_docs, reason = "each is called what its documents call it")]
pub enum Provider {
    OpenAi,
    Azure,
    Anthropic,
    Bedrock,
}

impl Provider {
    /// Every provider.
    pub const ALL: &'static [Provider] = Provider::VARIANTS;

    /// The name that it has in documents.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The provider of that name.
    pub fn named(name: &str) -> Option<Provider> {
        Provider::ALL.iter().copied().find(|provider| provider.name() == name)
    }
}
