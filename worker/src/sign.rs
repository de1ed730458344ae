//! Signatures of checkpoints of the audit log, by the platform's Ed25519.

use js_sys::{Array, Uint8Array};
use promptgate_core::governance::chain::SigningKey;
use promptgate_core::problem::{Code, Problem};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, WorkerGlobalScope};

/// Signs `text`: 64 bytes.
///
/// # Errors
/// [`Code::Internal`] where the platform refuses.
pub(crate) async fn sign(key: &SigningKey, text: &str) -> Result<Vec<u8>, Problem> {
    let refused = |_| Problem::new(Code::Internal, "The platform cannot sign the audit log's head.");
    signature(key, text).await.map_err(refused)
}

async fn signature(key: &SigningKey, text: &str) -> Result<Vec<u8>, JsValue> {
    let subtle = js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle();
    let private = Uint8Array::from(key.pkcs8().0.as_slice());
    let uses = Array::of1(&"sign".into());
    let key = JsFuture::from(subtle.import_key_with_str("pkcs8", &private, "Ed25519", false, &uses)?).await?;
    let key: CryptoKey = key.unchecked_into();
    let text = Uint8Array::from(text.as_bytes());
    let signature = JsFuture::from(subtle.sign_with_str_and_buffer_source("Ed25519", &key, &text)?).await?;
    Ok(Uint8Array::new(&signature).to_vec())
}
