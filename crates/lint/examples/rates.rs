//! How often each rule of the linter fires on texts of which none, or all, should be found:
//! `cargo run --release -p promptgate-lint --example rates -- FILE.jsonl…`
//!
//! Each line of a file is an object with the member `text`, which is linted as a prompt. Figures only: no text is
//! ever printed.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command beside the core, and no part of it"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use promptgate_lint::{Linter, Source};

fn main() -> ExitCode {
    let linter = Linter::default();
    for file in std::env::args().skip(1) {
        let Ok(lines) = std::fs::read_to_string(&file) else {
            eprintln!("{file} cannot be read.");
            return ExitCode::from(2);
        };
        let mut texts = 0;
        let mut fired: BTreeMap<&str, usize> = BTreeMap::new();
        for line in lines.lines() {
            let row: Option<serde_json::Value> = serde_json::from_str(line).ok();
            let Some(text) = row.as_ref().and_then(|row| row.get("text")?.as_str()) else { continue };
            texts += 1;
            let mut codes: Vec<_> = linter.lint(&Source::text(text)).findings.iter().map(|found| found.code).collect();
            codes.sort_unstable();
            codes.dedup();
            for code in codes {
                *fired.entry(code).or_default() += 1;
            }
        }
        let name = file.rsplit('/').next().unwrap_or_default();
        let rates: Vec<_> = fired.iter().map(|(code, count)| format!("{code} {count}")).collect();
        println!("{name}: {texts} texts; {}", rates.join(", "));
    }
    ExitCode::SUCCESS
}
