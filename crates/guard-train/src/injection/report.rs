//! Tables of figures, as text.

use super::corpus::{FAMILIES, Message, own};
use super::folds::{Bench, Outcome};
use super::recipe::Recipe;
use crate::benign::Sort;
use promptgate_guard::injection::{classifier::WINDOWS, findings};
use promptgate_guard::view::Views;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Instant;

/// Leave one source out, leave one family out, without the grammar, and phrases alone.
pub(crate) fn sources(messages: &[Message]) -> String {
    let mut out = String::new();
    let bench = Bench::new(messages, &Recipe::CHOSEN);
    let plain = Recipe { grammar: false, ..Recipe::CHOSEN };
    let without = Bench::new(messages, &plain);
    heading(&mut out, "Leave one source out, trained without the attacks written for it");
    let known = folds(&mut out, &without, &one_by_one(messages), &BTreeMap::new());
    heading(&mut out, "Leave one family out, trained without the attacks written for it");
    folds(&mut out, &without, &families(), &known);
    heading(&mut out, "Leave one family out, as it ships");
    folds(&mut out, &bench, &families(), &BTreeMap::new());
    heading(&mut out, "Phrase rules alone (score 0.5 and above)");
    let _ = writeln!(out, "| source | messages | flagged | share |\n|---|---|---|---|");
    for ((benign, source), (fired, all)) in bench.phrases() {
        let sort = if benign { "benign" } else { "attacks" };
        let share = fired as f32 / all as f32;
        let _ = writeln!(out, "| {source} ({sort}) | {all} | {fired} | {share:.4} |");
    }
    out
}

/// What other recipes give: means over families left out.
pub(crate) fn recipes(messages: &[Message], only: &str) -> String {
    let mut out = String::new();
    heading(&mut out, "Recipes: recall of the classifiers alone on families left out, mean");
    let _ = writeln!(out, "| recipe | easy 1 % | easy 0.1 % | easy 0.1 %, hard 2 %, pastes 0.2 % |\n|---|---|---|---|");
    for (name, recipe) in Recipe::tried() {
        if !name.contains(only) {
            continue;
        }
        let bench = Bench::new(messages, &recipe);
        let outcomes: Vec<_> = families().iter().map(|(_, left_out)| bench.quick(left_out)).collect();
        let [one_percent, per_mille, strict] = outcomes.iter().fold([0.0; 3], |[a, b, c], ([d, e], [f])| {
            let share = 1.0 / outcomes.len() as f32;
            [a + d * share, b + e * share, c + f * share]
        });
        let _ = writeln!(out, "| {name} | {one_percent:.3} | {per_mille:.3} | {strict:.3} |");
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

/// What each group gave, by the sources left out.
type Known<'a> = BTreeMap<Vec<&'a str>, Outcome>;

/// The table of the groups; `known` are some of them already.
fn folds<'g>(out: &mut String, bench: &Bench<'_>, groups: &[Group<'g>], known: &Known<'_>) -> Known<'g> {
    let _ = write!(
        out,
        "| left out | attacks | easy 1 % | easy 0.1 % | easy 0.1 %, hard 2 %, pastes 0.2 % | flagged | refused \
         | easy flagged | refused | hard flagged | refused |"
    );
    for sort in Sort::ALL {
        let _ = write!(out, " {} |", sort.source().trim_start_matches("own_"));
    }
    let _ = writeln!(out, "\n|{}", "---|".repeat(11 + Sort::ALL.len()));
    let mut rows: Vec<(usize, Vec<f32>)> = Vec::new();
    let mut outcomes = Known::new();
    for (name, left_out) in groups {
        let outcome = known.get(left_out).cloned().unwrap_or_else(|| bench.fold(left_out));
        rows.push((outcome.attacks, outcome.shares()));
        line(out, name, outcome.attacks, &outcome.shares());
        outcomes.insert(left_out.clone(), outcome);
    }
    let attacks = rows.iter().map(|(attacks, _)| attacks).sum();
    line(out, "**all attacks**", attacks, &mean(&rows, |attacks| attacks as f32));
    line(out, "**mean of the rows**", attacks, &mean(&rows, |_| 1.0));
    outcomes
}

fn line(out: &mut String, name: &str, attacks: usize, shares: &[f32]) {
    let (recall, benign) = shares.split_at(5);
    let _ = write!(out, "| {name} | {attacks} |");
    for value in recall {
        let _ = write!(out, " {value:.3} |");
    }
    let (public, generated) = benign.split_at(4);
    for value in public {
        let _ = write!(out, " {value:.4} |");
    }
    for pair in generated.chunks(2) {
        let pair: Vec<String> = pair.iter().map(|value| format!("{value:.4}")).collect();
        let _ = write!(out, " {} |", pair.join(" / "));
    }
    let _ = writeln!(out);
}

fn mean(rows: &[(usize, Vec<f32>)], weight: impl Fn(usize) -> f32) -> Vec<f32> {
    let total: f32 = rows.iter().map(|(attacks, _)| weight(*attacks)).sum();
    let mut sum: Vec<f32> = Vec::new();
    for (attacks, shares) in rows {
        sum.resize(shares.len(), 0.0);
        for (to, share) in sum.iter_mut().zip(shares) {
            *to += share * weight(*attacks) / total;
        }
    }
    sum
}

/// The windows, for the card.
pub(super) fn windows() -> String {
    WINDOWS.map(|window| window.to_string()).join(", ")
}
