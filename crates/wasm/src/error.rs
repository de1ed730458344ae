//! What every function throws.

use js_sys::Error;
use promptgate_core::fault::Fault;
use promptgate_core::problem::Problem;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::output::{json, set};

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
 * `safety_refused`, …) or of the package's own: `invalid_argument`, `invalid_config`, `invalid_template`,
 * `invalid_vocabulary`, `unknown_rule`, `no_reason`, `no_place`, `vocabulary_not_loaded`, `not_loaded`, `internal`.
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

/// The same, with what is wrong with a document.
pub(crate) fn with_faults(code: &str, message: &str, faults: &[Fault]) -> JsValue {
    let thrown = error(code, message);
    if !faults.is_empty() {
        set(&thrown, "errors", &json(&faults).unwrap_or_default());
    }
    thrown
}

/// A problem of the core, with its faults.
pub(crate) fn problem(problem: &Problem) -> JsValue {
    with_faults(problem.code.as_str(), &problem.detail, &problem.errors)
}
