//! A conversation, whatever wire it came by, as upstream is to have it.

use serde_json::Number;

use super::document::Document;
use crate::sensitive::Sensitive;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application.
    System,
    /// The customer: untrusted text.
    User,
    /// The model, or a person who answers in its place.
    Assistant,
    /// A tool: untrusted text.
    Tool,
}

impl From<Role> for promptgate_guard::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::Tool => Self::Tool,
        }
    }
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Sensitive,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// An answer in a conversation.
    #[default]
    Chat,
    /// Vectors of texts.
    Embeddings,
}

/// What is sent: checked, redacted and trimmed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// What is asked for.
    pub kind: Kind,
    /// The model's public name.
    pub model: String,
    /// How the model is to behave, before all messages.
    pub instructions: Vec<Sensitive>,
    /// The turns, oldest first.
    pub messages: Vec<Message>,
    /// The sampling temperature, as the client wrote it.
    pub temperature: Option<Number>,
    /// Largest answer, in tokens.
    pub max_tokens: Option<u64>,
    /// Whether the answer is wanted piece by piece.
    pub streamed: bool,
    /// The client's own document, where it came by OpenAI's wire.
    pub document: Option<Document>,
    /// The path of the first thing in the document that only its own wire can express.
    pub particular: Option<String>,
}
