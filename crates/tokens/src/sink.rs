//! Where tokens go: into a number, or into a list as well.

use alloc::vec::Vec;

/// Counts tokens up to a limit, and lists them if asked to.
pub(crate) struct Sink<'o> {
    count: usize,
    limit: usize,
    list: Option<&'o mut Vec<u32>>,
}

impl<'o> Sink<'o> {
    /// A sink that is full once it holds more than `limit` tokens.
    pub(crate) fn count(limit: usize) -> Self {
        Self { count: 0, limit, list: None }
    }

    /// A sink that appends to `list` and is never full.
    pub(crate) fn list(list: &'o mut Vec<u32>) -> Self {
        Self { count: 0, limit: usize::MAX, list: Some(list) }
    }

    /// The number of tokens so far.
    pub(crate) fn total(&self) -> usize {
        self.count
    }

    /// Whether there are more tokens than the limit.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.count > self.limit
    }

    /// How many more tokens it takes before it is full.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.count)
    }

    /// Whether it wants the tokens, not only their number.
    #[inline]
    pub(crate) fn lists(&self) -> bool {
        self.list.is_some()
    }

    #[inline]
    pub(crate) fn push(&mut self, token: u32) {
        self.count += 1;
        if let Some(list) = &mut self.list {
            list.push(token);
        }
    }

    /// Counts tokens without listing them.
    #[inline]
    pub(crate) fn add(&mut self, tokens: usize) {
        self.count += tokens;
    }

    /// Takes the last tokens back, down to `count`.
    pub(crate) fn rewind(&mut self, count: usize) {
        let surplus = self.count.saturating_sub(count);
        self.count = count;
        if let Some(list) = &mut self.list {
            list.truncate(list.len().saturating_sub(surplus));
        }
    }
}
