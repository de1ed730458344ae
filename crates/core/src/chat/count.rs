//! Counts the tokens of a request, once, message by message (requirements, B2).

use promptgate_tokens::{Counters, estimated_quarters};

use super::check::Checked;
use super::{ChatRules, Form, Kind};

/// A checked request whose texts are counted. Made only by [`Checked::count`].
#[derive(Debug, Clone)]
pub struct Counted {
    pub(super) checked: Checked,
    pub(super) counted_by: &'static str,
    /// How many tokens the conversation may take before the ratio, and whether that is the model's window; nothing
    /// where it is not trimmed.
    pub(super) budget: Option<(u64, bool)>,
    /// Of everything that is no turn.
    pub(super) fixed: Weight,
    /// Of each message; of instructions nothing.
    pub(super) messages: Vec<Weight>,
}

impl Checked {
    /// Counts each turn by itself, and everything else at once, joined by line feeds as upstream joins it. `window` is
    /// that of the model in tokens, if it is known. Where there is no budget nothing is counted.
    pub fn count(self, rules: &ChatRules, window: Option<u64>, counters: &mut Counters) -> Counted {
        let request = &self.request;
        let window = window.or(rules.context_window).map(|window| (window, true));
        let budget = window.or(request.budget.map(|budget| (budget, false))).filter(|_| request.kind == Kind::Chat);
        if budget.is_none() {
            let (fixed, messages) = (Weight::tokens(0), Vec::new());
            return Counted { checked: self, counted_by: "", budget, fixed, messages };
        }
        let mut turns = vec![String::new(); request.messages.len()];
        let mut fixed = String::new();
        let mut owners = request.messages.iter().enumerate().filter(|(_, message)| !message.instruction).peekable();
        for (at, text) in request.texts.iter().enumerate() {
            while owners.next_if(|(_, message)| message.texts.end <= at).is_some() {}
            if !matches!(text.form, Form::Text | Form::Json) {
                continue;
            }
            let owner = owners.peek().filter(|(_, message)| message.texts.contains(&at));
            let joined = owner.and_then(|(index, _)| turns.get_mut(*index)).unwrap_or(&mut fixed);
            if !joined.is_empty() {
                joined.push('\n');
            }
            joined.push_str(text.content.expose());
        }
        let vocabulary = rules.counting.vocabulary(&request.model);
        let encoder = vocabulary.and_then(|vocabulary| counters.encoder(vocabulary));
        let (counted_by, fixed, messages) = match encoder {
            Some(encoder) => {
                let mut count = |text: &String| Weight::tokens(encoder.count(text) as u64);
                let (fixed, messages) = (count(&fixed), turns.iter().map(&mut count).collect());
                (encoder.vocabulary().name(), fixed, messages)
            }
            None => ("estimate", estimate(&fixed), turns.iter().map(|text| estimate(text)).collect()),
        };
        Counted { checked: self, counted_by, budget, fixed, messages }
    }
}

fn estimate(text: &str) -> Weight {
    Weight::quarters(estimated_quarters(text))
}

/// A number of tokens in four-thousandths, in which quarters and thousandths are both exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight(u64);

impl Weight {
    pub(super) fn tokens(tokens: u64) -> Weight {
        Weight(tokens.saturating_mul(4000))
    }
    fn quarters(quarters: u64) -> Weight {
        Weight(quarters.saturating_mul(1000))
    }
    pub(super) fn ratio(self, permille: u64) -> Weight {
        Weight(self.0 / 1000 * permille)
    }
    pub(super) fn plus(self, other: Weight) -> Weight {
        Weight(self.0.saturating_add(other.0))
    }
    pub(super) fn minus(self, other: Weight) -> Weight {
        Weight(self.0.saturating_sub(other.0))
    }
    /// Whole tokens, rounded up.
    pub(super) fn ceil(self) -> u64 {
        self.0.div_ceil(4000)
    }
    /// Whole tokens, rounded down.
    pub(super) fn floor(self) -> u64 {
        self.0 / 4000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::promptgate::decode;
    use crate::guard::Guards;
    use promptgate_tokens::{Counting, Vocabulary};
    use serde_json::json;

    fn counted(model: &str, text: &str, counting: Counting) -> (&'static str, u64, u64) {
        let body = json!({
            "systemInstructions": [text, text], "context": [{"role": "user", "content": text}],
            "temperature": 0, "maxTokens": 1, "modelId": model,
        });
        let checked = decode(body.to_string().as_bytes()).unwrap().check(&Guards::default().input).unwrap();
        let rules = ChatRules { counting, ..ChatRules::default() };
        let counted = checked.count(&rules, None, &mut promptgate_vocabularies::counters());
        (counted.counted_by, counted.fixed.ceil(), counted.messages[2].ceil())
    }

    #[test]
    fn exact_where_the_model_is_known() {
        let text = "Where is my order?";
        assert_eq!(counted("gpt-4o", text, Counting::Auto), ("o200k_base", 10, 5));
        assert_eq!(counted("gpt-4", text, Counting::Auto), ("cl100k_base", 10, 5));
        assert_eq!(counted("support-small", text, Counting::Auto), ("estimate", 10, 5));
        assert_eq!(counted("gpt-4o", text, Counting::Estimate), ("estimate", 10, 5));
        assert_eq!(counted("x", text, Counting::Exact(Vocabulary::Cl100k)), ("cl100k_base", 10, 5));
    }

    #[test]
    fn the_estimate_counts_utf16_units() {
        assert_eq!(counted("x", "😀😀é", Counting::Estimate).2, 2, "five units are one token and a quarter");
    }
}
