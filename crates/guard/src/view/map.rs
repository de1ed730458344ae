//! From a view's byte offsets back to the caller's.

use crate::work;
use std::ops::Range;

/// A stretch of a view and the caller's bytes behind it.
#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Where the stretch starts in the view; it ends where the next one starts.
    view: u32,
    /// Where it starts in the caller's text.
    source: u32,
    /// How many of the caller's bytes stand behind it.
    length: u32,
    /// Byte for byte the same, so that a position inside maps to a position inside.
    linear: bool,
}

/// The way back. Identity costs nothing; otherwise one segment per change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    /// `None`: a view's offset is the caller's.
    segments: Option<Vec<Segment>>,
}

impl Map {
    pub(crate) fn identity() -> Self {
        Self { segments: None }
    }

    /// A map to be filled in the view's order.
    pub(crate) fn empty() -> Self {
        Self { segments: Some(Vec::new()) }
    }

    /// `length` bytes taken over as they are. Empty stretches are dropped.
    pub(crate) fn copy(&mut self, view: usize, source: usize, length: usize) {
        if length == 0 {
            return;
        }
        let segments = self.segments.get_or_insert_with(Vec::new);
        if let Some(last) = segments.last_mut()
            && last.linear
            && last.view as usize + last.length as usize == view
            && last.source as usize + last.length as usize == source
        {
            last.length += length as u32;
            return;
        }
        segments.push(Segment { view: view as u32, source: source as u32, length: length as u32, linear: true });
    }

    /// From `view` on, what is written stands for `source` as a whole.
    pub(crate) fn replace(&mut self, view: usize, source: Range<usize>) {
        self.segments.get_or_insert_with(Vec::new).push(Segment {
            view: view as u32,
            source: source.start as u32,
            length: source.len() as u32,
            linear: false,
        });
    }

    /// Everything from `view` on, up to what is added next, stands for what `base` has
    /// behind `at`.
    pub(crate) fn compose(&mut self, view: usize, base: &Map, at: Range<usize>) {
        self.replace(view, base.span(at));
    }

    /// Whether the caller's bytes behind `at` are these very bytes, so that any place inside
    /// leads to a place inside.
    pub(crate) fn copies(&self, at: Range<usize>) -> bool {
        let Some(segments) = &self.segments else {
            return true;
        };
        let after = segments.partition_point(|segment| segment.view as usize <= at.start);
        let found = after.checked_sub(1).and_then(|found| segments.get(found));
        found.is_some_and(|segment| segment.linear && at.end <= segment.view as usize + segment.length as usize)
    }

    /// Drops the segments before `cut`, a place in the view, or fewer where a segment can't be
    /// divided there. Returns how many of the view's and of the caller's bytes have gone.
    pub(crate) fn forget(&mut self, cut: usize) -> (usize, usize) {
        let Some(segments) = &mut self.segments else {
            return (cut, cut);
        };
        let whole = segments.partition_point(|segment| segment.view as usize <= cut).saturating_sub(1);
        segments.drain(..whole);
        let Some(first) = segments.first_mut() else {
            return (0, 0);
        };
        let inside = cut.saturating_sub(first.view as usize) as u32;
        if first.linear && inside <= first.length {
            first.view += inside;
            first.source += inside;
            first.length -= inside;
        }
        let (view, source) = (first.view, first.source);
        for segment in segments {
            segment.view -= view;
            segment.source -= source;
        }
        (view as usize, source as usize)
    }

    /// The caller's bytes behind the byte range `at`; see [`super::View::span`].
    pub(crate) fn span(&self, at: Range<usize>) -> Range<usize> {
        let Some(segments) = &self.segments else {
            return at;
        };
        // An empty range stands for the place before the byte at its start.
        let end = at.end.max(at.start + 1);
        let first = segments.partition_point(|segment| segment.view as usize <= at.start).saturating_sub(1);
        let mut span: Option<Range<usize>> = None;
        for segment in segments.iter().skip(first) {
            work::count(1);
            let (view, source) = (segment.view as usize, segment.source as usize);
            if view >= end {
                break;
            }
            let length = segment.length as usize;
            let part = if segment.linear {
                let from = at.start.saturating_sub(view).min(length);
                source + from..source + (end - view).min(length)
            } else {
                source..source + length
            };
            span = Some(match span {
                None => part,
                Some(span) => span.start.min(part.start)..span.end.max(part.end),
            });
        }
        let span = span.unwrap_or(0..0);
        if at.is_empty() { span.start..span.start } else { span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_what_was_dropped_between_but_not_around() {
        // caller: "a" "b" <three bytes dropped> "c" <two bytes written as "xyz"> "d"
        let mut map = Map::empty();
        map.copy(0, 0, 2);
        map.copy(2, 5, 1);
        map.replace(3, 6..8);
        map.copy(6, 8, 1);
        for (view, caller) in
            [(0..1, 0..1), (0..2, 0..2), (1..3, 1..6), (2..3, 5..6), (3..4, 6..8), (5..7, 6..9), (6..7, 8..9)]
        {
            assert_eq!(map.span(view.clone()), caller, "{view:?}");
        }
        assert_eq!(Map::identity().span(3..9), 3..9);
    }
}
