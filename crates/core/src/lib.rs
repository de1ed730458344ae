//! The knowledge of Promptgate.
pub mod call;
pub mod chat;
pub mod fault;
pub mod genesys;
pub mod http;
pub mod json;
pub mod problem;
pub mod reply;
pub mod sensitive;
pub mod stream;
