//! Stream shapes that change chunks; those that change how an event is written are in `reply/disguise`.

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::Dialect;
use super::chunks::{Chunks, usage_chunk};
use super::completion::{Completion, prompt_filter};
use crate::fault::StreamShape;
use crate::overlay::put;

/// The frames of a stream, and how many of the last ones complete it.
pub(crate) fn shape(
    completion: &Completion,
    mut chunks: Chunks,
    shaped: &impl Fn(StreamShape) -> bool,
) -> (Vec<Bytes>, usize) {
    calls(&mut chunks.pieces, shaped);
    choices(completion, &mut chunks, shaped);
    usage(completion, &mut chunks, shaped);
    if shaped(StreamShape::FinishWithContent) {
        finish_with_content(&mut chunks);
    }
    let Chunks { mut pieces, finishes, usage } = chunks;
    let mut terminal = completion.choices.len() + usize::from(usage.is_some());
    if shaped(StreamShape::PromptFilterFirst) || completion.dialect == Dialect::Azure {
        let first = json!({"id": "", "object": "", "created": 0, "model": "", "choices": [],
            "prompt_filter_results": prompt_filter()});
        pieces.insert(0, first);
    }
    pieces.extend(finishes);
    pieces.extend(usage);
    if shaped(StreamShape::IdsDiffer) {
        for (n, chunk) in pieces.iter_mut().enumerate() {
            put(chunk, "id", &format!("chatcmpl-{n}").into());
            put(chunk, "created", &(1_760_000_000 + n).into());
            put(chunk, "model", &format!("model-{n}").into());
        }
    }
    let mut frames: Vec<Bytes> = pieces.iter().map(|chunk| chunk.to_string().into()).collect();
    if !shaped(StreamShape::NoDone) {
        frames.push(Bytes::from_static(b"[DONE]"));
        terminal += 1;
    }
    if shaped(StreamShape::AfterDone) {
        let late = json!({"index": 0, "delta": {"content": " this comes too late"}, "finish_reason": null});
        frames.push(completion.chunk(vec![late]).to_string().into());
        frames.push(Bytes::from_static(b"[DONE]"));
        terminal += 2;
    }
    (frames, terminal)
}

/// A place in the one choice of a chunk; null if it isn't there.
fn at<'a>(chunk: &'a Value, place: &str) -> &'a Value {
    chunk.pointer(&format!("/choices/0{place}")).unwrap_or(&Value::Null)
}

/// Sets a member of an object in the one choice of a chunk.
fn set(chunk: &mut Value, place: &str, name: &str, value: impl Into<Value>) {
    if let Some(parent) = chunk.pointer_mut(&format!("/choices/0{place}")) {
        put(parent, name, &value.into());
    }
}

/// How calls are numbered and named.
fn calls(pieces: &mut [Value], shaped: &impl Fn(StreamShape) -> bool) {
    const CALL: &str = "/delta/tool_calls/0";
    let mut heads: Vec<(Value, Value)> = Vec::new();
    for piece in pieces {
        let call = at(piece, CALL).clone();
        let Some(number) = call.get("index").and_then(Value::as_u64) else { continue };
        let place = json!([at(piece, "/index"), number]);
        if call.get("id").is_some() {
            heads.push((place, call));
        } else if shaped(StreamShape::ToolRepeats)
            && let Some((_, head)) = heads.iter().find(|(of, _)| *of == place)
        {
            for (parent, name) in [("", "id"), ("", "type"), ("/function", "name")] {
                let value = head.pointer(&format!("{parent}/{name}")).unwrap_or(&Value::Null);
                set(piece, &format!("{CALL}{parent}"), name, value.clone());
            }
        }
        if shaped(StreamShape::ToolIndexZero) {
            set(piece, CALL, "index", 0);
        } else if shaped(StreamShape::ToolIndexFromOne) {
            set(piece, CALL, "index", number + 1);
        } else if shaped(StreamShape::ToolIndexMissing)
            && let Some(Value::Object(call)) = piece.pointer_mut(&format!("/choices/0{CALL}"))
        {
            call.remove("index");
        }
    }
}

