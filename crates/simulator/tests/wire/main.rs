//! The simulator over real sockets, seen byte by byte by a client of a hundred lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the message"
)]

mod analytics;
mod binary;
mod cached_templates;
mod chat;
mod client;
mod control;
mod early_faults;
mod execute;
mod idempotency;
mod models;
mod openai;
mod prompt_templates;
mod resources;
mod stream_faults;
mod token;
