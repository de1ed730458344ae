//! Prompt templates: what is in them, documents, rendering, versions, and how the edge keeps them.
//!
//! ```text
//! text ─scan─▶ Scan (placeholders, malformed ones)     bytes ─lint─▶ document ─▶ Template ─render─▶ Rendered
//!                     └─ `${…}`: expression                             └─ Work (read, write) ⇄ upstream
//! ```

mod document;
pub mod edge;
mod execute;
mod labels;
mod merge;
pub mod ownership;
mod precondition;
mod question;
mod render;
mod store;
mod sync;
mod validator;

pub use promptgate_lint::{expression, placeholder};

pub use document::{Template, Variable, completed_cached, completed_prompt};
pub use execute::{EXECUTE, ExecuteRequest, RENDER, RenderRequest, Values};
pub use labels::{Bearer, LABELLING, LabelName, LabelVerb, Labels, LabelsAnswer, Move, Wanted, labelled, moved};
pub use merge::{Change, diff, merge};
pub use precondition::{Precondition, is_unchanged};
pub use question::{Listing, diff_question, difference, sync_question, version, versions_question};
pub use render::{MAX_RENDERED, Rendered};
pub use store::{Command, Ended, Step, TemplateSnapshot, UpstreamTemplate, Verb, Work, name_taken, there};
pub use sync::{LIBRARY, Library, LibraryValidator, Plan, PlannedAction};
pub use validator::{Draft, TemplateValidator};
