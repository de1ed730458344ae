//! A text read from left to right, in which what is replaced is replaced at once.
//!
//! ```text
//! raw ─fold─▶ plain ─scan─▶ findings ─ended─▶ replaced in raw? ── no ──▶ on
//!  ▲ └─ overrides ────────────┘                     │
//!  └──────── a tag in its place, and back to before anybody looked there
//! ```
//!
//! So every decision that counts has been made about the text as it is passed on, and reading that
//! text again decides the same: nothing is left to replace. What has been passed on, no tag that
//! is still to come can change.

use crate::guard::{Found, Guard, Origin, Seen, clusters, end_of_override, settle};
use crate::policy::{Action, Role};
use crate::scan::{Hit, LOOK_BACK, MEMORY, Mark, Scanner, Stop};
use crate::text::Text;
use crate::view::{Folding, Tag, bidi};
use crate::work;
use crate::written::{Source, Written, moved, over};
use std::ops::Range;

/// A text that comes in pieces, in the course of being read.
#[derive(Debug)]
pub(crate) struct Reading {
    guard: Guard,
    role: Role,
    /// What came in and may still be needed, with tags in the place of what was replaced.
    raw: String,
    source: Source,
    /// How much of `raw` has been passed on.
    passed: usize,
    /// Where the first override began, in the caller's text.
    first_override: Option<usize>,
    /// From where on overrides have not been looked for, in `raw`.
    overrides: usize,
    /// Overrides that stay, and those of them of which the text around sees only a tag.
    segments: Vec<Range<usize>>,
    tags: Vec<Tag>,
    folding: Folding,
    scanner: Scanner,
    /// What has looked at text that may still be replaced.
    marks: Vec<Mark>,
    /// While findings go on from before the last piece (so many had ended): the border then.
    held: Option<(usize, usize)>,
    /// Findings not passed yet: covers in `raw`, spans in the caller's text.
    found: Vec<Found>,
}

/// What has become certain.
#[derive(Debug, Default)]
pub(crate) struct Certain {
    /// Text to pass on.
    pub(crate) text: String,
    /// Findings, spans and covers in the caller's text.
    pub(crate) found: Vec<Found>,
}

impl Reading {
    pub(crate) fn new(guard: Guard, role: Role) -> Self {
        Self {
            guard,
            role,
            raw: String::new(),
            source: Source::default(),
            passed: 0,
            first_override: None,
            overrides: 0,
            segments: Vec::new(),
            tags: Vec::new(),
            folding: Folding::default(),
            scanner: Scanner::default(),
            marks: Vec::new(),
            held: None,
            found: Vec::new(),
        }
    }

