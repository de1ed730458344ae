//! What is left behind after a request: the audit row, the webhook and the metrics (requirements, A6, B6, D4).

mod audit;
pub mod chain;
mod cost;
mod metrics;
mod operation;
mod refusals;
mod schedule;
mod webhook;

pub use audit::Audit;
pub(crate) use audit::timestamp;
pub use cost::{Cost, Rates};
pub use metrics::{Metric, Metrics};
pub use operation::{Action, Operation};
pub use refusals::Refusals;
pub use schedule::Schedule;
pub use webhook::{Event as WebhookEvent, Webhook};
