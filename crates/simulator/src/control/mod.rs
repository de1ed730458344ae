//! The control API under `/_simulator/`: what tests tell the simulator and ask it.

mod resources;
mod wait;

use std::sync::Arc;

use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Response};
use serde_json::{Value, json};

use crate::counts::stats;
use crate::fault::{KINDS, Kind, On, StreamShape, parse_rules};
use crate::record::Received;
use crate::refusal::json_answer;
use crate::reply::Body;
use crate::world::{Gate, World};

/// Paths and their methods.
const ROUTES: &[(&str, &str)] = &[
    ("/_simulator/faults", "GET, POST, DELETE"),
    ("/_simulator/stats", "GET"),
    ("/_simulator/requests", "GET"),
    ("/_simulator/webhooks", "GET"),
    ("/_simulator/reset", "POST"),
    ("/_simulator/expire-tokens", "POST"),
    ("/_simulator/gate", "POST, DELETE"),
    ("/_simulator/wait", "GET"),
    ("/_simulator/templates", "GET, POST, DELETE"),
    ("/_simulator/prompts", "GET, POST, DELETE"),
    ("/_simulator/models", "GET, POST, DELETE"),
    ("/_simulator/usage", "GET, POST, DELETE"),
    ("/_simulator/provisioning", "POST"),
    ("/_simulator/scopes", "POST"),
];

/// Answers one control request.
pub(crate) async fn control(world: &Arc<World>, received: &Received) -> Response<Body> {
    let path = received.path.as_str();
    let outcome = match (&received.method, path) {
        (&Method::GET, "/_simulator/faults") => Ok(faults_known(world)),
        (&Method::POST, "/_simulator/faults") => queue_faults(world, &received.body),
        (&Method::DELETE, "/_simulator/faults") => {
            world.update(|state| state.faults.clear());
            Ok(json!({"queued": []}))
        }
        (&Method::GET, "/_simulator/stats") => Ok(stats(world)),
        (&Method::GET, "/_simulator/requests") => {
            Ok(world.look(|state| state.requests.iter().map(|record| record.0.clone()).collect()))
        }
        (&Method::GET, "/_simulator/webhooks") => {
            Ok(world.look(|state| state.webhooks.iter().map(|record| record.0.clone()).collect()))
        }
        (&Method::POST, "/_simulator/reset") => {
            world.reset();
            Ok(json!({"reset": true}))
        }
        (&Method::POST, "/_simulator/expire-tokens") => {
            world.update(|state| state.tokens.expire_all());
            Ok(json!({"expired": true}))
        }
        (&Method::POST, "/_simulator/gate") => open_gate(world, &received.body),
        (&Method::DELETE, "/_simulator/gate") => {
            world.update(|state| state.gate = Gate::default());
            Ok(json!({"permits": 0}))
        }
        (&Method::GET, "/_simulator/wait") => return wait::wait(world, received).await,
        _ => match resources::resources(world, received) {
            Some(outcome) => outcome,
            None => return no_route(path),
        },
    };
    match outcome {
        Ok(body) => json_answer(200, &body),
        Err(message) => json_answer(400, &json!({"message": message, "status": 400})),
    }
}

fn no_route(path: &str) -> Response<Body> {
    match ROUTES.iter().find(|(known, _)| *known == path) {
        Some((_, methods)) => {
            let body = json!({"message": format!("allowed: {methods}"), "status": 405});
            let mut answer = json_answer(405, &body);
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
            answer
        }
        None => {
            let known: Vec<&str> = ROUTES.iter().map(|(path, _)| *path).collect();
            json_answer(404, &json!({"message": "no such control endpoint", "status": 404, "known": known}))
        }
    }
}

fn queue_faults(world: &World, body: &[u8]) -> Result<Value, String> {
    let rules = parse_rules(body)?;
    Ok(world.update(|state| {
        for (on, rule) in rules {
            state.faults.add(on, rule);
        }
        json!({"queued": state.faults.list()})
    }))
}

/// The rules that wait and the kinds there are.
fn faults_known(world: &World) -> Value {
    let kinds: Vec<Value> = KINDS.iter().map(kind_of).collect();
    let shapes: Vec<&str> = StreamShape::ALL.iter().map(|shape| shape.name()).collect();
    json!({"queued": world.look(|state| state.faults.list()), "kinds": kinds, "stream_shapes": shapes})
}

fn kind_of(kind: &Kind) -> Value {
    let on: Vec<&str> = On::ALL.iter().filter(|on| kind.on.has(**on)).map(|on| on.name()).collect();
    json!({"kind": kind.name, "fields": kind.fields, "on": on, "what": kind.what})
}

/// Lets `permits` (default 1) answers through, or all of them from now on.
fn open_gate(world: &World, body: &[u8]) -> Result<Value, String> {
    const MOST: u64 = 1_000_000;
    let value: Value = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?
    };
    let wrong = || format!("body: none, {{\"permits\": 1 to {MOST}}} or {{\"all\": true}}");
    let map = value.as_object().ok_or_else(wrong)?;
    let mut fields = map.iter();
    let (permits, all) = match (fields.next().map(|(k, v)| (k.as_str(), v)), fields.next()) {
        (None, _) => (1, false),
        (Some(("permits", permits)), None) => {
            let permits = permits.as_u64().filter(|n| (1..=MOST).contains(n));
            (permits.ok_or_else(wrong)?, false)
        }
        (Some(("all", Value::Bool(true))), None) => (0, true),
        _ => return Err(wrong()),
    };
    Ok(world.update(|state| {
        if all {
            state.gate.0.close();
        } else {
            state.gate.0.add_permits(usize::try_from(permits).unwrap_or(1));
        }
        json!({"permits": state.gate.0.available_permits(), "all": state.gate.0.is_closed()})
    }))
}
