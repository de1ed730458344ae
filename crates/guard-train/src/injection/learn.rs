//! Logistic regression on the stretch of each message that looks worst.
//!
//! A long jailbreak hides its attack, and a long innocent text has one bad sentence: so training
//! looks at messages as scoring does. In every epoch each message stands for its highest window
//! under the weights so far (multiple-instance learning); AdaGrad, L2, sources weighted by the
//! root of their size. One thread, fixed order, and no function of the platform's C library:
//! the same bytes on every machine.

use super::corpus::{Message, Tone};
use super::grammar::Seed;
use promptgate_guard::injection::classifier::{HEADER_LEN, PRIOR, TABLE_LEN, WINDOWS, header};
use promptgate_guard::injection::words::{Break, Kind};
use std::collections::BTreeMap;

/// What is trained, and how. [`Recipe::CHOSEN`] is what ships.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) kinds: &'static [Kind],
    /// Weights: two to this power.
    pub(crate) bits: u32,
    pub(crate) windows: &'static [usize],
    /// The whole message counts as a window, however long.
    pub(crate) whole: bool,
    /// Sentences and lines count as windows.
    pub(crate) lines: bool,
    pub(crate) epochs: usize,
    /// Share of the weight that attacks have.
    pub(crate) attacks: f32,
    /// Factor on hard benign messages.
    pub(crate) hard: f32,
    /// Weight of a source: its size to the power one half, or one.
    pub(crate) by_size: bool,
    pub(crate) l2: f32,
    /// The sentences written for training take part.
    pub(crate) grammar: bool,
    /// Messages with the same opening count once.
    pub(crate) once: bool,
    /// Tested as it ships: eight bits, and only where there are cues.
    pub(crate) as_shipped: bool,
}

impl Recipe {
    pub(crate) const CHOSEN: Self = Self {
        kinds: &[Kind::Gram5, Kind::Word, Kind::Bigram, Kind::Class, Kind::ClassPair],
        bits: TABLE_LEN.trailing_zeros(),
        windows: &WINDOWS,
        whole: false,
        lines: false,
        epochs: 12,
        attacks: 0.4,
        hard: 1.0,
        by_size: false,
        l2: 1e-4,
        grammar: true,
        once: false,
        as_shipped: true,
    };
}

/// Step size of the first epoch.
const RATE: f32 = 0.3;

/// Steps of a weight of the table; what lies beyond ±127 steps is cut.
const STEP: f32 = 1.0 / 24.0;

/// A trained model in full precision.
#[derive(Debug)]
pub(crate) struct Weights {
    weights: Vec<f32>,
    bias: f32,
}

/// A message as the learner reads it: feature indexes and word ends.
#[derive(Debug)]
pub(crate) struct Indexed {
    features: Vec<u32>,
    ends: Vec<usize>,
}

impl Indexed {
    pub(crate) fn new(message: &Message, recipe: &Recipe) -> Self {
        let mut features = Vec::with_capacity(message.features.len());
        let mut ends = Vec::with_capacity(message.ends.len());
        let mut from = 0;
        for &end in &message.ends {
            let word = message.features.get(from..end).unwrap_or_default();
            for (kind, hash) in word {
                if recipe.kinds.contains(kind) {
                    features.push((hash >> (64 - recipe.bits)) as u32);
                }
            }
            ends.push(features.len());
            from = end;
        }
        Self { features, ends }
    }

    /// Where the features of the words before the `word`th end.
    fn offset(&self, word: usize) -> usize {
        word.checked_sub(1).and_then(|last| self.ends.get(last).copied()).unwrap_or(0)
    }
}

/// A window: its raw value without bias, and its features.
struct Window<'a> {
    value: f32,
    features: &'a [u32],
}

impl Weights {
    /// The highest value of any window, bias included.
    pub(crate) fn value(&self, message: &Message, indexed: &Indexed, recipe: &Recipe) -> f32 {
        self.highest(message, indexed, recipe, false).map_or(f32::MIN, |window| window.value + self.bias)
    }

    /// The value behind a raw value of [`Weights::table`]; the least there is for none.
    pub(crate) fn value_of(&self, raw: f32) -> f32 {
        if raw > 0.0 { raw * STEP + self.bias } else { f32::MIN }
    }

    fn weight(&self, feature: u32) -> f32 {
        self.weights.get(feature as usize).copied().unwrap_or(0.0)
    }

