//! A call that a model answers in frames (sections 2 and 3 of the contract): faults, key, delivery.

use std::sync::Arc;

use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::admission::{faults_of, in_progress, reused};
use crate::answer::Answer;
use crate::early::{early, skew_date};
use crate::fault::{Fault, On};
use crate::ledger::{Failure, Kept, Verdict, fingerprint};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::reply::{Body, Cut, Ended, Open, deliver};
use crate::usage::{Call, planned_ms};
use crate::wire::Line;
use crate::world::World;

/// On a replay.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A call that may be executed.
pub(crate) struct Generation {
    pub(crate) key: Option<String>,
    pub(crate) answer: Answer,
    pub(crate) model_id: String,
    /// Id and version of the template that is executed.
    pub(crate) template: Option<(String, u64)>,
}

/// Answers one call. A fault is taken only by a call that is otherwise fine.
pub(crate) async fn generate(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    on: On,
    checked: Result<Generation, Refusal>,
) -> Result<Response<Body>, Cut> {
    let correlation = received.correlation.as_str();
    let refuse = |refusal: Refusal| refusal.answer(Shape::Api, correlation);
    let found = checked.and_then(|generation| Ok((generation, faults_of(world, received, on)?)));
    let (generation, faults) = match found {
        Ok(found) => found,
        Err(refusal) => return Ok(refuse(refusal)),
    };
    let template_id = generation.template.as_ref().map(|(id, _)| id.as_str());
    let call = Call { model_id: &generation.model_id, template_id };
    if !faults.iter().all(Fault::executes)
        && let Some(mut answer) = early(world, line, &faults, Shape::Api, correlation).await?
    {
        world.update(|state| state.usage.failed(call, planned_ms(world, &faults, 0)));
        skew_date(&mut answer, &faults);
        return Ok(answer);
    }
    let failed = faults.iter().find_map(|fault| failure_of(fault, correlation));
    let version = generation.template.as_ref().map(|(_, version)| *version);
    let verdict = world.update(|state| {
        let kept = Kept { failed: failed.clone(), version, reply: None };
        let verdict = state.ledger.claim(generation.key.as_deref(), fingerprint(received), kept);
        if matches!(verdict, Verdict::Run) {
            let (input, output) = generation.answer.usage();
            let latency = planned_ms(world, &faults, output);
            state.usage.executed(call, (input, output), latency, failed.is_some());
        }
        verdict
    });
    let (replayed, failed) = match verdict {
        Verdict::Run => (false, failed),
        Verdict::Replay(kept) => (true, kept.failed),
        Verdict::InProgress => return Ok(refuse(in_progress())),
        Verdict::Reused => return Ok(refuse(reused())),
    };
    let open = Open::new(world, generation.key);
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
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    skew_date(&mut answer, &faults);
    deliver(world, outlet, generation.answer.lines(), failed.as_ref(), faults);
    Ok(answer)
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
