//! What a rule reports about a document: where, how grave, and what would fix it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::fix::Fix;
use crate::fault::Path;

/// How grave a finding is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not what was meant.
    Warning,
    /// Wrong, or harmful.
    Error,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: &'static [Severity] = <Severity as strum::VariantArray>::VARIANTS;

    /// The name in reports and configurations.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a rule has found, before the configuration has its say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where, as a path.
    pub path: Path,
    /// Where, in bytes of the document.
    pub span: Range<usize>,
    /// What is wrong and what to do. Quotes names through [`crate::fault::printable`] only, and never a value.
    pub message: String,
    /// Graver or milder than its rule.
    pub severity: Option<Severity>,
    /// What would fix it.
    pub fix: Option<Fix>,
}

impl Draft {
    /// Found at `path`, in the bytes `span` of the document.
    pub fn new(path: Path, span: Range<usize>, message: impl Into<String>) -> Self {
        Draft { path, span, message: message.into(), severity: None, fix: None }
    }

    /// With another severity than its rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// With a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// One finding of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's stable code: `S007`.
    pub code: &'static str,
    /// The rule's name: `secret`.
    pub name: &'static str,
    /// How grave it is, as the configuration wants it.
    pub severity: Severity,
    /// Where, as a JSONPath (RFC 9535); `$` in plain text.
    pub path: String,
    /// Where, in bytes of the document.
    pub span: Range<usize>,
    /// What is wrong and what to do. Never quotes a value.
    pub message: String,
    /// What would fix it.
    pub fix: Option<Fix>,
}
