//! OpenAI's wire, as its clients speak it: chat completions, embeddings, models.
//!
//! ```text
//! path ─▶ Target ─ key ─▶ request (checked) ─▶ completion ─▶ body, or chunks ─ shapes ─▶ Frames
//! ```
//!
//! The base address is `/v1`, or Azure's: `/openai/v1`, `/openai/deployments/{model}` with `api-version`. Canned text
//! comes from the shared `answer`; faults, delivery and counters are those of every wire. Unlike the contract's
//! wire it honours no idempotency key, so each request is an execution.

mod chat;
mod chunks;
mod completion;
mod embeddings;
pub(crate) mod error;
mod functions;
mod messages;
mod models;
mod request;
mod shapes;

use std::sync::Arc;

use hyper::{Method, Response};

use crate::admission::authorised;
use crate::fault::On;
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::reply::{Body, Cut};
use crate::route::CALL;
use crate::wire::Line;
use crate::world::World;

/// Whose server is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    /// Errors by number, filter results, rate resets in seconds.
    Azure,
}

/// What a path of this wire names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) dialect: Dialect,
    /// The model in the path (Azure).
    deployment: Option<&'a str>,
    resource: Resource<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource<'a> {
    Chat,
    Embeddings,
    Models,
    Model(&'a str),
    Unknown,
}

/// The target of a path, if it is one of this wire's.
pub(crate) fn target(path: &str) -> Option<Target<'_>> {
    let (dialect, rest) = match path.strip_prefix("/v1/") {
        Some(rest) => (Dialect::OpenAi, rest),
        None => (Dialect::Azure, path.strip_prefix("/openai/")?),
    };
    let (deployment, rest) = match (dialect, rest.strip_prefix("deployments/")) {
        (Dialect::Azure, Some(rest)) => rest.split_once('/').map(|(name, rest)| (Some(name), rest))?,
        // Groq's base address has the same form as Azure's newer one.
        (Dialect::Azure, None) => (None, rest.strip_prefix("v1/").unwrap_or("")),
        (Dialect::OpenAi, _) => (None, rest),
    };
    let resource = match rest {
        "chat/completions" => Resource::Chat,
        "embeddings" => Resource::Embeddings,
        "models" => Resource::Models,
        _ => rest.strip_prefix("models/").filter(|id| !id.is_empty()).map_or(Resource::Unknown, Resource::Model),
    };
    Some(Target { dialect, deployment, resource })
}

impl Target<'_> {
    /// The endpoint, if the method is one of its.
    pub(crate) fn on(&self, method: &Method) -> Option<On> {
        match self.resource {
            Resource::Chat if method == Method::POST => Some(On::OpenaiChat),
            Resource::Embeddings if method == Method::POST => Some(On::OpenaiEmbeddings),
            Resource::Models | Resource::Model(_) if method == Method::GET => Some(On::OpenaiModels),
            _ => None,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape::OpenAi(self.dialect)
    }
}

/// Answers one request.
pub(crate) async fn serve(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    target: Target<'_>,
) -> Result<Response<Body>, Cut> {
    let refused = match target.on(&received.method) {
        None => Some(nowhere(received, target)),
        Some(_) => known(world, received).or_else(|| versioned(received, target)),
    };
    let answer = match (refused, target.resource) {
        (Some(refusal), _) => refusal.answer(target.shape(), &received.correlation),
        (None, Resource::Chat) => chat::chat(world, line, received, target).await?,
        (None, Resource::Embeddings) => embeddings::embeddings(world, line, received, target).await?,
        (None, Resource::Model(id)) => models::models(world, line, received, target, Some(id)).await?,
        (None, _) => models::models(world, line, received, target, None).await?,
    };
    Ok(error::headers(answer, target.dialect, &received.correlation))
}

/// Why the key is not good, if it is not. It comes as a bearer token or in a header of its own.
fn known(world: &World, received: &Received) -> Option<Refusal> {
    let bearer = received.header("authorization").and_then(|value| value.split_once(' ')).map(|(_, key)| key.trim());
    let keys = [bearer, received.header("api-key"), received.header("x-api-key")];
    let good = keys.into_iter().flatten().any(|key| key == world.config.api_key);
    if good || authorised(world, received, CALL).is_ok() {
        return None;
    }
    let mut refusal = Refusal::usual(401, target(&received.path)?.shape());
    if keys.iter().all(Option::is_none) {
        refusal.message = "You didn't provide an API key.".into();
    }
    Some(refusal)
}

/// Azure's older form needs `api-version`.
fn versioned(received: &Received, target: Target<'_>) -> Option<Refusal> {
    let given = received.query_pairs().iter().any(|(name, value)| name == "api-version" && !value.is_empty());
    (target.deployment.is_some() && !given).then(|| Refusal::new(404, "404", "Resource not found"))
}

fn nowhere(received: &Received, target: Target<'_>) -> Refusal {
    let allowed = [Method::GET, Method::POST].into_iter().find(|method| target.on(method).is_some());
    match allowed {
        Some(method) => Refusal::method("method_not_allowed", method.as_str()),
        None => Refusal::new(404, "", format!("Invalid URL ({} {})", received.method, received.path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_their_targets() {
        let of = |path: &'static str| target(path).map(|t| (t.dialect, t.deployment, t.resource));
        let (open, azure) = (Dialect::OpenAi, Dialect::Azure);
        assert_eq!(of("/v1/chat/completions"), Some((open, None, Resource::Chat)));
        assert_eq!(of("/v1/models/a/b"), Some((open, None, Resource::Model("a/b"))));
        assert_eq!(of("/openai/v1/embeddings"), Some((azure, None, Resource::Embeddings)));
        assert_eq!(of("/openai/deployments/m/chat/completions"), Some((azure, Some("m"), Resource::Chat)));
        for unknown in ["/v1/", "/v1/models/", "/v1/responses", "/openai/chat/completions"] {
            assert_eq!(of(unknown).map(|(_, _, resource)| resource), Some(Resource::Unknown), "{unknown}");
        }
        for foreign in ["/v1", "/api/v2/ai/models", "/openai", "/openai/deployments/m"] {
            assert_eq!(of(foreign), None, "{foreign}");
        }
    }
}
