//! Merging a piece of any length in time linear in it.
//!
//! Merging is local but for rare chains, and there is an exact test: a row of tokens is what merging
//! its bytes gives if and only if that holds for each two neighbours. So the piece is merged in
//! windows. Of each window the tokens near its end are dropped, since what follows may change them,
//! and the next window starts at the end of the last token that is kept. Where the two windows meet,
//! [`stays_apart`] decides. If it says no, the last kept token is given up and a greater window
//! started before it. Should that go on, the whole piece is merged with a heap: n log n, in memory
//! proportional to the piece.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::merges::{Merges, NONE};
use crate::short::{self, Short};
use crate::sink::Sink;

/// Windows given up one after the other until the heap takes the whole piece.
const PATIENCE: usize = 24;
/// Bytes at the end of a window whose tokens are not kept; of greater windows a quarter.
const MARGIN: usize = 12;
/// Kept tokens that may still be given up.
const HELD: usize = 64;

/// The scratch memory of merging long pieces.
pub(crate) struct Long {
    /// The tokens of the last window with their ends in it.
    window: Vec<(u32, u32)>,
    /// Kept tokens with their ends in the piece.
    held: Vec<(u32, usize)>,
    heap: Heap,
}

impl Long {
    pub(crate) fn new() -> Self {
        Self { window: Vec::new(), held: Vec::new(), heap: Heap { queue: BinaryHeap::new(), symbols: Vec::new() } }
    }

    /// Merges `piece`; stops early once the sink is full.
    // most texts have no such piece, and code must be compiled at a cold start
    #[cold]
    #[inline(never)]
    pub(crate) fn merge(&mut self, merges: &mut Merges, short: &mut Short, piece: &[u8], sink: &mut Sink<'_>) {
        let before = sink.total();
        self.held.clear();
        self.window.clear();
        let (mut at, mut size, mut failures) = (0, short::LONGEST, 0);
        let mut known: &[u8] = &[];
        loop {
            let rest = piece.get(at..).unwrap_or(&[]);
            let window = rest.get(..size).unwrap_or(rest);
            if window != known {
                self.merge_window(merges, short, window);
                known = window;
            }
            let is_last = window.len() == rest.len();
            let safe = if is_last { window.len() } else { window.len() - MARGIN.max(window.len() / 4 - 4) };
            let kept = self.window.iter().take_while(|&&(_, end)| end as usize <= safe).count();
            if kept == 0 {
                // one token fills it
                size *= 2;
                continue;
            }
            if let (Some(&(left, _)), Some(&(right, _))) = (self.held.last(), self.window.first())
                && !stays_apart(merges, left, right)
            {
                failures += 1;
                self.held.pop();
                let Some(&(_, end)) = self.held.last().filter(|_| failures < PATIENCE) else {
                    sink.rewind(before);
                    self.heap.merge(merges, piece);
                    return self.heap.tokens().for_each(|(token, _)| sink.push(token));
                };
                at = end;
                size += 32;
                continue;
            }
            failures = 0;
            let start = at;
            for &(token, end) in self.window.iter().take(kept) {
                self.held.push((token, start + end as usize));
                at = start + end as usize;
            }
            if is_last {
                break;
            }
            if self.held.len() > 2 * HELD {
                self.held.drain(..HELD).for_each(|(token, _)| sink.push(token));
                if sink.is_full() {
                    break;
                }
            }
            if size > short::LONGEST && kept > 8 {
                size = short::LONGEST.max(size / 2);
            }
        }
        self.held.drain(..).for_each(|(token, _)| sink.push(token));
    }

    /// Bytes of heap in use.
    pub(crate) fn heap(&self) -> usize {
        self.window.capacity() * 8
            + self.held.capacity() * 16
            + self.heap.queue.capacity() * 8
            + self.heap.symbols.capacity() * size_of::<Symbol>()
    }

