//! PII, secrets and prompt injection in text, whole or streamed.

pub mod finding;
pub mod injection;
pub mod rule;
pub mod view;
