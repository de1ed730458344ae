//! The second classifier: which features a text has, each once, whatever its length.

use super::super::words::{self, Kind, Sink, Word};
use super::{Model, PRIOR, WEIGHTS, whole_index};
use crate::work;

/// The second classifier's value of a text.
#[derive(Debug)]
pub(crate) struct Whole<'a> {
    pub(in crate::injection) model: Model<'a>,
    seen: [u64; WEIGHTS / 64],
    weight: i32,
    features: i32,
}

impl<'a> Whole<'a> {
    pub(crate) fn new(model: Model<'a>) -> Self {
        Self { model, seen: [0; WEIGHTS / 64], weight: 0, features: 0 }
    }

    /// Forgets what has been read.
    pub(crate) fn clear(&mut self) {
        work::count(self.seen.len() / 8);
        self.seen.fill(0);
        (self.weight, self.features) = (0, 0);
    }

    /// A raw value, of what has been read.
    pub(crate) fn value(&self) -> f32 {
        self.weight as f32 / (self.features as f32 + PRIOR).sqrt()
    }
}

impl Sink for Whole<'_> {
    const SHORT_PIECES: bool = true;

    #[inline]
    fn feature(&mut self, kind: Kind, hash: u64) {
        let Some(index) = whole_index(kind, hash) else {
            return;
        };
        let (place, bit) = ((index - WEIGHTS) / 64, 1 << (index % 64));
        if let Some(seen) = self.seen.get_mut(place)
            && *seen & bit == 0
        {
            *seen |= bit;
            self.weight += self.model.weight(index);
            self.features += 1;
        }
    }

    #[inline]
    fn word(&mut self, _: &Word) {}
}

/// What the second classifier makes of `text`: a raw value that is added to every window's.
pub fn whole(text: &str, model: Model<'_>) -> f32 {
    let mut sink = Whole::new(model);
    words::read(text, &mut sink);
    sink.value()
}
