//! A text read from left to right as it comes.
//!
//! ```text
//! raw ─fold─▶ plain ─scan─▶ findings ─certain─▶ out, with tags
//!  └─ overrides ───────────────┘
//! ```
//!
//! Nothing is read twice. A rule decides about a place when it has seen all that it asks for, and sees
//! the end of a tag where a value before it has ended; a stretch is passed on when no byte still to
//! come can make it a part of a value.

use crate::finding::Finding;
use crate::guard::{Found, Guard, Seen, Writer, clusters, settle};
use crate::policy::{Action, Role};
use crate::scan::{MEMORY, Scanner};
use crate::text::Text;
use crate::view::{Folding, Tag, bidi};
use std::ops::Range;

/// A text that comes in pieces, in the course of being read.
#[derive(Debug)]
pub(crate) struct Reading {
    guard: Guard,
    role: Role,
    /// What came in and may still be needed.
    raw: String,
    /// How much of the caller's text came before it.
    gone: usize,
    /// How much of `raw` has been passed on.
    passed: usize,
    /// Where the first override began, in the caller's text.
    first_override: Option<usize>,
    /// From where on overrides have not been looked for, in `raw`.
    overrides: usize,
    /// The contents of overrides in `raw`, and what stands for those in which something was found.
    segments: Vec<Range<usize>>,
    tags: Vec<Tag>,
    folding: Folding,
    scanner: Scanner,
    /// From where on operators' own patterns have not been looked for, in the folded text.
    own: usize,
    /// Findings that have not been passed on, in `raw`.
    found: Vec<Found>,
}

/// What has become certain.
#[derive(Debug, Default)]
pub(crate) struct Certain {
    /// Text to pass on.
    pub(crate) text: String,
    /// Findings in it, spans in the caller's text.
    pub(crate) found: Vec<Found>,
    /// The last of them is one that the policy refuses: the text ends before it.
    pub(crate) refused: bool,
}

impl Reading {
    pub(crate) fn new(guard: Guard, role: Role) -> Self {
        Self {
            guard,
            role,
            raw: String::new(),
            gone: 0,
            passed: 0,
            first_override: None,
            overrides: 0,
            segments: Vec::new(),
            tags: Vec::new(),
            folding: Folding::default(),
            scanner: Scanner::default(),
            own: 0,
            found: Vec::new(),
        }
    }

