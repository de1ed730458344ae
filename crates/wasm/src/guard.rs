//! The guard: what the gateway says of a text, and of one that comes in pieces.

use promptgate_guard::{Changes, Guard, Role, Stream, Tags};
use serde_json::{Map, Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{error, problem};
use crate::{GUARDS, input, output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What is done about a finding, mildest first. */
export type GuardAction = "ignore" | "flag" | "restore" | "redact" | "block";

/** What can be found. */
export type GuardKind =
  | "injection"
  | "private_key"
  | "token"
  | "password"
  | "card"
  | "ssn"
  | "iban"
  | "passport"
  | "driver_licence"
  | "birth_date"
  | "email"
  | "phone"
  | "ip";

/** A pattern of your own. `#` is a digit, `@` a letter, `?` either, `{n}` and `{n,m}` repeat the sign before, `\` takes the
 * next sign itself; everything else is literal, letters in any case. It finds 3 to 64 bytes, whole words. */
export interface GuardPattern {
  /** `EMP-#{6}` */
  pattern: string;
  action: GuardAction;
  /** What stands in its place, without brackets; its name in capitals by default. */
  tag?: string;
  /** Texts in which it must be found, and must not: tried at once. */
  caught?: string[];
  passed?: string[];
}

/** Changes to the gateway's policy. */
export interface GuardPolicy {
  /** What is changed: the default of the direction, or one that ignores everything. */
  base?: "default" | "none";
  /** By role and kind. */
  actions?: Partial<Record<"system" | "assistant" | "user", Partial<Record<GuardKind, GuardAction>>>>;
  /** The lowest score that counts, 0 to 1. */
  thresholds?: Partial<Record<GuardKind, number>>;
  /** From which score on the action is taken; below it a finding is flagged. */
  act_from?: Partial<Record<GuardKind, number>>;
  /** Values that are no findings, or `@domain` for all addresses there. */
  allow?: string[];
  /** Codes of rules that are switched off. */
  disabled?: string[];
  /** Patterns of your own, by name: at most 16. */
  own?: Record<string, GuardPattern>;
  /** `[CARD 1111]` */
  keep_last_four?: boolean;
  /** Takes `<`, `>`, NUL and outer white space out first. */
  sanitise?: boolean;
}

export interface GuardOptions {
  /** Who wrote the text; `user` by default. */
  role?: "user" | "agent" | "system";
  /** What clients send, or what a model answers; `input` by default. */
  direction?: "input" | "output";
  policy?: GuardPolicy;
}

export interface GuardFinding {
  code: string;
  name: string | null;
  kind: GuardKind | "own";
  action: GuardAction;
  /** In UTF-16 code units: start inclusive, end exclusive. */
  span: [start: number, end: number];
  /** How sure, 0 to 1. */
  score: number;
  /** In which reading of the text. */
  view: string;
  message: string;
  about: string | null;
}

/** What `POST /v1/guard` answers. */
export interface GuardReport {
  /** The strictest of all. */
  action: GuardAction;
  /** The text with a tag in the place of what is redacted or blocked. */
  redacted: string;
  /** The first hundred. */
  findings: GuardFinding[];
  /** How many there are beyond these. */
  more: number;
}

/** A redacted text whose values can come back: the same value has one tag, and nobody else has the values. */
export interface Redacted {
  /** The text with numbered tags, `[EMAIL_1]`, in the place of what the policy redacts. What it refuses is replaced for good. */
  readonly text: string;
  /** A text with the values in the place of its tags; what is no tag of this text stays as it is. */
  restore(text: string): string;
  /** An answer that comes in pieces, under guard, with the values put back. */
  stream(options?: { policy?: GuardPolicy }): GuardStream;
}

/** The text with a tag in the place of what the policy redacts or blocks: `guard(text, options).redacted`. With `reversible` what
 * is redacted can be restored. */
export function redact(text: string, options: GuardOptions & { reversible: true }): Redacted;
export function redact(text: string, options?: GuardOptions & { reversible?: false }): string;

/** What a stream lets go. */
export interface GuardPiece {
  /** Text to pass on. */
  text: string;
  /** What was found in it. */
  findings: { code: string; kind: GuardKind | "own"; action: GuardAction; score: number }[];
  /** What comes next is refused: end the stream. Nothing more comes. */
  blocked: boolean;
}

/**
 * A text that comes in pieces, as a model's answer does: what it lets go is what `redact` makes of the whole,
 * wherever it is cut. Injection is not scored in it.
 */
export class GuardStream {
  /** Without options: an answer under the gateway's default policy. Throws `invalid_request` for a policy that a
   * stream cannot carry out. */
  constructor(options?: { policy?: GuardPolicy });
  /** Takes the next piece and gives what has become certain. */
  push(text: string): GuardPiece;
  /** The text has ended: gives all that was held back. */
  finish(): GuardPiece;
  /** The strictest action so far. */
  readonly action: GuardAction;
}
"#;

/// What the gateway finds in a text and does about it: personal data, secrets and prompt injection.
///
/// Throws `invalid_request` for options that the gateway would refuse.
#[wasm_bindgen(unchecked_return_type = "GuardReport")]
pub fn guard(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "GuardOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    output::parsed(&explain(&body(text, members(options)?)?)?)
}

/// The text with a tag in the place of what the policy redacts or blocks: `guard(text, options).redacted`; with `reversible` a
/// [`Redaction`].
#[wasm_bindgen(skip_typescript)]
pub fn redact(text: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let mut members = members(options)?;
    let reversible = match members.remove("reversible") {
        None => false,
        Some(Value::Bool(reversible)) => reversible,
        Some(_) => return Err(error("invalid_request", "`reversible` must be true or false.")),
    };
    let body = body(text, members)?;
    if reversible {
        let done = GUARDS.with(|guards| guards.redact_reversibly(body.as_bytes()));
        let (text, tags) = done.map_err(|refused| problem(&refused))?;
        return Ok(Redaction { text, tags }.into());
    }
    let answer: Value = serde_json::from_str(&explain(&body)?).unwrap_or_default();
    Ok(JsValue::from_str(answer.get("redacted").and_then(Value::as_str).unwrap_or_default()))
}

fn body(text: &JsValue, mut members: Map<String, Value>) -> Result<String, JsValue> {
    members.insert("text".to_owned(), Value::String(input::text(text, "text")?));
    Ok(Value::Object(members).to_string())
}

fn explain(body: &str) -> Result<String, JsValue> {
    GUARDS.with(|guards| guards.explain(body.as_bytes())).map_err(|refused| problem(&refused))
}

/// A redacted text and the values behind its tags, which it shows to nobody.
#[wasm_bindgen(skip_typescript)]
#[derive(Debug)]
pub struct Redaction {
    text: String,
    tags: Tags,
}

#[wasm_bindgen]
impl Redaction {
    /// The text with its tags.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// `text` with the values in the place of its tags.
    #[wasm_bindgen(skip_typescript)]
    pub fn restore(&self, text: &JsValue) -> Result<String, JsValue> {
        Ok(self.tags.restore(&input::text(text, "text")?))
    }

    /// A [`GuardStream`] that puts the values back.
    #[wasm_bindgen(skip_typescript)]
    pub fn stream(&self, options: &JsValue) -> Result<GuardStream, JsValue> {
        Ok(GuardStream { stream: answering(options)?.restoring(self.tags.clone()).stream(Role::Assistant) })
    }
}

/// The options' members; none where there are no options.
fn members(options: &JsValue) -> Result<Map<String, Value>, JsValue> {
    if options.is_undefined() {
        return Ok(Map::new());
    }
    let text = input::json(options, "options")?;
    serde_json::from_str(&text).map_err(|_| error("invalid_argument", "`options` must be an object."))
}

/// A text that comes in pieces, as a model's answer does: what it lets go is what `redact` makes of the
/// whole, wherever it is cut. Injection is not scored in it.
#[wasm_bindgen(skip_typescript)]
#[derive(Debug)]
pub struct GuardStream {
    stream: Stream,
}

#[wasm_bindgen]
impl GuardStream {
    /// Without options: an answer under the gateway's default policy. `direction` is `output` here.
    ///
    /// Throws `invalid_request` for a policy that a stream cannot carry out.
    #[wasm_bindgen(constructor, skip_typescript)]
    pub fn new(options: &JsValue) -> Result<GuardStream, JsValue> {
        Ok(GuardStream { stream: answering(options)?.stream(Role::Assistant) })
    }

    /// Takes the next piece and gives what has become certain.
    #[wasm_bindgen(skip_typescript)]
    pub fn push(&mut self, text: &JsValue) -> Result<JsValue, JsValue> {
        let text = input::text(text, "text")?;
        piece(&self.stream.push(&text))
    }

    /// The text has ended: gives all that was held back.
    #[wasm_bindgen(skip_typescript)]
    pub fn finish(&mut self) -> Result<JsValue, JsValue> {
        piece(&self.stream.finish())
    }

    /// The strictest action so far.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn action(&self) -> Result<JsValue, JsValue> {
        output::json(&self.stream.report().action)
    }
}

/// The guard for answers, as a stream's options change it.
fn answering(options: &JsValue) -> Result<Guard, JsValue> {
    let mut members = members(options)?;
    let changes: Option<Changes> = match members.remove("policy") {
        None => None,
        Some(policy) => Some(serde_json::from_value(policy).map_err(|_| {
            error("invalid_request", "`policy` must be changes to a policy: docs/guard.md describes it.")
        })?),
    };
    if let Some(other) = members.keys().next() {
        return Err(error("invalid_argument", &format!("There is no option `{other}`: there is `policy`.")));
    }
    if let Some(Err(fault)) = changes.as_ref().map(Changes::carried_out_by_a_stream) {
        return Err(error("invalid_request", &fault));
    }
    GUARDS.with(|guards| guards.asked(true, changes)).map_err(|refused| problem(&refused))
}

fn piece(piece: &promptgate_guard::Piece) -> Result<JsValue, JsValue> {
    let findings: Vec<_> = piece
        .findings
        .iter()
        .map(|entry| {
            let score = (f64::from(entry.score) * 100.0).round() / 100.0;
            json!({ "code": entry.code, "kind": entry.kind, "action": entry.action, "score": score })
        })
        .collect();
    output::json(&json!({ "text": piece.text, "findings": findings, "blocked": piece.blocked }))
}
