//! The packed vocabularies as a part of the program (1 MB): for the Worker, for tests and for benchmarks. The npm package
//! fetches them instead. A crate of its own and no feature: so that Worker and package use the same compiled crates.
#![no_std]

use promptgate_tokens::{Counters, Encoder, PackedError, Vocabulary};

/// Each vocabulary, packed.
pub static EMBEDDED: &[(Vocabulary, &[u8])] = &[
    (Vocabulary::Cl100k, include_bytes!("../../tokens/data/cl100k.tokens")),
    (Vocabulary::O200k, include_bytes!("../../tokens/data/o200k.tokens")),
];

/// Counters that count exactly in every vocabulary. Not `const`: who evaluates it while compiling gets a copy of the data.
pub fn counters() -> Counters {
    Counters::embedded(EMBEDDED)
}

/// An encoder of `vocabulary`.
///
/// # Errors
/// None in practice: tests read both.
pub fn encoder(vocabulary: Vocabulary) -> Result<Encoder, PackedError> {
    let packed = EMBEDDED.iter().find(|(name, _)| *name == vocabulary);
    Encoder::embedded(packed.map_or(&[], |(_, packed)| packed))
}
