//! `POST /_simulator/webhook[/…]`: a receiver of webhooks that remembers what it got.

use std::sync::Arc;

use hyper::Response;
use serde_json::json;

use crate::admission::faults_of;
use crate::early::early;
use crate::fault::On;
use crate::record::{Received, Record};
use crate::refusal::{Shape, json_answer};
use crate::reply::{Body, Cut};
use crate::wire::Line;
use crate::world::{RECORDS_KEPT, World};

/// Where the endpoint is; deeper paths are the same endpoint.
pub(crate) const PATH: &str = "/_simulator/webhook";

/// Records the webhook, then answers 204 or as the next fault says.
pub(crate) async fn webhook(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    let faults = match faults_of(world, received, On::Webhook) {
        Ok(faults) => faults,
        Err(refusal) => return Ok(refusal.answer(Shape::Api, &received.correlation)),
    };
    world.update(|state| {
        let number = state.counts.requests_of("webhook");
        if state.webhooks.len() >= RECORDS_KEPT {
            state.webhooks.pop_front();
        }
        state.webhooks.push_back(Record::of(received, "webhook", number));
    });
    let early = early(world, line, &faults, Shape::Api, &received.correlation).await?;
    Ok(early.unwrap_or_else(|| json_answer(200, &json!({"received": true}))))
}
