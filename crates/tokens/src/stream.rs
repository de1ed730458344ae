//! Counting a text that arrives in parts.

use alloc::string::String;

use crate::encoder::Encoder;
use crate::sink::Sink;
use crate::split::Pieces;

/// The count of a text that grows at its end. What has been counted for good is not kept: only the
/// last piece or two, which the next part may still change.
///
/// [`Self::push`] costs time linear in all that was pushed, [`Self::total`] in what is kept.
#[derive(Default)]
pub struct Stream {
    counted: usize,
    rest: String,
    /// Length at which splitting the rest is worth another try: twice what was left by the last one,
    /// so that one huge piece in many parts is not split anew for each.
    due: usize,
}

impl Stream {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part.
    pub fn push(&mut self, encoder: &mut Encoder, part: &str) {
        self.rest.push_str(part);
        if self.rest.len() < self.due {
            return;
        }
        let mut sink = Sink::count(usize::MAX);
        let mut pieces = Pieces::new(&self.rest, 0, encoder.vocabulary());
        let mut done = 0;
        while let Some(end) = pieces.next_end_in_ascii() {
            if pieces.saw_end() {
                break;
            }
            encoder.piece(self.rest.as_bytes(), done, end, &mut sink);
            done = end;
        }
        self.counted += sink.total();
        self.rest.drain(..done);
        self.due = 2 * self.rest.len();
    }

    /// The number of tokens of all parts as one text, special tokens taken as text.
    pub fn total(&self, encoder: &mut Encoder) -> usize {
        let mut sink = Sink::count(usize::MAX);
        encoder.run_plain(&self.rest, &mut sink);
        self.counted + sink.total()
    }
}