/// What becomes of roles, deltas and choices.
fn choices(completion: &Completion, chunks: &mut Chunks, shaped: &impl Fn(StreamShape) -> bool) {
    if shaped(StreamShape::NoRole) {
        chunks.pieces.retain(|piece| at(piece, "/delta/role").is_null());
    }
    for piece in &mut chunks.pieces {
        if shaped(StreamShape::RoleRepeated) {
            set(piece, "/delta", "role", "assistant");
        }
        if shaped(StreamShape::FinishEmpty) {
            set(piece, "", "finish_reason", "");
        }
        if shaped(StreamShape::UnknownMembers) {
            set(piece, "", "matched_stop", Value::Null);
            set(piece, "/delta", "annotations", json!([]));
            put(piece, "obfuscation", &"Xq3".into());
            put(piece, "x_groq", &json!({"id": "req_1"}));
        }
    }
    let middle = chunks.pieces.len().min(2);
    if shaped(StreamShape::NullDelta) {
        for finish in &mut chunks.finishes {
            set(finish, "", "delta", Value::Null);
        }
        let empty = json!({"index": 0, "delta": null, "finish_reason": null});
        chunks.pieces.insert(middle, completion.chunk(vec![empty]));
    }
    if shaped(StreamShape::NullChoices) {
        let mut odd = completion.chunk(Vec::new());
        put(&mut odd, "choices", &Value::Null);
        chunks.pieces.insert(middle, odd);
    }
    if shaped(StreamShape::NoChoices)
        && let Value::Object(mut odd) = completion.chunk(Vec::new())
    {
        odd.remove("choices");
        chunks.pieces.insert(middle, odd.into());
    }
}

/// Where usage is, whether it was asked for or not.
fn usage(completion: &Completion, chunks: &mut Chunks, shaped: &impl Fn(StreamShape) -> bool) {
    let twice = shaped(StreamShape::UsageTwice);
    let cumulative = shaped(StreamShape::UsageCumulative);
    if cumulative {
        for (n, piece) in chunks.pieces.iter_mut().enumerate() {
            put(piece, "usage", &completion.usage(n as u64));
        }
    }
    if cumulative || twice || shaped(StreamShape::UsageOnFinish) {
        for finish in &mut chunks.finishes {
            put(finish, "usage", &completion.usage(completion.completion_tokens()));
        }
        chunks.usage = None;
    }
    if twice {
        chunks.usage = Some(usage_chunk(completion));
    }
    if shaped(StreamShape::UsageWithChoice) {
        let mut last = usage_chunk(completion);
        put(&mut last, "choices", &json!([{"index": 0, "delta": {}}]));
        chunks.usage = Some(last);
    }
    if shaped(StreamShape::UsageMissing) {
        chunks.usage = None;
    }
}

/// The last piece of each choice has its `finish_reason`.
fn finish_with_content(chunks: &mut Chunks) {
    let mut ends = Vec::new();
    for finish in std::mem::take(&mut chunks.finishes) {
        let last = chunks.pieces.iter().rposition(|piece| at(piece, "/index") == at(&finish, "/index"));
        let mut end = match last {
            Some(last) => chunks.pieces.remove(last),
            None => finish.clone(),
        };
        set(&mut end, "", "finish_reason", at(&finish, "/finish_reason").clone());
        if let Some(usage) = finish.get("usage") {
            put(&mut end, "usage", usage);
        }
        ends.push(end);
    }
    chunks.finishes = ends;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::request::ChatRequest;

    /// The frames of two calls, or of a text, under a shape.
    fn frames(tools: bool, shape: Option<StreamShape>) -> (Vec<String>, usize) {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 3});
        if tools {
            let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
            body["tools"] = json!([tool("a"), tool("b")]);
        }
        let body = body.to_string();
        let request = ChatRequest::parse(body.as_bytes(), None).unwrap();
        let completion = Completion::new(
            crate::answer::Voice { seed: 1, sentences: 0 },
            body.as_bytes(),
            Dialect::OpenAi,
            &request,
            None,
        );
        let shaped = |wanted| shape == Some(wanted);
        let chunks = Chunks::new(&completion, true, &shaped);
        let (frames, terminal) = super::shape(&completion, chunks, &shaped);
        (frames.iter().map(|frame| String::from_utf8(frame.to_vec()).unwrap()).collect(), terminal)
    }

    #[test]
    fn a_plain_stream_ends_with_finish_usage_and_done() {
        let (frames, terminal) = frames(false, None);
        assert_eq!((frames.len(), terminal, frames.last().map(String::as_str)), (1 + 3 + 3, 3, Some("[DONE]")));
        let chunk = |at: usize| serde_json::from_str::<Value>(&frames[at]).unwrap();
        assert_eq!(chunk(0)["choices"][0]["delta"]["role"], "assistant");
        assert_eq!(chunk(4)["choices"][0]["finish_reason"], "length");
        assert_eq!((&chunk(5)["choices"], &chunk(5)["usage"]["completion_tokens"]), (&json!([]), &json!(3)));
    }

    #[test]
    fn every_shape_of_chunks_changes_a_stream() {
        let framing = ["cr", "no_space", "multi_line_data", "comments", "empty_data", "event_names", "unknown_fields"];
        for shape in StreamShape::ALL.iter().copied().filter(|shape| !framing.contains(&shape.name())) {
            let changed = [true, false].iter().any(|tools| frames(*tools, Some(shape)) != frames(*tools, None));
            assert!(changed, "{shape:?}");
            for tools in [true, false] {
                let (frames, terminal) = frames(tools, Some(shape));
                assert!((1..frames.len()).contains(&terminal), "{shape:?}");
            }
        }
    }
}
