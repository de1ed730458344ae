//! PII, secrets and prompt injection in text, whole or streamed.
//!
//! ```text
//! text ─views─▶ Raw, Plain, Bidi … ─scan─▶ hits ─policy─▶ Report ─▶ refuse / redacted text
//!                      └──────── injection ───┘
//! ```
//!
//! In scope: views of a text with a way back to the caller's offsets, rules for values
//! (personal data, secrets) and for injection, policies, redaction, streams.
//! Out of scope: names and addresses of people, anything that needs a model or a network,
//! paths inside a document (the caller knows where a text came from), logging.
//!
//! Pure: no clock, randomness or I/O; work is bounded by a constant per byte.

mod check;
mod correlation;
mod evidence;
pub mod finding;
mod guard;
pub mod injection;
pub mod own;
mod pii;
pub mod policy;
mod reading;
pub mod report;
pub mod rule;
mod scan;
mod secret;
mod stream;
mod tags;
mod text;
pub mod view;
mod work;

pub use check::{Check, Done};
pub use finding::{Finding, Kind};
pub use guard::Guard;
pub use policy::{Action, Base, Changes, Policy, Role};
pub use report::{Entry, Report};
pub use rule::{Rule, rule, rules};
pub use stream::{Piece, Stream};
pub use tags::Tags;

/// About so many bytes of a text are looked at in one step of a [`Check`]: the slowest take some microseconds each, so a
/// step takes milliseconds (ours).
pub(crate) const STEP: usize = 8 << 10;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
