//! What a request leaves for the operator: the audit row, the webhook and the counts (requirements, A6, B6, D4 and H).

mod call_record;
pub mod chain;
mod cost;
mod event;
mod histogram;
mod intents;
mod limit_event;
mod metrics;
mod operation;
mod refusals;
mod replay;
mod schedule;
pub mod stats;
pub mod trace;
pub mod webhook;

pub use call_record::{CallRecord, undecided};
pub use cost::{Cost, Rates};
pub use event::{AuditEvent, AuditOutcome, Occasion, Resource, RuleFired, Tokens};
pub(crate) use event::{parse_time, timestamp, written};
pub use intents::{Intent, Intents, Notice};
pub use limit_event::limit_event;
pub use metrics::{Generation, Metric, Metrics};
pub use operation::Operation;
pub use refusals::Refusals;
pub use replay::replay;
pub use schedule::Schedule;
pub use webhook::{Event as WebhookEvent, Family};
