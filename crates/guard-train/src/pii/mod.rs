//! How well personal data is found: the public sets, hard negatives, evasions.
//!
//! A labelled value counts as found if a finding of its kind overlaps it; a finding counts as
//! right if it overlaps a labelled value of its kind. Labels are taken as they are: a card or
//! account number whose check digits are wrong counts as missed when it is not reported, and
//! the table says how many there are.

mod evasions;
mod negatives;
mod overlap;
mod recognizers;
mod sets;

use promptgate_guard::{Action, Guard, Policy};
use std::fmt::Write as _;
use std::path::Path;

pub(crate) use sets::field;

/// The whole evaluation as text.
pub(crate) fn evaluate(data: &Path) -> String {
    let guard = Guard::new(&Policy::all(Action::Flag));
    let mut out = String::from("# Personal data\n\n");
    let mut base = Vec::new();
    for name in ["presidio_generated_large", "presidio_generated_small"] {
        let path = data.join("pii").join(format!("{name}.jsonl"));
        let Some(rows) = sets::read(&path) else {
            let _ = writeln!(out, "!! SKIPPED {name}: {} is not there\n", path.display());
            continue;
        };
        let _ = writeln!(out, "## {name} ({} rows)\n", rows.len());
        overlap::table(&guard, &rows, &mut out);
        if base.is_empty() {
            base = rows;
        }
    }
    recognizers::table(&guard, data, &mut out);
    negatives::table(&guard, &mut out);
    evasions::table(&guard, &base, &mut out);
    out
}
