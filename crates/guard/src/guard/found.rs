//! What was found, with what a policy needs of it.

use super::Guard;
use crate::correlation;
use crate::finding::{Finding, Kind};
use crate::own;
use crate::policy::{Action, Role, normal};
use crate::report::Entry;
use crate::scan::{self, Hit};
use crate::view::{Folding, Map, Tag, ViewKind, bidi};
use std::borrow::Cow;
use std::ops::Range;

/// The code of findings by operators' own patterns; reports have the pattern's name instead.
const OWN: &str = "own";

/// What was scanned.
#[derive(Debug)]
pub(crate) struct Seen<'t> {
    /// The caller's text.
    pub(crate) raw: &'t str,
    /// The reading of it.
    pub(crate) text: &'t str,
    /// The way back.
    pub(crate) map: &'t Map,
    /// It is the contents of overrides, turned around.
    pub(crate) bidi: bool,
}

/// A finding with what its value has left behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    /// The number of the operator's pattern that found it.
    pub(crate) own: Option<usize>,
    /// What goes if it is replaced: its span, or the override that it stands in.
    pub(crate) cover: Range<usize>,
    pub(crate) last_four: Option<String>,
    pub(crate) correlation: Option<String>,
}

impl Guard {
    /// What operators' patterns find in `seen` from `next` on ([`own::find`]).
    pub(crate) fn own(&self, seen: &Seen<'_>, next: &mut usize, open: bool, found: &mut Vec<Found>) {
        let patterns = &self.policy.own;
        if patterns.is_empty() {
            *next = seen.text.len();
            return;
        }
        while let Some((number, start, end)) = own::find(patterns, seen.text, next, open) {
            let value = seen.text.get(start..end).unwrap_or_default();
            if self.policy.allows(Kind::Own, value) {
                continue;
            }
            let span = seen.map.span(start..end);
            let view = if seen.raw.get(span.clone()) == Some(value) { ViewKind::Raw } else { ViewKind::Plain };
            let finding = Finding { code: OWN, kind: Kind::Own, span: span.clone(), score: 1.0, view };
            let correlation = self.correlation(Kind::Own, value);
            found.push(Found { finding, own: Some(number), cover: span, last_four: None, correlation });
        }
    }

    /// A view's hit as a finding in the caller's text, unless the policy doesn't want it. Ignored
    /// ones, too: they go with what is replaced if they overlap it.
    pub(crate) fn admit(&self, hit: Hit, seen: &Seen<'_>, role: Role) -> Option<Found> {
        if self.policy.disabled.contains(hit.code) {
            return None;
        }
        let text = seen.text;
        let (start, end) = (text.floor_char_boundary(hit.span.start), text.ceil_char_boundary(hit.span.end));
        let value = text.get(start..end)?;
        if self.policy.allows(hit.kind, value) {
            return None;
        }
        let last_four = (hit.kind == Kind::Card && self.policy.keep_last_four && !hit.encoded).then(|| {
            let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
            digits.iter().skip(digits.len().saturating_sub(4)).collect()
        });
        let span = seen.map.span(start..end);
        let view = if hit.encoded {
            ViewKind::Base64
        } else if seen.bidi {
            ViewKind::Bidi
        } else if seen.raw.get(span.clone()) == Some(value) {
            ViewKind::Raw
        } else {
            ViewKind::Plain
        };
        Some(Found {
            correlation: match self.policy.action(role, hit.kind) {
                Action::Ignore => None,
                _ => self.correlation(hit.kind, value),
            },
            last_four,
            own: None,
            cover: span.clone(),
            finding: Finding { code: hit.code, kind: hit.kind, span, score: hit.score, view },
        })
    }

