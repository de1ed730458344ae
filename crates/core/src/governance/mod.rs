//! What is left behind after a request: the audit row and the webhook (requirements, B6).

mod audit;
mod cost;
mod webhook;

pub use audit::Audit;
pub(crate) use audit::timestamp;
pub use cost::{Cost, Rates, estimate_usd};
pub use webhook::Webhook;
