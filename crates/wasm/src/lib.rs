//! The core for JavaScript: conversion only, no decision.

use std::cell::RefCell;

use promptgate_core::chat::{ChatRules, Counters, Prepared};
use promptgate_core::guard::Guards;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static GUARDS: Guards = Guards::default();
    static COUNTERS: RefCell<Counters> = RefCell::new(Counters::default());
}

/// Once per instance.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// From the UTF-8 bytes of a chat request to the JSON text that is sent upstream, by the default rules.
///
/// # Errors
/// An `Error` whose message is the problem document as JSON.
#[wasm_bindgen(js_name = prepareChat)]
pub fn prepare_chat(body: &[u8]) -> Result<String, JsError> {
    GUARDS
        .with(|guards| {
            COUNTERS
                .with_borrow_mut(|counters| Prepared::from_body(body, &guards.input, &ChatRules::default(), counters))
        })
        .map(|prepared| prepared.payload.text().to_owned())
        .map_err(|problem| JsError::new(&problem.document("").to_string()))
}
