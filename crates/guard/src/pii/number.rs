//! Digits in groups, as cards, telephones and identity numbers are written.

use crate::text::{Text, is_word};

/// The most digits read: a card has 19.
const MOST: usize = 20;
/// The most groups read, but for digits that are spelt one by one.
const GROUPS: usize = 8;

/// Digits with signs between them, from one place on.
#[derive(Debug)]
pub(crate) struct Number {
    /// Where the first digit stands.
    pub(crate) start: usize,
    /// Other digits stand right before, apart by no more than what stands between numbers of a list,
    /// row or column.
    pub(crate) listed: bool,
    digits: [u8; MOST],
    count: usize,
    groups: [Group; MOST],
    size: usize,
    /// Lengths of the groups, line breaks inside undone.
    lengths: [u8; MOST],
    /// Another group follows that was not read.
    goes_on: bool,
}

/// A group, and what the number up to its end looks like.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// How many digits there are up to its end.
    total: u8,
    end: usize,
    /// What stands before it.
    gap: u8,
    /// How many groups there are once line breaks inside are undone, and the length of the last.
    parts: u8,
    last: u8,
    /// The sign between the groups if it is always the same.
    sign: u8,
    mixed: bool,
    /// How many line breaks stand inside.
    breaks: u8,
}

/// A number up to the end of one of its groups, line breaks inside undone.
#[derive(Debug)]
pub(crate) struct Cut<'n> {
    /// Where the last digit ends.
    pub(crate) end: usize,
    /// The digits' values.
    pub(crate) digits: &'n [u8],
    /// Lengths of the groups; only `shape()` of them count.
    lengths: [u8; MOST],
    size: usize,
    /// The sign between the groups if it is always the same, 0 if there is none.
    pub(crate) gap: u8,
    /// Different signs between the groups.
    pub(crate) mixed: bool,
    /// More digits follow after a sign on the same line.
    pub(crate) more: bool,
    /// How many line breaks stand inside.
    pub(crate) breaks: u8,
}

impl Cut<'_> {
    /// Lengths of the groups.
    pub(crate) fn shape(&self) -> &[u8] {
        self.lengths.get(..self.size).unwrap_or_default()
    }

    /// Whether a line break stands inside.
    pub(crate) fn is_broken(&self) -> bool {
        self.breaks > 0
    }
}

impl Number {
    /// Reads from the digit at `start`. Between groups stand a space, hyphen, point or line
    /// break, or a hyphen or point beside a space or break.
    pub(crate) fn read(text: &Text<'_>, start: usize) -> Self {
        let listed = is_listed(text, start);
        let mut number = Self {
            start,
            listed,
            digits: [0; MOST],
            count: 0,
            groups: [Group::default(); MOST],
            size: 0,
            lengths: [0; MOST],
            goes_on: false,
        };
        let (mut at, mut gap) = (start, 0);
        // Within a list nothing is spelt digit by digit.
        let mut spelt = !listed;
        loop {
            let end = text.run(at, MOST - number.count, |byte| byte.is_ascii_digit());
            spelt &= end - at == 1;
            number.add(text.slice(at..end), end, gap);
            let Some((sign, next)) = gap_at(text, end) else {
                return number;
            };
            if number.count == MOST || (number.size >= GROUPS && !spelt) {
                number.goes_on = sign != b'\n';
                return number;
            }
            (gap, at) = (sign, next);
        }
    }

    fn add(&mut self, digits: &[u8], end: usize, gap: u8) {
        for (place, digit) in self.digits.iter_mut().skip(self.count).zip(digits) {
            *place = digit - b'0';
        }
        self.count += digits.len();
        let before = self.size.checked_sub(1).and_then(|last| self.groups.get(last)).copied().unwrap_or_default();
        let mut group = Group { total: self.count as u8, end, gap, ..before };
        if gap == b'\n' && self.size > 0 {
            // A line break inside a group joins it again.
            group.breaks += 1;
            group.last += digits.len() as u8;
        } else {
            if self.size > 0 {
                group.mixed |= before.parts > 1 && before.sign != gap;
                group.sign = gap;
            }
            group.parts += 1;
            group.last = digits.len() as u8;
        }
        if let Some(length) = self.lengths.get_mut(usize::from(group.parts.max(1) - 1)) {
            *length = group.last;
        }
        if let Some(place) = self.groups.get_mut(self.size) {
            *place = group;
            self.size += 1;
        }
    }

    /// How many digits there are in all groups.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// How many digits the first group has.
    pub(crate) fn first(&self) -> usize {
        self.groups.first().map_or(0, |group| usize::from(group.total))
    }

