//! What every function throws.

use js_sys::{Error, Reflect};
use promptgate_core::problem::Problem;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::output::json;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** One thing that is wrong with a document. Quotes no value: a value may be prompt text or a secret. */
export interface Fault {
  /** Where, as a JSONPath: `$.context[3].role`. */
  path: string;
  /** Stable, for programs: `too_long`, `unknown_field`, … */
  code: string;
  /** For people: what is wrong and what to do. */
  message: string;
  /** Where within the string at `path`, in UTF-16 code units: start inclusive, end exclusive. */
  span?: [start: number, end: number];
}

/**
 * What every function throws. Its `code` is one of the gateway's problem codes (`invalid_json`,
 * `safety_refused`, …) or of the package's own: `invalid_argument`, `invalid_vocabulary`,
 * `vocabulary_not_loaded`, `not_loaded`, `internal`.
 */
export interface PromptgateError extends Error {
  name: "PromptgateError";
  code: string;
  /** Everything that is wrong with the document, where the error is about one. */
  errors?: Fault[];
}
"#;

/// A `PromptgateError` with a stable code.
pub(crate) fn error(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    error.set_name("PromptgateError");
    set(&error, "code", &JsValue::from_str(code));
    error.into()
}

/// A problem of the core, with its faults.
pub(crate) fn problem(problem: &Problem) -> JsValue {
    let thrown = error(problem.code.as_str(), &problem.detail);
    if !problem.errors.is_empty() {
        set(&thrown, "errors", &json(&problem.errors).unwrap_or_default());
    }
    thrown
}

fn set(target: &JsValue, name: &str, value: &JsValue) {
    // fails on frozen objects and proxies only; these are neither
    let _ = Reflect::set(target, &JsValue::from_str(name), value);
}
