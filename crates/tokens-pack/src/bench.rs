//! The native benchmark: this crate beside its peers, in one run.

use std::fmt::Write;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use promptgate_tokens::Vocabulary;

use crate::corpora::{self, Corpus};

/// The libraries, ours first.
const LIBRARIES: [&str; 4] = ["promptgate-tokens", "tiktoken-rs", "bpe-openai", "tiktoken (crate)"];
const FIRST_TEXT: &str = "Hello, how can I help you with your order today?";
/// A counter of one library.
type Count = Box<dyn FnMut(&str) -> usize>;

/// Makes a counter from nothing: what a first request pays.
fn library(name: &str, vocabulary: Vocabulary) -> Option<Count> {
    let is_o200k = vocabulary == Vocabulary::O200k;
    Some(match name {
        "tiktoken-rs" => {
            let encoder = if is_o200k { tiktoken_rs::o200k_base() } else { tiktoken_rs::cl100k_base() }.ok()?;
            Box::new(move |text| encoder.encode_ordinary(text).len())
        }
        "bpe-openai" => {
            let encoder = if is_o200k { bpe_openai::o200k_base() } else { bpe_openai::cl100k_base() };
            Box::new(move |text| encoder.count(text))
        }
        "tiktoken (crate)" => {
            let encoder = tiktoken::get_encoding(vocabulary.name())?;
            Box::new(move |text| encoder.count(text))
        }
        _ => {
            let mut encoder = promptgate_vocabularies::encoder(vocabulary).ok()?;
            Box::new(move |text| encoder.count(text))
        }
    })
}

/// The tables, as Markdown.
///
/// # Errors
/// A sentence, if a library or a process cannot be started.
pub fn tables(data: &str) -> Result<String, String> {
    let (corpora, real) = corpora::all(data);
    let mut out = String::new();
    let source = if real { "real" } else { "put together" };
    for vocabulary in Vocabulary::ALL {
        let _ = writeln!(out, "\n### {}, native (chat and prose {source})\n", vocabulary.name());
        start_table(&mut out, vocabulary)?;
        throughput_table(&mut out, vocabulary, &corpora)?;
    }
    Ok(out)
}

/// Start, heap after the first count, and heap after a megabyte of each kind, each in a process of its
/// own.
fn start_table(out: &mut String, vocabulary: Vocabulary) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let _ = writeln!(
        out,
        "| | start to first count, ms (median of 7) | heap then, MB | heap after chat, multilingual, one word, MB |\n|---|---|---|---|"
    );
    for name in LIBRARIES {
        let mut runs: Vec<(f64, f64, f64)> = Vec::new();
        for _ in 0..7 {
            let output = Command::new(&program)
                .args(["start", name, vocabulary.name()])
                .output()
                .map_err(|error| error.to_string())?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            if let &[ms, first, later] = numbers.as_slice() {
                runs.push((ms, first, later));
            }
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let &(ms, first, later) = runs.get(runs.len() / 2).ok_or(format!("{name} does not start"))?;
        let _ = writeln!(out, "| {name} | {ms:.2} | {first:.1} | {later:.1} |");
    }
    Ok(())
}

/// One measurement of the start table, as three numbers: milliseconds to the first count, megabytes of
/// heap after it, and after more texts. `heap` tells the bytes in use.
///
/// # Errors
/// A sentence, if there is no such library or vocabulary.
pub fn start(name: &str, vocabulary: &str, heap: impl Fn() -> usize) -> Result<String, String> {
    let vocabulary = Vocabulary::from_name(vocabulary).ok_or("no such vocabulary")?;
    let before = heap();
    let from = Instant::now();
    let mut count = library(name, vocabulary).ok_or("no such library")?;
    black_box(count(FIRST_TEXT));
    let ms = from.elapsed().as_secs_f64() * 1e3;
    let loaded = heap();
    let first = loaded - before;
    let texts = corpora::all("").0;
    let before = before + heap() - loaded;
    for corpus in texts.iter().filter(|corpus| ["chat", "multilingual", "one word"].contains(&corpus.name)) {
        for text in &corpus.texts {
            black_box(count(text));
        }
    }
    let later = heap() - before;
    Ok(format!("{ms} {} {}", first as f64 / 1e6, later as f64 / 1e6))
}

fn throughput_table(out: &mut String, vocabulary: Vocabulary, corpora: &[Corpus]) -> Result<(), String> {
    let mut counts = LIBRARIES
        .iter()
        .map(|name| library(name, vocabulary).ok_or(format!("{name} does not start")))
        .collect::<Result<Vec<_>, _>>()?;
    let _ = writeln!(
        out,
        "\n| MB/s (best of 5) | {} | ours / best peer |\n|---|---|---|---|---|---|",
        LIBRARIES.join(" | ")
    );
    for corpus in corpora {
        let mut best = vec![0f64; counts.len()];
        let mut totals = vec![None; counts.len()];
        // in turns, so that noise hits all alike
        for round in 0..5 {
            for (at, count) in counts.iter_mut().enumerate() {
                let (Some(best), Some(total)) = (best.get_mut(at), totals.get_mut(at)) else {
                    continue;
                };
                if corpus.is_pathological && round > 1 && at > 0 {
                    continue;
                }
                let from = Instant::now();
                *total = Some(corpus.texts.iter().map(|text| count(text)).sum::<usize>());
                *best = best.max(corpus.bytes() as f64 / 1e6 / from.elapsed().as_secs_f64());
            }
        }
        let expected = totals.get(1).copied().flatten();
        let cell = |(speed, total): (&f64, &Option<usize>)| match total {
            None => "–".to_string(),
            Some(_) if *total == expected => format!("{speed:.0}"),
            Some(_) => format!("{speed:.0} (wrong)"),
        };
        let cells: Vec<String> = best.iter().zip(&totals).map(cell).collect();
        let peers = best.iter().zip(&totals).skip(1).filter(|(_, total)| **total == expected);
        let peer = peers.map(|(speed, _)| *speed).fold(0.0, f64::max);
        let _ =
            writeln!(out, "| {} | {} | {:.2} |", corpus.name, cells.join(" | "), best.first().unwrap_or(&0.0) / peer);
    }
    Ok(())
}
