//! The upstream LLM gateway on this machine, with faults on demand.
//!
//! ```text
//!            ┌ token ───┐  auth, validation   ┌ early faults ┐
//! socket ─▶ server ─ chat ─▶ Received ────────▶ ledger ───────▶ delivery ─▶ reply body ─▶ wire
//!            └ control ─┘     (refusal: U3)    (at most once)   (faults)     (open/cut)   (RST)
//!                                     all of them read and change one `World`
//! ```
//!
//! In scope: the contract in `contract/upstream.v1.md` (OAuth token, chat), idempotency keys that
//! are honoured and counted, every fault that happens between two sockets, and a control API for
//! tests under `/_simulator/`.
//!
//! Not in scope: intelligence (answers are canned text), persistence, TLS, compatibility with any
//! vendor's product. A closed port plays "connection refused"; no fault is needed for that.
//!
//! Layout: a family of endpoints is one file (`oauth`, `chat`); what they share is beside them
//! (`admission`, `early` faults, `refusal` bodies, `ledger`); what happens to bytes is under `reply/`.

mod admission;
mod answer;
mod chat;
mod chat_request;
mod config;
mod control;
mod counts;
mod early;
mod fault;
mod ledger;
mod oauth;
mod record;
mod refusal;
mod reply;
mod server;
mod tokens;
mod webhook;
mod wire;
mod world;

pub use config::Config;
pub use server::Simulator;
