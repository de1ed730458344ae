//! Values of the core as JavaScript values.

use js_sys::JSON;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::error::error;

/// A value by way of JSON: what crosses the border is what the Worker answers.
pub(crate) fn json(value: &impl Serialize) -> Result<JsValue, JsValue> {
    serde_json::to_string(value)
        .ok()
        .and_then(|text| JSON::parse(&text).ok())
        .ok_or_else(|| error("internal", "A result could not be written as JSON."))
}
