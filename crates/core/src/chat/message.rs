//! The messages of a chat.

use std::ops::Range;

use promptgate_lint::Id;

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
    /// Its index in the client's array.
    pub index: usize,
    /// It is a part of how the model is to behave, before all turns: counted with them, and never left out.
    pub instruction: bool,
    /// Trimming has left it out.
    pub dropped: bool,
    /// Which of the request's texts it has.
    pub texts: Range<usize>,
    /// Its bytes in the client's document, where the request keeps that.
    pub span: Range<usize>,
}

/// A text of a request, which the guard reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its text; after the check, what may be sent.
    pub content: Sensitive,
    /// As whose word the guard takes it.
    pub role: Role,
    /// What it is in the document.
    pub form: Form,
    /// It is the text of a turn, and not a tool's name, an id or another member.
    pub spoken: bool,
    /// Its value in the tree of the client's document.
    pub node: Option<Id>,
}

/// What a text is in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// A string that is JSON itself, if it can be read as that: a call's arguments, a tool's answer.
    Json,
    /// A number, as it is written. It is read with its member's name.
    Number,
    /// A member's name, which cannot be replaced.
    Name,
}
