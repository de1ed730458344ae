//! What documents are.

use serde::Serialize;

use crate::placeholder::Dialect;

/// What a document is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A prompt template (requirements, E1).
    PromptTemplate,
    /// A cached template (A1).
    CachedTemplate,
    /// A chat request (B1).
    ChatRequest,
    /// A model's definition (C1).
    ModelDefinition,
    /// A model's configuration (D1).
    ModelConfiguration,
    /// A chat completion's request, as OpenAI takes it.
    OpenaiChat,
    /// A response's request, as OpenAI takes it.
    OpenaiResponses,
    /// A message's request, as Anthropic takes it.
    AnthropicMessages,
    /// A request for content, as Gemini takes it.
    GeminiContents,
    /// A list of messages.
    ChatMessages,
    /// A prompt of LangChain.
    LangchainPrompt,
    /// A configuration of promptfoo.
    Promptfoo,
    /// A function of Semantic Kernel.
    SemanticKernelPrompt,
    /// A Prompty file.
    Prompty,
    /// A dotprompt file.
    Dotprompt,
    /// JSON that is none of these: all its strings are looked at.
    Json,
    /// YAML that is none of these: all its strings are looked at.
    Yaml,
    /// A prompt as it is.
    Text,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Kind] = <Kind as strum::VariantArray>::VARIANTS;

    /// Their names.
    pub const NAMES: &'static [&'static str] = <Kind as strum::VariantNames>::VARIANTS;

    /// The name in reports and configurations.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether its texts have placeholders that are filled in later; a request's are final.
    pub const fn is_template(self) -> bool {
        !matches!(self, Kind::ChatRequest | Kind::ModelConfiguration) && !self.is_chat()
    }

    /// Whether it is a request of another program's, or its messages.
    pub const fn is_chat(self) -> bool {
        matches!(
            self,
            Kind::OpenaiChat
                | Kind::OpenaiResponses
                | Kind::AnthropicMessages
                | Kind::GeminiContents
                | Kind::ChatMessages
        )
    }

    /// Whether it is one of the gateway's own documents.
    pub const fn is_ours(self) -> bool {
        !self.marks().is_empty()
    }

    /// The dialect of its placeholders, where its own definition says it: the gateway renders prompt templates
    /// (requirements, E4), and a model's definition has `{input}` or `{context}` (C1).
    pub const fn dialect(self) -> Option<Dialect> {
        match self {
            Kind::PromptTemplate => Some(Dialect::Mustache),
            Kind::ModelDefinition => Some(Dialect::Format),
            _ => None,
        }
    }

    /// Whether it may have members that are not the document's own, `$lint` and `$schema`. Requests and models come
    /// from programs, and the gateway takes nothing in them that it does not know.
    pub const fn takes_remarks(self) -> bool {
        !matches!(self, Kind::ChatRequest | Kind::ModelDefinition | Kind::ModelConfiguration)
    }

    /// The members that distinguish it from the others, and from the documents of other programs: two of them are needed.
    pub(crate) const fn marks(self) -> &'static [&'static str] {
        match self {
            Kind::PromptTemplate => &["system_instruction", "user_template", "safety_guardrails", "target_version"],
            Kind::CachedTemplate => &["content", "cacheSettings"],
            Kind::ChatRequest => &["systemInstructions", "context", "modelId"],
            Kind::ModelDefinition => &["credentials", "promptTemplate", "responseSchema"],
            Kind::ModelConfiguration => &["model_id", "temperature_matrix", "safety_filters", "compliance_mode"],
            _ => &[],
        }
    }
}
