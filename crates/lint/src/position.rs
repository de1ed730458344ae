//! Offsets as places that editors show: line and column, in bytes or UTF-16 code units.

use serde::Serialize;

use super::work;

/// What offsets and columns count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 code units, as JavaScript and most editors count.
    #[default]
    Utf16,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// From the text's beginning, from 0.
    pub offset: usize,
    /// From 1. Lines end at LF, CR LF or CR.
    pub line: usize,
    /// From 1, in the unit of `offset`.
    pub column: usize,
}

/// How far apart the offsets are whose place in UTF-16 is kept, in bytes.
const STEP: usize = 256;

/// The places of one text.
pub struct Positions<'a> {
    text: &'a str,
    unit: Unit,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    /// UTF-16 code units before each multiple of [`STEP`]; empty where bytes are asked for or are the same.
    units: Vec<usize>,
}

impl<'a> Positions<'a> {
    /// The places of `text`, counted in `unit`.
    pub fn new(text: &'a str, unit: Unit) -> Self {
        work::count(text.len());
        let bytes = text.as_bytes();
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|&(at, byte)| *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let mut units = Vec::new();
        if unit == Unit::Utf16 && !text.is_ascii() {
            let mut before = 0;
            for block in bytes.chunks(STEP) {
                units.push(before);
                before += block.iter().map(|byte| width(*byte)).sum::<usize>();
            }
            units.push(before);
        }
        Positions { text, unit, lines, units }
    }

    /// The unit asked for.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The place of byte `at`; past the end it is the end.
    pub fn at(&self, at: usize) -> Position {
        let at = at.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let offset = self.offset(at);
        Position { offset, line, column: offset - self.offset(start) + 1 }
    }

    /// The line that holds byte `at`, without its end, and where it begins in bytes.
    pub fn line(&self, at: usize) -> (&'a str, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        (self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']), start)
    }

    /// Byte `at` in the unit asked for.
    fn offset(&self, at: usize) -> usize {
        if self.units.is_empty() {
            return at;
        }
        let block = at / STEP;
        let rest = self.text.as_bytes().get(block * STEP..at).unwrap_or_default();
        work::count(rest.len());
        self.units.get(block).copied().unwrap_or(0) + rest.iter().map(|byte| width(*byte)).sum::<usize>()
    }
}

/// How many UTF-16 code units begin with the byte.
const fn width(byte: u8) -> usize {
    match byte {
        0x80..=0xBF => 0,
        0xF0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let text = "a\r\nb😀c\rd\n\né";
        let place = |unit, at| {
            let place = Positions::new(text, unit).at(at);
            (place.offset, place.line, place.column)
        };
        for (at, bytes, utf16) in [
            (0, (0, 1, 1), (0, 1, 1)),
            (3, (3, 2, 1), (3, 2, 1)),
            (8, (8, 2, 6), (6, 2, 4)),
            (10, (10, 3, 1), (8, 3, 1)),
            (12, (12, 4, 1), (10, 4, 1)),
            (15, (15, 5, 3), (12, 5, 2)),
            (99, (15, 5, 3), (12, 5, 2)),
        ] {
            assert_eq!(place(Unit::Bytes, at), bytes, "{at}");
            assert_eq!(place(Unit::Utf16, at), utf16, "{at}");
        }
        assert_eq!(Positions::new(text, Unit::Bytes).line(8), ("b😀c", 3));
    }

    proptest::proptest! {
        #[test]
        fn offsets_are_those_of_the_standard_library(text in "(a|é|😀|\n){0,300}") {
            let positions = Positions::new(&text, Unit::Utf16);
            for (at, _) in text.char_indices() {
                proptest::prop_assert_eq!(positions.at(at).offset, text[..at].encode_utf16().count());
            }
        }
    }
}
