//! What a check says: findings, and what the policy makes of them.

use crate::finding::{Finding, Kind};
use crate::policy::Action;
use crate::view::ViewKind;
use std::borrow::Cow;
use std::ops::Range;

/// The result of a check. The same text and policy give the same report, byte for byte, and
/// no value that was found is in it.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// The strictest action of all findings.
    pub action: Action,
    /// The findings by place, gravest first at the same place.
    pub findings: Vec<Entry>,
    /// What the monitored policy would have found and done ([`crate::Guard::monitoring`]).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub would: Vec<Entry>,
}

/// A finding and what is to be done about it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Entry {
    /// The rule's stable code; of an operator's own pattern its name.
    pub code: Cow<'static, str>,
    /// What was found.
    pub kind: Kind,
    /// Where, in bytes of the caller's text.
    pub span: Range<usize>,
    /// How sure, from 0 to 1.
    pub score: f32,
    /// In which reading of the text.
    pub view: ViewKind,
    /// What the policy asks for.
    pub action: Action,
    /// HMAC-SHA-256 of the value under the policy's key, first 16 hexadecimal digits.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub correlation: Option<String>,
}

impl Report {
    /// Whether the text must be refused.
    pub fn is_blocked(&self) -> bool {
        self.action == Action::Block
    }

    pub(crate) fn add(&mut self, entry: Entry) {
        self.action = self.action.max(entry.action);
        self.findings.push(entry);
    }
}

impl Entry {
    pub(crate) fn new(finding: Finding, code: Cow<'static, str>, action: Action, correlation: Option<String>) -> Self {
        Self {
            code,
            kind: finding.kind,
            span: finding.span,
            score: finding.score,
            view: finding.view,
            action,
            correlation,
        }
    }
}