    fn highest<'a>(
        &self,
        message: &Message,
        indexed: &'a Indexed,
        recipe: &Recipe,
        whole_only: bool,
    ) -> Option<Window<'a>> {
        let words = indexed.ends.len();
        let mut sums = Vec::with_capacity(words + 1);
        sums.push(0.0);
        let (mut sum, mut from) = (0.0, 0);
        for &end in &indexed.ends {
            for &feature in indexed.features.get(from..end)? {
                sum += self.weight(feature);
            }
            sums.push(sum);
            from = end;
        }
        let mut best = (f32::MIN, 0, 0);
        let mut consider = |first: usize, last: usize| {
            let count = indexed.offset(last) - indexed.offset(first);
            let sum = sums.get(last).unwrap_or(&0.0) - sums.get(first).unwrap_or(&0.0);
            let value = sum / (count as f32 + PRIOR).sqrt();
            if value > best.0 && count > 0 {
                best = (value, first, last);
            }
        };
        if recipe.whole || whole_only {
            consider(0, words);
        }
        if !whole_only {
            for &window in recipe.windows {
                if words <= window {
                    consider(0, words);
                }
                for last in window..=words {
                    consider(last - window, last);
                }
            }
            if recipe.lines {
                let mut first = 0;
                for word in 1..=words {
                    let ended = message.breaks.get(word).is_none_or(|b| *b > Break::None);
                    if ended {
                        if word - first >= 3 {
                            consider(first, word);
                        }
                        first = word;
                    }
                }
            }
        }
        let (value, first, last) = best;
        let features = indexed.features.get(indexed.offset(first)..indexed.offset(last))?;
        (!features.is_empty()).then_some(Window { value, features })
    }

    /// The weights in eight bits, behind a header that makes the logistic of
    /// `slope · (value) + offset` the score.
    pub(crate) fn table(&self, slope: f32, offset: f32) -> Box<[u8; TABLE_LEN]> {
        let mut table = Box::new([0; TABLE_LEN]);
        for (byte, weight) in table.iter_mut().zip(&self.weights) {
            let steps = (weight / STEP).round().clamp(-127.0, 127.0) as i8;
            [*byte] = steps.to_le_bytes();
        }
        let header = header(slope * STEP, offset + slope * self.bias);
        for (byte, of_header) in table.iter_mut().zip(header) {
            *byte = of_header;
        }
        table
    }
}

/// Trains on the messages for which `take` holds.
pub(crate) fn learn(
    messages: &[Message],
    indexed: &[Indexed],
    recipe: &Recipe,
    take: impl Fn(&Message) -> bool,
) -> Weights {
    let mut taken: Vec<(&Message, &Indexed)> = messages
        .iter()
        .zip(indexed)
        .filter(|(message, _)| take(message) && (recipe.grammar || !super::corpus::own(&message.source)))
        .collect();
    if recipe.once {
        let mut seen = std::collections::BTreeSet::new();
        taken.retain(|(message, _)| seen.insert((message.opening, message.attack)));
    }
    let shares = shares(&taken, recipe);
    let mut model = Weights { weights: vec![0.0; 1 << recipe.bits], bias: 0.0 };
    let mut squares = vec![1e-6_f32; 1 << recipe.bits];
    let mut bias_squares = 1e-6_f32;
    let mut order: Vec<usize> = (0..taken.len()).collect();
    let mut seed = Seed(0x1234_5678_9abc_def1);
    for epoch in 0..recipe.epochs {
        for at in (1..order.len()).rev() {
            order.swap(at, seed.below(at + 1));
        }
        let rate = RATE * (1.0 - epoch as f32 / recipe.epochs as f32).max(0.1);
        for &at in &order {
            let (Some((message, indexed)), Some(share)) = (taken.get(at), shares.get(at)) else {
                continue;
            };
            let Some(window) = model.highest(message, indexed, recipe, epoch == 0) else {
                continue;
            };
            let goal = if message.attack { 1.0 } else { 0.0 };
            let slope = (logistic(window.value + model.bias) - goal) * share;
            if slope.abs() < 1e-4 {
                continue;
            }
            bias_squares += slope * slope;
            model.bias -= rate * slope / bias_squares.sqrt();
            let slope = slope / (window.features.len() as f32 + PRIOR).sqrt();
            for &feature in window.features {
                let at = feature as usize;
                if let (Some(weight), Some(square)) = (model.weights.get_mut(at), squares.get_mut(at)) {
                    let slope = slope + recipe.l2 * *weight;
                    *square += slope * slope;
                    *weight -= rate * slope / square.sqrt();
                }
            }
        }
    }
    // The header lies over the first weights: nobody may learn to need them.
    for weight in model.weights.iter_mut().take(HEADER_LEN) {
        *weight = 0.0;
    }
    model
}

/// The weight of each message: of its class, of its source, of its tone.
fn shares(taken: &[(&Message, &Indexed)], recipe: &Recipe) -> Vec<f32> {
    let mut sizes: BTreeMap<(&str, bool), f32> = BTreeMap::new();
    for (message, _) in taken {
        *sizes.entry((&message.source, message.attack)).or_default() += 1.0;
    }
    let of_source = |message: &Message| {
        let size = sizes.get(&(message.source.as_str(), message.attack));
        if recipe.by_size { 1.0 } else { 1.0 / size.copied().unwrap_or(1.0).sqrt() }
    };
    let (mut attacks, mut benign) = (0.0_f32, 0.0_f32);
    for (message, _) in taken {
        *(if message.attack { &mut attacks } else { &mut benign }) += of_source(message);
    }
    taken
        .iter()
        .map(|(message, _)| {
            let (class, total) =
                if message.attack { (recipe.attacks, attacks) } else { (1.0 - recipe.attacks, benign) };
            let tone = match message.tone {
                Tone::Hard if !message.attack => recipe.hard,
                _ => 1.0,
            };
            of_source(message) / total * taken.len() as f32 * class * tone
        })
        .collect()
}

/// 1 / (1 + e^-x) by additions and multiplications only, to seven digits.
fn logistic(x: f32) -> f32 {
    let x = f64::from(x.clamp(-30.0, 30.0));
    let power = -x * std::f64::consts::LOG2_E;
    let whole = power.floor();
    let rest = (power - whole) * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for step in 1..12 {
        term *= rest / f64::from(step);
        sum += term;
    }
    let scale = f64::from_bits(((whole as i64 + 1023) as u64) << 52);
    (1.0 / (1.0 + sum * scale)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_is_the_logistic() {
        for x in [-20.0_f32, -3.3, -0.1, 0.0, 0.7, 5.0, 25.0] {
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(logistic(x)) - expected).abs() < 1e-6, "{x}");
        }
    }
}
