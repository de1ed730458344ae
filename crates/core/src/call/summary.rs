//! What an answer reports about itself, for metrics and spans.

use crate::chat::event::{ChatEvent, Members};
use crate::label;

/// Most reasons of choices that are kept (ours): OpenAI's wire gives 128 choices at most.
const MAX_REASONS: usize = 128;

/// The model that answered, why its choices ended, and which of the tokens were special.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerSummary {
    /// The model, by the name that upstream gives it: a version most often.
    pub model: Option<String>,
    /// Why each choice ended, of the wire's own words.
    pub finish_reasons: Vec<String>,
    /// Tokens of the prompt that upstream had kept.
    pub cached_tokens: Option<u64>,
    /// Tokens of the answer that the model spent on thinking.
    pub reasoning_tokens: Option<u64>,
}

impl AnswerSummary {
    /// Takes what `event` says.
    pub(super) fn hear(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::About(members) => {
                let model = || members.text("model").and_then(|model| label::id(&model));
                self.model = self.model.take().or_else(model);
            }
            ChatEvent::Choice(choice) => {
                let known = |reason: &&String| {
                    reason.len() <= 32 && reason.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                };
                if let Some(reason) =
                    choice.finish.as_ref().filter(known).filter(|_| self.finish_reasons.len() < MAX_REASONS)
                {
                    self.finish_reasons.push(reason.clone());
                }
            }
            ChatEvent::Usage(_, members) => {
                let tokens = |object: &str, name: &str| Members::read(members.get(object)?)?.number(name);
                self.cached_tokens = tokens("prompt_tokens_details", "cached_tokens").or(self.cached_tokens);
                self.reasoning_tokens =
                    tokens("completion_tokens_details", "reasoning_tokens").or(self.reasoning_tokens);
            }
            ChatEvent::Document(members) => self.hear(&ChatEvent::About(Members::clone(members))),
            _ => {}
        }
    }
}
