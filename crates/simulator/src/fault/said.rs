//! What the model says, where a test wants something else than canned text.

use serde::Deserialize;

use super::On;

/// An answer's text, reasoning and calls.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The text; of several, each choice says its own.
    #[serde(default)]
    pub(crate) content: Option<Texts>,
    #[serde(default)]
    pub(crate) reasoning: Option<String>,
    #[serde(default)]
    pub(crate) reasoning_as: ReasoningMember,
    #[serde(default)]
    pub(crate) refusal: Option<String>,
    #[serde(default)]
    pub(crate) tool_calls: Vec<SaidCall>,
    #[serde(default)]
    pub(crate) finish_reason: Option<String>,
    /// Characters of each piece of a text or of arguments; none: a word.
    #[serde(default)]
    pub(crate) piece: Option<usize>,
}

/// One text, or one for each choice.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(crate) enum Texts {
    One(String),
    Each(Vec<String>),
}

/// A call of a function.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaidCall {
    pub(crate) name: String,
    /// As text, which need not be JSON.
    pub(crate) arguments: String,
}

/// The member that servers put reasoning into.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasoningMember {
    /// DeepSeek, vLLM before 0.12.
    #[default]
    ReasoningContent,
    /// OpenRouter, Ollama, Groq.
    Reasoning,
}

impl ReasoningMember {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReasoningContent => "reasoning_content",
            Self::Reasoning => "reasoning",
        }
    }
}

impl Said {
    /// The text of a choice.
    pub(crate) fn content_of(&self, choice: usize) -> Option<&str> {
        match self.content.as_ref()? {
            Texts::One(text) => Some(text),
            Texts::Each(texts) => texts.get(choice.checked_rem(texts.len())?).map(String::as_str),
        }
    }

    /// What can't be said on an endpoint.
    pub(crate) fn check(&self, on: On) -> Result<(), String> {
        let more = self.reasoning.is_some() || self.refusal.is_some() || !self.tool_calls.is_empty();
        if on != On::OpenAiChat && (more || self.finish_reason.is_some()) {
            return Err("content: is all that can be said on this endpoint".into());
        }
        if self.piece == Some(0) {
            return Err("piece: must be at least 1".into());
        }
        Ok(())
    }
}

/// Cuts a text into pieces of `piece` characters, or the way models do: a word with the space before it, long words
/// in two.
pub(crate) fn pieces(text: &str, piece: Option<usize>) -> Vec<String> {
    let Some(piece) = piece else { return words(text) };
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.char_indices().nth(piece).map_or(rest.len(), |(at, _)| at);
        let (head, tail) = rest.split_at(at);
        pieces.push(head.to_owned());
        rest = tail;
    }
    pieces
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_inclusive(' ') {
        let length = word.chars().count();
        if length > 9 {
            let head: String = word.chars().take(length / 2).collect();
            let tail: String = word.chars().skip(length / 2).collect();
            words.extend([head, tail]);
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_text() {
        let text = "Zoë pays €42.50 internationally";
        for piece in [None, Some(1), Some(3), Some(100)] {
            assert_eq!(pieces(text, piece).concat(), text);
        }
        assert_eq!(pieces("äbc", Some(2)), ["äb", "c"]);
        assert!(pieces("", Some(1)).is_empty());
    }

    #[test]
    fn choices_say_their_own() {
        let each = Said { content: Some(Texts::Each(vec!["a".into(), "b".into()])), ..Said::default() };
        assert_eq!((each.content_of(1), each.content_of(2)), (Some("b"), Some("a")));
        let none = Said { content: Some(Texts::Each(Vec::new())), ..Said::default() };
        assert_eq!(none.content_of(0), None);
        assert!(Said { refusal: Some("no".into()), ..Said::default() }.check(On::Chat).is_err());
    }
}
