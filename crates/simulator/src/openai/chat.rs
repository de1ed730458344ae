//! `POST …/chat/completions`.

use std::sync::Arc;

use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Map, Value, json};

use super::chunks::Chunks;
use super::completion::Completion;
use super::error::invalid;
use super::models::exists;
use super::request::ChatRequest;
use super::shapes::shape;
use super::{Dialect, Target, error};
use crate::admission::json_body;
use crate::answer::Voice;
use crate::fault::{ErrorForm, ErrorFrame, Fault, On, Script, StreamShape};
use crate::generation::{AnswerWriter, Generation, generate};
use crate::overlay::{overlay, put};
use crate::record::Received;
use crate::refusal::Refusal;
use crate::reply::{Body, Cut, FrameEnvelope, Frames, Framing};
use crate::resource::{change, half_of};
use crate::wire::Line;
use crate::world::World;

/// Answers one call.
pub(crate) async fn chat(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    target: Target<'_>,
) -> Result<Response<Body>, Cut> {
    generate(world, line, received, On::OpenaiChat, target.shape(), checked(world, received, target)).await
}

/// Everything that is asked of a call before it can be executed.
fn checked(world: &World, received: &Received, target: Target<'_>) -> Result<Generation, Refusal> {
    json_body(received).map_err(|_| Refusal::usual(415, target.shape()))?;
    let request = ChatRequest::parse(&received.body, target.deployment)?;
    exists(world, &request.model, target.dialect)?;
    let (limit, tokens) = (world.config.token_limit, request.prompt_tokens);
    if limit > 0 && tokens > limit {
        let why = format!(
            "This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} \
             tokens. Please reduce the length of the messages."
        );
        return Err(invalid("messages", "context_length_exceeded", why));
    }
    let model_id = request.model.clone();
    let call = Call { voice: world.config.voice(), body: received.body.clone(), dialect: target.dialect, request };
    // A key is for the client's own use on this wire: every request is executed.
    Ok(Generation { key: None, answer: Box::new(call), model_id, template: None })
}

/// A checked call.
struct Call {
    voice: Voice,
    body: Bytes,
    dialect: Dialect,
    request: ChatRequest,
}

impl Call {
    fn completion(&self, script: Option<&Script>) -> Completion {
        Completion::new(self.voice, &self.body, self.dialect, &self.request, script)
    }

    /// One JSON body.
    fn whole(&self, completion: &Completion, faults: &[Fault]) -> Frames {
        let mut body = completion.body();
        change(&mut body, faults);
        let mut text = body.to_string();
        let mut cut = None;
        for fault in faults {
            match fault {
                Fault::Malformed {} => text = half_of(&text),
                Fault::CutBody { how } => (text, cut) = (half_of(&text), Some(*how)),
                Fault::Empty {} => text.clear(),
                _ => {}
            }
        }
        let hull = FrameEnvelope { head: String::new(), tail: String::new(), end: "", fill: b' ' };
        let frames = vec![text.into()];
        Frames { framing: Framing::Whole, content_type: "application/json".into(), frames, terminal: 0, hull, cut }
    }

    fn stream(&self, completion: &Completion, faults: &[Fault]) -> Frames {
        let shaped = |shape: StreamShape| faults.contains(&Fault::StreamShape { shape });
        let chunks = Chunks::new(completion, self.request.include_usage, &shaped);
        let (frames, terminal) = shape(completion, chunks, &shaped);
        let around = json!({"index": 0, "delta": {"content": "|"}, "finish_reason": null});
        let around = format!("data: {}", completion.chunk(vec![around]));
        let (head, tail) = around.split_once('|').unwrap_or_default();
        let hull = FrameEnvelope { head: head.into(), tail: tail.into(), end: "\n\n", fill: b'a' };
        let content_type = "text/event-stream; charset=utf-8".into();
        Frames { framing: Framing::Events, content_type, frames, terminal, hull, cut: None }
    }
}

impl AnswerWriter for Call {
    fn usage(&self, script: Option<&Script>) -> (u64, u64) {
        (self.request.prompt_tokens, self.completion(script).completion_tokens())
    }

    fn frames(&self, script: Option<&Script>, faults: &[Fault]) -> Frames {
        let completion = self.completion(script);
        let mut frames =
            if self.request.stream { self.stream(&completion, faults) } else { self.whole(&completion, faults) };
        for fault in faults {
            if let Fault::Raw { text, content_type } = fault {
                frames.framing = Framing::Whole;
                frames.frames = vec![text.clone().into()];
                frames.terminal = 0;
                frames.content_type = content_type.clone().unwrap_or(frames.content_type);
            }
        }
        frames
    }

    fn failure(&self, frame: &ErrorFrame, _correlation: &str) -> Vec<Bytes> {
        let mut usual = error::usual(frame.status, self.dialect);
        if let Some(message) = &frame.message {
            usual.message.clone_from(message);
        }
        let mut failed = error::body(&usual);
        // Servers that fail in mid-stream give the status as the code, mostly.
        let code = frame.code.clone().map_or_else(|| frame.status.into(), Value::from);
        overlay(&mut failed, &Map::from_iter([("/error/code".to_owned(), code)]), 0);
        let choice = json!({"index": 0, "delta": {"content": ""}, "finish_reason": "error"});
        let choices = match frame.form {
            ErrorForm::Error => return vec![failed.to_string().into()],
            ErrorForm::Beside => Vec::new(),
            ErrorForm::Finish => vec![choice],
        };
        let mut chunk = self.completion(None).chunk(choices);
        put(&mut chunk, "error", failed.get("error").unwrap_or(&Value::Null));
        let mut frames: Vec<Bytes> = vec![chunk.to_string().into()];
        if self.request.stream && frame.form == ErrorForm::Finish {
            frames.push(Bytes::from_static(b"[DONE]"));
        }
        frames
    }
}
