//! The phrase rules. Codes are stable; the examples are the tests.

use super::super::lexicon::*;
use super::{Phrase, Step, forcing, indirect, overrides, personas, pretexts, probes, word_within};
use crate::finding::Kind;
use crate::rule::Rule;

/// Every phrase rule, by code.
pub(crate) const PHRASES: &[Phrase] = &[
    overrides::LEADING,
    overrides::IGNORE_INSTRUCTIONS,
    overrides::FORGET_WHAT_YOU_WERE_TOLD,
    overrides::SYSTEM_PROMPT_OVERRIDE,
    personas::SECRET_MODE,
    personas::DO_ANYTHING_NOW,
    probes::REVEAL_SYSTEM_PROMPT,
    personas::PERSONA_WITHOUT_LIMITS,
    overrides::NO_LONGER_BOUND,
    overrides::DISABLE_SAFETY,
    indirect::NOTE_TO_THE_MACHINE,
    forcing::OUTPUT_FORCED,
    pretexts::PRETEXT,
    probes::AROUND_A_SECRET,
    probes::FINISH_THE_PROMPT,
    probes::DOCUMENTS_WEAK_PHRASES,
];

/// Below the default threshold: words that a document lists and innocent text uses too. A policy
/// with a threshold of [`super::super::DOCUMENT_THRESHOLD`] gets them.
pub(super) const WEAK: f32 = 0.35;

/// The rule of a phrase.
pub(super) const fn rule(
    code: &'static str,
    name: &'static str,
    summary: &'static str,
    caught: &'static [&'static str],
    passed: &'static [&'static str],
) -> Rule {
    Rule { code, name, kind: Kind::Injection, summary, caught, passed }
}

/// One of these words, right after the step before.
pub(super) const fn named(words: &'static [u32]) -> Step {
    word_within(0, words)
}

/// Every class a shape ends with: other words are not looked at.
pub(super) const LAST: Classes = {
    let mut last = 0;
    let mut rest = PHRASES;
    while let Some((phrase, tail)) = rest.split_first() {
        last |= ends(phrase);
        rest = tail;
    }
    last
};

/// Every class the shapes of a phrase end with.
pub(super) const fn ends(phrase: &Phrase) -> Classes {
    let mut last = 0;
    let mut rest = phrase.shapes;
    while let Some((shape, tail)) = rest.split_first() {
        if let Some(step) = shape.steps.last() {
            last |= if step.words.is_empty() { step.any } else { ENDS };
        }
        rest = tail;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_words_stand_in_the_lexicon() {
        for phrase in PHRASES {
            for shape in phrase.shapes {
                for (at, step) in shape.steps.iter().enumerate() {
                    for hash in step.words {
                        let classes = classes(*hash);
                        assert_ne!(classes & step.any, 0, "{} step {at}", phrase.rule.code);
                        let last = at + 1 == shape.steps.len();
                        assert!(!last || classes & ENDS != 0, "{} ends", phrase.rule.code);
                    }
                }
            }
        }
    }

    #[test]
    fn shapes_fit_the_reach() {
        for phrase in PHRASES {
            for shape in phrase.shapes {
                let reach: u32 = shape.steps.iter().skip(1).map(|step| step.gap + 1).sum();
                assert!((reach as usize) < super::super::REACH + 4, "{}", phrase.rule.code);
            }
        }
    }
}
