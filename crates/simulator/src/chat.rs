//! `POST /api/v2/ai/llm-gateway/chat` (row B4).

use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Response};
use sha2::{Digest, Sha256};

use crate::admission::{authorised, faults_of};
use crate::answer::Answer;
use crate::chat_request::ChatRequest;
use crate::early::{early, skew_date};
use crate::fault::{Fault, On};
use crate::ledger::{Failure, Verdict};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::reply::{Body, Cut, Ended, Open, deliver};
use crate::wire::Line;
use crate::world::World;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/api/v2/ai/llm-gateway/chat";
const SCOPE: &str = "ai:llm-gateway:write";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Answers one call. A fault is taken only by a call that is otherwise fine.
pub(crate) async fn chat(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    let correlation = received.correlation.as_str();
    let refuse = |refusal: Refusal| refusal.answer(Shape::Api, correlation);
    let (request, key) = match checked(world, received) {
        Ok(checked) => checked,
        Err(refusal) => return Ok(refuse(refusal)),
    };
    let faults = match faults_of(world, received, On::Chat) {
        Ok(faults) => faults,
        Err(refusal) => return Ok(refuse(refusal)),
    };
    if !faults.iter().all(Fault::executes)
        && let Some(mut answer) = early(world, line, &faults, Shape::Api, correlation).await?
    {
        skew_date(&mut answer, &faults);
        return Ok(answer);
    }
    let fingerprint = Sha256::digest(&received.body).into();
    let failure = faults.iter().find_map(|fault| failure_of(fault, correlation));
    let verdict = world.update(|state| state.ledger.claim(key.as_deref(), fingerprint, failure.clone()));
    let (replayed, failed) = match verdict {
        Verdict::Run => (false, failure),
        Verdict::Replay(failed) => (true, failed),
        Verdict::InProgress => {
            let why = "A call with this idempotency key is running.";
            let mut answer = refuse(Refusal::new(409, "idempotency.in.progress", why));
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return Ok(answer);
        }
        Verdict::Reused => {
            let why = "This idempotency key was executed with another body.";
            return Ok(refuse(Refusal::new(422, "idempotency.key.reused", why)));
        }
    };
    let open = Open::new(world, key);
    match early(world, line, &faults, Shape::Api, correlation).await {
        Ok(None) => {}
        Ok(Some(mut answer)) => {
            open.end(Ended::Completed);
            skew_date(&mut answer, &faults);
            return Ok(answer);
        }
        Err(cut) => {
            open.end(Ended::Cut);
            return Err(cut);
        }
    }
    let (outlet, body) = Body::pieces(line, Some(open));
    let lines = Answer::new(world.config.seed, &received.body, &request).lines();
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    skew_date(&mut answer, &faults);
    deliver(world, outlet, lines, failed.as_ref(), faults);
    Ok(answer)
}

/// Everything the contract asks of a call before it can be executed.
fn checked(world: &World, received: &Received) -> Result<(ChatRequest, Option<String>), Refusal> {
    if received.method != Method::POST {
        return Err(Refusal::new(405, "method.not.allowed", "Use POST."));
    }
    authorised(world, received, SCOPE)?;
    if received.content_type().as_deref() != Some("application/json") {
        let why = "The body must be application/json.";
        return Err(Refusal::new(415, "unsupported.media.type", why));
    }
    let key = match received.headers.contains_key("idempotency-key") {
        false => None,
        true => Some(received.header("idempotency-key").and_then(key_of).ok_or_else(|| {
            let why = "Idempotency-Key must be 1 to 255 visible ASCII characters, once.";
            Refusal::new(400, "idempotency.key.invalid", why)
        })?),
    };
    let request = ChatRequest::parse(&received.body)?;
    let limit = world.config.token_limit;
    if limit > 0 && request.prompt_tokens > limit {
        let why = format!("The prompt has {} tokens; the limit is {limit}.", request.prompt_tokens);
        return Err(Refusal::new(400, "token.limit.exceeded", why));
    }
    Ok((request, key))
}

fn key_of(value: &str) -> Option<String> {
    let fine = (1..=255).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
    fine.then(|| value.to_owned())
}

fn failure_of(fault: &Fault, correlation: &str) -> Option<Failure> {
    let Fault::ErrorFrame(frame) = fault else {
        return None;
    };
    let mut refusal = Refusal::usual(frame.status, Shape::Api);
    if let Some(code) = &frame.code {
        refusal.code.clone_from(code);
    }
    if let Some(message) = &frame.message {
        refusal.message.clone_from(message);
    }
    let line = refusal.body(Shape::Api, correlation).to_string().into();
    Some(Failure { after_frames: frame.after_frames, line })
}
