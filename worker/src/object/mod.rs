//! Durable Objects: what must outlive an isolate, or have one writer.

pub(crate) mod audit;
pub(crate) mod metrics;
pub(crate) mod model;
pub(crate) mod template;

use std::time::Duration;

use futures_util::future::{Either, select};
use promptgate_core::problem::Problem;
use worker::{Delay, Env, Method, Request, RequestInit, Response};

/// Asks the object `name` of a binding: GET, or POST where there is a body.
///
/// # Errors
/// [`Problem::storage_unavailable`], and [`Problem::storage_late`] after `limit`.
async fn ask(
    env: &Env,
    binding: &str,
    name: &str,
    path: &str,
    body: Option<String>,
    limit: Duration,
) -> Result<Response, Problem> {
    let mut init = RequestInit::new();
    if let Some(body) = body {
        init.with_method(Method::Post).with_body(Some(body.into()));
    }
    let stub = env.durable_object(binding).and_then(|objects| objects.get_by_name(name));
    let request = Request::new_with_init(&format!("https://object/{path}"), &init);
    let (Ok(stub), Ok(request)) = (stub, request) else { return Err(Problem::storage_unavailable()) };
    match select(Box::pin(stub.fetch_with_request(request)), Delay::from(limit)).await {
        Either::Left((answer, _)) => answer.map_err(|_| Problem::storage_unavailable()),
        Either::Right(_) => Err(Problem::storage_late()),
    }
}
