//! What a rule sees, and what it finds.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::text::Text;
use std::ops::Range;

/// A finding in a view: offsets are the view's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) code: &'static str,
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    pub(crate) score: f32,
    /// Seen in what the span encodes, not in its characters.
    pub(crate) encoded: bool,
}

impl Hit {
    pub(crate) fn new(rule: &Rule, span: Range<usize>, score: f32) -> Self {
        Self { code: rule.code, kind: rule.kind, span, score: score.clamp(0.0, 1.0), encoded: false }
    }
}

/// The lowest score of each kind that counts, in the order of [`Kind::ALL`].
pub(crate) type Thresholds = [f32; Kind::ALL.len()];

/// What a rule sees when it is woken.
#[derive(Debug)]
pub(crate) struct Place<'t, 'a> {
    pub(crate) text: &'t Text<'a>,
    /// Where the last accepted finding ended.
    pub(crate) barrier: usize,
    /// That finding was a telephone number, which others may follow.
    pub(crate) listed: bool,
    /// The text is turned around: the words in it say nothing.
    pub(crate) wordless: bool,
    pub(super) thresholds: &'t Thresholds,
}

impl Place<'_, '_> {
    /// What counts.
    pub(crate) fn thresholds(&self) -> &Thresholds {
        self.thresholds
    }

    /// Whether the policy counts such a finding at all.
    pub(crate) fn accepts(&self, hit: &Hit) -> bool {
        let threshold = self.thresholds.get(hit.kind as usize);
        threshold.is_some_and(|&threshold| hit.score >= threshold)
    }
}
