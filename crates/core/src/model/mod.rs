//! Models: defined, provisioned, configured and invoked (requirements, C and D).
//!
//! ```text
//! bytes ─Submission::parse─▶ Submission ─▶ Provisioning ─active─▶ ModelId, Definition, Capabilities
//! bytes ─Configuration::parse, fits─▶ Configuration ─offer─▶ Updates
//! bytes ─Question::parse─▶ Question (sanitised) ─▶ Invocation ─answer─▶ document
//! each of them ─▶ Record ─▶ audit row, webhook, counters
//! Command ─take, answer─▶ ManagedModel: both machines of a model, as its object stores them ─▶ Reply, Effects
//! ```
//! `Provisioning`, `Updates` and `Invocation` are driven alike: `step` says to send (then `request`, and what came
//! to `received`), to wait until a time, or that it is done. The first two live in storage between alarms.

mod active;
mod answer;
mod configuration;
mod definition;
mod deletion;
mod exchange;
mod failure;
mod invocation;
mod key;
mod list;
mod managed;
mod provisioning;
mod question;
mod record;
mod snapshot;
mod update;

#[cfg(test)]
mod tests;

pub use active::Active;
pub use configuration::{ComplianceMode, Configuration, FilterAction, FilterType, SafetyFilter, TemperatureMatrix};
pub use definition::{Credentials, Definition, Submission};
pub use exchange::{Dispatch, EXCHANGE_MS, MAX_ANSWER_BODY, Received, Step};
pub use failure::Failure;
pub use invocation::{Invocation, InvocationEnd, InvocationIdentity};
pub use key::key_verdict;
pub use list::{ListCommand, ListPage, Listed};
pub use managed::{Command, CommandProgress, Effects, ManagedModel, Verb};
pub use promptgate_base::json_schema::{JsonSchema as ResponseSchema, MAX_CHAIN, MAX_SCHEMAS, MAX_STEPS};
pub use provisioning::{ModelStatus, Origin, Provisioning, StatusEvent, StatusUpdates};
pub use question::{INVOCATION, InvocationDraft, MAX_INPUT, NAMED_INVOCATION, Question};
pub use record::{ModelAction, Record, RecordStatus};
pub use snapshot::{Snapshot, environments};
pub use update::{Update, UpdateStatus, Updates};
