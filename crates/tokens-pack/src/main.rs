//! The packing command, the comparison with the references, and the native benchmark.

use std::alloc::System;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use promptgate_tokens_pack::verify::Verifier;
use promptgate_tokens_pack::{bench, corpora, pack};

#[global_allocator]
static HEAP: cap::Cap<System> = cap::Cap::new(System, usize::MAX);

const USAGE: &str = "promptgate-tokens-pack
  pack                                       write crates/tokens/data
  verify [--texts N] [--seed S] [FILE...]    compare N generated texts (1000000), every code point in
                                             context, and each line of the files with both references
  bench                                      print the native tables
  corpora FOLDER                             write the texts of the benchmark
";
/// Prompts for the benchmark, if they are there.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["pack"] => write_data(),
        ["verify", options @ ..] => verify(options),
        ["bench"] => bench::tables(DATA),
        ["start", name, vocabulary] => bench::start(name, vocabulary, || HEAP.allocated()),
        ["corpora", folder] => write_corpora(folder),
        _ => Err(USAGE.into()),
    };
    let (text, code) = match result {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (text, ExitCode::FAILURE),
    };
    // a closed pipe is no fault of ours
    let _ = writeln!(std::io::stdout(), "{text}");
    code
}

fn write_data() -> Result<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tokens/data");
    let files = pack::files()?;
    for (name, bytes) in &files {
        fs::write(format!("{folder}/{name}"), bytes).map_err(|error| error.to_string())?;
    }
    let sums = pack::sums(&files);
    fs::write(format!("{folder}/SHA256SUMS"), &sums).map_err(|error| error.to_string())?;
    Ok(sums)
}

fn verify(options: &[&str]) -> Result<String, String> {
    let (mut texts, mut seed, mut files) = (1_000_000, 16, Vec::new());
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut number =
            || options.next().and_then(|value| value.parse().ok()).ok_or(format!("{option} needs a number"));
        match *option {
            "--texts" => texts = number()?,
            "--seed" => seed = number()? as u64,
            file => files.push(file),
        }
    }
    let from = Instant::now();
    let mut verifier = Verifier::new()?;
    verifier.generated(seed, texts)?;
    let mut out = format!("generated, seed {seed}: {}\n", verifier.report);
    verifier.code_points(1)?;
    let _ = writeln!(out, "and every code point in 12 contexts: {}", verifier.report);
    for file in files {
        let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        for line in String::from_utf8_lossy(&bytes).split_inclusive('\n') {
            verifier.text(line)?;
        }
        let _ = writeln!(out, "and the lines of {file}: {}", verifier.report);
    }
    let _ = write!(out, "0 differences from tiktoken-rs and bpe-openai, {:.0} s", from.elapsed().as_secs_f64());
    Ok(out)
}

fn write_corpora(folder: &str) -> Result<String, String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let (corpora, _) = corpora::all(DATA);
    for corpus in &corpora {
        let kind = if corpus.is_pathological { "hard" } else { "plain" };
        // the texts of a corpus lie one after the other, NUL between
        fs::write(format!("{folder}/{kind} {}.txt", corpus.name), corpus.texts.join("\0"))
            .map_err(|error| error.to_string())?;
    }
    Ok(format!("{} files in {folder}", corpora.len()))
}
