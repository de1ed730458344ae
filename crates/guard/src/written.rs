//! Tags written into a text, and the way back to the caller's.

use std::ops::Range;

/// A tag, and what it stands for: in the text with and without it.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) span: Range<usize>,
    pub(crate) tag: Range<usize>,
}

/// Where `at` is once the tags have been written that stand before it.
pub(crate) fn moved(written: &[Written], at: usize) -> usize {
    let before = written.partition_point(|each| each.span.end <= at);
    let last = before.checked_sub(1).and_then(|before| written.get(before));
    last.map_or(at, |last| at - last.span.end + last.tag.end)
}

/// The tag that was written over a part of `range`, if one was.
pub(crate) fn over(written: &[Written], range: &Range<usize>) -> Option<Range<usize>> {
    let each = written.get(written.partition_point(|each| each.span.end <= range.start))?;
    (each.span.start < range.end).then(|| each.tag.clone())
}

/// From places in a text with tags to the caller's.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// How much of the caller's text stood before this.
    gone: usize,
    /// Behind each tag, in order: a place in the text, and the caller's.
    after: Vec<(usize, usize)>,
}

impl Source {
    pub(crate) fn of(&self, at: usize) -> usize {
        let before = self.after.partition_point(|&(place, _)| place <= at);
        match before.checked_sub(1).and_then(|before| self.after.get(before)) {
            Some((place, source)) => source + at - place,
            None => self.gone + at,
        }
    }

    pub(crate) fn range(&self, range: &Range<usize>) -> Range<usize> {
        self.of(range.start)..self.of(range.end)
    }

    /// Tags have been written.
    pub(crate) fn replace(&mut self, written: &[Written]) {
        let ends: Vec<_> = written.iter().map(|each| (each.tag.end, self.of(each.span.end))).collect();
        self.after.retain(|&(place, _)| over(written, &(place - 1..place)).is_none());
        for (place, _) in &mut self.after {
            *place = moved(written, *place);
        }
        self.after.extend(ends);
        self.after.sort_unstable();
    }

    /// Drops the first `count` bytes of the text.
    pub(crate) fn forget(&mut self, count: usize) {
        self.gone = self.of(count);
        self.after.retain(|&(place, _)| place > count);
        for (place, _) in &mut self.after {
            *place -= count;
        }
    }
}
