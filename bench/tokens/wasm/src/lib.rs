//! `count(text)` of one library, as a module of its own.

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(any(feature = "ours-cl100k", feature = "ours-o200k"))]
mod library {
    use core::cell::RefCell;
    use promptgate_tokens::{Encoder, Vocabulary};

    #[cfg(feature = "ours-cl100k")]
    const VOCABULARY: Vocabulary = Vocabulary::Cl100k;
    #[cfg(feature = "ours-o200k")]
    const VOCABULARY: Vocabulary = Vocabulary::O200k;

    thread_local! {
        static ENCODER: RefCell<Option<Encoder>> = RefCell::new(Encoder::new(VOCABULARY));
    }

    pub fn count(text: &str, _: bool) -> usize {
        ENCODER.with_borrow_mut(|encoder| encoder.as_mut().map_or(0, |encoder| encoder.count(text)))
    }
}

#[cfg(feature = "tiktoken-crate")]
mod library {
    pub fn count(text: &str, is_o200k: bool) -> usize {
        let name = if is_o200k { "o200k_base" } else { "cl100k_base" };
        tiktoken::get_encoding(name).map_or(0, |encoding| encoding.count(text))
    }
}

/// The number of tokens of a text; the second says which vocabulary, for libraries that hold both.
#[wasm_bindgen]
pub fn count(text: &str, is_o200k: bool) -> usize {
    library::count(text, is_o200k)
}
