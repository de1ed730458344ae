//! Token counts. The vocabularies are no part of the Wasm: they are loaded by who wants exact counts.

use promptgate_core::chat::Counting;
use promptgate_tokens::Vocabulary;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::error;
use crate::{LINTER, input, output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A vocabulary, by its name in OpenAI's tiktoken. */
export type Vocabulary = "cl100k_base" | "o200k_base";

/** Tokens of one text. */
export interface Count {
  /** Whole tokens, rounded up. */
  tokens: number;
  /** How they were counted: exactly in a vocabulary, or by the estimate (four UTF-16 code units a token). */
  counted_by: Vocabulary | "estimate";
}
"#;

/// Counts the tokens of a text, in a vocabulary (`o200k_base`) or for a model (`gpt-4o`).
///
/// For a model whose vocabulary is not public, or not loaded, the count is the gateway's estimate. Throws
/// `vocabulary_not_loaded` where a vocabulary is asked for by its own name before `loadVocabulary`.
#[wasm_bindgen(js_name = countTokens, unchecked_return_type = "Count")]
pub fn count_tokens(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(js_name = vocabularyOrModel, unchecked_param_type = "Vocabulary | (string & {})")] name: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = input::text(text, "text")?;
    let name = input::text(name, "vocabularyOrModel")?;
    let vocabulary = Vocabulary::from_name(&name);
    let counting = vocabulary.map_or(Counting::Auto, Counting::Exact);
    let (tokens, counted_by) = LINTER.with_borrow_mut(|current| current.counters().count(counting, &name, &text));
    match vocabulary {
        Some(asked) if counted_by != asked.name() => {
            let message =
                format!("The vocabulary {0} is not loaded: `await loadVocabulary(\"{0}\")` first.", asked.name());
            Err(error("vocabulary_not_loaded", &message))
        }
        _ => output::json(&Count { tokens, counted_by }),
    }
}

#[derive(Serialize)]
struct Count {
    tokens: u64,
    counted_by: &'static str,
}

/// The vocabulary of a model by its name, with or without a provider's prefix; `undefined` where it is not
/// public, or not one of these.
#[wasm_bindgen(js_name = vocabularyOf, unchecked_return_type = "Vocabulary | undefined")]
pub fn vocabulary_of(#[wasm_bindgen(unchecked_param_type = "string")] model: &JsValue) -> Result<JsValue, JsValue> {
    let model = input::text(model, "model")?;
    Ok(Vocabulary::for_model(&model).map_or(JsValue::UNDEFINED, |vocabulary| JsValue::from_str(vocabulary.name())))
}

/// Takes a packed vocabulary; the package's `loadVocabulary` calls this.
#[wasm_bindgen(js_name = loadPacked, skip_typescript)]
pub fn load_packed(packed: &JsValue) -> Result<String, JsValue> {
    let packed = input::bytes(packed, "vocabulary")?;
    let loaded = LINTER.with_borrow_mut(|current| current.counters().load(packed));
    loaded
        .map(|vocabulary| vocabulary.name().to_owned())
        .map_err(|refused| error("invalid_vocabulary", &format!("This is not a packed vocabulary: {refused}.")))
}

/// The vocabularies in which texts should have been counted since this was last asked, and that are not loaded, by name;
/// the command line loads them and asks again.
#[wasm_bindgen(js_name = missingVocabularies, skip_typescript)]
pub fn missing_vocabularies() -> Result<JsValue, JsValue> {
    let missing = LINTER.with_borrow_mut(|current| current.counters().missing());
    output::json(&missing.into_iter().map(Vocabulary::name).collect::<Vec<_>>())
}
