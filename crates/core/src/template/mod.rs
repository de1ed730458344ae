//! Prompt templates: what stands in them, their documents, rendering, versions, a library of them.
//!
//! ```text
//! text ─scan─▶ Scan                 JSON ─from_json─▶ PromptTemplate, CachedTemplate ─render─▶ text with values
//!        └─ `${…}`: expression        └─ version: merge, diff, preconditions    └─ sync: Plan
//! ```

pub mod expression;
pub mod placeholder;
