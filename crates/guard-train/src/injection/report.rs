//! Tables of figures, as text.

use super::corpus::{FAMILIES, Message, own};
use super::folds::{Bench, Outcome};
use super::learn::Recipe;
use promptgate_guard::injection::words::Kind;
use promptgate_guard::injection::{classifier::WINDOWS, findings};
use promptgate_guard::view::Views;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Instant;

/// Leave one source out, leave one family out, without the grammar, and phrases alone.
pub(crate) fn sources(messages: &[Message]) -> String {
    let mut out = String::new();
    let bench = Bench::new(messages, &Recipe::CHOSEN);
    let plain = Recipe { grammar: false, ..Recipe::CHOSEN };
    let without = Bench::new(messages, &plain);
    heading(&mut out, "Leave one source out");
    folds(&mut out, &bench, &one_by_one(messages), true);
    heading(&mut out, "Leave one family out");
    folds(&mut out, &bench, &families(), true);
    heading(&mut out, "Leave one source out, trained without the sentences written for it");
    folds(&mut out, &without, &one_by_one(messages), false);
    heading(&mut out, "Leave one family out, trained without the sentences written for it");
    folds(&mut out, &without, &families(), false);
    heading(&mut out, "Phrase rules alone (score 0.5 and above)");
    let _ = writeln!(out, "| source | messages | flagged | share |\n|---|---|---|---|");
    for ((benign, source), (fired, all)) in bench.phrases() {
        let sort = if benign { "benign" } else { "attacks" };
        let share = fired as f32 / all as f32;
        let _ = writeln!(out, "| {source} ({sort}) | {all} | {fired} | {share:.4} |");
    }
    out
}

/// What other recipes give: means over sources and over families.
pub(crate) fn recipes(messages: &[Message], only: &str) -> String {
    let chosen = Recipe { as_shipped: false, ..Recipe::CHOSEN };
    const CHARS: &[Kind] = &[Kind::Gram3, Kind::Gram4, Kind::Gram5];
    const CHARS_WORDS: &[Kind] = &[Kind::Gram3, Kind::Gram4, Kind::Gram5, Kind::Word, Kind::Bigram];
    const WORDS: &[Kind] = &[Kind::Word, Kind::Bigram, Kind::Class, Kind::ClassPair];
    const GRAM4: &[Kind] = &[Kind::Gram4, Kind::Word, Kind::Bigram, Kind::Class, Kind::ClassPair];
    const CLASSES: &[Kind] = &[Kind::Class, Kind::ClassPair];
    const NO_BIGRAM: &[Kind] = &[Kind::Gram5, Kind::Word, Kind::Class, Kind::ClassPair];
    let variants = [
        ("as shipped: eight bits, near cues only", Recipe::CHOSEN),
        ("chosen", chosen.clone()),
        ("whole message only", Recipe { windows: &[], whole: true, ..chosen.clone() }),
        ("windows of 16 words and the whole", Recipe { windows: &[16], whole: true, ..chosen.clone() }),
        ("windows of 8 words", Recipe { windows: &[8], ..chosen.clone() }),
        ("lines and sentences as windows too", Recipe { lines: true, ..chosen.clone() }),
        ("characters 3–5 only", Recipe { kinds: CHARS, ..chosen.clone() }),
        ("characters 3–5, words, pairs; no lexicon", Recipe { kinds: CHARS_WORDS, ..chosen.clone() }),
        ("words, pairs, lexicon; no characters", Recipe { kinds: WORDS, ..chosen.clone() }),
        ("characters 4 instead of 5", Recipe { kinds: GRAM4, ..chosen.clone() }),
        ("without word pairs", Recipe { kinds: NO_BIGRAM, ..chosen.clone() }),
        ("lexicon only", Recipe { kinds: CLASSES, ..chosen.clone() }),
        ("2^14 weights", Recipe { bits: 14, ..chosen.clone() }),
        ("2^13 weights", Recipe { bits: 13, ..chosen.clone() }),
        ("2^18 weights", Recipe { bits: 18, ..chosen.clone() }),
        ("hard benign twice as heavy", Recipe { hard: 2.0, ..chosen.clone() }),
        ("attacks half of the weight", Recipe { attacks: 0.5, ..chosen.clone() }),
        ("sources weighted by size", Recipe { by_size: true, ..chosen.clone() }),
        ("ten times the L2", Recipe { l2: 1e-3, ..chosen.clone() }),
        ("twenty epochs", Recipe { epochs: 20, ..chosen.clone() }),
        ("half the epochs", Recipe { epochs: 6, ..chosen.clone() }),
        ("same openings counted once", Recipe { once: true, ..chosen.clone() }),
        ("without the written sentences", Recipe { grammar: false, ..chosen.clone() }),
    ];
    let mut out = String::new();
    heading(&mut out, "Recipes: recall of the classifier alone on attacks left out");
    let _ = writeln!(
        out,
        "| recipe | sources @ 1 % | @ 0.1 % | with phrases, hard counted too @ 1 % | @ 0.1 % | families @ 1 % | @ 0.1 % | with phrases, hard counted too @ 1 % | @ 0.1 % |\n|---|---|---|---|---|---|---|---|---|"
    );
    for (name, recipe) in variants {
        if !name.contains(only) {
            continue;
        }
        let bench = Bench::new(messages, &recipe);
        let _ = write!(out, "| {name} |");
        for groups in [one_by_one(messages), families()] {
            let outcomes: Vec<_> = groups.iter().map(|(_, left_out)| bench.fold(left_out, false)).collect();
            let mean = mean(&outcomes);
            let [a, b] = mean.alone;
            let [c, d] = mean.strict;
            let _ = write!(out, " {a:.3} | {b:.3} | {c:.3} | {d:.3} |");
        }
        let _ = writeln!(out);
    }
    out
}

