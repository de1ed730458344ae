//! An answer by script, where a test needs something else than canned text.

use serde::Deserialize;

use super::On;

/// An answer's text, reasoning and calls.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The text, or one for each choice.
    #[serde(default)]
    pub(crate) content: Option<Texts>,
    #[serde(default)]
    pub(crate) reasoning: Option<String>,
    #[serde(default)]
    pub(crate) reasoning_as: ReasoningMember,
    #[serde(default)]
    pub(crate) refusal: Option<String>,
    #[serde(default)]
    pub(crate) tool_calls: Vec<ScriptCall>,
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
pub(crate) struct ScriptCall {
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

impl Script {
    /// The text of a choice.
    pub(crate) fn content_of(&self, choice: usize) -> Option<&str> {
        match self.content.as_ref()? {
            Texts::One(text) => Some(text),
            Texts::Each(texts) => texts.get(choice.checked_rem(texts.len())?).map(String::as_str),
        }
    }

    /// Members that an endpoint's answers cannot have.
    pub(crate) fn check(&self, on: On) -> Result<(), String> {
        let more = self.reasoning.is_some() || self.refusal.is_some() || !self.tool_calls.is_empty();
        if on != On::OpenaiChat && (more || self.finish_reason.is_some()) {
            return Err("content: is the only text of this endpoint's answers".into());
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
        let each = Script { content: Some(Texts::Each(vec!["a".into(), "b".into()])), ..Script::default() };
        assert_eq!((each.content_of(1), each.content_of(2)), (Some("b"), Some("a")));
        let none = Script { content: Some(Texts::Each(Vec::new())), ..Script::default() };
        assert_eq!(none.content_of(0), None);
        assert!(Script { refusal: Some("no".into()), ..Script::default() }.check(On::Chat).is_err());
    }
}