    fn merge_window(&mut self, merges: &mut Merges, short: &mut Short, window: &[u8]) {
        self.window.clear();
        if window.len() <= short::LONGEST {
            short.merge(merges, window);
            self.window.extend(short.tokens().map(|(token, end)| (token, end as u32)));
        } else {
            self.heap.merge(merges, window);
            self.window.extend(self.heap.tokens());
        }
    }
}

/// Whether merging the bytes of two tokens gives just these two.
///
/// Goes back in time: of the two tokens the one that was merged later is taken apart, and what of it
/// touches the other is looked at. Had the two that touched then a merge of a lower rank than the one
/// that was taken apart, it would have come first. Of two merges of one rank the left one comes first.
pub(crate) fn stays_apart(merges: &mut Merges, mut left: u32, mut right: u32) -> bool {
    let mut limit = NONE;
    loop {
        if merges.rank(left, right) < limit {
            return false;
        }
        if left > right {
            limit = left;
            left = merges.parts(left).1;
        } else {
            limit = right + 1;
            right = merges.parts(right).0;
        }
        // a byte cannot be taken apart, and neither can the other, which is older
        if left == NONE || right == NONE {
            return true;
        }
    }
}

/// Merging by a queue of ranks.
struct Heap {
    /// A rank over the place of the left symbol, least first. Stale entries are skipped.
    queue: BinaryHeap<Reverse<u64>>,
    symbols: Vec<Symbol>,
}

#[derive(Clone, Copy)]
struct Symbol {
    /// NONE once it has been merged into the one before it.
    token: u32,
    before: u32,
    /// The start of the next symbol, which is the end of this one.
    next: u32,
}

impl Heap {
    fn merge(&mut self, merges: &mut Merges, bytes: &[u8]) {
        self.queue.clear();
        self.symbols.clear();
        self.symbols.extend((0u32..).zip(bytes).map(|(at, &byte)| Symbol {
            token: merges.byte(byte),
            before: at.wrapping_sub(1),
            next: at + 1,
        }));
        for (at, pair) in (0u32..).zip(bytes.windows(2)) {
            if let &[left, right] = pair {
                let rank = merges.byte_rank(left, right);
                if rank != NONE {
                    self.queue.push(Reverse(entry(rank, at)));
                }
            }
        }
        while let Some(Reverse(entry)) = self.queue.pop() {
            self.step(merges, (entry >> 32) as u32, entry as u32);
        }
    }

    fn tokens(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.symbols.iter().filter(|symbol| symbol.token != NONE).map(|symbol| (symbol.token, symbol.next))
    }

    /// Merges the symbol at `at` with the next one, if that still gives `token`.
    fn step(&mut self, merges: &mut Merges, token: u32, at: u32) {
        #[cfg(test)]
        {
            merges.work += 1;
        }
        let Some(&symbol) = self.symbols.get(at as usize) else {
            return;
        };
        let Some(&gone) = self.symbols.get(symbol.next as usize) else {
            return;
        };
        if symbol.token == NONE || merges.rank(symbol.token, gone.token) != token {
            return;
        }
        if let Some(symbol) = self.symbols.get_mut(at as usize) {
            (symbol.token, symbol.next) = (token, gone.next);
        }
        if let Some(gone) = self.symbols.get_mut(symbol.next as usize) {
            gone.token = NONE;
        }
        if let Some(after) = self.symbols.get_mut(gone.next as usize) {
            after.before = at;
            let rank = merges.rank(token, after.token);
            if rank != NONE {
                self.queue.push(Reverse(entry(rank, at)));
            }
        }
        if let Some(before) = self.symbols.get(symbol.before as usize) {
            let rank = merges.rank(before.token, token);
            if rank != NONE {
                self.queue.push(Reverse(entry(rank, symbol.before)));
            }
        }
    }
}

fn entry(rank: u32, at: u32) -> u64 {
    u64::from(rank) << 32 | u64::from(at)
}
