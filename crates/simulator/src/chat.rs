//! `POST /api/v2/ai/llm-gateway/chat` (row B4).

use std::sync::Arc;

use hyper::body::Bytes;
use hyper::{Method, Response};
use serde_json::json;

use crate::admission::{authorised, json_body, key_of};
use crate::answer::Answer;
use crate::chat_request::ChatRequest;
use crate::fault::{ErrorFrame, Fault, On, Script};
use crate::generation::{AnswerWriter, Generation, generate};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::reply::{Body, Cut, FrameEnvelope, Frames, Framing};
use crate::route::CALL;
use crate::wire::Line;
use crate::world::World;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/api/v2/ai/llm-gateway/chat";

/// Answers one call.
pub(crate) async fn chat(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    generate(world, line, received, On::Chat, Shape::Api, checked(world, received)).await
}

/// Everything the contract asks of a call before it can be executed.
fn checked(world: &World, received: &Received) -> Result<Generation, Refusal> {
    if received.method != Method::POST {
        return Err(Refusal::method("method.not.allowed", "POST"));
    }
    authorised(world, received, CALL)?;
    json_body(received)?;
    let key = key_of(received)?;
    let ChatRequest { max_tokens, prompt_tokens, model_id } = ChatRequest::parse(&received.body)?;
    let limit = world.config.token_limit;
    if limit > 0 && prompt_tokens > limit {
        let why = format!("The prompt has {prompt_tokens} tokens; the limit is {limit}.");
        return Err(Refusal::new(400, "token.limit.exceeded", why));
    }
    let answer = Answer::new(world.config.voice(), &received.body, "", prompt_tokens, max_tokens);
    Ok(Generation { key, answer: Box::new(answer), model_id, template: None })
}

/// Contents, line by line, then the terminal frame with `usage`.
impl AnswerWriter for Answer {
    fn usage(&self, script: Option<&Script>) -> (u64, u64) {
        (self.prompt_tokens(), self.tokens(script).len() as u64)
    }

    fn frames(&self, script: Option<&Script>, _faults: &[Fault]) -> Frames {
        let (prompt_tokens, completion_tokens) = self.usage(script);
        let usage = json!({"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens});
        let contents = self.tokens(script).into_iter().map(|token| json!({"content": token}));
        let frames = contents.chain([json!({"usage": usage})]).map(|frame| frame.to_string().into()).collect();
        let hull = FrameEnvelope { head: "{\"content\":\"".into(), tail: "\"}".into(), end: "\n", fill: b'a' };
        Frames {
            framing: Framing::Lines,
            content_type: "application/x-ndjson".into(),
            frames,
            terminal: 1,
            hull,
            cut: None,
        }
    }

    fn failure(&self, frame: &ErrorFrame, correlation: &str) -> Vec<Bytes> {
        let mut refusal = Refusal::usual(frame.status, Shape::Api);
        if let Some(code) = &frame.code {
            refusal.code.clone_from(code);
        }
        if let Some(message) = &frame.message {
            refusal.message.clone_from(message);
        }
        vec![refusal.body(Shape::Api, correlation).to_string().into()]
    }
}
