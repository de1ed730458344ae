//! Trains and evaluates the guard engine on the data beside the repository.
//!
//! `train` writes the injection table and its model card; `evaluate` prints what every detector is
//! worth; `evasions` the disguises alone; `compare` what other recipes for the table would give; `generate` the benign texts. All read `../shared/data` and give
//! the same output on every run, the speed table at the end of `evaluate` excepted.
#![allow(clippy::print_stdout, clippy::print_stderr)] // printing is this command's job

mod benign;
mod data;
mod detail;
mod injection;
mod pii;
mod random;
mod secrets;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "train" => injection::train(),
        "evaluate" => evaluate(),
        "evasions" => injection::evasions(),
        "generate" => {
            benign::print();
            Ok(())
        }
        "compare" => injection::compare(&std::env::args().nth(2).unwrap_or_default()),
        _ => Err("usage: promptgate-guard-train train | evaluate | evasions | compare | generate".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate() -> Result<(), String> {
    let folder = data::folder();
    println!("{}", pii::evaluate(&folder));
    println!("{}", secrets::evaluate(&folder));
    injection::evaluate()
}
