//! Values of the core as JavaScript values.

use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use crate::error::error;

/// A value by way of JSON: what crosses the border is what the Worker answers.
pub(crate) fn json(value: &impl Serialize) -> Result<JsValue, JsValue> {
    parsed(&serde_json::to_string(value).unwrap_or_default())
}

/// The value of a JSON text that the core has written.
pub(crate) fn parsed(text: &str) -> Result<JsValue, JsValue> {
    JSON::parse(text).map_err(|_| error("internal", "A result could not be written as JSON."))
}

/// Sets a member of an object of ours.
pub(crate) fn set(target: &JsValue, name: &str, value: &JsValue) {
    // fails on frozen objects and proxies only; ours are neither
    let _ = Reflect::set(target, &JsValue::from_str(name), value);
}

/// Takes a member out of an object of ours.
pub(crate) fn delete(target: &JsValue, name: &str) {
    // fails on what is no object; ours are
    let _ = Reflect::delete_property(target.unchecked_ref::<Object>(), &JsValue::from_str(name));
}
