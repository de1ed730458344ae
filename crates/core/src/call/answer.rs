//! The body of a 200: bytes to lines to frames to text that may pass.

use std::collections::VecDeque;

use promptgate_guard::{Action, Guard, Role, Stream};

use crate::genesys::{self, Frame, Usage};
use crate::guard::{self, Findings};
use crate::sensitive::Sensitive;
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

/// Most bytes, of lines or of text, that are looked at before others run: the guard takes up to a microsecond for one
/// (ours).
pub(super) const STEP: usize = 16 << 10;

/// Reads one body.
#[derive(Debug)]
pub(super) struct Answer {
    lines: Lines,
    received: usize,
    guard: Stream,
    /// Follows the gateway's policy, from which `guard` may differ.
    strict: Guard,
    /// What has come and was not looked at yet.
    pending: VecDeque<Pending>,
    ended: bool,
}

/// What is still to be looked at.
#[derive(Debug)]
enum Pending {
    Line(Line),
    /// Text, from this byte on.
    Text(Sensitive, usize),
    Usage(Usage),
    TooLong,
}

impl Answer {
    /// Guards by `guard`, or, unless the answer is `moderated`, keys and passwords alone.
    pub(super) fn new(guard: &Guard, moderated: bool) -> Answer {
        let strict = guard.clone();
        let stream = if moderated {
            guard.stream(Role::Assistant)
        } else {
            guard::lenient(guard, |kind| !guard::is_secret(kind)).stream(Role::Assistant)
        };
        Answer { lines: Lines::default(), received: 0, guard: stream, strict, pending: VecDeque::new(), ended: false }
    }

    /// Takes the next bytes, to be looked at by [`step`](Self::step).
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.received += chunk.len();
        self.pending.extend(self.lines.push(chunk).into_iter().map(Pending::Line));
        if self.received > MAX_ANSWER {
            self.pending.push_back(Pending::TooLong);
        }
    }

    /// The body has ended.
    pub(super) fn end(&mut self) {
        self.pending.extend(self.lines.finish().map(Pending::Line));
        self.ended = true;
    }

    /// Whether something has come that was not looked at yet.
    pub(super) fn has_more(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether the body has ended and all of it was looked at.
    pub(super) fn has_ended(&self) -> bool {
        self.ended && self.pending.is_empty()
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
        findings.add(&self.guard.report().findings, Role::Assistant, self.strict.policy());
        findings
    }

    /// Looks at about [`STEP`] bytes of what has come. The last event may be one that ends the answer.
    pub(super) fn step(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut looked = 0;
        while looked < STEP
            && let Some(pending) = self.pending.pop_front()
        {
            match pending {
                Pending::Line(line) => looked += self.line(&line, &mut events),
                Pending::Text(text, from) => {
                    let (piece, rest) = piece(text.expose(), from, STEP - looked);
                    looked += piece.len();
                    let piece = self.guard.push(piece);
                    events.push(Event::Text(piece.text));
                    if piece.blocked {
                        events.push(Event::Refused);
                        break;
                    }
                    if let Some(from) = rest {
                        self.pending.push_front(Pending::Text(text, from));
                    }
                }
                Pending::Usage(usage) => {
                    let piece = self.guard.finish();
                    if !piece.text.is_empty() {
                        events.push(Event::Text(piece.text));
                    }
                    let blocks = self.guard.report().findings.iter().any(|entry| entry.action == Action::Block);
                    events.push(if blocks { Event::Refused } else { Event::Usage(usage) });
                    break;
                }
                Pending::TooLong => {
                    events.push(Event::TooLong);
                    break;
                }
            }
        }
        events
    }

    /// Reads a line; its text and usage are looked at next. Gives the number of bytes read.
    fn line(&mut self, line: &Line, events: &mut Vec<Event>) -> usize {
        let (frame, length) = match line {
            Line::Whole(line) => (genesys::frame(line), line.len()),
            Line::TooLong => (Frame::Malformed, 0),
        };
        match frame {
            Frame::Malformed => events.push(Event::Malformed),
            Frame::Error => {
                events.push(Event::Error);
                // Nothing after it counts.
                self.pending.clear();
            }
            Frame::Part { content, usage } => {
                if let Some(usage) = usage {
                    self.pending.push_front(Pending::Usage(usage));
                }
                if let Some(text) = content.filter(|text| !text.expose().is_empty()) {
                    self.pending.push_front(Pending::Text(text, 0));
                }
            }
        }
        length
    }
}

/// A piece of `text` from the byte `from`, of at most `most` bytes and at least one character, and where the next one
/// begins, if there is more.
fn piece(text: &str, from: usize, most: usize) -> (&str, Option<usize>) {
    let rest = text.get(from..).unwrap_or_default();
    let end = if rest.len() <= most { rest.len() } else { rest.floor_char_boundary(most.max(4)) };
    let piece = rest.get(..end).unwrap_or(rest);
    (piece, (piece.len() < rest.len()).then_some(from + piece.len()))
}
