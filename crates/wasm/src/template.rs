//! Prompt templates, rendered as the gateway renders them.

use promptgate_core::template::{RenderRequest, Template};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{error, problem};
use crate::{GUARDS, LINTER, input, output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A rendered prompt template. */
export interface Rendered {
  system_instruction: string;
  user_prompt: string;
  /** Of both texts. */
  tokens: number;
  /** Most tokens that the template allows. */
  max_tokens: number;
  counted_by: Vocabulary | "estimate";
  /** What the guard found in the values: how much was redacted, flagged, and let through because the template's
   * guardrails say so; and how often by each rule. */
  guard: { redacted: number; flagged: number; allowed: number; rules?: Record<string, number> };
}
"#;

/// Renders a prompt template (its JSON text) with values, as the gateway does: every `{{name}}` once, a value is
/// never looked into, and what the policy redacts in values is redacted.
///
/// Throws `invalid_template` for a text that is no prompt template (`lint` says why), and otherwise what the gateway
/// would answer: `invalid_request` for missing, unknown and too long values, `safety_refused`, `context_too_long`.
#[wasm_bindgen(unchecked_return_type = "Rendered")]
pub fn render(
    #[wasm_bindgen(unchecked_param_type = "string")] template: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Record<string, string>")] variables: &JsValue,
) -> Result<JsValue, JsValue> {
    let template = input::text(template, "template")?;
    let variables = input::json(variables, "variables")?;
    let template = Template::draft(&template)
        .ok_or_else(|| error("invalid_template", "This is not a prompt template: lint it to see why."))?;
    let request = RenderRequest::parse(format!("{{\"variables\":{variables}}}").as_bytes());
    let request = request.map_err(|refused| problem(&refused))?;
    let answer = GUARDS.with(|guards| {
        LINTER.with_borrow_mut(|current| request.answer("", &template, &guards.input, &mut current.counters()))
    });
    let rendered = output::parsed(&answer.map_err(|refused| problem(&refused))?)?;
    // a draft has neither
    output::delete(&rendered, "template_id");
    output::delete(&rendered, "version");
    Ok(rendered)
}
