//! The search through all views of a text, in steps of bounded work.
//!
//! ```text
//! each view: words ─▶ places of phrases, tokens, notes ─▶ rated ─┐
//!             │ └───▶ warm ranges ─▶ as a whole ─▶ by windows ───┤
//!             └─────▶ sentences with a cue word ─▶ by themselves ┴─▶ findings
//! ```

use super::alone::{self, Sentences};
use super::classifier::{Both, Meter, Model, Stretch, Whole};
use super::phrases::{
    HIDDEN_NOTE, HIDDEN_SCORE, Hidden, LITERAL_SCORE, MARKER, Match, Matcher, PHRASES, literal, marker,
};
use super::warm::Warm;
use super::words::{self, Mark, Sink, Word};
use super::{LEARNT, mention, place};
use crate::STEP;
use crate::finding::{Finding, Kind};
use crate::view::{View, ViewKind, Views};
use std::collections::BTreeSet;
use std::ops::Range;

/// Score of a control token.
const MARKER_SCORE: f32 = 0.95;

/// Matches beside one that are compared with it.
const NEAR: usize = 8;

/// What is written together and shorter may be a name in code.
const NAME: usize = 48;

/// So many places are rated, or told of, in a step: each costs about as much as reading 64 bytes.
const PLACES: usize = STEP / 64;

/// So many sentences are looked at by themselves in a step: each has a few hundred bytes at most, as a rule.
const SENTENCES: usize = STEP / 256;

/// A search through views. The same place by the same rule counts once, in the first view that shows it.
#[derive(Debug)]
pub(crate) struct Search {
    model: Option<Model<'static>>,
    threshold: f32,
    /// The view that is looked at, by its number.
    view: usize,
    scan: Scan<'static>,
    /// How many of its hits have been told of.
    told: usize,
    known: BTreeSet<(&'static str, usize, usize)>,
    pub(crate) found: Vec<Finding>,
}

impl Search {
    /// By phrases, and by `model` if there is one; what scores less than `threshold` is left out.
    pub(crate) fn new(model: Option<Model<'static>>, threshold: f32) -> Self {
        let scan = Scan::new(model, threshold).with_literals();
        Self { model, threshold, view: 0, scan, told: 0, known: BTreeSet::new(), found: Vec::new() }
    }

    /// Goes on for about [`STEP`] bytes; says whether there is more.
    pub(crate) fn step(&mut self, views: &Views<'_>) -> bool {
        let Some(view) = views.iter().nth(self.view) else { return false };
        if self.scan.step(view.text()) {
            return true;
        }
        let until = (self.told + PLACES).min(self.scan.hits.len());
        for hit in self.scan.hits.get(self.told..until).unwrap_or_default() {
            let finding = hit.finding(view);
            if self.known.insert((finding.code, finding.span.start, finding.span.end)) {
                self.found.push(finding);
            }
        }
        self.told = until;
        if until == self.scan.hits.len() {
            self.scan = Scan::new(self.model, self.threshold).with_literals();
            (self.told, self.view) = (0, self.view + 1);
        }
        true
    }
}

/// A finding in the offsets of the text that was scanned.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) code: &'static str,
    pub(super) score: f32,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The highest score that it may have: lower where it is talked about and not made.
    pub(super) cap: f32,
}

impl Hit {
    fn finding(&self, view: &View<'_>) -> Finding {
        let span = view.span(self.start..self.end);
        // A name may read like an order.
        let name = view.kind() == ViewKind::Apart && span.len() < NAME;
        let score = if name { self.score.min(mention::SCORE) } else { self.score };
        Finding { code: self.code, kind: Kind::Injection, span, score, view: view.kind() }
    }
}

/// A scan of one text, which is given again at each step.
#[derive(Debug)]
pub(super) struct Scan<'m> {
    model: Option<Model<'m>>,
    threshold: f32,
    stage: Stage<'m>,
    literals: bool,
    first: First,
    /// Matches that stand as their phrases ask.
    fitting: Vec<Match>,
    learnt: Vec<Hit>,
    /// By their starts, once the scan is done.
    pub(super) hits: Vec<Hit>,
}

