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
mod sql;
pub(crate) mod template;
pub(crate) mod webhook;

use js_sys::Reflect;
use promptgate_core::problem::{Code, Problem};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::bridge::Wait;
use crate::limits::Limits;

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    fn object(namespace: &JsValue, name: &str, path: &str, body: Option<&str>, number: u32);
}

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
        let namespace = Reflect::get(env.as_ref(), &binding.into()).ok().filter(JsValue::is_object)?;
        let asked = Wait::for_what(|number| object(&namespace, name, path, body.as_deref(), number));
        asked.await.ok()?.as_string()
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
