//! Leave one source out: every message is scored by a model that saw nothing of its source.
//!
//! A fold leaves out one attack source (or one family of sources that share sentences) and one
//! half of the benign sources. Attacks that start like one of the fold's are left out of its
//! training as well, wherever they stand, since the public sets copy from each other. The two
//! thresholds of a fold's score come from what it was trained on, each part of it scored by a model
//! without that part.

use super::corpus::{Half, Message, Tone, own};
use super::learn::{Indexed, Weights, learn};
use super::recipe::Recipe;
use crate::benign::Sort;
use promptgate_guard::injection::classifier::Model;
use promptgate_guard::injection::{raw, raw_within, strongest};
use std::collections::{BTreeMap, BTreeSet};

/// From these scores on a message is flagged, and refused.
pub(crate) const GRADES: [f32; 2] = [0.5, 0.85];

/// Shares of benign messages that may be flagged, and refused: easy ones, hard ones, and pastes
/// (code, logs, tables, documentation).
pub(super) const EASY: [f32; 2] = [0.001, 0.0002];
pub(super) const HARD: [f32; 2] = [0.04, 0.005];
pub(super) const PASTES: [f32; 2] = [0.04, 0.003];

/// Shares of easy and hard benign messages, pastes and passages that may be flagged, or refused, besides for a sentence
/// within them. A passage has some forty messages, of which one in a thousand may be flagged alone.
pub(super) const WITHIN: [f32; 4] = [0.001, 0.005, 0.02, 0.01];

/// Bytes of a passage: easy messages of one source, or of one generated family, one after the other.
const PASSAGE: usize = 3000;

/// Parts that benign sources and families are scored in, each by a model that was trained on the others.
const PARTS: usize = 3;

/// Messages, their features under a recipe, and what the phrase rules say of them.
pub(crate) struct Bench<'a> {
    pub(crate) messages: &'a [Message],
    indexed: Vec<Indexed>,
    recipe: Recipe,
    phrase: Vec<f32>,
}

/// Where the score says something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thresholds {
    /// The value at which a message is flagged.
    pub(crate) flagged: f32,
    /// And refused.
    pub(crate) refused: f32,
    /// How much more a sentence within a message needs.
    pub(crate) margin: f32,
}

/// The values of benign texts as a whole, and of the worst sentence in each.
#[derive(Debug, Default)]
struct Within {
    easy: Vec<[f32; 2]>,
    hard: Vec<[f32; 2]>,
    pastes: Vec<[f32; 2]>,
    passages: Vec<[f32; 2]>,
}

impl Within {
    /// The least margin with which sentences bring no more than the permitted shares of texts, that would pass as a
    /// whole, over the thresholds.
    fn margin(&self, thresholds: [f32; 2]) -> f32 {
        let sets = [&self.easy, &self.hard, &self.pastes, &self.passages];
        let needed = thresholds.into_iter().flat_map(|threshold| {
            sets.into_iter().zip(WITHIN).map(move |(texts, rate)| {
                let passes = |[whole, within]: &[f32; 2]| if *whole < threshold { *within } else { f32::MIN };
                exceeded(&mut texts.iter().map(passes).collect::<Vec<_>>(), rate) - threshold
            })
        });
        needed.fold(0.0, f32::max)
    }
}

/// What a fold gave, in shares of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) attacks: usize,
    /// Recall of the score where 1 % and 0.1 % of the left-out easy benign are flagged.
    pub(crate) at: [f32; 2],
    /// Recall where besides 0.1 % of easy at most 2 % of hard and 0.2 % of pastes are.
    pub(crate) strict: [f32; 1],
    /// Recall at the grades, whose thresholds are from training data only.
    pub(crate) graded: [f32; 2],
    /// Share of left-out easy and hard benign flagged and refused.
    pub(crate) easy: [f32; 2],
    pub(crate) hard: [f32; 2],
    /// Share of generated texts of held-out families flagged and refused, by [`Sort::ALL`].
    pub(crate) own: [[f32; 2]; Sort::ALL.len()],
}

impl Outcome {
    /// Every share in the order of the fields: five of recall, four of public benign messages, two
    /// for each sort of generated ones.
    pub(crate) fn shares(&self) -> Vec<f32> {
        let recall = self.at.iter().chain(&self.strict).chain(&self.graded);
        recall.chain(&self.easy).chain(&self.hard).chain(self.own.as_flattened()).copied().collect()
    }
}

impl<'a> Bench<'a> {
    pub(crate) fn new(messages: &'a [Message], recipe: &Recipe) -> Self {
        let silent = super::silent();
        let phrase = |message: &Message| Model::read(&silent).map_or(0.0, |model| strongest(&message.text, model));
        Self {
            messages,
            indexed: messages.iter().map(|message| Indexed::new(message, recipe)).collect(),
            recipe: recipe.clone(),
            phrase: messages.iter().map(phrase).collect(),
        }
    }

