//! Arguments from JavaScript, where nothing keeps a caller from passing anything.

use js_sys::{ArrayBuffer, JSON, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::error;

/// The text of a string; what is not well-formed UTF-16 in it becomes U+FFFD, one unit for one.
pub(crate) fn text(value: &JsValue, name: &str) -> Result<String, JsValue> {
    value.as_string().ok_or_else(|| error("invalid_argument", &format!("`{name}` must be a string.")))
}

/// The UTF-8 of a string, or the bytes of a `Uint8Array` (or any other view; of any realm, so not `instanceof`).
pub(crate) fn bytes(value: &JsValue, name: &str) -> Result<Vec<u8>, JsValue> {
    if let Some(text) = value.as_string() {
        return Ok(text.into_bytes());
    }
    if ArrayBuffer::is_view(value) {
        let view: &Uint8Array = value.unchecked_ref();
        let bytes = Uint8Array::new_with_byte_offset_and_length(&view.buffer(), view.byte_offset(), view.byte_length());
        return Ok(bytes.to_vec());
    }
    Err(error("invalid_argument", &format!("`{name}` must be a string or a Uint8Array.")))
}

/// A member of an object; undefined where there is none.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    // fails where there is no object, and where a getter throws
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is a string, or not there.
pub(crate) fn optional_text(object: &JsValue, name: &str) -> Result<Option<String>, JsValue> {
    let value = member(object, name);
    if value.is_undefined() { Ok(None) } else { text(&value, name).map(Some) }
}

/// An object as JSON text.
pub(crate) fn json(value: &JsValue, name: &str) -> Result<String, JsValue> {
    let text = if value.is_object() { JSON::stringify(value).ok().and_then(|text| text.as_string()) } else { None };
    text.ok_or_else(|| error("invalid_argument", &format!("`{name}` must be an object that can be written as JSON.")))
}
