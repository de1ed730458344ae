//! Bytes to lines of NDJSON, however the network cuts them. Knows nothing of calls.

/// Longest line kept, in bytes (issue "NDJSON decoder": 1 MiB); a longer one is passed over and reported.
pub(super) const MAX_LINE: usize = 1 << 20;

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end (LF or CRLF) and without a byte order mark; never blank.
    Whole(Vec<u8>),
    /// A line longer than [`MAX_LINE`]; its bytes are gone.
    TooLong,
}

/// Reassembles lines from chunks. Holds at most [`MAX_LINE`] bytes beyond the chunk at hand.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The line that has no end yet.
    open: Vec<u8>,
    /// The open line is too long: its bytes are dropped up to its end.
    overlong: bool,
    /// The first line is past, which alone may begin with a byte order mark.
    begun: bool,
}

impl Lines {
    /// Takes the next bytes; gives the lines that they complete.
    pub(super) fn push(&mut self, mut chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(end) = chunk.iter().position(|byte| *byte == b'\n') {
            let (head, tail) = chunk.split_at(end);
            self.extend(head);
            lines.extend(self.close());
            chunk = tail.get(1..).unwrap_or_default();
        }
        self.extend(chunk);
        lines
    }

    /// The stream has ended: gives the last line if it had no end.
    pub(super) fn finish(&mut self) -> Option<Line> {
        self.close()
    }

    fn extend(&mut self, bytes: &[u8]) {
        // One byte more for the carriage return of a line that is as long as may be.
        self.overlong |= self.open.len() + bytes.len() > MAX_LINE + 1;
        if self.overlong {
            self.open = Vec::new();
        } else {
            self.open.extend_from_slice(bytes);
        }
    }

    fn close(&mut self) -> Option<Line> {
        let mut line = std::mem::take(&mut self.open);
        let first = !std::mem::replace(&mut self.begun, true);
        if std::mem::take(&mut self.overlong) {
            return Some(Line::TooLong);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if first && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.len() > MAX_LINE {
            return Some(Line::TooLong);
        }
        (!line.iter().all(u8::is_ascii_whitespace)).then_some(Line::Whole(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(stream: &[u8]) -> Vec<Line> {
        cut(stream, &[])
    }

    /// The lines of `stream`, cut at each of `places`.
    fn cut(stream: &[u8], places: &[usize]) -> Vec<Line> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        let mut from = 0;
        for place in places.iter().copied().chain([stream.len()]) {
            out.extend(lines.push(&stream[from..place]));
            from = place;
        }
        out.extend(lines.finish());
        out
    }

    #[test]
    fn lines_end_and_begin_as_they_should() {
        let line = |text: &str| Line::Whole(text.as_bytes().to_vec());
        for (stream, expected) in [
            ("", vec![]),
            ("\n\r\n \n\t\r\n", vec![]),
            ("a\nb", vec![line("a"), line("b")]),
            ("a\r\nb\r\n", vec![line("a"), line("b")]),
            ("\u{feff}a\n\u{feff}b", vec![line("a"), line("\u{feff}b")]),
            ("\u{feff}\na", vec![line("a")]),
            ("\ra\rb\r\r\n", vec![line("\ra\rb\r")]),
            ("é\n\n\n😀", vec![line("é"), line("😀")]),
        ] {
            assert_eq!(whole(stream.as_bytes()), expected, "{stream:?}");
        }
    }

    #[test]
    fn long_lines_are_passed_over_in_bounded_memory() {
        let most = vec![b'x'; MAX_LINE];
        let stream = [&most[..], b"\r\n", &most, b"x\nshort\n"].concat();
        assert_eq!(whole(&stream), [Line::Whole(most), Line::TooLong, Line::Whole(b"short".to_vec())]);

        let mut lines = Lines::default();
        for _ in 0..100 {
            assert_eq!(lines.push(&vec![b'x'; 1 << 20]), []);
            assert!(lines.open.capacity() <= 2 * (MAX_LINE + 1));
        }
        assert_eq!(lines.push(b"\nafter\n"), [Line::TooLong, Line::Whole(b"after".to_vec())]);
    }

    proptest::proptest! {
        #[test]
        fn cuts_change_nothing(stream in "(\u{feff}|\r|\n|é|😀|\\{\"a\":1\\}|x| ){0,60}", places: Vec<proptest::sample::Index>) {
            let bytes = stream.as_bytes();
            let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
            places.sort_unstable();
            assert_eq!(cut(bytes, &places), whole(bytes));
            assert_eq!(cut(bytes, &(0..bytes.len()).collect::<Vec<_>>()), whole(bytes));
        }
    }
}
