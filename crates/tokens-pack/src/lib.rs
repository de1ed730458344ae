//! Packs the vocabularies of `promptgate-tokens`, and makes the texts that verify it.
//!
//! In scope: reading a vocabulary from tiktoken-rs and checking that bpe-openai agrees, packing it,
//! the Unicode class table, generated texts, the comparison with both references, benchmarks. Runs
//! on the developer's machine and in tests only.

pub mod bench;
pub mod bits;
pub mod corpora;
pub mod pack;
pub mod reference;
pub mod seams;
pub mod texts;
pub mod unicode;
pub mod verify;
pub mod words;
