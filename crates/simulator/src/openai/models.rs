//! `GET …/models` and `…/models/{id}`.

use std::sync::Arc;

use hyper::Response;
use serde_json::{Value, json};

use super::{Dialect, Target, error};
use crate::admission::faults_of;
use crate::early::early;
use crate::fault::On;
use crate::record::Received;
use crate::refusal::Refusal;
use crate::reply::{Body, Cut};
use crate::resource::{Reply, finished, spoilt};
use crate::wire::Line;
use crate::world::World;

/// Answers one call: the list, or the model `id`.
pub(crate) async fn models(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    target: Target<'_>,
    id: Option<&str>,
) -> Result<Response<Body>, Cut> {
    let body = match id {
        Some(id) => exists(world, id, target.dialect).map(|()| model(id)),
        None => {
            let all: Vec<Value> = world.config.models.iter().map(|id| model(id)).collect();
            Ok(json!({"object": "list", "data": all}))
        }
    };
    answer(world, line, received, target, On::OpenaiModels, body).await
}

/// Refuses a model that there is not.
pub(crate) fn exists(world: &World, id: &str, dialect: Dialect) -> Result<(), Refusal> {
    if world.config.models.iter().any(|known| known == id) {
        return Ok(());
    }
    let mut refusal = error::usual(404, dialect);
    if dialect == Dialect::OpenAi {
        refusal.details = vec![("model".into(), String::new())];
    }
    Err(refusal)
}

/// The answer to a checked call that has one JSON body: faults act, then it goes out.
pub(crate) async fn answer(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    target: Target<'_>,
    on: On,
    body: Result<Value, Refusal>,
) -> Result<Response<Body>, Cut> {
    let (shape, correlation) = (target.shape(), received.correlation.as_str());
    let (body, faults) = match body.and_then(|body| Ok((body, faults_of(world, received, on)?))) {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal.answer(shape, correlation)),
    };
    let answer = match early(world, line, &faults, shape, correlation).await? {
        Some(answer) => answer,
        None => spoilt(line, Reply::new(200, body), &faults),
    };
    Ok(finished(answer, &faults))
}

fn model(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "simulator"})
}
