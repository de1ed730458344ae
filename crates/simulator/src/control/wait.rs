//! `GET /_simulator/wait?counter=n&…`: answers when every counter is there. Spares tests the sleep.

use std::time::Duration;

use hyper::Response;
use serde_json::json;

use crate::counts::{COUNTERS, Counter, stats};
use crate::fault::nearest;
use crate::record::Received;
use crate::refusal::json_answer;
use crate::reply::Body;
use crate::world::World;

const DEFAULT_TIMEOUT_MS: u64 = 5_000;
const MOST_TIMEOUT_MS: u64 = 600_000;

/// Answers 200 with the stats when every condition holds, 408 with them after `timeout_ms`.
pub(crate) async fn wait(world: &World, received: &Received) -> Response<Body> {
    let (conditions, timeout) = match parse(received) {
        Ok(parsed) => parsed,
        Err(message) => return json_answer(400, &json!({"message": message, "status": 400})),
    };
    let met = world.wait_for(|state| {
        conditions.iter().all(|(counter, wanted)| {
            let value = (counter.value)(state);
            if counter.gauge { value == *wanted } else { value >= *wanted }
        })
    });
    let status = if tokio::time::timeout(timeout, met).await.is_ok() { 200 } else { 408 };
    json_answer(status, &stats(world))
}

type Conditions = Vec<(&'static Counter, u64)>;

fn parse(received: &Received) -> Result<(Conditions, Duration), String> {
    let mut timeout = DEFAULT_TIMEOUT_MS;
    let mut conditions = Vec::new();
    for (name, value) in received.query_pairs() {
        let number: u64 = value.parse().map_err(|_| format!("{name}: must be a number"))?;
        if name == "timeout_ms" {
            timeout = number.min(MOST_TIMEOUT_MS);
            continue;
        }
        let counter = COUNTERS.iter().find(|counter| counter.name == name).ok_or_else(|| {
            let names = COUNTERS.iter().map(|counter| counter.name);
            let near = nearest(&name, names.clone());
            let all = names.collect::<Vec<_>>().join(", ");
            near.map_or(format!("unknown counter; known: {all}"), |near| {
                format!("unknown counter `{name}`; did you mean `{near}`? known: {all}")
            })
        })?;
        conditions.push((counter, number));
    }
    if conditions.is_empty() {
        return Err("name at least one counter, such as ?open=0".into());
    }
    Ok((conditions, Duration::from_millis(timeout)))
}
