//! `count(text)` of one library, as a module of its own.

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(any(feature = "ours-cl100k", feature = "ours-o200k"))]
mod library {
    use core::cell::Cell;
    use promptgate_tokens::Encoder;

    #[cfg(feature = "ours-cl100k")]
    static PACKED: &[u8] = include_bytes!("../../../../crates/tokens/data/cl100k.tokens");
    #[cfg(feature = "ours-o200k")]
    static PACKED: &[u8] = include_bytes!("../../../../crates/tokens/data/o200k.tokens");

    thread_local! {
        static ENCODER: Cell<Option<Box<Encoder>>> = const { Cell::new(None) };
    }

    pub fn count(text: &str, _: bool) -> usize {
        let mut encoder = ENCODER.take().or_else(|| Encoder::embedded(PACKED).ok().map(Box::new));
        let count = encoder.as_mut().map_or(0, |encoder| encoder.count(text));
        ENCODER.set(encoder);
        count
    }
}

#[cfg(feature = "tiktoken-crate")]
mod library {
    pub fn count(text: &str, is_o200k: bool) -> usize {
        let name = if is_o200k { "o200k_base" } else { "cl100k_base" };
        tiktoken::get_encoding(name).map_or(0, |encoding| encoding.count(text))
    }
}

#[cfg(any(feature = "tiktoken-rs-cl100k", feature = "tiktoken-rs-o200k"))]
mod library {
    #[cfg(feature = "tiktoken-rs-cl100k")]
    use tiktoken_rs::cl100k_base_singleton as encoder;
    #[cfg(feature = "tiktoken-rs-o200k")]
    use tiktoken_rs::o200k_base_singleton as encoder;

    pub fn count(text: &str, _: bool) -> usize {
        encoder().encode_ordinary(text).len()
    }
}

#[cfg(any(feature = "bpe-openai-cl100k", feature = "bpe-openai-o200k"))]
mod library {
    #[cfg(feature = "bpe-openai-cl100k")]
    use bpe_openai::cl100k_base as encoder;
    #[cfg(feature = "bpe-openai-o200k")]
    use bpe_openai::o200k_base as encoder;

    pub fn count(text: &str, _: bool) -> usize {
        encoder().count(text)
    }
}

/// The number of tokens of a text; the second says which vocabulary, for libraries that hold both.
#[wasm_bindgen]
pub fn count(text: &str, is_o200k: bool) -> usize {
    library::count(text, is_o200k)
}
