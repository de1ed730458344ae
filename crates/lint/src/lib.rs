//! Linting of prompts, templates and requests: one engine for the browser, CI, npm and the gateway.
//!
//! ```text
//! Source ─read─▶ Document (Tree, prompts, flaws) ─rules─▶ drafts ─config, ignores─▶ Report ─▶ JSON, SARIF
//!                                                                     fix ◀──────────┘
//! ```
//! In scope: what is wrong with a document as it is. Out of scope: files, globs, colours, the page, the gateway.
//! A rule is one file under `rules/`: its words, its examples, which are its tests, and its check.

pub mod config;
mod context;
mod delimiter;
mod document;
pub mod expression;
mod finding;
mod fix;
mod format;
mod harm;
#[cfg(test)]
mod harm_tests;
mod ignore;
mod kind;
pub mod limits;
mod linting;
pub mod placeholder;
mod placeholders;
mod position;
mod report;
mod rule;
pub mod rules;
mod sample;
mod sarif;
mod sentence;
mod shape;
pub mod shapes;
mod text;
mod tree;
#[cfg(test)]
mod value_tests;
mod variables;
mod work;

pub(crate) use promptgate_base::{canonical, fault, json, schema, sensitive};

pub use config::Config;
pub use context::Context;
pub use document::{Document, Kind, Part, Prompt, Source};
pub use finding::{Draft, Finding, Severity};
pub use fix::{Edit, Fix, Fixed, apply};
pub use format::{DetectedFormat, Format};
pub use harm::message;
pub use ignore::NotIgnored;
pub use linting::Linting;
pub use placeholder::Dialect;
pub use position::{Position, Positions, Unit};
pub use report::{Linter, MAX_FINDINGS, Report, Summary};
pub use rule::{Example, FixKind, Rule};
pub use rules::{RULES, rule};
pub use sarif::sarif;
pub use shape::{Flaw, What};
pub use text::Text;
pub use tree::{Id, Key, Node, SyntaxError, Tree, Value};
pub use variables::{Variable, Variables};
#[cfg(any(test, fuzzing))]
pub use work::measure;
