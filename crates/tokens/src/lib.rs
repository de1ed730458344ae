//! Exact BPE token counts for `cl100k_base` and `o200k_base`, with no start-up cost.
//!
//! In scope: [`Encoder`] counts, encodes and decodes; [`Conversation`] keeps the counts of messages
//! for trimming; [`Transcript`] keeps the count of one text that grows at its end and is cut at its
//! start; [`Stream`] counts text that arrives in parts; [`Counters`] keeps the encoders by model. Results equal OpenAI's tiktoken, token by
//! token. Every input costs time linear in its length.
//!
//! Not in scope: other vocabularies, training, what a chat interface adds to each message.
//!
//! ```text
//! text ─split─▶ pieces ─cache─▶ count                  (94–98 % of English and code)
//!                  └──▶ merge (short │ long) ──▶ tokens
//!                            └─ rank? ─▶ pair table ◀─block by block─ packed data
//! ```
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ascii;
mod bits;
mod byte_pairs;
mod cache;
mod characters;
mod checksum;
mod class;
mod code;
mod conversation;
mod counters;
mod encoder;
mod long;
mod merges;
mod packed;
mod pairs;
mod short;
mod sink;
mod split;
mod stream;
mod tier;
mod transcript;
mod vocabulary;

/// What the packing command shares with the reader of its data.
pub mod format {
    pub use crate::bits::{PADDING, rice_parameter};
    pub use crate::checksum::checksum;
}

pub use class::UNICODE_VERSION;
pub use conversation::Conversation;
pub use counters::{Counters, Counting, estimated_quarters};
pub use encoder::{Encoder, Special};
pub use packed::PackedError;
pub use stream::Stream;
pub use transcript::Transcript;
pub use vocabulary::Vocabulary;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
