//! Values with no product in them: what a document, an error and an HTTP message are, whoever exchanges them.
//!
//! In scope: strict JSON with the path of every fault, the shapes of documents as data, JSON Schema, canonical JSON, the table of errors, HTTP as values, and text
//! that must not be seen. Out of scope: what any document means, I/O, time, randomness.
pub mod canonical;
pub mod fault;
pub mod http;
pub mod json;
pub mod json_schema;
pub mod label;
pub mod problem;
pub mod schema;
pub mod sensitive;
#[doc(hidden)]
pub mod work;
