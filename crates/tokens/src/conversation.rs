//! The counts of messages, for trimming.

use alloc::collections::VecDeque;

use crate::encoder::Encoder;

/// A conversation's count: the sum over its messages, each encoded apart, as chat interfaces do.
/// Each message is counted once, when it is pushed; dropping and summing cost nothing.
///
/// For the count of messages joined into one text see [`Transcript`](crate::Transcript).
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    counts: VecDeque<usize>,
    total: usize,
}

impl Conversation {
    /// A conversation without messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a message and returns its number of tokens.
    pub fn push(&mut self, encoder: &mut Encoder, message: &str) -> usize {
        let count = encoder.count(message);
        self.push_counted(count);
        count
    }

    /// Appends a message whose count is known, say from a former request.
    pub fn push_counted(&mut self, count: usize) {
        self.counts.push_back(count);
        self.total += count;
    }

    /// Drops the oldest message and returns its number of tokens.
    pub fn drop_front(&mut self) -> Option<usize> {
        let count = self.counts.pop_front()?;
        self.total -= count;
        Some(count)
    }

    /// Drops the message at `place` (0 is the oldest) and returns its number of tokens: for
    /// trimming that spares some messages.
    pub fn remove(&mut self, place: usize) -> Option<usize> {
        let count = self.counts.remove(place)?;
        self.total -= count;
        Some(count)
    }

    /// Drops the oldest messages until the total is at most `budget`; returns how many were dropped.
    pub fn trim(&mut self, budget: usize) -> usize {
        let before = self.counts.len();
        while self.total > budget && self.drop_front().is_some() {}
        before - self.counts.len()
    }

    /// Number of tokens of all messages.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The number of tokens of each message, oldest first.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.counts.iter().copied()
    }
}
