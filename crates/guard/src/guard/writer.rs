//! What stands in the place of what is replaced.

use super::Guard;
use super::found::{Found, clusters, gravest};
use crate::policy::{Action, Role};
use crate::tags::Tags;
use crate::view::bidi;
use crate::work;
use std::ops::Range;

/// Where redaction notes the values that can come back; nowhere, as a rule.
#[derive(Debug, Default)]
pub(crate) struct Writer<'a> {
    pub(crate) tags: Option<&'a mut Tags>,
}

impl Guard {
    /// A part of `text` with tags in the place of what the policy wants replaced of `found`, which
    /// is settled and lies within the part. The first override of the text began at `override_from`; a tag may be
    /// numbered by the writer.
    pub(crate) fn write(
        &self,
        text: &str,
        part: Range<usize>,
        found: &[Found],
        role: Role,
        (override_from, writer): (Option<usize>, &mut Writer<'_>),
    ) -> String {
        let mut out = String::with_capacity(part.len());
        let mut at = part.start;
        for cluster in clusters(found) {
            if let Some((span, tag)) = self.replacement(cluster, role) {
                out.push_str(text.get(at..span.start).unwrap_or_default());
                let restored = || cluster.iter().all(|found| self.action(role, found) <= Action::Restore);
                let numbered = writer.tags.as_mut().filter(|_| restored()).zip(gravest(cluster));
                match numbered.zip(text.get(span.clone())) {
                    Some(((tags, found), value)) => out.push_str(&tags.tag(self.tag_of(found), value)),
                    None => out.push_str(&tag),
                }
                if override_from.is_some_and(|first| first < span.start) {
                    out.push_str(end_of_override(text.get(span.clone()).unwrap_or_default()));
                }
                at = span.end;
            }
        }
        out.push_str(text.get(at..part.end).unwrap_or_default());
        out
    }

    /// What stands in the place of overlapping findings, and where; `None` if they stay. If one
    /// goes all go: what is left of a value could be read as another.
    pub(crate) fn replacement(&self, cluster: &[Found], role: Role) -> Option<(Range<usize>, String)> {
        work::count(cluster.len());
        if !cluster.iter().any(|found| self.action(role, found) >= Action::Restore) {
            return None;
        }
        let start = cluster.iter().map(|found| found.cover.start).min()?;
        let end = cluster.iter().map(|found| found.cover.end).max()?;
        Some((start..end, self.tag(cluster)?))
    }

    /// What stands in the place of overlapping findings: the gravest names it, of several the first.
    pub(super) fn tag(&self, cluster: &[Found]) -> Option<String> {
        let gravest = gravest(cluster)?;
        let tag = self.tag_of(gravest);
        Some(match (&gravest.last_four, tag.strip_suffix(']')) {
            (Some(last_four), Some(open)) => format!("{open} {last_four}]"),
            _ => tag.to_owned(),
        })
    }

    /// What stands in the place of a finding that is not numbered.
    fn tag_of(&self, found: &Found) -> &str {
        self.pattern(found).map_or(found.finding.kind.tag(), |own| &own.tag)
    }
}

/// What is kept of a stretch that is replaced after an override began: without its end the
/// override would go on.
fn end_of_override(replaced: &str) -> &'static str {
    if replaced.contains(bidi::is_end) { "\u{202C}" } else { "" }
}
