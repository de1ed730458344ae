//! How much of what the linter finds is true: `cargo run -p promptgate-lint --example precision -- FILE.jsonl…`, where
//! each line is `{file, text, true: [codes], may: [codes]}`. A finding is true where its code is among them; those of `true`
//! must be there. Prints each rule's and each
//! severity's figures and every finding that is false or missing; ends with 1 where a severity is below its goal.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a command"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use promptgate_lint::{Linter, Severity, Source};
use serde_json::Value;

/// The share of true findings that each severity wants.
const GOALS: [(Severity, f64); 3] = [(Severity::Error, 0.95), (Severity::Warning, 0.8), (Severity::Info, 0.6)];

fn main() -> ExitCode {
    let linter = Linter::default();
    let mut rules: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut severities: BTreeMap<Severity, (usize, usize)> = BTreeMap::new();
    let (mut missing, mut files, mut failing) = (0, 0, 0);
    for path in std::env::args().skip(1) {
        let Ok(rows) = std::fs::read_to_string(&path) else {
            println!("{path} cannot be read.");
            return ExitCode::from(2);
        };
        for row in rows.lines().filter(|row| !row.is_empty()) {
            let Ok(row) = serde_json::from_str::<Value>(row) else { continue };
            let (Some(file), Some(text)) = (row["file"].as_str(), row["text"].as_str()) else { continue };
            let mut wanted: BTreeSet<&str> =
                row["true"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut known = wanted.clone();
            known.extend(row["may"].as_array().into_iter().flatten().filter_map(Value::as_str));
            let report = linter.lint(&Source { text, file: Some(file), kind: None });
            files += 1;
            failing += usize::from(report.summary.errors > 0);
            for finding in &report.findings {
                let is_true = usize::from(known.contains(finding.code));
                wanted.remove(finding.code);
                for (all, right) in
                    [rules.entry(finding.code).or_default(), severities.entry(finding.severity).or_default()]
                {
                    *all += 1;
                    *right += is_true;
                }
                if is_true == 0 {
                    println!("false    {file}: {} {}", finding.code, finding.message);
                }
            }
            missing += wanted.len();
            for code in wanted {
                println!("missing  {file}: {code}");
            }
        }
    }
    for (code, (all, right)) in &rules {
        println!("{code}  {right} of {all}");
    }
    let mut good = missing == 0;
    for (severity, goal) in GOALS {
        let (all, right) = severities.get(&severity).copied().unwrap_or_default();
        let share = if all == 0 { 1.0 } else { right as f64 / all as f64 };
        println!("{}: {right} of {all} are true, {:.1} % (goal {:.0} %)", severity.name(), share * 100.0, goal * 100.0);
        good &= share >= goal;
    }
    println!("{failing} of {files} files have errors; {missing} findings are missing");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
