//! Seals what is kept at rest, by the platform's AES-256-GCM ([`promptgate_core::seal`]).

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::seal::{NONCE, SealKey, SealKeys, Sealed, Unsealed};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};

thread_local! {
    /// The platform's handles of keys, by name: settings do not change within an isolate.
    static HANDLES: RefCell<BTreeMap<String, CryptoKey>> = const { RefCell::new(BTreeMap::new()) };
}

/// Seals `plain` for `place` by the current key, as text; nothing where the operator has set no key.
///
/// # Errors
/// [`Code::Internal`] where the platform refuses.
pub(crate) async fn seal(keys: &SealKeys, place: &str, plain: &[u8]) -> Result<Option<String>, Problem> {
    let Some(key) = keys.current() else { return Ok(None) };
    let refused = || Problem::new(Code::Internal, "The platform cannot seal what is to be stored: try again.");
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| refused())?;
    let sealed = cipher(key, &nonce, place, |subtle, how, handle| {
        subtle.encrypt_with_object_and_buffer_source(how, handle, &Uint8Array::from(plain))
    });
    let data = sealed.await.map_err(|_| refused())?;
    Ok(Some(Sealed { key: key.name.clone(), nonce, data }.to_text()))
}

/// Opens what was sealed for `place`.
///
/// # Errors
/// [`Unsealed`].
pub(crate) async fn open(keys: &SealKeys, place: &str, sealed: &str) -> Result<Vec<u8>, Unsealed> {
    let Sealed { key, nonce, data } = Sealed::from_text(sealed)?;
    let key = keys.named(&key)?;
    let opened = cipher(key, &nonce, place, |subtle, how, handle| {
        subtle.decrypt_with_object_and_buffer_source(how, handle, &Uint8Array::from(data.as_slice()))
    });
    opened.await.map_err(|_| Unsealed::Damaged)
}

async fn cipher(
    key: &SealKey,
    nonce: &[u8],
    place: &str,
    run: impl FnOnce(&SubtleCrypto, &Object, &CryptoKey) -> Result<Promise, JsValue>,
) -> Result<Vec<u8>, JsValue> {
    let subtle = js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle();
    let handle = handle(&subtle, key).await?;
    let how = Object::new();
    Reflect::set(&how, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&how, &"iv".into(), &Uint8Array::from(nonce))?;
    Reflect::set(&how, &"additionalData".into(), &Uint8Array::from(place.as_bytes()))?;
    let done = JsFuture::from(run(&subtle, &how, &handle)?).await?;
    Ok(Uint8Array::new(&done).to_vec())
}

async fn handle(subtle: &SubtleCrypto, key: &SealKey) -> Result<CryptoKey, JsValue> {
    if let Some(handle) = HANDLES.with_borrow(|handles| handles.get(&key.name).cloned()) {
        return Ok(handle);
    }
    let (raw, uses) = (Uint8Array::from(key.bytes.as_slice()), Array::of2(&"encrypt".into(), &"decrypt".into()));
    let imported = JsFuture::from(subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &uses)?).await?;
    let handle: CryptoKey = imported.unchecked_into();
    HANDLES.with_borrow_mut(|handles| handles.insert(key.name.clone(), handle.clone()));
    Ok(handle)
}