    pub(crate) fn learn(&self, take: impl Fn(&Message) -> bool) -> Weights {
        learn(self.messages, &self.indexed, &self.recipe, take)
    }

    /// The classifiers' value of each message for which `take` holds.
    fn values(&self, weights: &Weights, take: impl Fn(&Message) -> bool) -> Vec<f32> {
        let table = weights.table(1.0, 0.0, 0.0);
        let model = Model::read(&table).filter(|_| self.recipe.as_shipped);
        let rows = self.messages.iter().zip(&self.indexed).filter(|(message, _)| take(message));
        rows.map(|(message, indexed)| match model {
            Some(model) => weights.value_of(raw(&message.text, model)),
            None => weights.value(message, indexed, &self.recipe),
        })
        .collect()
    }

    /// The values at which a message is flagged and refused: the least that no more than the
    /// permitted shares of easy, hard and pasted benign messages exceed, each scored by a model
    /// that was trained without its source. And what a sentence within a message needs more, for the
    /// same of these and of passages.
    pub(crate) fn thresholds(&self, take: impl Fn(&Message) -> bool) -> Thresholds {
        let (mut easy, mut hard, mut pastes) = (Vec::new(), Vec::new(), Vec::new());
        let mut within_texts = Within::default();
        for part in 0..PARTS {
            let within = |m: &Message| !m.attack && !m.source.starts_with("grammar_") && part_of(m) == part;
            let weights = self.learn(|message| take(message) && !within(message));
            let taken = |message: &Message| take(message) && !message.held_out && within(message);
            let scored =
                |kind: &dyn Fn(&Message) -> bool| self.values(&weights, |message| taken(message) && kind(message));
            let is_hard = |message: &Message| !is_pasted(message) && message.tone == Tone::Hard;
            let is_easy = |message: &Message| !own(&message.source) && message.tone == Tone::Easy;
            pastes.extend(scored(&is_pasted));
            hard.extend(scored(&is_hard));
            easy.extend(scored(&is_easy));
            let table = weights.table(1.0, 0.0, 0.0);
            let Some(model) = Model::read(&table) else { continue };
            let both = |text: &str| [raw(text, model), raw_within(text, model)].map(|raw| weights.value_of(raw));
            let texts = |kind: &dyn Fn(&Message) -> bool| -> Vec<&Message> {
                self.messages.iter().filter(|message| taken(message) && kind(message)).collect()
            };
            within_texts.pastes.extend(texts(&is_pasted).iter().map(|message| both(&message.text)));
            within_texts.hard.extend(texts(&is_hard).iter().map(|message| both(&message.text)));
            within_texts.easy.extend(texts(&is_easy).iter().map(|message| both(&message.text)));
            let talk = texts(&|message| is_easy(message) || message.source == Sort::Centre.source());
            within_texts.passages.extend(passages(&talk).iter().map(|text| both(text)));
        }
        let mut at = [0.0; 2];
        for (threshold, ((of_easy, of_hard), of_pastes)) in at.iter_mut().zip(EASY.into_iter().zip(HARD).zip(PASTES)) {
            let of_pastes = exceeded(&mut pastes, of_pastes);
            *threshold = exceeded(&mut easy, of_easy).max(exceeded(&mut hard, of_hard)).max(of_pastes);
        }
        let [flagged, refused] = at;
        let refused = refused.max(flagged + 0.5);
        Thresholds { flagged, refused, margin: within_texts.margin([flagged, refused]) }
    }

