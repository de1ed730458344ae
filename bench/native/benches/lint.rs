//! The linter on prompts and templates as people write them, and on 64 KiB of what is hard on a parser.
#![allow(missing_docs, clippy::indexing_slicing, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use promptgate_lint::{Linter, Source};

const WORDS: [&str; 15] = [
    "customer", "parcel", "order", "refund", "address", "carrier", "invoice", "answer", "record", "agent", "policy",
    "delivery", "note", "reason", "claim",
];

/// A prompt of about `bytes` bytes: sentences that differ, each with a variable between tags.
fn prompt(bytes: usize) -> String {
    let mut text = String::new();
    let mut at = 0;
    while text.len() < bytes {
        let word = |word: usize| WORDS[(at * 7919 + word * 31 * (1 + at % 13)) % WORDS.len()];
        let words: Vec<&str> = (0..9).map(word).collect();
        let name = WORDS[at % WORDS.len()];
        text.push_str(&format!(
            "Say which {} number {at} is, for <q-{{{{nonce}}}}>{{{{{name}}}}}</q-{{{{nonce}}}}>.\n",
            words.join(" ")
        ));
        at += 1;
    }
    text
}

/// The same as the user's text of a prompt template.
fn template(bytes: usize) -> String {
    let variable = |name: &&str| serde_json::json!({ "name": name, "max_length": 80 });
    let mut variables: Vec<_> = WORDS.iter().map(variable).collect();
    variables.push(serde_json::json!({ "name": "nonce", "max_length": 64, "trusted": true }));
    serde_json::json!({
        "name": "bench", "system_instruction": "You answer questions about deliveries. Be brief.",
        "user_template": prompt(bytes), "variables": variables, "max_tokens": 128_000,
    })
    .to_string()
}

fn lint(criterion: &mut Criterion) {
    let full = |piece: &str| piece.repeat((64 << 10) / piece.len());
    let mut texts = vec![
        ("prompt, 2 KB".to_owned(), prompt(2 << 10)),
        ("prompt, 64 KB".to_owned(), prompt(64 << 10)),
        ("template, 2 KB".to_owned(), template(2 << 10)),
        ("template, 60 KB".to_owned(), template(60 << 10)),
    ];
    let pieces =
        ["{", "{{a", "{{#a}}", "${`", "}", "\u{202E}", "<a {{b}} ", "{{a}}", "always be kind. never be kind. "];
    texts.extend(pieces.map(|piece| (format!("64 KiB of {piece:?}"), full(piece))));
    texts.push(("64 KiB of [ in ${".to_owned(), format!("${{{}}}", full("["))));
    texts.push(("64 KiB of small strings".to_owned(), format!("{{\"a\":[{}\"\"]}}", full("\"\","))));
    texts.push((
        "64 KiB of unknown members".to_owned(),
        format!("{{{}\"system_instruction\":\"x\"}}", full("\"user_templat\":1,")),
    ));
    let linter = Linter::default();
    let mut group = criterion.benchmark_group("lint");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), text, |bencher, text| {
            bencher.iter(|| linter.lint(&Source { text: black_box(text), file: None, kind: None }));
        });
    }
    group.finish();
}

criterion_group!(benches, lint);
criterion_main!(benches);
