//! From the bytes of a chat request to the payload: a small chat, and the largest that is allowed.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use promptgate_core::chat::ChatRules;
use promptgate_core::front::promptgate::decode;
use promptgate_core::guard::Guards;

fn request(instructions: usize, instruction: usize, messages: usize, content: usize, max_tokens: u64) -> Vec<u8> {
    let text = |length: usize| {
        "The parcel was sent on Tuesday and has not come. ".repeat(length / 49 + 1)[..length].to_owned()
    };
    let role = |index: usize| if index.is_multiple_of(2) { "user" } else { "agent" };
    let turn = |index: usize| serde_json::json!({ "role": role(index), "content": text(content) });
    serde_json::json!({
        "systemInstructions": vec![text(instruction); instructions],
        "context": (0..messages).map(turn).collect::<Vec<_>>(),
        "temperature": 0.3, "maxTokens": max_tokens, "modelId": "support-small",
    })
    .to_string()
    .into_bytes()
}

fn prepare(criterion: &mut Criterion) {
    let guards = Guards::default();
    let mut counters = promptgate_vocabularies::counters();
    let mut group = criterion.benchmark_group("prepare");
    for (name, body) in [("small", request(1, 80, 4, 120, 512)), ("largest", request(5, 500, 25, 4000, 4096))] {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                decode(black_box(&body))
                    .unwrap()
                    .prepare(&guards.input, &ChatRules::default(), None, &mut counters)
                    .unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, prepare);
criterion_main!(benches);
