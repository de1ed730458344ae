//! The core for JavaScript, published to npm as `promptgate`: conversion only, no decision.
//!
//! Every exported function takes and gives plain values (strings, `Uint8Array`, JSON objects), says its
//! TypeScript types itself, and throws a `PromptgateError` and nothing else. `npm/src` puts the instance in
//! place, and a new one where one has broken.

pub mod audit;
pub mod chat;
mod error;
pub mod guard;
mod input;
pub mod linter;
mod output;
pub mod template;
pub mod tokens;

use std::cell::RefCell;

use promptgate_core::guard::Guards;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::linter::Current;

thread_local! {
    /// The policies, made once.
    static GUARDS: Guards = Guards::default();
    /// The linter, and the vocabularies that have been loaded.
    static LINTER: RefCell<Current> = RefCell::new(Current::default());
}

/// Once per instance: a panic, should there be one, has a message.
#[wasm_bindgen(start, skip_typescript)]
pub fn start() {
    console_error_panic_hook::set_once();
}