    /// How many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.raw.len() - self.passed
    }

    /// Reads on without passing anything on, to the end if no more comes after `chunk` (not `open`).
    pub(crate) fn look(&mut self, chunk: &str, open: bool) {
        self.scan(chunk, open);
    }

    /// All findings of a text that has ended and of which nothing was passed on.
    pub(crate) fn into_found(self) -> Vec<Found> {
        self.found
    }

    /// Reads on, to the end if no more comes after `chunk` (not `open`).
    pub(crate) fn read(&mut self, chunk: &str, open: bool) -> Certain {
        self.forget();
        let unclosed = self.scan(chunk, open);
        let border = if open { self.border(unclosed) } else { self.raw.len() };
        self.pass(border)
    }

    /// Adds what can be found by now; returns where the first open override starts.
    fn scan(&mut self, chunk: &str, open: bool) -> Option<usize> {
        self.raw.push_str(chunk);
        let unclosed = self.turn(open);
        let ready = self.raw.get(..unclosed.unwrap_or(self.raw.len())).unwrap_or_default();
        self.folding.extend(ready, open, &self.tags);
        let mut hits = Vec::new();
        self.scanner.run(&Text::new(self.folding.text()), self.guard.thresholds(self.role), open, &mut hits);
        let seen = Seen { raw: &self.raw, text: self.folding.text(), map: self.folding.map(), bidi: false };
        let mut all: Vec<Found> = hits.into_iter().filter_map(|hit| self.guard.admit(hit, &seen, self.role)).collect();
        self.guard.own(&seen, &mut self.own, open, &mut all);
        for mut found in all {
            // An override goes as a whole: part of it would read otherwise, from either end.
            let after = self.segments.partition_point(|segment| segment.end <= found.cover.start);
            let within = self.segments.iter().skip(after).take_while(|segment| segment.start < found.cover.end);
            found.cover = within
                .fold(found.cover.clone(), |cover, segment| segment.start.min(cover.start)..segment.end.max(cover.end));
            self.found.push(found);
        }
        unclosed
    }

    /// Reads the overrides that have closed; returns where the first open one starts.
    fn turn(&mut self, open: bool) -> Option<usize> {
        loop {
            let rest = self.raw.get(self.overrides..).unwrap_or_default();
            let Some((segment, closed)) = bidi::segments(rest, bidi::LONGEST_OF_VALUES).next() else {
                self.overrides = self.raw.len();
                return None;
            };
            let segment = self.overrides + segment.start..self.overrides + segment.end;
            let began = segment.start - bidi::OVERRIDE.len_utf8();
            self.first_override.get_or_insert(self.gone + began);
            if open && !closed {
                self.overrides = began;
                return Some(began);
            }
            self.guard.overridden(&self.raw, segment.clone(), self.role, &mut self.found, &mut self.tags);
            self.overrides = segment.end;
            self.segments.push(segment);
        }
    }

    /// The end of what nothing that is still to come can change.
    fn border(&self, unclosed: Option<usize>) -> usize {
        let held = self.scanner.held(self.folding.text().as_bytes()).min(self.own);
        let held = self.folding.source(held);
        let from = unclosed.map_or(held, |began| began.min(held));
        let after = self.segments.partition_point(|segment| segment.end < from);
        let within = self.segments.get(after).map(|segment| segment.start - bidi::OVERRIDE.len_utf8());
        self.raw.floor_char_boundary(within.map_or(from, |began| began.min(from))).max(self.passed)
    }

    /// Passes on what lies before `border`, all but findings that may still grow.
    fn pass(&mut self, border: usize) -> Certain {
        let mut certain = Certain::default();
        self.found.sort_by_key(|found| found.cover.start);
        let (mut done, mut end) = (0, border);
        for cluster in clusters(&self.found) {
            let Some(cover) = cover(cluster).filter(|cover| cover.start < border) else {
                break;
            };
            if cover.end > border {
                end = cover.start;
                break;
            }
            done += cluster.len();
            certain.refused = cluster.iter().any(|found| self.guard.action(self.role, found) == Action::Block);
            if certain.refused {
                end = cover.start;
                break;
            }
        }
        certain.found = self.found.drain(..done).collect();
        settle(&mut certain.found);
        if end > self.passed {
            let first_override = self.first_override.map(|first| first.saturating_sub(self.gone));
            let written = certain.found.iter().filter(|found| found.cover.end <= end);
            let count = written.count();
            let written = certain.found.get(..count).unwrap_or_default();
            certain.text = self.guard.write(
                &self.raw,
                self.passed..end,
                written,
                self.role,
                (first_override, &mut Writer::default()),
            );
            self.passed = end;
        }
        for Found { cover, finding: Finding { span, .. }, .. } in &mut certain.found {
            *cover = cover.start + self.gone..cover.end + self.gone;
            *span = span.start + self.gone..span.end + self.gone;
        }
        certain
    }

    /// Drops what no rule will look at again.
    fn forget(&mut self) {
        let spare = self.scanner.undecided().min(self.own).saturating_sub(MEMORY);
        // Rarely, so that the copying is paid for by what came in.
        if spare < 4 * MEMORY {
            return;
        }
        let passed = self.passed;
        self.segments.retain(|segment| segment.end > passed);
        self.tags.retain(|tag| tag.span.end > passed);
        let segments = self.segments.first().map(|segment| segment.start - bidi::OVERRIDE.len_utf8());
        let limit = segments.into_iter().fold(self.passed.min(self.overrides), usize::min);
        let (plain, raw) = self.folding.forget(spare, limit);
        self.scanner.shift(plain);
        self.own = self.own.saturating_sub(plain);
        self.raw.drain(..raw);
        self.gone += raw;
        self.passed -= raw;
        self.overrides -= raw;
        let found = self.found.iter_mut().flat_map(|found| [&mut found.cover, &mut found.finding.span]);
        for span in self.segments.iter_mut().chain(self.tags.iter_mut().map(|tag| &mut tag.span)).chain(found) {
            *span = span.start - raw..span.end - raw;
        }
    }
}

/// The stretch of findings that overlap.
fn cover(cluster: &[Found]) -> Option<Range<usize>> {
    let start = cluster.iter().map(|found| found.cover.start).min()?;
    let end = cluster.iter().map(|found| found.cover.end).max()?;
    Some(start..end)
}
