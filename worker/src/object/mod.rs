//! Durable Objects: what must outlive an isolate, or have one writer.

pub(crate) mod audit;
pub(crate) mod metrics;
pub(crate) mod model;
pub(crate) mod template;
