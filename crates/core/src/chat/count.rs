//! Counts the tokens of a request, once, message by message (requirements, B2).

use promptgate_tokens::{Counters, Counting, estimated_quarters};

use super::safety::Checked;
use crate::sensitive::Sensitive;

/// A checked request whose texts are counted. Made only by [`Checked::weigh`].
#[derive(Debug, Clone)]
pub struct Weighed {
    /// The request.
    pub checked: Checked,
    pub(super) counted_by: &'static str,
    pub(super) system: Weight,
    pub(super) messages: Vec<Weight>,
}

impl Checked {
    /// Counts system text, joined by line feeds as upstream joins it, and each message by itself.
    pub fn weigh(self, counting: Counting, counters: &mut Counters) -> Weighed {
        let request = self.request();
        let system = request.system_instructions.iter().map(Sensitive::expose).collect::<Vec<_>>().join("\n");
        let vocabulary = counting.vocabulary(request.model_id());
        let encoder = vocabulary.and_then(|vocabulary| counters.encoder(vocabulary));
        let contents = request.context.iter().map(|message| message.content.expose());
        let (counted_by, system, messages) = match encoder {
            Some(encoder) => {
                let mut count = |text: &str| Weight::tokens(encoder.count(text) as u64);
                let (system, messages) = (count(&system), contents.map(&mut count).collect());
                (encoder.vocabulary().name(), system, messages)
            }
            None => ("estimate", estimate(&system), contents.map(estimate).collect()),
        };
        Weighed { checked: self, counted_by, system, messages }
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
    use super::super::request::Request;
    use super::*;
    use crate::guard::Guards;
    use promptgate_tokens::Vocabulary;
    use serde_json::json;

    fn weighed(model: &str, text: &str, counting: Counting) -> (&'static str, u64, u64) {
        let body = json!({
            "systemInstructions": [text, text], "context": [{"role": "user", "content": text}],
            "temperature": 0, "maxTokens": 1, "modelId": model,
        });
        let request = Request::parse(body.to_string().as_bytes()).unwrap();
        let checked = request.check(&Guards::default().input).unwrap();
        let weighed = checked.weigh(counting, &mut Counters::default());
        (weighed.counted_by, weighed.system.ceil(), weighed.messages[0].ceil())
    }

    #[test]
    fn exact_where_the_model_is_known() {
        let text = "Where is my order?";
        assert_eq!(weighed("gpt-4o", text, Counting::Auto), ("o200k_base", 10, 5));
        assert_eq!(weighed("gpt-4", text, Counting::Auto), ("cl100k_base", 10, 5));
        assert_eq!(weighed("support-small", text, Counting::Auto), ("estimate", 10, 5));
        assert_eq!(weighed("gpt-4o", text, Counting::Estimate), ("estimate", 10, 5));
        assert_eq!(weighed("x", text, Counting::Exact(Vocabulary::Cl100k)), ("cl100k_base", 10, 5));
    }

    #[test]
    fn the_estimate_counts_utf16_units() {
        assert_eq!(weighed("x", "😀😀é", Counting::Estimate).2, 2, "five units are one token and a quarter");
    }
}
