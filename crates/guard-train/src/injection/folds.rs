//! Leave one source out: every message is scored by a model that saw nothing of its source.
//!
//! A fold leaves out one attack source (or one family of sources that share sentences) and one
//! half of the benign sources. Attacks that start like one of the fold's are left out of its
//! training as well, wherever they stand, since the public sets copy from each other.

use super::corpus::{Half, Message, Tone, own};
use super::learn::{Indexed, Recipe, Weights, learn};
use promptgate_guard::injection::classifier::Model;
use promptgate_guard::injection::{raw, strongest};
use std::collections::{BTreeMap, BTreeSet};

/// The false-positive rates that thresholds are set for: at scores of 0.2 and 0.5.
pub(crate) const RATES: [f32; 2] = [0.01, 0.001];

/// Messages, their features under a recipe, and what the phrase rules say of them.
pub(crate) struct Bench<'a> {
    pub(crate) messages: &'a [Message],
    indexed: Vec<Indexed>,
    recipe: Recipe,
    phrase: Vec<bool>,
}

/// What a fold gave, in shares of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) attacks: usize,
    /// Recall of the classifier where 1 % and 0.1 % of the left-out easy benign are flagged.
    pub(crate) alone: [f32; 2],
    /// The same with the phrase rules.
    pub(crate) joined: [f32; 2],
    /// Recall with the phrase rules where 1 % and 0.1 % of the left-out easy and hard are.
    pub(crate) strict: [f32; 2],
    /// Recall with the phrase rules at thresholds found in training data only.
    pub(crate) fixed: [f32; 2],
    /// Share of left-out easy and hard benign flagged at those.
    pub(crate) easy: [f32; 2],
    pub(crate) hard: [f32; 2],
}

impl<'a> Bench<'a> {
    pub(crate) fn new(messages: &'a [Message], recipe: &Recipe) -> Self {
        let silent = super::silent();
        Self {
            messages,
            indexed: messages.iter().map(|message| Indexed::new(message, recipe)).collect(),
            recipe: recipe.clone(),
            phrase: messages
                .iter()
                .map(|message| {
                    let model = Model::read(&silent);
                    model.is_some_and(|model| strongest(&message.text, model) >= 0.5)
                })
                .collect(),
        }
    }

    pub(crate) fn learn(&self, take: impl Fn(&Message) -> bool) -> Weights {
        learn(self.messages, &self.indexed, &self.recipe, take)
    }

    /// The value of each message for which `take` holds, and whether a phrase rule fires.
    fn values(&self, weights: &Weights, take: impl Fn(&Message) -> bool) -> Vec<(f32, bool)> {
        let table = weights.table(1.0, 0.0);
        let model = Model::read(&table).filter(|_| self.recipe.as_shipped);
        let rows = self.messages.iter().zip(&self.indexed).zip(&self.phrase);
        rows.filter(|((message, _), _)| take(message))
            .map(|((message, indexed), phrase)| {
                let value = match model {
                    Some(model) => weights.value_of(raw(&message.text, model)),
                    None => weights.value(message, indexed, &self.recipe),
                };
                (value, *phrase)
            })
            .collect()
    }

    /// Values exceeded by 1 % and 0.1 % of the benign messages for which `take` holds, each scored
    /// by a model trained on the others' sources.
    pub(crate) fn thresholds(&self, take: impl Fn(&Message) -> bool) -> [f32; 2] {
        let sources: BTreeSet<&str> = self
            .messages
            .iter()
            .filter(|message| take(message) && !message.attack && !own(&message.source))
            .map(|message| message.source.as_str())
            .collect();
        let mut values = Vec::new();
        for source in sources {
            let weights = self.learn(|message| take(message) && message.source != source);
            let scored = self.values(&weights, |message| take(message) && !message.attack && message.source == source);
            values.extend(scored.into_iter().map(|(value, _)| value));
        }
        RATES.map(|rate| exceeded(&mut values, rate))
    }

    /// One fold, over both halves of the benign sources. `fixed` asks for the thresholds from
    /// training data, which take ten times as long.
    pub(crate) fn fold(&self, left_out: &[&str], fixed: bool) -> Outcome {
        let mut outcome = Outcome::default();
        let attack = |message: &Message| message.attack && left_out.contains(&message.source.as_str());
        let openings: BTreeSet<u64> =
            self.messages.iter().filter(|message| attack(message)).map(|message| message.opening).collect();
        for half in [Half::First, Half::Second] {
            let taken = |message: &Message| {
                !left_out.contains(&message.source.as_str())
                    && message.half != half
                    && !(message.attack && openings.contains(&message.opening))
            };
            let weights = self.learn(taken);
            let benign = |tone| {
                let tested = move |message: &Message| !message.attack && message.half == half && message.tone == tone;
                let scored = self.values(&weights, tested);
                scored.into_iter().map(|(value, _)| value).collect::<Vec<_>>()
            };
            let (mut easy, hard) = (benign(Tone::Easy), benign(Tone::Hard));
            let mut both = [easy.as_slice(), &hard].concat();
            let attacks = self.values(&weights, attack);
            outcome.attacks = attacks.len();
            let at = |threshold: f32, phrases: bool| {
                share(attacks.iter().map(|(value, phrase)| *value > threshold || phrases && *phrase)) / 2.0
            };
            let found = fixed.then(|| self.thresholds(taken));
            for (place, rate) in RATES.into_iter().enumerate() {
                let own = exceeded(&mut easy, rate);
                let strict = exceeded(&mut both, rate);
                let add = |to: &mut [f32; 2], value: f32| {
                    if let Some(to) = to.get_mut(place) {
                        *to += value;
                    }
                };
                add(&mut outcome.alone, at(own, false));
                add(&mut outcome.joined, at(own, true));
                add(&mut outcome.strict, at(strict, true));
                if let Some(threshold) = found.and_then(|found| found.get(place).copied()) {
                    add(&mut outcome.fixed, at(threshold, true));
                    let over = |values: &[f32]| share(values.iter().map(|v| *v > threshold)) / 2.0;
                    add(&mut outcome.easy, over(&easy));
                    add(&mut outcome.hard, over(&hard));
                }
            }
        }
        outcome
    }

    /// Share of each source's messages that the phrase rules alone flag.
    pub(crate) fn phrases(&self) -> BTreeMap<(bool, &str), (usize, usize)> {
        let mut shares: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
        for (message, fired) in self.messages.iter().zip(&self.phrase) {
            let share = shares.entry((!message.attack, message.source.as_str())).or_default();
            share.0 += usize::from(*fired);
            share.1 += 1;
        }
        shares
    }
}

/// The least of `values` that at most `rate` of them exceed. Sorts them.
fn exceeded(values: &mut [f32], rate: f32) -> f32 {
    values.sort_by(|a, b| b.total_cmp(a));
    let over = (values.len() as f32 * rate) as usize;
    values.get(over).copied().unwrap_or(f32::MAX)
}

fn share(held: impl ExactSizeIterator<Item = bool>) -> f32 {
    let all = held.len().max(1);
    held.filter(|held| *held).count() as f32 / all as f32
}
