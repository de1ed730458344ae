//! The same checks over a text that comes in pieces.
//!
//! Wherever the text is cut, the pieces put together are what [`crate::Guard::redact`] makes of
//! the whole, and so is the report. Held back is the word that a finding still to come
//! could start with, or what an open candidate needs: at most 256 bytes but for private keys and for
//! tokens that are longer themselves; [`Stream::finish`] lets it go.

use crate::guard::Guard;
use crate::policy::Role;
use crate::reading::Reading;
use crate::report::{Entry, Report};
use crate::tags::Restorer;

/// A stream under guard.
#[derive(Debug)]
pub struct Stream {
    guard: Guard,
    role: Role,
    reading: Reading,
    report: Report,
    blocked: bool,
    monitor: Option<Box<Stream>>,
    restorer: Option<Restorer>,
}

/// What a stream lets go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// Text to pass on, redacted.
    pub text: String,
    /// Findings that became certain; spans are bytes of the whole stream so far.
    pub findings: Vec<Entry>,
    /// What the monitored policy would have done, as far as it is certain.
    pub would: Vec<Entry>,
    /// The policy refuses what comes next: end the stream with an error. Nothing more comes.
    pub blocked: bool,
}

impl Stream {
    pub(crate) fn new(guard: Guard, role: Role) -> Self {
        let reading = Reading::new(guard.clone(), role);
        let monitor = guard.monitor_stream(role);
        let restorer = guard.tags().cloned().map(Restorer::new);
        Self { guard, role, reading, report: Report::default(), blocked: false, monitor, restorer }
    }

    /// Takes the next piece and gives what has become certain.
    pub fn push(&mut self, chunk: &str) -> Piece {
        self.advance(chunk, true)
    }

    /// The text has ended: gives all that was held back.
    pub fn finish(&mut self) -> Piece {
        self.advance("", false)
    }

    /// All findings so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.reading.held() + self.restorer.as_ref().map_or(0, Restorer::held)
    }

    fn advance(&mut self, chunk: &str, open: bool) -> Piece {
        let mut piece = Piece::default();
        if self.blocked {
            return piece;
        }
        let certain = self.reading.read(chunk, open);
        self.blocked = certain.refused;
        for entry in certain.found.into_iter().filter_map(|found| self.guard.entry(found, self.role)) {
            self.report.add(entry.clone());
            piece.findings.push(entry);
        }
        (piece.text, piece.blocked) = (certain.text, self.blocked);
        if let Some(restorer) = &mut self.restorer {
            piece.text = restorer.push(&piece.text, open && !self.blocked);
        }
        if let Some(monitor) = &mut self.monitor {
            piece.would = monitor.advance(chunk, open).findings;
            self.report.would.extend(piece.would.iter().cloned());
        }
        piece
    }
}
