//! The body of a 200: bytes to frames to events to what may pass.

use std::collections::VecDeque;

use promptgate_guard::Guard;

use crate::chat::event::{ChatEvent, ChoiceEvent};
use crate::chat::{AnswerGuard, Refused};
use crate::guard::Findings;
use crate::upstream::{Decoder, Frame};

/// Most bytes of an answer: forty times what 4,096 tokens take in frames of one word (ours).
pub(super) const MAX_ANSWER: usize = 4 << 20;

/// What was read from a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The model has begun to write. What may pass of it comes after this, and may be nothing yet.
    Content,
    /// This may pass.
    Chat(ChatEvent),
    /// The policy refuses what comes next.
    Refused,
    /// More than [`MAX_ANSWER`] bytes.
    TooLong,
}

/// Most bytes, of frames or of text, that are looked at before others run: the guard takes up to a microsecond for one
/// (ours).
pub(super) const STEP: usize = 16 << 10;

/// Reads one body.
#[derive(Debug)]
pub(super) struct Answer {
    decoder: Decoder,
    received: usize,
    /// Bytes of text that were read, since it was last asked.
    came: u64,
    guard: AnswerGuard,
    /// What has come and was not looked at yet.
    pending: VecDeque<Pending>,
    ended: bool,
}

/// What is still to be looked at.
#[derive(Debug)]
enum Pending {
    Frame(Frame),
    Event(ChatEvent),
    TooLong,
}

impl Answer {
    /// Guards by `guard`, or, unless the answer is `moderated`, keys and passwords alone.
    pub(super) fn new(decoder: Decoder, guard: &Guard, moderated: bool) -> Answer {
        let guard = AnswerGuard::new(guard, moderated);
        Answer { decoder, received: 0, came: 0, guard, pending: VecDeque::new(), ended: false }
    }

    /// Takes the next bytes, to be looked at by [`step`](Self::step).
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.received += chunk.len();
        self.pending.extend(self.decoder.push(chunk).into_iter().map(Pending::Frame));
        if self.received > MAX_ANSWER {
            self.pending.push_back(Pending::TooLong);
        }
    }

    /// The body has ended.
    pub(super) fn end(&mut self) {
        self.pending.extend(self.decoder.finish().into_iter().map(Pending::Frame));
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
    pub(super) fn rest(&mut self) -> Vec<ChatEvent> {
        self.guard.rest().0
    }

    /// Whether not one byte has come.
    pub(super) fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// How many bytes of text were read since this was last asked, whatever became of them.
    pub(super) fn came(&mut self) -> u64 {
        std::mem::take(&mut self.came)
    }

    /// What the guard has found so far.
    pub(super) fn findings(&self) -> Findings {
        self.guard.findings()
    }

    /// Looks at about [`STEP`] bytes of what has come. The last event may be one that ends the answer.
    pub(super) fn step(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut looked = 0;
        self.complete();
        while looked < STEP
            && let Some(pending) = self.pending.pop_front()
        {
            match pending {
                Pending::Frame(frame) => {
                    looked += frame.len();
                    for event in self.decoder.decode(&frame).into_iter().rev() {
                        for piece in pieces(event).into_iter().rev() {
                            self.pending.push_front(Pending::Event(piece));
                        }
                    }
                }
                Pending::Event(mut event) => {
                    looked += length(&event);
                    looked += self.more(&mut event, STEP.saturating_sub(looked));
                    self.came = self.came.saturating_add(event.text_bytes() as u64);
                    if event.has_content() {
                        events.push(Event::Content);
                    }
                    let ends = matches!(event, ChatEvent::End | ChatEvent::Error(_));
                    let (passed, result) = self.guard.pass(event);
                    events.extend(passed.into_iter().filter(|event| !is_nothing(event)).map(Event::Chat));
                    if result == Err(Refused) {
                        events.push(Event::Refused);
                    }
                    if ends || result.is_err() {
                        // Nothing after it counts.
                        self.pending.clear();
                    }
                }
                Pending::TooLong => events.push(Event::TooLong),
            }
            self.complete();
        }
        events
    }

    /// Adds to `event` what follows of the same text, some `most` bytes: each piece costs as much as a hundred bytes. Gives
    /// how long it was.
    fn more(&mut self, event: &mut ChatEvent, most: usize) -> usize {
        let Some(text) = event.sole_text() else { return 0 };
        let mut looked = 0;
        while looked < most
            && let Some(Pending::Frame(frame)) = self.pending.front()
            && let Some(more) = self.decoder.more(frame)
        {
            looked += frame.len();
            text.push_str(&more);
            self.pending.pop_front();
        }
        looked
    }

    /// Not all upstreams mark the end of an answer: it is whole where the body has ended and each choice has.
    fn complete(&mut self) {
        if self.ended && self.pending.is_empty() && self.decoder.is_whole() {
            self.decoder.close();
            self.pending.push_back(Pending::Event(ChatEvent::End));
        }
    }
}

/// How many bytes of text the guard is to look at.
fn length(event: &ChatEvent) -> usize {
    match event {
        ChatEvent::Choice(event) => event.parts.iter().map(|part| part.text.len()).sum(),
        _ => 0,
    }
}

/// Whether it is empty: the guard has held back all that it had.
fn is_nothing(event: &ChatEvent) -> bool {
    match event {
        ChatEvent::Choice(event) => {
            event.parts.is_empty() && event.message.is_empty() && event.choice.is_empty() && event.finish.is_none()
        }
        _ => false,
    }
}

/// `event` as several, none of which has more than [`STEP`] bytes of text.
fn pieces(event: ChatEvent) -> Vec<ChatEvent> {
    if length(&event) <= STEP {
        return vec![event];
    }
    let ChatEvent::Choice(whole) = event else { return vec![event] };
    let ChoiceEvent { index, parts, message, choice, finish } = *whole;
    let mut events = Vec::new();
    let mut next = ChoiceEvent { index, message, choice, ..ChoiceEvent::default() };
    for mut part in parts {
        while part.text.len() > STEP {
            let rest = part.text.split_off(part.text.floor_char_boundary(STEP));
            let call = part.call.take();
            next.parts.push(crate::chat::event::Part { channel: part.channel, text: part.text, call });
            part.text = rest;
            events.push(std::mem::replace(&mut next, ChoiceEvent { index, ..ChoiceEvent::default() }));
        }
        next.parts.push(part);
        events.push(std::mem::replace(&mut next, ChoiceEvent { index, ..ChoiceEvent::default() }));
    }
    next.finish = finish;
    events.push(next);
    events.into_iter().map(|event| ChatEvent::Choice(Box::new(event))).collect()
}
