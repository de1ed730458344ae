//! The engine: a policy made ready, and the checks.

use crate::check::Check;
use crate::correlation;
use crate::finding::{Finding, Kind};
use crate::own::{self, Own};
use crate::policy::{Action, Policy, Role, normal};
use crate::report::{Entry, Report};
use crate::scan::{self, Hit, Thresholds};
use crate::stream::Stream;
use crate::tags::Tags;
use crate::view::{Folding, Map, Tag, ViewKind, bidi};
use crate::work;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The code of findings by operators' own patterns; reports have the pattern's name instead.
const OWN: &str = "own";

/// A policy ready for use. Cheap to make and to keep; nothing is compiled.
#[derive(Debug, Clone)]
pub struct Guard {
    policy: Arc<Policy>,
    /// By role, in the order of [`Role::ALL`].
    thresholds: [Thresholds; Role::ALL.len()],
    /// What another policy would have done is reported beside.
    monitor: Option<Arc<Guard>>,
    /// What streams put back.
    tags: Option<Arc<Tags>>,
}

impl Guard {
    /// Makes `policy` ready.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: Arc::new(policy.clone()),
            thresholds: Role::ALL.map(|role| policy.scan_thresholds(role)),
            monitor: None,
            tags: None,
        }
    }

    /// The same, which also reports what `policy` would have done ([`Report::would`]); a text is read twice then.
    pub fn monitoring(self, policy: &Policy) -> Self {
        Self { monitor: Some(Arc::new(Guard::new(policy))), ..self }
    }

    /// `policy` in the place of its own; what it monitors and restores stays.
    pub fn under(&self, policy: &Policy) -> Self {
        Self { monitor: self.monitor.clone(), tags: self.tags.clone(), ..Guard::new(policy) }
    }

    /// The policy that it monitors.
    pub fn monitored(&self) -> Option<&Policy> {
        self.monitor.as_ref().map(|guard| guard.policy())
    }

    /// The same, whose streams put the values of `tags` back.
    pub fn restoring(self, tags: Tags) -> Self {
        Self { tags: (!tags.is_empty()).then(|| Arc::new(tags)), ..self }
    }

    /// What streams put back.
    pub(crate) fn tags(&self) -> Option<&Arc<Tags>> {
        self.tags.as_ref()
    }

    /// The policy that it follows.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is in `text`, written by `role`. Spans are bytes of `text`.
    pub fn check(&self, text: &str, role: Role) -> Report {
        self.begin(Cow::Borrowed(text), role, None).end().report
    }

    /// `text` with a tag in the place of everything that the policy redacts or blocks, and the
    /// report of [`Guard::check`]. Where an injection is replaced, which is scored over whole
    /// stretches, this goes on until nothing changes; what shows only then is replaced too,
    /// without a line in the report.
    pub fn redact(&self, text: &str, role: Role) -> (String, Report) {
        let done = self.begin(Cow::Borrowed(text), role, Some(None)).end();
        (done.redacted, done.report)
    }

    /// The same with a numbered tag, noted in `tags`, in the place of what is to be restored.
    pub fn redact_into(&self, text: &str, role: Role, tags: &mut Tags) -> (String, Report) {
        let done = self.begin(Cow::Borrowed(text), role, Some(Some(std::mem::take(tags)))).end();
        *tags = done.tags.unwrap_or_default();
        (done.redacted, done.report)
    }

    /// [`Guard::check`] in steps, others run in between; with `redacts` [`Guard::redact`], or, with tags in it,
    /// [`Guard::redact_into`].
    pub fn begin<'t>(&self, text: Cow<'t, str>, role: Role, redacts: Option<Option<Tags>>) -> Check<'t> {
        Check::new(self.clone(), text, role, redacts)
    }

    /// What is to be reported beside.
    pub(crate) fn monitor(&self) -> Option<&Guard> {
        self.monitor.as_deref()
    }

    /// The stream of the monitored policy.
    pub(crate) fn monitor_stream(&self, role: Role) -> Option<Box<Stream>> {
        self.monitor.as_ref().map(|guard| Box::new(guard.stream(role)))
    }

    /// The same over a text that comes in pieces. Injection, which a model's answer is not
    /// scored for, and `sanitise`, which is for what comes in, are left out.
    pub fn stream(&self, role: Role) -> Stream {
        Stream::new(self.clone(), role)
    }

    /// The operator's pattern that found it, if one did.
    fn pattern(&self, found: &Found) -> Option<&Own> {
        self.policy.own.get(found.own?)
    }

    /// What stands in the place of a finding that is not numbered.
    fn tag_of(&self, found: &Found) -> &str {
        self.pattern(found).map_or(found.finding.kind.tag(), |own| &own.tag)
    }

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

    /// What is done about a finding.
    pub(crate) fn action(&self, role: Role, found: &Found) -> Action {
        match self.pattern(found) {
            Some(own) => own.action,
            None => self.policy.graded(role, found.finding.kind, found.finding.score),
        }
    }

    pub(crate) fn thresholds(&self, role: Role) -> &Thresholds {
        let [first, ..] = &self.thresholds;
        self.thresholds.get(role as usize).unwrap_or(first)
    }

    /// Whether texts of `role` are scored for injection.
    pub(crate) fn scores(&self, role: Role) -> bool {
        self.policy.action(role, Kind::Injection) != Action::Ignore
    }

    /// The text without what `sanitise` takes out.
    pub(crate) fn sanitised<'t>(&self, text: Cow<'t, str>) -> (Cow<'t, str>, Map) {
        let taken = |char: char| matches!(char, '<' | '>' | '\0');
        if !self.policy.sanitise {
            return (text, Map::identity());
        }
        let mut map = Map::empty();
        let mut clean = String::with_capacity(text.len());
        // What is taken out may leave white space at an end.
        let core = text.trim_matches(|char: char| char.is_whitespace() || taken(char));
        let start = core.as_ptr() as usize - text.as_ptr() as usize;
        for (at, part) in core.split(taken).scan(start, |at, part| {
            let start = *at;
            *at += part.len() + 1;
            Some((start, part))
        }) {
            map.copy(clean.len(), at, part.len());
            clean.push_str(part);
        }
        (Cow::Owned(clean), map)
    }

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

    /// The line in the report; none for what is ignored.
    pub(crate) fn entry(&self, found: Found, role: Role) -> Option<Entry> {
        let action = self.action(role, &found);
        let code = self.pattern(&found).map_or(Cow::Borrowed(found.finding.code), |own| Cow::Owned(own.name.clone()));
        (action > Action::Ignore).then(|| Entry::new(found.finding, code, action, found.correlation))
    }

    /// What stands in the place of overlapping findings: the gravest names it, of several the first.
    fn tag(&self, cluster: &[Found]) -> Option<String> {
        let gravest = gravest(cluster)?;
        let tag = self.tag_of(gravest);
        Some(match (&gravest.last_four, tag.strip_suffix(']')) {
            (Some(last_four), Some(open)) => format!("{open} {last_four}]"),
            _ => tag.to_owned(),
        })
    }

    pub(crate) fn correlation(&self, kind: Kind, value: &str) -> Option<String> {
        let key = self.policy.correlation_key.as_ref()?;
        Some(correlation::code(key, &normal(kind, value)))
    }
}

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

/// The gravest finding, of several the first; an operator's own pattern before all.
fn gravest(cluster: &[Found]) -> Option<&Found> {
    cluster.iter().min_by_key(|found| (found.own.is_none(), found.finding.kind, found.finding.span.start))
}

/// Where redaction notes the values that can come back; nowhere, as a rule.
#[derive(Debug, Default)]
pub(crate) struct Writer<'a> {
    pub(crate) tags: Option<&'a mut Tags>,
}

/// What is kept of a stretch that is replaced after an override began: without its end the
/// override would go on.
fn end_of_override(replaced: &str) -> &'static str {
    if replaced.contains(bidi::is_end) { "\u{202C}" } else { "" }
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
    let mut reach = [0_usize; Kind::ALL.len()];
    found.retain(|found| {
        let Some(reach) = reach.get_mut(found.finding.kind as usize) else {
            return true;
        };
        let fresh = found.finding.span.end > *reach;
        *reach = found.finding.span.end.max(*reach);
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
