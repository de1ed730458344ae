//! A completion as the chunks of a stream.

use serde_json::{Value, json};

use super::Dialect;
use super::completion::{Call, Choice, Completion, unfiltered};
use crate::fault::StreamShape;
use crate::overlay::put;

/// The chunks of a stream, those that end it apart.
pub(crate) struct Chunks {
    /// The pieces of the answer, of all choices in turn.
    pub(crate) pieces: Vec<Value>,
    /// One per choice, with its `finish_reason`.
    pub(crate) finishes: Vec<Value>,
    /// The chunk of `usage`, if it is wanted.
    pub(crate) usage: Option<Value>,
}

impl Chunks {
    /// The chunks of `completion`, with the usage if it was asked for.
    pub(crate) fn new(completion: &Completion, include_usage: bool, shaped: &impl Fn(StreamShape) -> bool) -> Self {
        let choices = completion.choices.iter().enumerate();
        let deltas = choices.map(|(index, choice)| deltas(completion, index, choice, shaped)).collect();
        let finishes = completion.choices.iter().enumerate().map(|(index, choice)| {
            completion
                .chunk(vec![json!({"index": index, "delta": {}, "logprobs": null, "finish_reason": choice.finish})])
        });
        let mut chunks = Self {
            pieces: in_turn(deltas).into_iter().map(|choice| completion.chunk(vec![choice])).collect(),
            finishes: finishes.collect(),
            usage: None,
        };
        if include_usage {
            for chunk in chunks.pieces.iter_mut().chain(&mut chunks.finishes) {
                put(chunk, "usage", &Value::Null);
            }
            chunks.usage = Some(usage_chunk(completion));
        }
        chunks
    }
}

/// The chunk without choices, with the usage of the answer.
pub(crate) fn usage_chunk(completion: &Completion) -> Value {
    let mut last = completion.chunk(Vec::new());
    put(&mut last, "usage", &completion.usage(completion.completion_tokens()));
    last
}

/// The pieces of one choice.
fn deltas(completion: &Completion, index: usize, choice: &Choice, shaped: &impl Fn(StreamShape) -> bool) -> Vec<Value> {
    let of = |delta: Value| json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": null});
    let mut deltas = vec![of(json!({"role": "assistant", "content": "", "refusal": null}))];
    if let Some((member, texts)) = &choice.reasoning {
        deltas.extend(texts.iter().map(|text| of(json!({member.name(): text}))));
    }
    for text in choice.content.iter().flatten() {
        let mut piece = of(json!({"content": text}));
        put(&mut piece, "logprobs", &completion.logprobs_of(std::slice::from_ref(text)));
        if completion.dialect == Dialect::Azure {
            put(&mut piece, "content_filter_results", &unfiltered());
        }
        deltas.push(piece);
    }
    deltas.extend(choice.refusal.iter().flatten().map(|text| of(json!({"refusal": text}))));
    let calls = choice.calls.iter().enumerate();
    let calls = calls.map(|(at, call)| called(completion, at, call, shaped(StreamShape::ToolWhole))).collect();
    let calls: Vec<Value> = if shaped(StreamShape::ToolsInterleaved) { in_turn(calls) } else { calls.concat() };
    deltas.extend(calls.into_iter().map(of));
    deltas
}

/// The deltas of one call: its name, then its arguments.
fn called(completion: &Completion, at: usize, call: &Call, whole: bool) -> Vec<Value> {
    let first = if whole { call.arguments.concat() } else { String::new() };
    let mut head = completion.call(call, &first);
    let rest = call.arguments.iter().filter(|_| !whole);
    if completion.legacy {
        let more = rest.map(|piece| json!({"function_call": {"arguments": piece}}));
        return [json!({"function_call": head.get("function")})].into_iter().chain(more).collect();
    }
    put(&mut head, "index", &at.into());
    let more = rest.map(|piece| json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}));
    [json!({"tool_calls": [head]})].into_iter().chain(more).collect()
}

/// One of each list in turn, until all have ended.
fn in_turn(lists: Vec<Vec<Value>>) -> Vec<Value> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let round: Vec<Value> = lists.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() {
            return all;
        }
        all.extend(round);
    }
}
