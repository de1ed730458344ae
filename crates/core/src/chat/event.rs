//! An answer as it comes, whatever wire it comes by: pieces of text for each choice, calls of tools, what was used, and
//! how it ended. What we do not know is kept and passed on.

use serde::{Deserialize, Serialize};

pub use super::members::Members;

/// What upstream reports as used, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// Of the answer.
    #[serde(default)]
    pub completion_tokens: u64,
}

impl Usage {
    /// Most tokens of one prompt or answer that are believed (ours): ten times the largest window that can be set.
    const MOST: u64 = 100_000_000;

    /// Whether a call can have used that much: a counter that has taken 2⁶⁴ never counts again.
    pub fn is_plausible(&self) -> bool {
        self.prompt_tokens <= Self::MOST && self.completion_tokens <= Self::MOST
    }
}

/// One part of an answer.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum ChatEvent {
    /// Members of the answer as a whole: its id, when it was made, the model that gave it, and whatever else.
    About(Members),
    /// Something of one choice.
    Choice(Box<ChoiceEvent>),
    /// What upstream used: may come more than once, the last one counts. The wire's own members beside it.
    Usage(Usage, Members),
    /// An answer that is no chat, whole: it goes on as it is.
    Document(Members),
    /// The answer is whole.
    End,
    /// Upstream failed within the answer. The HTTP status, if it names one.
    Error(Option<u16>),
    /// Something that is no part of an answer.
    Malformed,
}

/// The part of one choice in one event.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChoiceEvent {
    /// Which choice, from 0.
    pub index: u32,
    /// Texts, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Other members of the message.
    #[serde(skip_serializing_if = "Members::is_bare")]
    pub message: Members,
    /// Other members of the choice.
    #[serde(skip_serializing_if = "Members::is_bare")]
    pub choice: Members,
    /// Why the choice ends here, if it does: `stop`, `length`, `tool_calls`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
}

impl ChoiceEvent {
    /// The channel of its text, where it is a piece of one text and nothing else.
    fn sole_channel(&self) -> Option<Channel> {
        let plain = self.finish.is_none() && self.message.is_empty() && self.choice.is_empty();
        match self.parts.as_slice() {
            [Part { channel, call: None, .. }] if plain => Some(*channel),
            _ => None,
        }
    }
}

/// A text of a choice, or a part of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is a text of.
    pub channel: Channel,
    /// The text; may be empty.
    pub text: String,
    /// Of a call of a tool, where it begins: its members, `id`, `type`, `function.name` among them, without arguments and
    /// input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Members>,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Channel {
    /// The answer.
    Content,
    /// Why the model does not answer.
    Refusal,
    /// What the model thought before it answered, in the member `reasoning`.
    Reasoning,
    /// The same in the member `reasoning_content`.
    ReasoningContent,
    /// The arguments of a call of a tool, by its number from 0.
    Tool(u32),
    /// The input of a call of a custom tool, which is any text, by the call's number.
    Custom(u32),
    /// The arguments of a call by the older form of OpenAI's wire, of which an answer has one.
    Function,
    /// What is said in a sound, in the member `audio`.
    Transcript,
}

impl ChatEvent {
    /// A piece of the answer's text, on a wire that has one choice and nothing else.
    pub fn content(text: impl Into<String>) -> ChatEvent {
        let part = Part { channel: Channel::Content, text: text.into(), call: None };
        ChatEvent::Choice(Box::new(ChoiceEvent { parts: vec![part], ..ChoiceEvent::default() }))
    }

    /// How many bytes of text it contains.
    pub fn text_bytes(&self) -> usize {
        match self {
            ChatEvent::Choice(event) => event.parts.iter().map(|part| part.text.len()).sum(),
            _ => 0,
        }
    }

    /// Takes the text of `next` in, where both are nothing but a piece of the same text.
    ///
    /// # Errors
    /// `next`, as it was, where they are not.
    pub fn join(&mut self, next: ChatEvent) -> Result<(), ChatEvent> {
        if let (ChatEvent::Choice(event), ChatEvent::Choice(piece)) = (self, &next)
            && event.index == piece.index
            && event.sole_channel().is_some_and(|channel| piece.sole_channel() == Some(channel))
            && let (Some(part), Some(more)) = (event.parts.first_mut(), piece.parts.first())
        {
            part.text.push_str(&more.text);
            return Ok(());
        }
        Err(next)
    }

    /// The channel of its text, where it is a piece of one text and nothing else.
    pub(crate) fn sole_channel(&self) -> Option<Channel> {
        match self {
            ChatEvent::Choice(event) => event.sole_channel(),
            _ => None,
        }
    }

    /// That text.
    pub(crate) fn sole_text(&mut self) -> Option<&mut String> {
        match self {
            ChatEvent::Choice(event) if event.sole_channel().is_some() => {
                event.parts.first_mut().map(|part| &mut part.text)
            }
            _ => None,
        }
    }

    /// Whether it may have bytes for the client: what describes an answer goes with what comes of it.
    pub fn writes(&self) -> bool {
        !matches!(self, ChatEvent::About(_) | ChatEvent::Usage(..))
    }

    /// Whether it contains something that the model wrote, thoughts and calls of tools included.
    pub fn has_content(&self) -> bool {
        match self {
            ChatEvent::Choice(event) => event.parts.iter().any(|part| !part.text.is_empty() || part.call.is_some()),
            ChatEvent::Document(_) => true,
            _ => false,
        }
    }
}

/// The kind only: the rest is the answer's text.
impl std::fmt::Debug for ChatEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ChatEvent::About(_) => f.write_str("About"),
            ChatEvent::Choice(event) => write!(f, "Choice({}, {} parts)", event.index, event.parts.len()),
            ChatEvent::Usage(usage, _) => usage.fmt(f),
            ChatEvent::Document(_) => f.write_str("Document"),
            ChatEvent::End => f.write_str("End"),
            ChatEvent::Error(status) => write!(f, "Error({status:?})"),
            ChatEvent::Malformed => f.write_str("Malformed"),
        }
    }
}
