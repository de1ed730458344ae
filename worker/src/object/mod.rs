//! Durable Objects: what must outlive an isolate, or have one writer.

pub(crate) mod audit;
pub(crate) mod budget;
pub(crate) mod intents;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod metrics;
pub(crate) mod model;
pub(crate) mod model_list;
pub(crate) mod owners;
pub(crate) mod template;
pub(crate) mod webhook;

use promptgate_core::problem::{Code, Problem};
use serde::de::DeserializeOwned;
use worker::{Env, Method, Request, RequestInit, Response};

use crate::limits::Limits;

/// Asks the object `name` of a binding for text: GET, or POST where there is a body.
///
/// # Errors
/// [`Problem::storage_unavailable`], [`Problem::storage_late`], and [`Code::ClientLeft`].
async fn ask(
    env: &Env,
    binding: &str,
    name: &str,
    path: &str,
    body: Option<String>,
    limits: &Limits,
) -> Result<String, Problem> {
    let asked = limits.within(async {
        let mut answer = send(env, binding, name, path, body).await.ok()?;
        let text = answer.text().await.ok()?;
        (answer.status_code() == 200).then_some(text)
    });
    match asked.await {
        Ok(text) => text.ok_or_else(Problem::storage_unavailable),
        Err(problem) if problem.code == Code::TotalDeadline => Err(Problem::storage_late()),
        Err(problem) => Err(problem),
    }
}

/// The same for a value.
///
/// # Errors
/// Those of [`ask`].
async fn ask_json<T: DeserializeOwned>(
    env: &Env,
    binding: &str,
    name: &str,
    path: &str,
    body: Option<String>,
    limits: &Limits,
) -> Result<T, Problem> {
    let text = ask(env, binding, name, path, body, limits).await?;
    serde_json::from_str(&text).map_err(|_| Problem::storage_unavailable())
}

async fn send(env: &Env, binding: &str, name: &str, path: &str, body: Option<String>) -> worker::Result<Response> {
    let mut init = RequestInit::new();
    if let Some(body) = body {
        init.with_method(Method::Post).with_body(Some(body.into()));
    }
    let stub = env.durable_object(binding)?.get_by_name(name)?;
    stub.fetch_with_request(Request::new_with_init(&format!("https://object/{path}"), &init)?).await
}