    /// How many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.raw.len() - self.passed
    }

    /// Reads on, to the end if no more comes after `chunk` (not `open`). Returns the end of what has
    /// become certain, for [`Reading::pass`].
    pub(crate) fn read(&mut self, chunk: &str, open: bool) -> usize {
        if self.held.is_none() {
            self.forget();
        }
        self.raw.push_str(chunk);
        let mut unclosed = self.turn(open);
        let mut hits = Vec::new();
        loop {
            let ready = self.raw.get(..unclosed.unwrap_or(self.raw.len())).unwrap_or_default();
            self.folding.extend(ready, open, &self.tags);
            let text = Text::new(self.folding.text());
            let thresholds = self.guard.thresholds(self.role);
            match self.scanner.run(&text, thresholds, open, &mut hits, Some(&mut self.marks)) {
                Stop::Found => self.admit(hits.drain(..)),
                Stop::Ended if self.replace() => unclosed = self.turn(open),
                Stop::Ended => {}
                Stop::Done => break,
            }
        }
        if open { self.border(unclosed) } else { self.raw.len() }
    }

    /// The first tag of what the policy refuses, if all before it has been read.
    pub(crate) fn refused(&self) -> Option<Range<usize>> {
        let refused = |found: &&Found| {
            found.origin == Origin::Tag && self.guard.action(self.role, found.finding.kind) == Action::Block
        };
        let first = self.found.iter().filter(refused).map(|found| found.cover.clone()).min_by_key(|tag| tag.start)?;
        (self.folding.place(first.start) <= self.scanner.undecided()).then_some(first)
    }

    fn admit(&mut self, hits: impl Iterator<Item = Hit>) {
        let seen = Seen { raw: &self.raw, text: self.folding.text(), map: self.folding.map(), bidi: false };
        let from = self.scanner.hits;
        let hits: Vec<_> = hits.collect();
        let first = from - hits.len();
        for (place, hit) in hits.into_iter().enumerate() {
            let Some(mut found) = self.guard.admit(hit, &seen, self.role) else {
                continue;
            };
            found.origin = Origin::Text(first + place);
            // An override goes as a whole: part of it would read otherwise, from either end.
            for segment in &self.segments {
                if segment.start < found.cover.end && segment.end > found.cover.start {
                    found.cover = segment.start.min(found.cover.start)..segment.end.max(found.cover.end);
                }
            }
            found.finding.span = self.source.range(&found.finding.span);
            self.found.push(found);
        }
    }

    /// Replaces those of the findings that have ended last which the policy wants replaced, and
    /// goes back. `false`: there are none. Each time bytes outside of tags go, tags become one, or
    /// one becomes a graver kind's, and none of that is ever undone: so reading ends.
    fn replace(&mut self) -> bool {
        let ended = |found: &Found| matches!(found.origin, Origin::Text(hit) if hit >= self.scanner.ended);
        let Some(start) = self.found.iter().filter(|found| ended(found)).map(|found| found.cover.start).min() else {
            return false;
        };
        by_place(&mut self.found);
        let mut replaced = Vec::new();
        for cluster in clusters(&self.found).filter(|cluster| cluster.iter().any(|found| found.cover.end > start)) {
            let Some((span, tag)) = self.guard.replacement(cluster, self.role) else {
                continue;
            };
            // What is a tag already stays one.
            if cluster.iter().any(|found| found.origin != Origin::Tag)
                && self.raw.get(span.clone()) != Some(tag.as_str())
            {
                replaced.push((span, tag));
            }
        }
        let Some(first) = replaced.first().map(|(span, _)| span.start) else {
            return false;
        };
        self.write(replaced);
        let changed = self.folding.truncate(first.min(self.overrides));
        self.scanner.rewind(self.folding.text(), changed, &mut self.marks);
        let hits = self.scanner.hits;
        self.found.retain(|found| !matches!(found.origin, Origin::Text(hit) if hit >= hits));
        true
    }

    /// Writes tags in the place of spans, and moves everything after them.
    fn write(&mut self, tags: Vec<(Range<usize>, String)>) {
        self.held = None;
        let Some(first) = tags.first().map(|(span, _)| span.start) else {
            return;
        };
        let rest = self.raw.split_off(first);
        work::count(rest.len());
        let mut written: Vec<Written> = Vec::with_capacity(tags.len());
        let mut at = 0;
        for (span, tag) in tags {
            self.raw.push_str(rest.get(at..span.start - first).unwrap_or_default());
            at = span.end - first;
            let start = self.raw.len();
            self.raw.push_str(&tag);
            if self.first_override.is_some_and(|began| began < self.source.of(span.start)) {
                self.raw.push_str(end_of_override(rest.get(span.start - first..at).unwrap_or_default()));
            }
            written.push(Written { span, tag: start..self.raw.len() });
        }
        self.raw.push_str(rest.get(at..).unwrap_or_default());
        self.source.replace(&written);
        for found in &mut self.found {
            match over(&written, &found.cover) {
                Some(tag) => (found.cover, found.origin) = (tag, Origin::Tag),
                None => found.cover = moved(&written, found.cover.start)..moved(&written, found.cover.end),
            }
        }
        // What is left of an override is read again.
        let touched = |segment: &&Range<usize>| over(&written, &(segment.start..segment.end + 1)).is_some();
        let again = self.segments.iter().find(touched).map(|segment| segment.start - bidi::OVERRIDE.len_utf8());
        self.overrides = match again {
            Some(began) => began.min(first),
            None => moved(&written, self.overrides),
        };
        if again.is_some() {
            let overrides = self.overrides;
            self.found.retain(|found| found.origin != Origin::Override || found.cover.start <= overrides);
            self.segments.retain(|segment| segment.start <= overrides);
            self.tags.retain(|tag| tag.span.start <= overrides);
        }
        for segment in self.segments.iter_mut().chain(self.tags.iter_mut().map(|tag| &mut tag.span)) {
            *segment = moved(&written, segment.start)..moved(&written, segment.end);
        }
    }

    /// Reads the overrides that have closed; returns where the first open one starts.
    fn turn(&mut self, open: bool) -> Option<usize> {
        loop {
            let rest = self.raw.get(self.overrides..).unwrap_or_default();
            let Some((segment, closed)) = bidi::segments(rest).next() else {
                self.overrides = self.raw.len();
                return None;
            };
            let segment = self.overrides + segment.start..self.overrides + segment.end;
            let began = segment.start - bidi::OVERRIDE.len_utf8();
            let source = self.source.of(began);
            self.first_override = Some(self.first_override.map_or(source, |first| first.min(source)));
            if open && !closed {
                self.overrides = began;
                return Some(began);
            }
            let (mut turned, mut tags) = (Vec::new(), Vec::new());
            self.guard.overridden(&self.raw, segment.clone(), self.role, &mut turned, &mut tags);
            let replacement = self.guard.replacement(&turned, self.role);
            for found in &mut turned {
                found.finding.span = self.source.range(&found.finding.span);
            }
            self.found.extend(turned);
            match replacement.filter(|(span, tag)| self.raw.get(span.clone()) != Some(tag.as_str())) {
                Some((span, tag)) => {
                    self.overrides = began;
                    self.write(vec![(span, tag)]);
                }
                None => {
                    self.overrides = segment.end;
                    self.segments.push(segment);
                    self.tags.extend(tags);
                }
            }
        }
    }

    /// The end of what nothing that is still to come can change.
    fn border(&mut self, unclosed: Option<usize>) -> usize {
        let back = |at: usize| {
            let held = self.segments.iter().filter(|segment| segment.end >= at).map(|segment| segment.start);
            let began = held.map(|start| start - bidi::OVERRIDE.len_utf8()).min();
            began.map_or(at, |began| began.min(at))
        };
        let ended = self.scanner.ended;
        if let Some((_, border)) = self.held.filter(|held| held.0 == ended) {
            return border;
        }
        // From here on something may be replaced,
        let pending = |found: &&Found| matches!(found.origin, Origin::Text(hit) if hit >= ended);
        let pending = self.found.iter().filter(pending).map(|found| found.cover.start).min();
        let undecided = self.folding.source(self.scanner.undecided().saturating_sub(LOOK_BACK));
        let from = back(pending.into_iter().chain(unclosed).fold(undecided, usize::min));
        // and who has looked there may then find something else.
        let seen = self.folding.place(from).saturating_sub(2);
        self.marks.retain(|mark| mark.reach > seen);
        let again = self.marks.iter().map(Mark::earliest).min().map(|at| self.folding.source(at));
        let border = back(again.into_iter().fold(from, usize::min)).max(self.passed);
        self.held = pending.filter(|_| self.scanner.is_within()).map(|_| (ended, border));
        border
    }

    /// Passes on what lies before `border`.
    pub(crate) fn pass(&mut self, border: usize) -> Certain {
        let mut certain = Certain::default();
        if border <= self.passed {
            return certain;
        }
        by_place(&mut self.found);
        let (mut done, mut end) = (0, border);
        for cluster in clusters(&self.found) {
            let last = cluster.iter().map(|found| found.cover.end).max();
            let first = cluster.iter().map(|found| found.cover.start).min();
            let (Some(first), Some(last)) = (first, last) else {
                break;
            };
            if last > border {
                end = end.min(first);
                break;
            }
            done += cluster.len();
        }
        certain.found = self.found.drain(..done).collect();
        for found in &mut certain.found {
            found.cover = self.source.range(&found.cover);
        }
        settle(&mut certain.found);
        if let Some(part) = self.raw.get(self.passed..end) {
            certain.text.push_str(part);
            self.passed = end;
        }
        certain
    }

    /// Drops what no rule will look at again.
    fn forget(&mut self) {
        let first = self.marks.iter().map(|mark| mark.before.undecided()).fold(self.scanner.undecided(), usize::min);
        let spare = first.saturating_sub(MEMORY);
        // Rarely, so that the copying is paid for by what came in.
        if spare < 4 * MEMORY {
            return;
        }
        let passed = self.passed;
        self.segments.retain(|segment| segment.end > passed);
        self.tags.retain(|tag| tag.span.end > passed);
        let segments = self.segments.iter().map(|segment| segment.start - bidi::OVERRIDE.len_utf8());
        let limit = segments.fold(self.passed.min(self.overrides), usize::min);
        let (plain, raw) = self.folding.forget(spare, limit);
        self.scanner.shift(plain);
        for mark in &mut self.marks {
            mark.before.shift(plain);
            mark.reach -= plain;
        }
        self.raw.drain(..raw);
        self.held = None;
        self.source.forget(raw);
        self.passed -= raw;
        self.overrides -= raw;
        let covers = self.found.iter_mut().map(|found| &mut found.cover);
        for span in self.segments.iter_mut().chain(self.tags.iter_mut().map(|tag| &mut tag.span)).chain(covers) {
            *span = span.start - raw..span.end - raw;
        }
    }
}

/// By place, so that [`clusters`] can be told.
fn by_place(found: &mut [Found]) {
    found.sort_by_key(|found| (found.cover.start, found.origin));
}
