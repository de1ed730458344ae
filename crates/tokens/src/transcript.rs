//! The count of one text that grows at its end and is cut at its start.

use alloc::collections::VecDeque;
use alloc::string::String;

use crate::encoder::Encoder;
use crate::sink::Sink;
use crate::split::Pieces;

/// Bytes between two checkpoints, at least.
const STRIDE: usize = 256;

/// The exact count of a joined text, such as a transcript in one prompt.
///
/// The pieces of a text do not depend on what comes before them. So the count of what is left after a
/// cut is the count from the cut to the next place where a piece of the old text starts too, and from
/// there on the old counts. Where counts add up is noted every 256 bytes or so.
///
/// [`Self::push`] costs time linear in all that was pushed, [`Self::cut`] in the text that is left (moved
/// in memory) and in the distance to the next checkpoint (counted). Special tokens are taken as text.
#[derive(Default)]
pub struct Transcript {
    text: String,
    /// Where pieces start, and the tokens before: both counted from when the transcript began.
    checkpoints: VecDeque<(usize, usize)>,
    /// Bytes and tokens that have been cut off, in the same measure; tokens may be negative in
    /// effect, as a cut inside a piece can make more of it, hence the difference is wrapping.
    cut_bytes: usize,
    cut_tokens: usize,
    /// What is counted for good: a start of a piece, and the tokens before.
    settled: (usize, usize),
    /// Bytes behind it at which another try to settle is worth it (see `Stream`).
    due: usize,
}

impl Transcript {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part.
    pub fn push(&mut self, encoder: &mut Encoder, part: &str) {
        self.text.push_str(part);
        if self.cut_bytes + self.text.len() - self.settled.0 >= self.due {
            self.settle(encoder);
        }
    }

    /// Cuts the text at its start, so that `text()[bytes..]` remains. Does nothing and returns `false`
    /// if `bytes` is not the start of a character.
    pub fn cut(&mut self, encoder: &mut Encoder, bytes: usize) -> bool {
        if !self.text.is_char_boundary(bytes) {
            return false;
        }
        self.text.drain(..bytes);
        self.cut_bytes += bytes;
        while self.checkpoints.front().is_some_and(|&(at, _)| at < self.cut_bytes) {
            self.checkpoints.pop_front();
        }
        // the pieces from the cut until one starts at a checkpoint
        let mut sink = Sink::count(usize::MAX);
        let mut pieces = Pieces::new(&self.text, 0, encoder.vocabulary());
        let mut at = 0;
        loop {
            let here = self.cut_bytes + at;
            while self.checkpoints.front().is_some_and(|&(checkpoint, _)| checkpoint < here) {
                self.checkpoints.pop_front();
            }
            if let Some(&(checkpoint, before)) = self.checkpoints.front()
                && checkpoint == here
            {
                self.cut_tokens = before.wrapping_sub(sink.total());
                self.checkpoints.push_front((self.cut_bytes, self.cut_tokens));
                return true;
            }
            match pieces.next_end_in_ascii() {
                Some(end) if !pieces.saw_end() => {
                    encoder.piece(self.text.as_bytes(), at, end, &mut sink);
                    at = end;
                }
                _ => {
                    // no checkpoint is left: all of it is counted anew
                    self.settled = (self.cut_bytes, self.cut_tokens);
                    self.checkpoints.clear();
                    self.settle(encoder);
                    return true;
                }
            }
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its number of tokens.
    pub fn total(&self, encoder: &mut Encoder) -> usize {
        let (at, tokens) = self.settled;
        let rest = self.text.get(at - self.cut_bytes..).unwrap_or("");
        let mut sink = Sink::count(usize::MAX);
        encoder.run_plain(rest, &mut sink);
        tokens.wrapping_sub(self.cut_tokens) + sink.total()
    }

    /// Counts the pieces that what follows cannot change.
    fn settle(&mut self, encoder: &mut Encoder) {
        let (at, mut tokens) = self.settled;
        let mut at = at - self.cut_bytes;
        let mut pieces = Pieces::new(&self.text, at, encoder.vocabulary());
        while let Some(end) = pieces.next_end_in_ascii() {
            if pieces.saw_end() {
                break;
            }
            let here = self.cut_bytes + at;
            if self.checkpoints.back().is_none_or(|&(checkpoint, _)| here >= checkpoint + STRIDE) {
                self.checkpoints.push_back((here, tokens));
            }
            let mut sink = Sink::count(usize::MAX);
            encoder.piece(self.text.as_bytes(), at, end, &mut sink);
            tokens = tokens.wrapping_add(sink.total());
            at = end;
        }
        self.settled = (self.cut_bytes + at, tokens);
        self.due = 2 * (self.text.len() - at);
    }
}
