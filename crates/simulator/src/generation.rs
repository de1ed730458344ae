//! A call that a model answers, on every wire (sections 2 and 3 of the contract): faults, key, delivery.

use std::sync::Arc;

use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::admission::{faults_of, in_progress, reused};
use crate::early::early;
use crate::fault::{ErrorFrame, Fault, On, Script};
use crate::ledger::{Failure, ReplayRecord, Verdict, fingerprint};
use crate::record::Received;
use crate::refusal::{Refusal, Shape, add_headers};
use crate::reply::{Body, Cut, Ended, Frames, Open, deliver};
use crate::resource::finished;
use crate::usage::{Call, planned_ms};
use crate::wire::Line;
use crate::world::World;

/// On a replay.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A call that may be executed.
pub(crate) struct Generation {
    pub(crate) key: Option<String>,
    pub(crate) answer: Box<dyn AnswerWriter + Send + Sync>,
    pub(crate) model_id: String,
    /// Id and version of the template that is executed.
    pub(crate) template: Option<(String, u64)>,
}

/// An answer as its wire writes it.
pub(crate) trait AnswerWriter {
    /// Tokens of the prompt, and of the answer.
    fn usage(&self, script: Option<&Script>) -> (u64, u64);
    /// The answer, or the script's, with the faults of this wire alone applied.
    fn frames(&self, script: Option<&Script>, faults: &[Fault]) -> Frames;
    /// The frames of a failed generation.
    fn failure(&self, frame: &ErrorFrame, correlation: &str) -> Vec<Bytes>;
}

/// Answers one call. A fault is taken only by a call that is otherwise fine.
pub(crate) async fn generate(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    on: On,
    shape: Shape,
    checked: Result<Generation, Refusal>,
) -> Result<Response<Body>, Cut> {
    let correlation = received.correlation.as_str();
    let refuse = |refusal: Refusal| refusal.answer(shape, correlation);
    let found = checked.and_then(|generation| Ok((generation, faults_of(world, received, on)?)));
    let (generation, faults) = match found {
        Ok(found) => found,
        Err(refusal) => return Ok(refuse(refusal)),
    };
    let template_id = generation.template.as_ref().map(|(id, _)| id.as_str());
    let call = Call { model_id: &generation.model_id, template_id };
    if !faults.iter().all(Fault::executes)
        && let Some(answer) = early(world, line, &faults, shape, correlation).await?
    {
        world.update(|state| state.usage.failed(call, planned_ms(world, &faults, 0)));
        return Ok(finished(answer, &faults));
    }
    let answer = generation.answer;
    let failed = faults.iter().find_map(|fault| match fault {
        Fault::ErrorFrame(frame) => {
            Some(Failure { after_frames: frame.after_frames, frames: answer.failure(frame, correlation) })
        }
        _ => None,
    });
    let script =
        faults.iter().find_map(|fault| if let Fault::Answer(script) = fault { Some(script.clone()) } else { None });
    let version = generation.template.as_ref().map(|(_, version)| *version);
    let verdict = world.update(|state| {
        let kept = ReplayRecord { failed: failed.clone(), script: script.clone(), version, reply: None };
        let verdict = state.ledger.claim(generation.key.as_deref(), fingerprint(received), kept);
        if matches!(verdict, Verdict::Run) {
            let (input, output) = answer.usage(script.as_ref());
            let latency = planned_ms(world, &faults, output);
            state.usage.executed(call, (input, output), latency, failed.is_some());
        }
        verdict
    });
    let (replayed, failed, script) = match verdict {
        Verdict::Run => (false, failed, script),
        Verdict::Replay(kept) => (true, kept.failed, kept.script),
        Verdict::InProgress => return Ok(refuse(in_progress())),
        Verdict::Reused => return Ok(refuse(reused())),
    };
    let open = Open::new(world, generation.key);
    match early(world, line, &faults, shape, correlation).await {
        Ok(None) => {}
        Ok(Some(answer)) => {
            open.end(Ended::Completed);
            return Ok(finished(answer, &faults));
        }
        Err(cut) => {
            open.end(Ended::Cut);
            return Err(cut);
        }
    }
    let (outlet, body) = Body::pieces(line, Some(open));
    let frames = answer.frames(script.as_ref(), &faults);
    let mut answer = Response::new(body);
    add_headers(&mut answer, &[(CONTENT_TYPE, frames.content_type.clone())]);
    if replayed {
        answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    deliver(world, outlet, frames, failed.as_ref(), Arc::clone(&faults));
    Ok(finished(answer, &faults))
}
