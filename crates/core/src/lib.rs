//! The knowledge of Promptgate.
pub mod call;
pub mod chat;
pub mod client;
pub mod fault;
pub mod genesys;
pub mod governance;
pub mod guard;
pub mod http;
pub mod intake;
pub mod json;
pub mod lint;
pub mod openapi;
pub mod problem;
pub mod reply;
pub mod sensitive;
pub mod settings;
pub mod stream;
