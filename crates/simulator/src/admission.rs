//! What every endpoint asks of a request first: whose it is, and which faults it brings or draws.

use std::sync::Arc;

use hyper::header::RETRY_AFTER;

use crate::fault::{Fault, On, parse_faults};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::tokens::Validity;
use crate::world::World;

const FAULT_HEADER: &str = "x-simulator-fault";

/// The faults of a request: those of its header, else the next of the queue.
pub(crate) fn faults_of(world: &World, received: &Received, on: On) -> Result<Arc<[Fault]>, Refusal> {
    if !received.headers.contains_key(FAULT_HEADER) {
        return Ok(world.update(|state| state.faults.take(on)));
    }
    let invalid = |why: String| Refusal::new(400, "simulator.fault.invalid", why);
    let text = received
        .header(FAULT_HEADER)
        .ok_or_else(|| invalid(format!("{FAULT_HEADER}: must be one header of visible ASCII")))?;
    let value = serde_json::from_str(text).map_err(|error| invalid(format!("{FAULT_HEADER}: not JSON: {error}")))?;
    parse_faults(&value, on, FAULT_HEADER).map_err(invalid)
}

/// Whether the bearer token is valid, as a refusal if it isn't good for `scope`.
pub(crate) fn authorised(world: &World, received: &Received, scope: &str) -> Result<(), Refusal> {
    let token = received
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match token.map(|token| world.look(|state| state.tokens.validity(token, scope))) {
        Some(Validity::Allowed) => Ok(()),
        Some(Validity::MissingScope) => {
            let mut refusal = Refusal::usual(403, Shape::Api);
            refusal.message = format!("Unable to perform the requested action. You are missing the scope: {scope}");
            refusal.details = vec![("scope".into(), scope.into())];
            Err(refusal)
        }
        Some(Validity::Invalid) | None => Err(Refusal::usual(401, Shape::Api)),
    }
}

/// Refuses a body that does not say it is JSON.
pub(crate) fn json_body(received: &Received) -> Result<(), Refusal> {
    match received.content_type().as_deref() {
        Some("application/json") => Ok(()),
        _ => Err(Refusal::usual(415, Shape::Api)),
    }
}

/// The idempotency key, if the request has one.
pub(crate) fn key_of(received: &Received) -> Result<Option<String>, Refusal> {
    if !received.headers.contains_key("idempotency-key") {
        return Ok(None);
    }
    let fine = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match received.header("idempotency-key").filter(fine) {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            let why = "Idempotency-Key must be 1 to 255 visible ASCII characters, once.";
            Err(Refusal::new(400, "idempotency.key.invalid", why))
        }
    }
}

/// What a call is told whose key is running.
pub(crate) fn in_progress() -> Refusal {
    let refusal = Refusal::new(409, "idempotency.in.progress", "A call with this idempotency key is running.");
    Refusal { headers: vec![(RETRY_AFTER, "1".into())], ..refusal }
}

/// What a call is told whose key was executed with another body.
pub(crate) fn reused() -> Refusal {
    Refusal::new(422, "idempotency.key.reused", "This idempotency key was executed with another body.")
}
