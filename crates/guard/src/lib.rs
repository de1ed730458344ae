//! PII, secrets and prompt injection in text, whole or streamed.

mod correlation;
mod evidence;
pub mod finding;
mod guard;
pub mod injection;
mod pii;
pub mod policy;
pub mod report;
pub mod rule;
mod scan;
mod secret;
mod stream;
mod text;
pub mod view;

pub use finding::{Finding, Kind};
pub use guard::Guard;
pub use policy::{Action, Policy, Role};
pub use report::{Entry, Report};
pub use rule::{Rule, rule, rules};
pub use stream::{Piece, Stream};