#[derive(Debug)]
enum Stage<'m> {
    /// The words are read.
    Words(Box<Mark>),
    /// What was found in them is rated, from this number on.
    Places(usize),
    /// The classifiers look at the warm range of this number.
    Learnt(usize, Option<Box<Part<'m>>>),
    /// And at the sentences by themselves, from this number on.
    Alone(usize, Box<Whole<'m>>),
    Done,
}

/// A warm range under the classifiers: read once by both, and where that is enough for a finding once more for its
/// stretches.
#[derive(Debug)]
struct Part<'m> {
    mark: Mark,
    /// What it is as a whole, until that is known.
    whole: Option<Whole<'m>>,
    meter: Meter<'m>,
}

impl<'m> Scan<'m> {
    pub(super) fn new(model: Option<Model<'m>>, threshold: f32) -> Self {
        Self {
            model,
            threshold,
            stage: Stage::Words(Box::default()),
            literals: false,
            first: First::new(),
            fitting: Vec::new(),
            learnt: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// The document's phrases count too, wherever they stand.
    fn with_literals(self) -> Self {
        Self { literals: true, ..self }
    }

    /// Goes on for about [`STEP`] bytes; says whether there is more.
    pub(super) fn step(&mut self, text: &str) -> bool {
        match &mut self.stage {
            Stage::Words(mark) => {
                words::read_on(text, mark, mark.at + STEP, &mut Sight { text, first: &mut self.first });
                if mark.at >= text.len() {
                    self.first.warm.finish();
                    self.first.sentences.finish();
                    self.first.hidden.close();
                    self.stage = Stage::Places(0);
                }
                true
            }
            Stage::Places(from) => {
                let from = *from;
                let count = self.first.places();
                let until = (from + PLACES).min(count);
                (from..until).for_each(|number| self.rate(text, number));
                self.stage = Stage::Places(until);
                if until == count {
                    self.hits.sort_by_key(|hit| hit.start);
                    self.stage = Stage::Learnt(0, None);
                }
                true
            }
            Stage::Learnt(number, part) => {
                let (number, part) = (*number, part.take());
                let Some(model) = self.model else {
                    self.end(text);
                    return false;
                };
                let Some(&(start, end)) = self.first.warm.found.get(number) else {
                    self.stage = Stage::Alone(0, Box::new(Whole::new(model)));
                    return true;
                };
                let range = text.get(start..end).unwrap_or_default();
                let mut part = part.unwrap_or_else(|| Part::new(model));
                if part.step(range, model, self.threshold) {
                    self.stage = Stage::Learnt(number, Some(part));
                    return true;
                }
                for stretch in &part.meter.found {
                    let (start, end) = (start + stretch.start, start + stretch.end);
                    self.learnt.push(learnt(&self.hits, model.score(stretch.raw), start..end));
                }
                self.stage = Stage::Learnt(number + 1, None);
                true
            }
            Stage::Alone(from, whole) => {
                let sentences = &self.first.sentences.found;
                let until = (*from + SENTENCES).min(sentences.len());
                let looked_at = sentences.get(*from..until).unwrap_or_default();
                for &range in looked_at.iter().filter(|range| alone::is_prose(text, **range)) {
                    let Stretch { start, end, raw } = alone::value(text, range, whole.model, whole);
                    let score = whole.model.score_within(raw);
                    if score >= self.threshold.max(alone::LEAST) {
                        self.learnt.push(learnt(&self.hits, score, start..end));
                    }
                }
                *from = until;
                if until == sentences.len() {
                    self.end(text);
                    return false;
                }
                true
            }
            Stage::Done => false,
        }
    }

    /// Looks at the place of this number.
    fn rate(&mut self, text: &str, number: usize) {
        let First { markers, matcher, hidden, .. } = &self.first;
        let (code, score, (start, end)) = if let Some(marker) = markers.get(number) {
            (MARKER.code, MARKER_SCORE, *marker)
        } else if let Some(found) = matcher.found.get(number - markers.len()) {
            let Some(phrase) = PHRASES.get(found.phrase) else { return };
            if !place::fits(phrase.place, text, found.start, found.end) {
                return;
            }
            let longer = reaches_over(&self.fitting, found);
            self.fitting.push(*found);
            if longer {
                return;
            }
            (phrase.rule.code, phrase.score, (found.start, found.end))
        } else if let Some(note) = hidden.found.get(number - markers.len() - matcher.found.len()) {
            (HIDDEN_NOTE.code, HIDDEN_SCORE, *note)
        } else {
            return;
        };
        let cap = if score >= 0.5 { mention::cap(text, start, end) } else { mention::MADE };
        self.hits.push(Hit { code, score: f32::min(score, cap), start, end, cap });
    }

    fn end(&mut self, text: &str) {
        self.stage = Stage::Done;
        self.learnt.sort_by_key(|hit| hit.start);
        self.learnt.dedup_by(|next, hit| {
            let same = next.start < hit.end;
            if same {
                (hit.end, hit.score) = (hit.end.max(next.end), hit.score.max(next.score));
            }
            same
        });
        self.hits.append(&mut self.learnt);
        self.hits.retain(|hit| hit.score >= self.threshold);
        if self.literals && self.threshold <= LITERAL_SCORE {
            self.hits.extend(literal(text).map(|(start, end)| Hit {
                code: "J030",
                score: LITERAL_SCORE,
                start,
                end,
                cap: mention::MADE,
            }));
        }
    }
}

impl<'m> Part<'m> {
    fn new(model: Model<'m>) -> Box<Self> {
        Box::new(Self { mark: Mark::default(), whole: Some(Whole::new(model)), meter: Meter::new(model, 0.0, 1.0) })
    }

    fn step(&mut self, text: &str, model: Model<'m>, threshold: f32) -> bool {
        let until = self.mark.at + STEP;
        match &mut self.whole {
            Some(whole) => {
                words::read_on(text, &mut self.mark, until, &mut Both { whole, meter: &mut self.meter });
                if self.mark.at < text.len() {
                    return true;
                }
                self.meter.finish();
                let (whole, highest) = (whole.value(), self.meter.highest);
                self.meter = Meter::new(model, whole, threshold);
                (self.whole, self.mark) = (None, Mark::default());
                self.meter.reaches(highest)
            }
            None => {
                words::read_on(text, &mut self.mark, until, &mut self.meter);
                if self.mark.at >= text.len() {
                    self.meter.finish();
                    return false;
                }
                true
            }
        }
    }
}

/// What the classifiers say of a stretch; if it has nothing but mentions of `phrases`, it is one as well.
fn learnt(phrases: &[Hit], score: f32, Range { start, end }: Range<usize>) -> Hit {
    let cap = mention::cap_of(phrases, start, end);
    Hit { code: LEARNT.code, score: f32::min(score, cap), start, end, cap }
}

/// Whether an earlier match of its phrase starts as `found` does: of the two the shorter counts.
fn reaches_over(earlier: &[Match], found: &Match) -> bool {
    earlier.iter().rev().take(NEAR).any(|other| other.phrase == found.phrase && other.start == found.start)
}

/// The first pass: words only.
#[derive(Debug)]
struct First {
    warm: Warm,
    sentences: Sentences,
    matcher: Matcher,
    /// Byte ranges of control tokens.
    markers: Vec<(usize, usize)>,
    hidden: Hidden,
}

impl First {
    fn new() -> Self {
        Self {
            warm: Warm::new(),
            sentences: Sentences::default(),
            matcher: Matcher::new(),
            markers: Vec::new(),
            hidden: Hidden::default(),
        }
    }

    /// How many there are to rate.
    fn places(&self) -> usize {
        self.markers.len() + self.matcher.found.len() + self.hidden.found.len()
    }
}

/// The first pass over a text.
struct Sight<'a> {
    text: &'a str,
    first: &'a mut First,
}

impl Sink for Sight<'_> {
    const FEATURES: bool = false;

    fn feature(&mut self, _: words::Kind, _: u64) {}

    #[inline]
    fn word(&mut self, word: &Word) {
        self.first.warm.word(word);
        self.first.sentences.word(word);
        self.first.matcher.word(word);
        self.first.hidden.word(word);
    }

    fn bracket(&mut self, at: usize) {
        if let Some(len) = marker(self.text, at) {
            self.first.markers.push((at, at + len));
        }
        self.first.hidden.bracket(self.text, at);
    }
}
