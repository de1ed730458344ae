//! `POST /api/v2/ai/llm-gateway/chat` (row B4).

use std::sync::Arc;

use hyper::{Method, Response};

use crate::admission::{authorised, json_body, key_of};
use crate::answer::Answer;
use crate::chat_request::ChatRequest;
use crate::fault::On;
use crate::generation::{Generation, generate};
use crate::record::Received;
use crate::refusal::Refusal;
use crate::reply::{Body, Cut};
use crate::route::CALL;
use crate::wire::Line;
use crate::world::World;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/api/v2/ai/llm-gateway/chat";

/// Answers one call.
pub(crate) async fn chat(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    generate(world, line, received, On::Chat, checked(world, received)).await
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
    let answer = Answer::new(world.config.seed, &received.body, "", prompt_tokens, max_tokens);
    Ok(Generation { key, answer, model_id, template: None })
}
