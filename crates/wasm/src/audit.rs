//! The audit log's verifier.

use promptgate_core::governance::chain::{Break, Verifier};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::error;
use crate::{input, output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A row of an audit log: its number and its hash, 64 hexadecimal digits. */
export interface AuditHead {
  sequence: number;
  hash: string;
}

/** What `verifyAudit` says of an audit log. */
export type AuditReport =
  | {
      ok: true;
      /** How many rows were read. */
      rows: number;
      /** How many of them are other tenants': their place in the chain is there, what they say is not. */
      withheld: number;
      /** What the first of them follows: `sequence` 0 where the log was read from its beginning. */
      after: AuditHead;
      /** Rows up to there were let go by the operator's policy: a checkpoint stands in their place. */
      let_go: AuditHead | null;
      /** The last checkpoint. Its signature is checked by `promptgate audit verify --key`. */
      signed: AuditHead | null;
      /** How many checkpoints there are. */
      checkpoints: number;
      /** Where it ends. */
      head: AuditHead;
    }
  | {
      ok: false;
      /** The line of the first bad row, from 1. */
      line: number;
      /** Its number, where it is known. */
      sequence: number | null;
      code: "unreadable" | "changed" | "missing" | "misplaced" | "replaced" | "truncated" | "other_chain";
      /** A sentence. It quotes nothing of a row. */
      message: string;
    };

/** What a log is so far, for the next part of it. */
export interface AuditPart {
  ok: true;
  state: string;
}

export interface AuditOptions {
  /** A hash that was noted elsewhere: the log must have the row. */
  head?: string;
  /** What the part before gave. */
  state?: string;
}
"#;

/// Verifies an exported audit log (`GET /v1/audit`): names the first bad row, if there is one.
#[wasm_bindgen(js_name = verifyAudit, unchecked_return_type = "AuditReport")]
pub fn verify_audit(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "AuditOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (text, mut verifier) = (input::text(text, "text")?, verifier(options)?);
    report(verifier.read(&text).and_then(|()| verifier.end()))
}

/// Verifies a part of a log that is too large for one string. Each part ends with a whole line; its `state` goes into
/// the options of the next one, and `verifyAudit` reads the last.
#[wasm_bindgen(js_name = verifyAuditPart, unchecked_return_type = "AuditPart | (AuditReport & { ok: false })")]
pub fn verify_audit_part(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "AuditOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (text, mut verifier) = (input::text(text, "text")?, verifier(options)?);
    report(verifier.read(&text).map(|()| Part { state: serde_json::to_string(&verifier).unwrap_or_default() }))
}

#[derive(Serialize)]
struct Part {
    state: String,
}

fn verifier(options: &JsValue) -> Result<Verifier, JsValue> {
    if let Some(state) = input::optional_text(options, "state")? {
        let refused = |_| error("invalid_argument", "`state` must be what the part before gave.");
        return serde_json::from_slice(state.as_bytes()).map_err(refused);
    }
    let head = input::optional_text(options, "head")?;
    Ok(head.as_deref().map(Verifier::with_head).unwrap_or_default())
}

fn report<T: Serialize>(report: Result<T, Break>) -> Result<JsValue, JsValue> {
    let (ok, value) = match &report {
        Ok(good) => (true, output::json(good)?),
        Err(bad) => (false, output::json(bad)?),
    };
    output::set(&value, "ok", &JsValue::from_bool(ok));
    Ok(value)
}
