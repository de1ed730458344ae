//! The knowledge of Promptgate.
pub mod budget;
pub mod call;
pub mod chat;
pub mod client;
pub mod cors;
pub mod front;
pub mod governance;
pub mod guard;
pub mod in_flight;
pub mod intake;
pub mod journal;
pub mod key;
pub mod lint;
pub mod model;
pub mod openapi;
pub mod refusal;
pub mod route;
pub mod seal;
pub mod settings;
pub mod template;
pub mod upstream;
pub mod usage;

pub use front::promptgate as reply;

pub use promptgate_base::{canonical, fault, http, json, label, problem, schema, sensitive};
