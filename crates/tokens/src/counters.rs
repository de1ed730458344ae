//! Counts for a model: exactly where its vocabulary is known, else by an estimate.

use alloc::vec::Vec;

use crate::{Encoder, PackedError, Vocabulary};

/// How tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Exactly where the model's vocabulary is known, else by the estimate.
    #[default]
    Auto,
    /// A quarter of a token per UTF-16 code unit.
    Estimate,
    /// Exactly, in this vocabulary, whatever the model.
    Exact(Vocabulary),
}

impl Counting {
    /// The vocabulary in which texts for the model `model_id` are counted; `None` where they are estimated.
    pub fn vocabulary(self, model_id: &str) -> Option<Vocabulary> {
        match self {
            Counting::Auto => Vocabulary::for_model(model_id),
            Counting::Estimate => None,
            Counting::Exact(vocabulary) => Some(vocabulary),
        }
    }
}

/// The encoders, made when first asked for and kept: what they have seen makes them faster.
///
/// A vocabulary that is not embedded is there once it has been loaded; until then its texts are estimated. None is
/// embedded by default.
#[derive(Default)]
pub struct Counters {
    embedded: &'static [(Vocabulary, &'static [u8])],
    encoders: Vec<Encoder>,
    missing: Vec<Vocabulary>,
}

impl Counters {
    /// Counters for the vocabularies of the program, packed; one is read when it is first asked for.
    pub const fn embedded(embedded: &'static [(Vocabulary, &'static [u8])]) -> Counters {
        Counters { embedded, encoders: Vec::new(), missing: Vec::new() }
    }

    /// Takes a packed vocabulary (`crates/tokens/data/*.tokens`) that was fetched; loading one twice is harmless.
    ///
    /// # Errors
    /// [`PackedError`], when the data is truncated, damaged or something else.
    pub fn load(&mut self, packed: Vec<u8>) -> Result<Vocabulary, PackedError> {
        let encoder = Encoder::from_packed(packed)?;
        let vocabulary = encoder.vocabulary();
        if self.encoder(vocabulary).is_none() {
            self.encoders.push(encoder);
        }
        Ok(vocabulary)
    }

    /// The tokens of `text` for the model `model_id`, rounded up, and by which vocabulary, or `estimate`.
    pub fn count(&mut self, counting: Counting, model_id: &str, text: &str) -> (u64, &'static str) {
        let wanted = counting.vocabulary(model_id);
        if let Some(encoder) = wanted.and_then(|vocabulary| self.encoder(vocabulary)) {
            return (encoder.count(text) as u64, encoder.vocabulary().name());
        }
        self.missing.extend(wanted.filter(|vocabulary| !self.missing.contains(vocabulary)));
        (estimated_quarters(text).div_ceil(4), "estimate")
    }

    /// The vocabularies in which texts should have been counted since this was last asked, and that were not there: who
    /// loads them and counts again has exact counts, and who never counts loads none.
    pub fn missing(&mut self) -> Vec<Vocabulary> {
        core::mem::take(&mut self.missing)
    }

    /// The encoder of `vocabulary`, if that is embedded or loaded.
    pub fn encoder(&mut self, vocabulary: Vocabulary) -> Option<&mut Encoder> {
        let place = match self.encoders.iter().position(|known| known.vocabulary() == vocabulary) {
            Some(place) => place,
            None => {
                let (_, packed) = self.embedded.iter().find(|(name, _)| *name == vocabulary)?;
                self.encoders.push(Encoder::embedded(packed).ok()?);
                self.encoders.len() - 1
            }
        };
        self.encoders.get_mut(place)
    }
}

/// The estimate, in quarters of a token: one for each UTF-16 code unit.
pub fn estimated_quarters(text: &str) -> u64 {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    units as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTERS: Counters = Counters::embedded(&[
        (Vocabulary::Cl100k, Vocabulary::Cl100k.packed()),
        (Vocabulary::O200k, Vocabulary::O200k.packed()),
    ]);

    #[test]
    fn one_text() {
        let mut counters = COUNTERS;
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
        let packed = Vocabulary::O200k.packed();
        let mut counters = Counters::default();
        for _ in 0..2 {
            assert_eq!(counters.load(packed.to_vec()), Ok(Vocabulary::O200k));
        }
        assert_eq!(counters.encoders.len(), 1);
        assert_eq!(counters.count(Counting::Auto, "gpt-4o", "Where is my order?").0, 5);
        for damaged in [&packed[..0], &packed[..1000], b"not a vocabulary"] {
            assert!(counters.load(damaged.to_vec()).is_err());
        }
    }

    #[test]
    fn nothing_is_missing_where_all_is_embedded() {
        let mut counters = COUNTERS;
        counters.count(Counting::Auto, "gpt-4o", "Where is my order?");
        assert_eq!(counters.missing(), []);
    }

    #[test]
    fn encoders_are_made_once() {
        let mut counters = COUNTERS;
        for _ in 0..3 {
            counters.encoder(Vocabulary::O200k).unwrap();
        }
        assert_eq!(counters.encoders.len(), 1);
    }
}
