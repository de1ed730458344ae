//! The body of a 200: bytes to lines to frames to text that may pass.

use promptgate_guard::{Action, Guard, Role, Stream};

use crate::genesys::{self, Frame, Usage};
use crate::guard::Findings;
use crate::stream::{Line, Lines};

/// Most bytes of an answer: forty times what 4,096 tokens take in frames of one word (ours).
pub(super) const MAX_ANSWER: usize = 4 << 20;

/// What a body has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// Content came; this much of it may pass now, which may be nothing.
    Text(String),
    /// The terminal frame.
    Usage(Usage),
    /// A line that is no frame.
    Malformed,
    /// Upstream's error inside the stream.
    Error,
    /// The policy refuses what comes next.
    Refused,
    /// More than [`MAX_ANSWER`] bytes.
    TooLong,
}

/// Reads one body.
#[derive(Debug)]
pub(super) struct Answer {
    lines: Lines,
    received: usize,
    guard: Stream,
}

impl Answer {
    pub(super) fn new(guard: &Guard) -> Answer {
        Answer { lines: Lines::default(), received: 0, guard: guard.stream(Role::Assistant) }
    }

    /// Takes the next bytes. The last event may be one that ends the answer.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<Event> {
        self.received += chunk.len();
        let lines = self.lines.push(chunk);
        let mut events = self.events(lines);
        if self.received > MAX_ANSWER {
            events.push(Event::TooLong);
        }
        events
    }

    /// The body has ended.
    pub(super) fn finish(&mut self) -> Vec<Event> {
        let last = self.lines.finish();
        self.events(last.into_iter().collect())
    }

    /// What the guard still holds back, when nothing more will come.
    pub(super) fn rest(&mut self) -> String {
        self.guard.finish().text
    }

    /// Whether not one byte has come.
    pub(super) fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// What the guard has found so far.
    pub(super) fn findings(&self) -> Findings {
        let mut findings = Findings::default();
        findings.add(&self.guard.report().findings);
        findings
    }

    fn events(&mut self, lines: Vec<Line>) -> Vec<Event> {
        let mut events = Vec::new();
        for line in lines {
            let frame = match &line {
                Line::Whole(line) => genesys::frame(line),
                Line::TooLong => Frame::Malformed,
            };
            match frame {
                Frame::Malformed => events.push(Event::Malformed),
                Frame::Error => {
                    events.push(Event::Error);
                    break;
                }
                Frame::Part { content, usage } => {
                    if let Some(text) = content.filter(|text| !text.expose().is_empty()) {
                        let piece = self.guard.push(text.expose());
                        events.push(Event::Text(piece.text));
                        if piece.blocked {
                            events.push(Event::Refused);
                            break;
                        }
                    }
                    if let Some(usage) = usage {
                        let piece = self.guard.finish();
                        if !piece.text.is_empty() {
                            events.push(Event::Text(piece.text));
                        }
                        let blocks = self.guard.report().findings.iter().any(|entry| entry.action == Action::Block);
                        events.push(if blocks { Event::Refused } else { Event::Usage(usage) });
                        break;
                    }
                }
            }
        }
        events
    }
}
