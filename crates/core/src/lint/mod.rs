//! Linting of prompts, templates and requests: one engine for the browser, CI, npm and the gateway.
//!
//! ```text
//! Source ─read─▶ Document (Tree, prompts, flaws) ─rules─▶ drafts ─config, ignores─▶ Report ─▶ JSON, SARIF
//!                                                                     fix ◀──────────┘
//! ```
//! In scope: what is wrong with a document as it stands. Out of scope: files, globs, colours, the page.
//! A rule is one file under `rules/`: its words, its examples, which are its tests, and its check.

pub mod config;
mod context;
mod delimiter;
mod document;
mod finding;
mod fix;
#[cfg(test)]
mod harm_tests;
mod ignore;
mod markdown;
mod placeholders;
mod position;
mod question;
mod report;
mod rule;
pub mod rules;
mod sarif;
mod sentence;
mod shape;
mod shapes;
mod text;
mod tree;
mod variables;
mod work;

pub use crate::template::placeholder::Dialect;
pub use config::Config;
pub use context::Context;
pub use document::{Document, Kind, Part, Prompt, Source};
pub use finding::{Draft, Finding, Severity};
pub use fix::{Edit, Fix, Fixed, apply};
pub use ignore::NotIgnored;
pub use position::{Position, Positions, Unit};
pub use report::{Linter, MAX_FINDINGS, Report, Summary};
pub use rule::{Example, FixKind, Rule};
pub use rules::{RULES, rule};
pub use sarif::sarif;
pub use shape::{Field, Flaw, Shape, What};
pub use text::Text;
pub use tree::{Id, Key, Node, SyntaxError, Tree, Value};
pub use variables::{Variable, Variables};
#[cfg(any(test, fuzzing))]
pub use work::measure;
