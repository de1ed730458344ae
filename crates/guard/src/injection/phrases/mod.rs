//! Phrase rules: word classes in an order, at bounded distances, within a sentence.
//!
//! A rule is tried where a word of its last class stands, backwards over at most fifteen words,
//! as sets of positions: work is bounded by steps times sixteen, whatever the text.

mod forcing;
mod indirect;
mod lead;
mod literal;
mod markers;
mod overrides;
mod personas;
mod pretexts;
mod probes;
mod table;

pub(crate) use indirect::{HIDDEN_NOTE, HIDDEN_SCORE, Hidden};
use lead::Lead;
pub(crate) use literal::{LITERAL_SCORE, literal};
pub(crate) use markers::{MARKER, marker};
pub(crate) use table::PHRASES;

use super::lexicon::Classes;
use super::words::{Break, Word};
use crate::rule::Rule;
use crate::work;

/// A rule and the shapes it is recognised by.
#[derive(Debug)]
pub(crate) struct Phrase {
    pub(crate) rule: Rule,
    /// How sure, 0 to 1. At 0.5 and above the rule fires by default.
    pub(crate) score: f32,
    pub(crate) shapes: &'static [Shape],
    /// What the text around must be.
    pub(crate) place: Place,
}

/// What the text around a match must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Anything.
    Anywhere,
    /// It does not go on to say whose rules: "all the rules", not "all the rules of chess".
    Unnarrowed,
    /// Nothing but letters and blanks come before.
    Leading,
    /// The clause ends with it: "everything above", not "everything above row 10".
    Closing,
    /// A literal text in it or right after: in quotes, or a word in capitals.
    Literal,
    /// Anything; it may begin outside of a quotation and end within.
    Torn,
}

/// Words in an order.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) steps: &'static [Step],
    /// The least that what comes before must make of it.
    lead: Lead,
}

/// A shape that counts wherever it stands.
pub(crate) const fn any(steps: &'static [Step]) -> Shape {
    Shape { steps, lead: Lead::Reported }
}

/// A shape that counts unless somebody reports it: not in "she told me to ignore …".
pub(crate) const fn said(steps: &'static [Step]) -> Shape {
    Shape { steps, lead: Lead::Open }
}

/// A shape that counts as an order only: "ignore your rules", not "my students ignore all rules".
pub(crate) const fn order(steps: &'static [Step]) -> Shape {
    Shape { steps, lead: Lead::Order }
}

/// One word of a shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// The word is in one of these classes,
    any: Classes,
    /// and, if these are given, is one of these words,
    words: &'static [u32],
    /// at most this many other words after the step before.
    gap: u32,
}

/// What each phrase ends with.
static ENDS: [Classes; PHRASES.len()] = {
    let mut ends = [0; PHRASES.len()];
    let mut free: &mut [Classes] = &mut ends;
    let mut rest = PHRASES;
    while let (Some((phrase, tail)), Some((place, next))) = (rest.split_first(), free.split_first_mut()) {
        *place = table::ends(phrase);
        rest = tail;
        free = next;
    }
    ends
};

/// A word of a class, right after the step before.
pub(crate) const fn of(any: Classes) -> Step {
    within(0, any)
}

/// A word of a class, with at most `gap` words in between.
pub(crate) const fn within(gap: u32, any: Classes) -> Step {
    Step { any, words: &[], gap }
}

/// One of these words, with at most `gap` words in between. They must stand in the lexicon.
pub(crate) const fn word_within(gap: u32, words: &'static [u32]) -> Step {
    Step { any: Classes::MAX, words, gap }
}

impl Step {
    fn takes(&self, word: &Recent) -> bool {
        word.classes & self.any != 0 && (self.words.is_empty() || self.words.contains(&word.hash))
    }
}

/// Words kept to look back on.
const REACH: usize = 16;

#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    hash: u32,
    classes: Classes,
    start: usize,
    before: Break,
}

