//! Counts the tokens of a request, once, message by message (requirements, B2).

use promptgate_tokens::{Encoder, PackedError, Vocabulary};

use super::safety::Checked;
use crate::sensitive::Sensitive;

/// How tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Exactly where the model's vocabulary is known, else by the estimate.
    #[default]
    Auto,
    /// A quarter of a token per UTF-16 code unit, as the document estimates.
    Estimate,
    /// Exactly, in this vocabulary, whatever the model.
    Exact(Vocabulary),
}

impl Counting {
    fn vocabulary(self, model_id: &str) -> Option<Vocabulary> {
        match self {
            Counting::Auto => Vocabulary::for_model(model_id),
            Counting::Estimate => None,
            Counting::Exact(vocabulary) => Some(vocabulary),
        }
    }
}

/// The encoders, made when first asked for and kept: what they have seen makes them faster.
///
/// Without the feature `embedded-vocabularies` a vocabulary is there once it has been loaded; until then its
/// texts are estimated.
#[derive(Default)]
pub struct Counters(Vec<Encoder>);

impl Counters {
    /// Takes a packed vocabulary (`crates/tokens/data/*.tokens`) that was fetched; loading one twice is harmless.
    ///
    /// # Errors
    /// [`PackedError`], when the data is truncated, damaged or something else.
    pub fn load(&mut self, packed: Vec<u8>) -> Result<Vocabulary, PackedError> {
        let encoder = Encoder::from_packed(packed)?;
        let vocabulary = encoder.vocabulary();
        if self.encoder(vocabulary).is_none() {
            self.0.push(encoder);
        }
        Ok(vocabulary)
    }

    /// The tokens of `text` for the model `model_id`, rounded up, and by which vocabulary, or `estimate`.
    pub fn count(&mut self, counting: Counting, model_id: &str, text: &str) -> (u64, &'static str) {
        match counting.vocabulary(model_id).and_then(|vocabulary| self.encoder(vocabulary)) {
            Some(encoder) => (encoder.count(text) as u64, encoder.vocabulary().name()),
            None => (estimate(text).ceil(), "estimate"),
        }
    }

    fn encoder(&mut self, vocabulary: Vocabulary) -> Option<&mut Encoder> {
        let place = match self.0.iter().position(|known| known.vocabulary() == vocabulary) {
            Some(place) => place,
            None => {
                self.0.push(Encoder::new(vocabulary)?);
                self.0.len() - 1
            }
        };
        self.0.get_mut(place)
    }
}

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
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    Weight::quarters(units as u64)
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

    #[test]
    fn one_text() {
        let mut counters = Counters::default();
        for (text, counting, model, tokens, counted_by) in [
            ("Where is my order?", Counting::Auto, "gpt-4o", 5, "o200k_base"),
            ("Where is my order?", Counting::Auto, "support-small", 5, "estimate"),
            ("Where is my order?", Counting::Exact(Vocabulary::Cl100k), "gpt-4o", 5, "cl100k_base"),
            ("", Counting::Auto, "gpt-4o", 0, "o200k_base"),
            ("\u{1F600}\u{1F600}\u{e9}", Counting::Estimate, "gpt-4o", 2, "estimate"),
        ] {
            assert_eq!(counters.count(counting, model, text), (tokens, counted_by), "{text} {model}");
        }
    }

    #[test]
    fn vocabularies_are_loaded_once_and_damage_is_refused() {
        let packed = Vocabulary::O200k.embedded().unwrap();
        let mut counters = Counters::default();
        for _ in 0..2 {
            assert_eq!(counters.load(packed.to_vec()), Ok(Vocabulary::O200k));
        }
        assert_eq!(counters.0.len(), 1);
        assert_eq!(counters.count(Counting::Auto, "gpt-4o", "Where is my order?").0, 5);
        for damaged in [&packed[..0], &packed[..1000], b"not a vocabulary"] {
            assert!(counters.load(damaged.to_vec()).is_err());
        }
    }

    #[test]
    fn encoders_are_made_once() {
        let mut counters = Counters::default();
        for _ in 0..3 {
            counters.encoder(Vocabulary::O200k).unwrap();
        }
        assert_eq!(counters.0.len(), 1);
    }
}