    /// One fold, over both halves of the benign sources.
    pub(crate) fn fold(&self, left_out: &[&str]) -> Outcome {
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
            let table = super::calibrated(&weights, self.thresholds(taken));
            let Some(model) = Model::read(&table) else {
                continue;
            };
            let scores = |take: &dyn Fn(&Message) -> bool| -> Vec<f32> {
                let taken = self.messages.iter().filter(|message| take(message));
                taken.map(|message| strongest(&message.text, model)).collect()
            };
            let tested = |tone| move |m: &Message| !m.attack && m.half == half && m.tone == tone;
            let (mut easy, mut hard) = (scores(&tested(Tone::Easy)), scores(&tested(Tone::Hard)));
            let own = Sort::ALL.map(|sort| scores(&|message| message.held_out && message.source == sort.source()));
            let pasted = own.iter().zip(Sort::ALL).filter(|(_, sort)| sort.is_pasted());
            let mut pastes: Vec<f32> = pasted.flat_map(|(scores, _)| scores.iter().copied()).collect();
            let attacks = scores(&attack);
            outcome.attacks = attacks.len();
            let over = |scores: &[f32], threshold: f32| share(scores, |score| score > threshold) / 2.0;
            let grade = |scores: &[f32]| GRADES.map(|grade| share(scores, |score| score >= grade) / 2.0);
            let [one_percent, per_mille] = [0.01, 0.001].map(|rate| exceeded(&mut easy, rate));
            let strict = per_mille.max(exceeded(&mut hard, 0.02)).max(exceeded(&mut pastes, 0.002));
            add(&mut outcome.at, [over(&attacks, one_percent), over(&attacks, per_mille)]);
            add(&mut outcome.strict, [over(&attacks, strict)]);
            add(&mut outcome.graded, grade(&attacks));
            add(&mut outcome.easy, grade(&easy));
            add(&mut outcome.hard, grade(&hard));
            for (to, scores) in outcome.own.iter_mut().zip(&own) {
                add(to, grade(scores));
            }
        }
        outcome
    }

    /// The same without calibration, which takes ten times as long: recall of the classifiers alone
    /// at 1 % and 0.1 % of easy, and where hard and pastes are counted too.
    pub(crate) fn quick(&self, left_out: &[&str]) -> ([f32; 2], [f32; 1]) {
        let (mut at, mut strict) = ([0.0; 2], [0.0]);
        let attack = |message: &Message| message.attack && left_out.contains(&message.source.as_str());
        let openings: BTreeSet<u64> = self.messages.iter().filter(|m| attack(m)).map(|m| m.opening).collect();
        for half in [Half::First, Half::Second] {
            let weights = self.learn(|message| {
                !left_out.contains(&message.source.as_str())
                    && message.half != half
                    && !(message.attack && openings.contains(&message.opening))
            });
            let tested = |tone| move |m: &Message| !m.attack && m.half == half && m.tone == tone;
            let mut easy = self.values(&weights, tested(Tone::Easy));
            let mut hard = self.values(&weights, tested(Tone::Hard));
            let mut pastes = self.values(&weights, |message| message.held_out && is_pasted(message));
            let attacks = self.values(&weights, attack);
            let over = |threshold: f32| share(&attacks, |value| value > threshold) / 2.0;
            let [one_percent, per_mille] = [0.01, 0.001].map(|rate| exceeded(&mut easy, rate));
            add(&mut at, [over(one_percent), over(per_mille)]);
            add(&mut strict, [over(per_mille.max(exceeded(&mut hard, 0.02)).max(exceeded(&mut pastes, 0.002)))]);
        }
        (at, strict)
    }

    /// How many of each source's messages the phrase rules alone flag.
    pub(crate) fn phrases(&self) -> BTreeMap<(bool, &str), (usize, usize)> {
        let mut shares: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
        for (message, score) in self.messages.iter().zip(&self.phrase) {
            let share = shares.entry((!message.attack, message.source.as_str())).or_default();
            share.0 += usize::from(*score >= 0.5);
            share.1 += 1;
        }
        shares
    }
}

/// The messages of each source or family, one after the other, in passages.
fn passages(messages: &[&Message]) -> Vec<String> {
    let mut open: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut passages = Vec::new();
    for message in messages {
        let text = open.entry((&message.source, message.family)).or_default();
        // Every other one on a line of its own.
        text.push_str(if text.len().is_multiple_of(2) { " " } else { "\n" });
        text.push_str(&message.text);
        if text.len() >= PASSAGE {
            passages.push(std::mem::take(text));
        }
    }
    passages.extend(open.into_values().filter(|text| !text.is_empty()));
    passages
}

/// Whether it is a generated text of a sort that people paste.
fn is_pasted(message: &Message) -> bool {
    Sort::ALL.iter().any(|sort| sort.is_pasted() && sort.source() == message.source)
}

/// The part that a source, or a family of generated texts, is scored in.
fn part_of(message: &Message) -> usize {
    let name = if message.family.is_empty() { message.source.as_str() } else { message.family };
    name.bytes().map(usize::from).sum::<usize>() % PARTS
}

fn add<const N: usize>(to: &mut [f32; N], values: [f32; N]) {
    for (to, value) in to.iter_mut().zip(values) {
        *to += value;
    }
}

/// The least of `values` that at most `rate` of them exceed. Sorts them.
fn exceeded(values: &mut [f32], rate: f32) -> f32 {
    values.sort_by(|a, b| b.total_cmp(a));
    let over = (values.len() as f32 * rate) as usize;
    values.get(over).copied().unwrap_or(f32::MIN)
}

fn share(values: &[f32], held: impl Fn(f32) -> bool) -> f32 {
    values.iter().filter(|value| held(**value)).count() as f32 / values.len().max(1) as f32
}
