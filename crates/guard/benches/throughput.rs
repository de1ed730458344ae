//! Megabytes a second of plain chat, dense hits and hostile text, everything on; and what a stream holds back.
//!
//! `cargo bench -p promptgate-guard` prints a table: best of several runs, one thread. The
//! texts are `bench/guard/texts.json`, which the other engines read too.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::indexing_slicing
)]

use promptgate_guard::view::Views;
use promptgate_guard::{Action, Guard, Policy, Role};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let guard = Guard::new(&Policy::all(Action::Redact));
    println!("| text | bytes | views | values only | everything | redact | stream (24-byte pieces) |");
    println!("|---|---|---|---|---|---|---|");
    for (name, text) in texts() {
        let values = rate(&text, |text| {
            black_box(guard.check(text, Role::Assistant));
        });
        // The assistant's text is scored for injection under this policy; values alone need
        // a policy without it.
        let mut policy = Policy::all(Action::Redact);
        for role in Role::ALL {
            policy.set(role, promptgate_guard::Kind::Injection, Action::Ignore);
        }
        let plain = Guard::new(&policy);
        let only = rate(&text, |text| {
            black_box(plain.check(text, Role::User));
        });
        let views = rate(&text, |text| {
            black_box(Views::new(text));
        });
        let redact = rate(&text, |text| {
            black_box(guard.redact(text, Role::User));
        });
        let stream = rate(&text, |text| {
            let mut stream = plain.stream(Role::Assistant);
            let mut rest = text;
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.ceil_char_boundary(24.min(rest.len())));
                black_box(stream.push(piece));
                rest = after;
            }
            black_box(stream.finish());
        });
        println!(
            "| {name} | {} | {views:.0} MB/s | {only:.0} MB/s | {values:.0} MB/s | {redact:.0} MB/s | {stream:.0} MB/s |",
            text.len()
        );
    }
    lag();
    let message = &texts()[0].1[..400];
    let each = 400.0
        / rate(message, |text| {
            black_box(guard.check(text, Role::User));
        });
    println!("\nA message of 400 bytes: {each:.2} µs.");
    let start = Instant::now();
    for _ in 0..1000 {
        black_box(Guard::new(&Policy::default()));
    }
    println!("A guard is made in {:.2} µs.", start.elapsed().as_secs_f64() * 1e3);
}

/// How many bytes a stream holds back after each piece of four bytes, a model's token, and how many words
/// come in before anything goes out.
fn lag() {
    let guard = Guard::new(&Policy::default());
    let code = "fn main() {\n    let total = items.iter().map(|item| item.price * 2).sum::<u32>(); // all of them\n}\n";
    let all = texts();
    let text = |name: &str| all.iter().find(|text| text.0 == name).map(|text| text.1.clone()).unwrap();
    let rows = [
        ("plain chat", text("plain chat")),
        ("code", code.repeat(100)),
        ("dense hits", text("dense hits")),
        ("accents and scripts", text("accents and scripts")),
        ("hostile: nested Base64", text("hostile: nested Base64")),
    ];
    println!("\n| streamed by four bytes | held p50 | p90 | p99 | greatest | silent words p90 | greatest |");
    println!("|---|---|---|---|---|---|---|");
    for (name, text) in rows {
        let mut stream = guard.stream(Role::Assistant);
        let (mut held, mut silent, mut words) = (Vec::new(), vec![0], 0);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(4.min(rest.len())));
            words += piece.matches(' ').count();
            if !stream.push(piece).text.is_empty() {
                silent.push(std::mem::take(&mut words));
            }
            held.push(stream.held());
            rest = after;
        }
        held.sort_unstable();
        silent.sort_unstable();
        let at = |sorted: &[usize], share: usize| sorted[(sorted.len() - 1) * share / 100];
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            at(&held, 50),
            at(&held, 90),
            at(&held, 99),
            at(&held, 100),
            at(&silent, 90),
            at(&silent, 100)
        );
    }
    println!();
}

/// Best rate in MB/s over many short rounds, so that a busy machine matters less.
fn rate(text: &str, work: impl Fn(&str)) -> f64 {
    let mut best: f64 = 0.0;
    let once = Instant::now();
    work(text);
    let count = (0.002 / once.elapsed().as_secs_f64().max(1e-9)).ceil().max(1.0) as usize;
    for _ in 0..80 {
        let start = Instant::now();
        for _ in 0..count {
            work(black_box(text));
        }
        let seconds = start.elapsed().as_secs_f64() / count as f64;
        best = best.max(text.len() as f64 / seconds / 1e6);
    }
    best
}

fn texts() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/guard/texts.json");
    let file = std::fs::read_to_string(path).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&file).unwrap();
    let text = |row: &serde_json::Value| {
        let piece = row["text"].as_str().unwrap();
        piece.repeat(row["times"].as_u64().unwrap() as usize)
    };
    rows.iter().map(|row| (row["name"].as_str().unwrap().to_owned(), text(row))).collect()
}