type Choice = fn(&Message) -> bool;

/// Microseconds per message, scan of all views, on this machine.
pub(crate) fn speed(messages: &[Message]) -> String {
    let mut out = String::new();
    heading(&mut out, "Speed on this machine (views and injection)");
    let _ = writeln!(out, "| messages | bytes | µs per message | MB/s |\n|---|---|---|---|");
    let sets: [(&str, Choice); 3] = [
        ("benign", |message| !message.attack && !own(&message.source)),
        ("attacks", |message| message.attack && !own(&message.source)),
        ("benign of 300 to 500 bytes", |message| !message.attack && (300..500).contains(&message.text.len())),
    ];
    for (name, take) in sets {
        let texts: Vec<&str> = messages.iter().filter(|m| take(m)).map(|m| m.text.as_str()).collect();
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let mut found = Vec::new();
            for text in &texts {
                findings(&Views::new(text), 0.5, &mut found);
                found.clear();
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        let each = best * 1e6 / texts.len() as f64;
        let rate = bytes as f64 / best / 1e6;
        let _ = writeln!(out, "| {name}: {} | {bytes} | {each:.2} | {rate:.0} |", texts.len());
    }
    out
}

pub(super) fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n## {text}\n");
}

type Group<'a> = (&'a str, Vec<&'a str>);

fn one_by_one(messages: &[Message]) -> Vec<Group<'_>> {
    let sources: BTreeSet<&str> = messages
        .iter()
        .filter(|message| message.attack && !own(&message.source))
        .map(|message| message.source.as_str())
        .collect();
    sources.into_iter().map(|source| (source, vec![source])).collect()
}

fn families() -> Vec<Group<'static>> {
    FAMILIES.iter().map(|(name, sources)| (*name, sources.to_vec())).collect()
}

fn folds(out: &mut String, bench: &Bench<'_>, groups: &[Group<'_>], fixed: bool) {
    let _ = write!(
        out,
        "| left out | attacks | classifier @ 1 % | @ 0.1 % | with phrases @ 1 % | @ 0.1 % | hard counted too @ 1 % | @ 0.1 % |"
    );
    if fixed {
        let _ = write!(out, " score ≥ 0.2 | ≥ 0.5 | easy flagged at 0.2 | at 0.5 | hard flagged at 0.2 | at 0.5 |");
    }
    let _ = write!(out, "\n|---|---|---|---|---|---|---|---|");
    let _ = writeln!(out, "{}", if fixed { "---|---|---|---|---|---|" } else { "" });
    let mut outcomes = Vec::new();
    for (name, left_out) in groups {
        let outcome = bench.fold(left_out, fixed);
        line(out, name, &outcome, fixed);
        outcomes.push(outcome);
    }
    line(out, "**all attacks**", &pooled(&outcomes), fixed);
    line(out, "**mean of the rows**", &mean(&outcomes), fixed);
}

fn line(out: &mut String, name: &str, outcome: &Outcome, fixed: bool) {
    let _ = write!(out, "| {name} | {} |", outcome.attacks);
    for [a, b] in [outcome.alone, outcome.joined, outcome.strict] {
        let _ = write!(out, " {a:.3} | {b:.3} |");
    }
    if fixed {
        let [a, b] = outcome.fixed;
        let _ = write!(out, " {a:.3} | {b:.3} |");
        for [a, b] in [outcome.easy, outcome.hard] {
            let _ = write!(out, " {a:.4} | {b:.4} |");
        }
    }
    let _ = writeln!(out);
}

fn mean(outcomes: &[Outcome]) -> Outcome {
    weighted(outcomes, |_| 1.0)
}

fn pooled(outcomes: &[Outcome]) -> Outcome {
    weighted(outcomes, |outcome| outcome.attacks as f32)
}

fn weighted(outcomes: &[Outcome], weight: impl Fn(&Outcome) -> f32) -> Outcome {
    let total: f32 = outcomes.iter().map(&weight).sum();
    let mut sum = Outcome::default();
    for outcome in outcomes {
        let share = weight(outcome) / total;
        sum.attacks += outcome.attacks;
        for (to, from) in [
            (&mut sum.alone, outcome.alone),
            (&mut sum.joined, outcome.joined),
            (&mut sum.strict, outcome.strict),
            (&mut sum.fixed, outcome.fixed),
            (&mut sum.easy, outcome.easy),
            (&mut sum.hard, outcome.hard),
        ] {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from * share;
            }
        }
    }
    sum
}

/// The windows, for the card.
pub(super) fn windows() -> String {
    WINDOWS.map(|window| window.to_string()).join(", ")
}
