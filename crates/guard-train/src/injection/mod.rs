//! The injection classifier: training, and what it is worth.

mod buried;
mod card;
mod chats;
mod corpus;
mod evasions;
mod folds;
mod goals;
mod grammar;
mod grammar_attacks;
mod grammar_benign;
mod learn;
mod linear;
mod recipe;
mod report;

use corpus::Message;
use folds::{Bench, Thresholds};
use learn::Weights;
use promptgate_guard::injection::classifier::{HEADER_LEN, TABLE_LEN, header};
use recipe::Recipe;
use std::path::{Path, PathBuf};

/// Trains on everything and writes the table and its model card into `crates/guard`.
pub(crate) fn train() -> Result<(), String> {
    let messages = corpus::messages()?;
    let table = table(&messages);
    let guard = guard();
    write(&guard.join("src/injection/table.bin"), table.as_slice())?;
    let card = card::card(&messages, table.as_slice());
    write(&guard.join("MODEL_CARD.md"), card.as_bytes())?;
    println!("{} messages, table and card written", messages.len());
    Ok(())
}

/// Prints every figure of the card, the evasions and the speed.
pub(crate) fn evaluate() -> Result<(), String> {
    let messages = corpus::messages()?;
    println!("# Prompt injection\n");
    println!("{}", goals::generated(&messages));
    println!("{}", goals::languages()?);
    println!("{}", report::sources(&messages));
    println!("{}", evasions::table(&messages));
    println!("{}", buried::table(&messages)?);
    println!("{}", report::speed(&messages));
    Ok(())
}

/// Prints what disguises cost, and nothing else.
pub(crate) fn evasions() -> Result<(), String> {
    let messages = corpus::messages()?;
    println!("{}", evasions::table(&messages));
    println!("{}", buried::table(&messages)?);
    Ok(())
}

/// Prints what other recipes would give: what was tried. `only` picks those with it in the name.
pub(crate) fn compare(only: &str) -> Result<(), String> {
    println!("{}", report::recipes(&corpus::messages()?, only));
    Ok(())
}

/// The table that ships: trained on all messages but those kept for evaluation, its score anchored
/// on benign messages that were not trained on when they were scored.
fn table(messages: &[Message]) -> Box<[u8; TABLE_LEN]> {
    let bench = Bench::new(messages, &Recipe::CHOSEN);
    calibrated(&bench.learn(|_| true), bench.thresholds(|_| true))
}

/// The logistic through a score of 0.5 where a message is flagged and 0.85 where it is refused.
fn calibrated(weights: &Weights, thresholds: Thresholds) -> Box<[u8; TABLE_LEN]> {
    let Thresholds { flagged, refused, margin } = thresholds;
    // The logarithm of the odds 0.85 to 0.15.
    const ODDS: f32 = 1.734_601;
    let slope = ODDS / (refused - flagged).max(0.1);
    weights.table(slope, -slope * flagged, margin)
}

/// A table whose classifier never says anything.
fn silent() -> Box<[u8; TABLE_LEN]> {
    let mut table = Box::new([0; TABLE_LEN]);
    for (byte, of_header) in table.iter_mut().zip(header(1.0, -30.0, 0.0).into_iter().take(HEADER_LEN)) {
        *byte = of_header;
    }
    table
}

fn guard() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../guard")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_gives_the_same_bytes_twice() {
        let recipe = Recipe { epochs: 2, ..Recipe::CHOSEN };
        let messages: Vec<Message> = corpus::grammar().into_iter().step_by(4).collect();
        let train = || {
            let bench = Bench::new(&messages, &recipe);
            bench.learn(|_| true).table(1.0, 0.0, 0.0)
        };
        assert_eq!(train(), train());
    }

    /// The whole training; minutes without optimisation: `cargo test --release -- --ignored`.
    #[test]
    #[ignore = "minutes without --release"]
    fn the_shipped_table_is_reproduced() {
        let Ok(messages) = corpus::messages() else {
            eprintln!("SKIPPED: no data at {}", crate::data::folder().display());
            return;
        };
        let shipped = std::fs::read(guard().join("src/injection/table.bin")).unwrap();
        assert_eq!(table(&messages).as_slice(), shipped);
    }
}