/// Where a phrase stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    pub(crate) phrase: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Takes words, gives matches. One per text.
#[derive(Debug)]
pub(crate) struct Matcher {
    recent: [Recent; REACH],
    count: usize,
    /// Words of this sentence among the recent ones, a bit each, newest lowest.
    sentence: u32,
    /// Every match so far, by its end.
    pub(crate) found: Vec<Match>,
    /// Steps tried so far: what bounds the time.
    pub(crate) work: usize,
}

impl Matcher {
    pub(crate) fn new() -> Self {
        Self { recent: [Recent::default(); REACH], count: 0, sentence: 0, found: Vec::new(), work: 0 }
    }

    #[inline]
    pub(crate) fn word(&mut self, word: &Word) {
        self.count += 1;
        if word.before == Break::Sentence {
            self.sentence = 0;
        }
        self.sentence = (self.sentence << 1 | 1) & ((1 << REACH) - 1);
        if let Some(slot) = self.recent.get_mut(self.count % REACH) {
            *slot = Recent { hash: word.hash, classes: word.classes, start: word.start, before: word.before };
        }
        if word.classes & table::LAST != 0 {
            self.try_all(word);
        }
    }

    fn try_all(&mut self, word: &Word) {
        for (number, (phrase, ends)) in PHRASES.iter().zip(ENDS).enumerate() {
            if word.classes & ends == 0 {
                continue;
            }
            for shape in phrase.shapes {
                if let Some((back, start)) = self.start(shape.steps)
                    && self.lead(back) >= shape.lead
                {
                    self.found.push(Match { phrase: number, start, end: word.end });
                    break;
                }
            }
        }
    }

    /// What the words before make of the shape that starts `back` words ago.
    fn lead(&self, back: usize) -> Lead {
        let first = self.ago(back).copied().unwrap_or_default();
        if first.before != Break::None {
            return Lead::Order;
        }
        let earlier = |more: usize| {
            let known = self.sentence >> (back + more) & 1 == 1;
            self.ago(back + more).filter(|_| known && back + more < REACH).map(|word| (word.hash, word.classes))
        };
        Lead::of(earlier(1), earlier(2))
    }

    /// The word `back` words ago.
    fn ago(&self, back: usize) -> Option<&Recent> {
        self.recent.get(self.count.wrapping_sub(back) % REACH)
    }

    /// Where the shape that ends with the newest word starts: how many words ago, and the byte.
    fn start(&mut self, shape: &[Step]) -> Option<(usize, usize)> {
        let (last, before) = shape.split_last()?;
        self.work += 1;
        if !last.takes(self.ago(0)?) {
            return None;
        }
        let mut at: u32 = 1;
        let mut gap = last.gap;
        for step in before.iter().rev() {
            let mut open = 0;
            for skip in 0..=gap {
                open |= at << (1 + skip);
            }
            open &= self.sentence;
            at = 0;
            while open != 0 {
                let back = open.trailing_zeros();
                open &= open - 1;
                self.work += 1;
                work::count(1);
                if step.takes(self.ago(back as usize)?) {
                    at |= 1 << back;
                }
            }
            if at == 0 {
                return None;
            }
            gap = step.gap;
        }
        let back = at.trailing_zeros() as usize;
        Some((back, self.ago(back)?.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::injection::lexicon;

    /// Steps tried for `words`, over and over, in one sentence.
    fn work(words: &[&str], times: usize) -> usize {
        let mut matcher = Matcher::new();
        for _ in 0..times {
            for word in words {
                let hash = lexicon::word(word);
                matcher.word(&Word { start: 0, end: 0, hash, classes: lexicon::classes(hash), before: Break::None });
            }
        }
        matcher.work
    }

    #[test]
    fn work_grows_with_the_words_and_no_faster() {
        for words in [
            &["ignore"][..],
            &["instructions"],
            &["you", "are", "now"],
            &["ignore", "all", "previous", "your", "system", "prompt"],
            &["do", "anything", "now", "without", "rules", "as", "ai", "mode"],
        ] {
            let (once, tenfold) = (work(words, 1_000), work(words, 10_000));
            assert!(tenfold <= 10 * once + 10_000, "{words:?}: {once}, {tenfold}");
            let most = 1_000 * words.len() * 60 * REACH;
            assert!(once <= most, "{words:?}: {once} steps");
        }
    }
}
