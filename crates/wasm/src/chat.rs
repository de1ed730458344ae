//! Chat requests, as the gateway takes them.

use promptgate_core::chat::ChatRules;
use promptgate_core::front::promptgate::decode;
use promptgate_core::upstream::genesys;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{GUARDS, LINTER, error, input, output};

/// From a chat request (JSON text, or its UTF-8 bytes) to the JSON text that is sent upstream, by the
/// gateway's default rules: checked, what the policy redacts redacted, and trimmed to its budget.
///
/// Throws a `PromptgateError` with the code that the gateway would answer, and with every fault in `errors`.
#[wasm_bindgen(js_name = prepareChat)]
pub fn prepare_chat(
    #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] body: &JsValue,
) -> Result<String, JsValue> {
    let body = input::bytes(body, "body")?;
    GUARDS
        .with(|guards| {
            LINTER.with_borrow_mut(|current| {
                decode(&body)?.prepare(&guards.input, &ChatRules::default(), None, &mut current.counters())
            })
        })
        .map(|trimmed| genesys::chat_payload(trimmed.request(), &trimmed.request().model).text().to_owned())
        .map_err(|problem| error::problem(&problem))
}

/// Everything that the gateway would refuse a chat request for (JSON text, or its UTF-8 bytes); empty if nothing.
/// First the shape is checked, and where it is right the text, by the gateway's default policy.
#[wasm_bindgen(js_name = validateChat, unchecked_return_type = "Fault[]")]
pub fn validate_chat(
    #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] body: &JsValue,
) -> Result<JsValue, JsValue> {
    let body = input::bytes(body, "body")?;
    let checked = GUARDS.with(|guards| decode(&body).and_then(|decoded| decoded.check(&guards.input)));
    output::json(&checked.err().map(|problem| problem.errors).unwrap_or_default())
}
