//! The upstream LLM gateway on this machine, with faults on demand.
//!
//! ```text
//!            ┌ token ─────────┐  auth, validation   ┌ early faults ┐
//! socket ─▶ server ─ generation ─▶ Received ────────▶ ledger ───────▶ delivery ─▶ reply body ─▶ wire
//!            │ resource       │     (refusal: U3)    (at most once)   (faults)     (open/cut)   (RST)
//!            └ control ───────┘             all of them read and change one `World`
//! ```
//!
//! In scope: the contract in `contract/upstream.v1.md` (OAuth token, chat and execute, templates, analytics, models),
//! with idempotency keys that are honoured and counted; OpenAI's wire (`openai/`); every fault that happens between two
//! sockets, on both; and a control API for tests under `/_simulator/`.
//!
//! Not in scope: intelligence (answers are canned text), TLS, compatibility with any
//! vendor's product. A closed port plays "connection refused"; no fault is needed for that.
//!
//! Layout: a family of endpoints is one file (`oauth`; `chat`, `execute` and `openai/chat`, which are `generation`s;
//! `cached_templates`, `prompt_templates`, `analytics` and `models`, which are `resource`s by the table in `route`);
//! what they share is beside them (`admission`, `early` faults, `refusal` bodies, `ledger`, `document` checks); what
//! happens to bytes is under `reply/`.

mod admission;
mod analytics;
mod answer;
mod cached_templates;
mod chat;
mod chat_request;
mod config;
mod control;
mod counts;
#[cfg(test)]
mod differential;
mod document;
mod early;
mod execute;
mod fault;
mod generation;
mod id;
mod kept;
mod ledger;
mod model_document;
mod models;
mod oauth;
mod openai;
mod overlay;
mod page;
mod prompt_document;
mod prompt_templates;
mod provisioning;
mod record;
mod refusal;
mod reply;
mod resource;
mod route;
mod sample;
mod server;
mod tokens;
mod usage;
mod webhook;
mod wire;
mod world;

pub use config::{Config, MODELS};
pub use server::Simulator;
