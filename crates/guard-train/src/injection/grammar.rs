//! Sentences written for training, opened out of templates by a seeded draw.
//!
//! Public sets say the same few things a thousand times. These say what such sets leave out: the
//! attack families in other words and other languages, and the same trigger words used innocently.
//! `{a|b|c}` stands for one of its parts; an empty part is allowed; parts do not nest.

use super::grammar_attacks::ATTACKS;
use super::grammar_benign::{BENIGN, CHAT};

/// A sentence and whether it attacks.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) text: String,
    pub(crate) attack: bool,
    pub(crate) source: &'static str,
}

/// Draws a template gives at most.
const DRAWS: usize = 14;

/// One sample in so many, attack or not, has a typing mistake in every other long word.
const TYPO_EVERY: usize = 6;

/// All samples, in the order of the templates, without repetitions. The same on every run.
pub(crate) fn samples() -> Vec<Sample> {
    let mut seed = Seed(0x5eed_009a_7e00);
    let mut out: Vec<Sample> = Vec::new();
    for (templates, attack, source) in
        [(ATTACKS, true, "grammar_attacks"), (BENIGN, false, "grammar_hard_benign"), (CHAT, false, "grammar_chat")]
    {
        for template in templates {
            let first = out.len();
            for _ in 0..DRAWS {
                let mut text = expand(template, &mut seed);
                if seed.below(TYPO_EVERY) == 0 {
                    text = mistyped(&text, &mut seed);
                }
                let seen = out.iter().skip(first).any(|sample| sample.text == text);
                if !seen {
                    out.push(Sample { text, attack, source });
                }
            }
        }
    }
    out
}

/// A draw of a template.
pub(super) fn expand(template: &str, seed: &mut Seed) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, choice)) = rest.split_once('{') {
        out.push_str(before);
        let (choice, after) = choice.split_once('}').unwrap_or((choice, ""));
        let parts = choice.split('|').count();
        out.push_str(choice.split('|').nth(seed.below(parts)).unwrap_or(""));
        rest = after;
    }
    out.push_str(rest);
    let tidy: Vec<&str> = out.split(' ').filter(|word| !word.is_empty()).collect();
    tidy.join(" ")
}

/// Two letters swapped, or one left out, in some of the words of seven letters and more.
fn mistyped(text: &str, seed: &mut Seed) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let mut letters: Vec<char> = word.chars().collect();
            if letters.len() < 7 || seed.below(2) == 0 {
                return word.to_owned();
            }
            let at = 1 + seed.below(letters.len() - 3);
            if seed.below(2) == 0 {
                letters.swap(at, at + 1);
            } else {
                letters.remove(at);
            }
            letters.into_iter().collect()
        })
        .collect();
    words.join(" ")
}

/// A small generator of pseudo-random numbers (xorshift64*), the same on every machine.
#[derive(Debug)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// A number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or(0).checked_rem(n).unwrap_or(0)
    }
}
