//! The knowledge of Promptgate.
pub mod call;
pub mod chat;
pub mod client;
pub mod genesys;
pub mod governance;
pub mod guard;
pub mod in_flight;
pub mod intake;
pub mod lint;
pub mod model;
pub mod openapi;
pub mod refusal;
pub mod reply;
pub mod route;
pub mod settings;
pub mod stream;
mod surrogate;
pub mod template;
pub mod usage;

pub use promptgate_base::{canonical, fault, http, json, label, problem, sensitive};