    /// Every number that starts here and ends with one of the groups, longest first.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = Cut<'_>> {
        (1..=self.size).rev().filter_map(|size| self.cut(size))
    }

    fn cut(&self, size: usize) -> Option<Cut<'_>> {
        let last = self.groups.get(size - 1)?;
        let mut cut = Cut {
            end: last.end,
            digits: self.digits.get(..usize::from(last.total))?,
            lengths: self.lengths,
            size: usize::from(last.parts),
            gap: last.sign,
            mixed: last.mixed,
            more: match self.groups.get(size) {
                Some(next) if size < self.size => next.gap != b'\n',
                _ => self.goes_on,
            },
            breaks: last.breaks,
        };
        if let Some(length) = cut.lengths.get_mut(cut.size - 1) {
            *length = last.last;
        }
        Some(cut)
    }
}

/// Whether digits stand before the one at `start`, apart by what stands between the numbers of a list.
fn is_listed(text: &Text<'_>, start: usize) -> bool {
    let between = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'|');
    let end = text.run_before(start, 3, between);
    end < start && text.before(end).is_ascii_digit()
}

/// The sign between two groups at `at`, and where the next group starts.
fn gap_at(text: &Text<'_>, at: usize) -> Option<(u8, usize)> {
    let (sign, next) = gap(text, at);
    (next > at && text.at(next).is_ascii_digit()).then_some((sign, next))
}

/// Whether more groups stood behind `end` on the same line, of which redaction has left a tag.
pub(crate) fn tag_follows(text: &Text<'_>, end: usize) -> bool {
    let (sign, next) = gap(text, end);
    sign != b'\n' && text.opens_tag(next)
}

/// What may stand between two groups: its sign, 0 where there is none, and its end.
fn gap(text: &Text<'_>, at: usize) -> (u8, usize) {
    let (mut sign, mut next) = (0, at);
    while next < at + 3 {
        match text.at(next) {
            byte @ (b'-' | b'.') if sign == 0 || sign == b' ' || sign == b'\n' => sign = byte,
            b'\n' if sign != b' ' => sign = if sign == 0 { b'\n' } else { sign },
            b'\r' => {}
            b' ' if sign == 0 => sign = b' ',
            b' ' if sign == b'-' || sign == b'\n' => {}
            _ => break,
        }
        next += 1;
    }
    (sign, next)
}

/// Whether the value is part of something longer on its left: a name, a decimal, a tag.
pub(crate) fn glued_before(text: &Text<'_>, start: usize) -> bool {
    let before = text.before(start);
    if is_word(before) {
        return true;
    }
    let earlier = || text.before(start - 1);
    // A field of a row: `7,536-90-4399`, but not `1,536` or `0,4532…`.
    if before == b',' && earlier().is_ascii_digit() {
        let group = text.run(start, 4, |byte| byte.is_ascii_digit());
        let decimal = earlier() == b'0' && !text.before(start - 2).is_ascii_digit();
        return decimal || (group - start <= 3 && text.at(group) != b'-');
    }
    match before {
        b'.' | b',' | b'-' | b'/' | b':' => earlier().is_ascii_digit() || earlier() == b']',
        b'%' | b'\\' => true,
        _ => false,
    }
}

/// Whether it is part of something longer on its right.
pub(crate) fn glued_after(text: &Text<'_>, end: usize) -> bool {
    let after = text.at(end);
    if is_word(after) || text.opens_tag(end) {
        return true;
    }
    match after {
        b'.' | b',' | b'-' | b'/' | b':' => text.at(end + 1).is_ascii_digit() || text.opens_tag(end + 1),
        b'%' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_at_every_group() {
        let text = Text::new("415-555-0132 7 x");
        let number = Number::read(&text, 0);
        let shapes: Vec<(Vec<u8>, usize, bool)> =
            number.cuts().map(|cut| (cut.shape().to_vec(), cut.end, cut.mixed)).collect();
        assert_eq!(
            shapes,
            [(vec![3, 3, 4, 1], 14, true), (vec![3, 3, 4], 12, false), (vec![3, 3], 7, false), (vec![3], 3, false),]
        );
        assert_eq!(number.cuts().nth(1).unwrap().gap, b'-');
        assert!(number.cuts().nth(1).unwrap().more);
    }

    #[test]
    fn a_line_break_inside_is_undone() {
        for (text, shape) in [
            ("078-05-\n1123", vec![3, 2, 4]),
            ("078-0\n5-1123", vec![3, 2, 4]),
            ("41111111\n11111111", vec![16]),
            ("4111 1111\n1111 1111", vec![4, 8, 4]),
        ] {
            let text = Text::new(text);
            let number = Number::read(&text, 0);
            assert_eq!(number.cuts().next().unwrap().shape(), shape);
        }
    }
}