    /// Adds what the contents of an override at `segment` say, turned around, to `found`; and to
    /// `tags` what will stand in the place of what is replaced there, by which alone the text
    /// around is judged: replacing it must not change what the neighbours are.
    pub(crate) fn overridden(
        &self,
        raw: &str,
        segment: Range<usize>,
        role: Role,
        found: &mut Vec<Found>,
        tags: &mut Vec<Tag>,
    ) {
        let mut turned = Vec::new();
        let mut see = |text: &str, map: &Map, bidi: bool| {
            let mut hits = Vec::new();
            scan::scan_turned(text, self.thresholds(role), &mut hits);
            let seen = Seen { raw, text, map, bidi };
            turned.extend(hits.into_iter().filter_map(|hit| self.admit(hit, &seen, role)));
            !turned.is_empty()
        };
        let (text, map) = bidi::turn(raw, segment.clone());
        if !see(&text, &map, true) {
            return;
        }
        // A tag must not hide something graver that is written there as it came.
        let folding = Folding::of(raw, segment.clone());
        see(folding.text(), folding.map(), false);
        // It goes or stays as a whole: part of it would read otherwise, from either end.
        for item in &mut turned {
            item.cover = segment.clone();
        }
        tags.extend(self.tag(&turned).map(|text| Tag { span: segment, text }));
        found.extend(turned);
    }

    /// The line in the report; none for what is ignored.
    pub(crate) fn entry(&self, found: Found, role: Role) -> Option<Entry> {
        let action = self.action(role, &found);
        let code = self.pattern(&found).map_or(Cow::Borrowed(found.finding.code), |own| Cow::Owned(own.name.clone()));
        (action > Action::Ignore).then(|| Entry::new(found.finding, code, action, found.correlation))
    }

    pub(crate) fn correlation(&self, kind: Kind, value: &str) -> Option<String> {
        let key = self.policy.correlation_key.as_ref()?;
        Some(correlation::code(key, &normal(kind, value)))
    }
}

/// The gravest finding, of several the first; an operator's own pattern before all.
pub(super) fn gravest(cluster: &[Found]) -> Option<&Found> {
    cluster.iter().min_by_key(|found| (found.own.is_none(), found.finding.kind, found.finding.span.start))
}

/// By place, gravest first; what lies within a finding of the same kind is dropped.
pub(crate) fn settle(found: &mut Vec<Found>) {
    found.sort_by(|a, b| {
        let key = |found: &Found| {
            let Finding { span, kind, code, .. } = &found.finding;
            (found.cover.start, span.start, *kind, usize::MAX - span.end, *code)
        };
        key(a).cmp(&key(b))
    });
    // The same words by two rules: the first names them, the surer says how sure.
    found.dedup_by(|next, first| {
        let (next, first) = (&next.finding, &mut first.finding);
        let same = next.kind == Kind::Injection && first.kind == Kind::Injection && next.span == first.span;
        if same {
            first.score = first.score.max(next.score);
        }
        same
    });
    // How far those of a kind reach, and how sure the surest of them is that is not over.
    let mut reach = [(0_usize, 0.0_f32); Kind::ALL.len()];
    found.retain(|found| {
        let Finding { kind, span, score, .. } = &found.finding;
        let Some((end, surest)) = reach.get_mut(*kind as usize) else {
            return true;
        };
        if span.start >= *end {
            *surest = 0.0;
        }
        // A sure order within a stretch that only reads like one is what the text is refused for.
        let fresh = span.end > *end || *kind == Kind::Injection && *score > *surest;
        (*end, *surest) = (span.end.max(*end), score.max(*surest));
        fresh
    });
}

/// Stretches of settled findings that overlap.
pub(crate) fn clusters(found: &[Found]) -> impl Iterator<Item = &[Found]> {
    let mut rest = found;
    std::iter::from_fn(move || {
        let mut end = rest.first()?.cover.end;
        let size = rest
            .iter()
            .position(|found| {
                let apart = found.cover.start >= end;
                end = end.max(found.cover.end);
                apart
            })
            .unwrap_or(rest.len());
        let (cluster, after) = rest.split_at_checked(size.max(1))?;
        rest = after;
        Some(cluster)
    })
}
