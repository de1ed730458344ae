//! Digits in groups, as cards, telephones and identity numbers are written.

use crate::text::{Text, is_word};

/// The most digits read: a card has 19.
const MOST: usize = 20;

/// Digits with signs between them, from one place on.
#[derive(Debug)]
pub(crate) struct Number {
    /// Where the first digit stands.
    pub(crate) start: usize,
    digits: [u8; MOST],
    count: usize,
    /// For each group: how many digits up to its end, where it ends, what stands before it.
    groups: [Group; MOST],
    size: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    total: u8,
    end: usize,
    gap: u8,
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
    /// A line break stands inside.
    pub(crate) broken: bool,
}

impl Cut<'_> {
    /// Lengths of the groups.
    pub(crate) fn shape(&self) -> &[u8] {
        self.lengths.get(..self.size).unwrap_or_default()
    }
}

impl Number {
    /// Reads from the digit at `start`. Between groups stand a space, hyphen, point or line
    /// break, or a hyphen or point beside a space or break.
    pub(crate) fn read(text: &Text<'_>, start: usize) -> Self {
        let mut number = Self { start, digits: [0; MOST], count: 0, groups: [Group::default(); MOST], size: 0 };
        let (mut at, mut gap) = (start, 0);
        loop {
            while text.at(at).is_ascii_digit() && number.count < MOST {
                if let Some(place) = number.digits.get_mut(number.count) {
                    *place = text.at(at) - b'0';
                }
                number.count += 1;
                at += 1;
            }
            if let Some(group) = number.groups.get_mut(number.size) {
                *group = Group { total: number.count as u8, end: at, gap };
                number.size += 1;
            }
            if number.count == MOST {
                return number;
            }
            let Some((sign, next)) = gap_at(text, at) else {
                return number;
            };
            (gap, at) = (sign, next);
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
            lengths: [0; MOST],
            size: 0,
            gap: 0,
            mixed: false,
            more: self.groups.get(size).is_some_and(|next| next.gap != b'\n' && size < self.size),
            broken: false,
        };
        let mut before = 0;
        for group in self.groups.iter().take(size) {
            let length = group.total - before;
            before = group.total;
            // A line break inside a group joins it again.
            if group.gap == b'\n' && cut.size > 0 {
                cut.broken = true;
                if let Some(place) = cut.lengths.get_mut(cut.size - 1) {
                    *place += length;
                }
                continue;
            }
            if cut.size > 0 {
                cut.mixed |= cut.size > 1 && cut.gap != group.gap;
                cut.gap = group.gap;
            }
            if let Some(place) = cut.lengths.get_mut(cut.size) {
                *place = length;
            }
            cut.size += 1;
        }
        Some(cut)
    }
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
