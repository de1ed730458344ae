//! The same checks over a text that comes in pieces.
//!
//! ```text
//! push ─▶ raw ─fold─▶ plain ─scan─▶ findings ─▶ settled up to the border ─▶ out
//!          └─ overrides ───────────────┘          │
//!                                   border: what more text cannot change
//! ```
//!
//! Wherever the text is cut, the pieces put together are what [`crate::Guard::redact`] makes of
//! the whole, and so is the report. Held back is what an open candidate needs and at most 256
//! bytes more; [`Stream::finish`] lets it go.

use crate::guard::{Found, Guard, Seen, clusters, end_of_override, settle};
use crate::policy::{Action, Role};
use crate::report::{Entry, Report};
use crate::scan::{LOOK_BACK, MEMORY, Scanner};
use crate::text::Text;
use crate::view::{Folding, Tag, bidi};

/// A stream under guard.
#[derive(Debug)]
pub struct Stream {
    guard: Guard,
    role: Role,
    /// What came in and may still be needed, and how much was before it.
    raw: String,
    gone: usize,
    /// How much of `raw` has been passed on.
    passed: usize,
    /// Where the first override began, in the whole text.
    first_override: Option<usize>,
    /// From where on overrides have not been looked for, in `raw`.
    overrides: usize,
    folding: Folding,
    scanner: Scanner,
    /// Findings not passed yet; spans in the whole text.
    found: Vec<Found>,
    report: Report,
    blocked: bool,
}

/// What a stream lets go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// Text to pass on, redacted.
    pub text: String,
    /// Findings that became certain; spans are bytes of the whole stream so far.
    pub findings: Vec<Entry>,
    /// The policy refuses what comes next: end the stream with an error. Nothing more comes.
    pub blocked: bool,
}

impl Stream {
    pub(crate) fn new(guard: Guard, role: Role) -> Self {
        Self {
            guard,
            role,
            raw: String::new(),
            gone: 0,
            passed: 0,
            first_override: None,
            overrides: 0,
            folding: Folding::default(),
            scanner: Scanner::default(),
            found: Vec::new(),
            report: Report::default(),
            blocked: false,
        }
    }

    /// Takes the next piece and gives what has become certain.
    pub fn push(&mut self, chunk: &str) -> Piece {
        if self.blocked {
            return Piece::default();
        }
        self.raw.push_str(chunk);
        self.advance(true)
    }

    /// The text has ended: gives all that was held back.
    pub fn finish(&mut self) -> Piece {
        if self.blocked {
            return Piece::default();
        }
        self.advance(false)
    }

    /// All findings so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.raw.len() - self.passed
    }

    fn advance(&mut self, open: bool) -> Piece {
        let (unclosed, tags) = self.turn(open);
        let ready = self.raw.get(..unclosed.unwrap_or(self.raw.len())).unwrap_or_default();
        self.folding.extend(ready, open, &tags);
        let mut hits = Vec::new();
        let text = Text::new(self.folding.text());
        let decided = self.scanner.run(&text, self.guard.thresholds(self.role), open, &mut hits);
        let seen = Seen { raw: &self.raw, text: self.folding.text(), map: self.folding.map(), bidi: false };
        let admitted: Vec<_> = hits.into_iter().filter_map(|hit| self.guard.admit(hit, &seen, self.role)).collect();
        self.keep(admitted);
        let mut border = if open {
            let at = decided.saturating_sub(LOOK_BACK);
            self.folding.source(at)
        } else {
            self.raw.len()
        };
        if let Some(unclosed) = unclosed {
            border = border.min(unclosed);
        }
        let piece = self.pass(self.gone + border);
        self.forget(decided);
        piece
    }

    fn keep(&mut self, admitted: Vec<Found>) {
        for mut found in admitted {
            for span in [&mut found.finding.span, &mut found.cover] {
                *span = span.start + self.gone..span.end + self.gone;
            }
            self.found.push(found);
        }
    }

    /// Scans the overrides that have closed; returns where the first open one starts, and what
    /// stands in the place of what is replaced in the closed ones.
    fn turn(&mut self, open: bool) -> (Option<usize>, Vec<Tag>) {
        let from = self.overrides;
        let rest = self.raw.get(from..).unwrap_or_default();
        let (mut admitted, mut tags) = (Vec::new(), Vec::new());
        let mut unclosed = None;
        let mut reached = rest.len();
        for (segment, closed) in bidi::segments(rest) {
            let began = self.gone + from + segment.start - bidi::OVERRIDE.len_utf8();
            self.first_override.get_or_insert(began);
            if open && !closed {
                reached = segment.start - bidi::OVERRIDE.len_utf8();
                unclosed = Some(from + reached);
                break;
            }
            let segment = from + segment.start..from + segment.end;
            reached = segment.end - from;
            self.guard.overridden(&self.raw, segment, self.role, &mut admitted, &mut tags);
        }
        self.overrides = from + reached;
        self.keep(admitted);
        (unclosed, tags)
    }

    /// Passes on what lies before `border`, a place in the whole text.
    fn pass(&mut self, border: usize) -> Piece {
        settle(&mut self.found);
        let mut piece = Piece::default();
        let mut done = 0;
        let mut end = border;
        let mut replaced = Vec::new();
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
            if let Some(replacement) = self.guard.replacement(cluster, self.role) {
                replaced.push(replacement);
            }
            let blocks = |found: &Found| self.guard.action(self.role, found.finding.kind) == Action::Block;
            if cluster.iter().any(blocks) {
                self.blocked = true;
                end = first;
                replaced.pop();
                break;
            }
        }
        for (span, tag) in replaced {
            self.write(span.start, &mut piece.text);
            piece.text.push_str(&tag);
            let end = span.end.saturating_sub(self.gone).max(self.passed);
            if self.first_override.is_some_and(|first| first < span.start) {
                piece.text.push_str(end_of_override(self.raw.get(self.passed..end).unwrap_or_default()));
            }
            self.passed = end;
        }
        self.write(end, &mut piece.text);
        for found in self.found.drain(..done) {
            let Some(entry) = self.guard.entry(found, self.role) else {
                continue;
            };
            self.report.add(entry.clone());
            piece.findings.push(entry);
        }
        piece.blocked = self.blocked;
        piece
    }

    /// Passes on the text up to `end`, a place in the whole text.
    fn write(&mut self, end: usize, out: &mut String) {
        let end = end.saturating_sub(self.gone);
        if let Some(part) = self.raw.get(self.passed..end) {
            out.push_str(part);
            self.passed = end;
        }
    }

    /// Drops what no rule will look at again.
    fn forget(&mut self, decided: usize) {
        let spare = decided.saturating_sub(MEMORY);
        // Rarely, so that the copying is paid for by what came in.
        if spare < 4 * MEMORY {
            return;
        }
        let limit = self.passed.min(self.overrides);
        let (plain, raw) = self.folding.forget(spare, limit);
        self.scanner.shift(plain);
        self.raw.drain(..raw);
        self.gone += raw;
        self.passed -= raw;
        self.overrides -= raw;
    }
}
