//! Logistic regression on the stretch of each message that looks worst.
//!
//! A long jailbreak hides its attack, and a long innocent text has one bad sentence: so training
//! looks at messages as scoring does. In every epoch each message stands for its highest window
//! under the weights so far (multiple-instance learning); AdaGrad, L2, sources weighted by the
//! root of their size. One thread, fixed order, and no function of the platform's C library:
//! the same bytes on every machine.

use super::corpus::{Message, Tone};
use super::grammar::Seed;
use super::linear::Linear;
use super::recipe::Recipe;
use crate::benign::Sort;
use promptgate_guard::injection::classifier::{HEADER_LEN, TABLE_LEN, header};
use std::collections::BTreeMap;

/// Step size of the first epoch.
const RATE: f32 = 0.3;

/// Steps of a weight of the table; what lies beyond ±127 steps is cut.
const STEP: f32 = 1.0 / 24.0;

/// A message as the learner reads it: feature indexes and word ends.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(super) features: Vec<u32>,
    pub(super) ends: Vec<usize>,
    /// What the second classifier reads: each stretch's features, once; of a message without cue
    /// words all.
    stretches: Vec<Vec<u32>>,
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
        let all = [(0, message.ends.len())];
        let stretches = if message.stretches.is_empty() { &all[..] } else { &message.stretches };
        let stretches = stretches.iter().map(|range| whole_features(message, *range, recipe)).collect();
        Self { features, ends, stretches }
    }

    /// Where the features of the words before the `word`th end.
    pub(super) fn offset(&self, word: usize) -> usize {
        word.checked_sub(1).and_then(|last| self.ends.get(last).copied()).unwrap_or(0)
    }
}

/// The features of the words in `range` that the second classifier reads, each once.
fn whole_features(message: &Message, (first, last): (usize, usize), recipe: &Recipe) -> Vec<u32> {
    let end = |word: usize| word.checked_sub(1).and_then(|last| message.ends.get(last).copied()).unwrap_or(0);
    let features = message.features.get(end(first)..end(last)).unwrap_or_default();
    let mut found: Vec<u32> = features
        .iter()
        .filter(|(kind, _)| recipe.whole_kinds.contains(kind))
        .map(|(_, hash)| (hash >> (64 - recipe.whole_bits)) as u32)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A trained model in full precision.
#[derive(Debug)]
pub(crate) struct Weights {
    windows: Linear,
    whole: Linear,
}

impl Weights {
    /// The highest value of any window with its stretch's, biases included; the least number there
    /// is without a cue word.
    pub(crate) fn value(&self, message: &Message, indexed: &Indexed, recipe: &Recipe) -> f32 {
        let mut highest = f32::MIN;
        for (range, features) in message.stretches.iter().zip(&indexed.stretches) {
            let window = self.windows.highest(message, indexed, recipe, *range, false);
            let window = window.map_or(0.0, |window| window.value) + self.windows.bias;
            let whole = self.whole.value(features) + self.whole.bias;
            highest = highest.max(recipe.window_factor * window + recipe.whole_factor * whole);
        }
        highest
    }

    /// The value behind a raw value of [`Weights::table`]; the least there is for none.
    pub(crate) fn value_of(&self, raw: f32) -> f32 {
        if raw > f32::MIN { raw * STEP + self.windows.bias + self.whole.bias } else { f32::MIN }
    }

    /// The weights in eight bits, behind a header that makes the logistic of
    /// `slope · (value) + offset` the score; sentences within a text need `margin` more.
    pub(crate) fn table(&self, slope: f32, offset: f32, margin: f32) -> Box<[u8; TABLE_LEN]> {
        let mut table = Box::new([0; TABLE_LEN]);
        let weights = self.windows.weights.iter().chain(&self.whole.weights);
        for (byte, weight) in table.iter_mut().zip(weights) {
            let steps = (weight / STEP).round().clamp(-127.0, 127.0) as i8;
            [*byte] = steps.to_le_bytes();
        }
        let header = header(slope * STEP, offset + slope * (self.windows.bias + self.whole.bias), margin / STEP);
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
        .filter(|(message, _)| {
            !message.held_out
                && take(message)
                && (recipe.grammar || !message.source.starts_with("grammar_"))
                && (recipe.generated || message.family.is_empty())
        })
        .collect();
    if recipe.once {
        let mut seen = std::collections::BTreeSet::new();
        taken.retain(|(message, _)| seen.insert((message.opening, message.attack)));
    }
    let shares = shares(&taken, recipe);
    let mut model = Weights {
        windows: Linear::new(recipe.bits, recipe.l2),
        whole: Linear::new(recipe.whole_bits, recipe.whole_l2),
    };
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
            let goal = if message.attack { 1.0 } else { 0.0 };
            let words = (0, indexed.ends.len());
            if let Some(window) = model.windows.highest(message, indexed, recipe, words, epoch == 0) {
                model.windows.step(window.features, window.value, goal, *share, rate);
            }
            let whole = indexed.stretches.iter().map(|features| (model.whole.value(features), features));
            if let Some((value, features)) = whole.max_by(|a, b| a.0.total_cmp(&b.0)) {
                model.whole.step(features, value, goal, *share, rate);
            }
        }
    }
    // The header lies over the first weights: nobody may learn to need them.
    for weight in model.windows.weights.iter_mut().take(HEADER_LEN) {
        *weight = 0.0;
    }
    model
}

/// The weight of each message: of its class, of its source, of its tone.
fn shares(taken: &[(&Message, &Indexed)], recipe: &Recipe) -> Vec<f32> {
    let mut sizes: BTreeMap<(&str, &str, bool), f32> = BTreeMap::new();
    fn key<'k>(message: &'k Message, recipe: &Recipe) -> (&'k str, &'k str, bool) {
        (&message.source, if recipe.by_family { message.family } else { "" }, message.attack)
    }
    for (message, _) in taken {
        *sizes.entry(key(message, recipe)).or_default() += 1.0;
    }
    let of_source = |message: &Message| {
        let size = sizes.get(&key(message, recipe));
        let everyday = [Sort::Instructions, Sort::Everyday].iter().any(|sort| sort.source() == message.source);
        let factor = if everyday { recipe.everyday } else { 1.0 };
        factor * if recipe.by_size { 1.0 } else { 1.0 / size.copied().unwrap_or(1.0).sqrt() }
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
