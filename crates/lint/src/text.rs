//! The text of a string and the way back to the document's own bytes, through escapes.

use std::ops::Range;

use super::fix::Edit;

/// A decoded string. Its offsets are bytes of the decoded text; [`source`](Text::source) leads back to the
/// document.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text {
    decoded: String,
    pieces: Vec<Piece>,
    end: usize,
    escaped: bool,
}

/// Where a stretch of decoded text begins in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    decoded: usize,
    source: usize,
    /// As it is in the document; else the piece is one escape, which has no parts.
    copied: bool,
}

impl Text {
    /// A text that is copied as it is from byte `start` of the document on.
    pub fn plain(text: &str, start: usize) -> Self {
        let piece = Piece { decoded: 0, source: start, copied: true };
        Text { decoded: text.to_owned(), pieces: vec![piece], end: start + text.len(), escaped: false }
    }

    /// The beginning of a JSON string whose first character is at byte `start`.
    pub(super) fn json(start: usize) -> Self {
        Text { end: start, escaped: true, ..Text::default() }
    }

    /// The beginning of a text of YAML at byte `start`; whether it has escapes as JSON has them.
    pub(super) fn yaml(start: usize, escaped: bool) -> Self {
        Text { end: start, escaped, ..Text::default() }
    }

    /// Passes bytes of the document that spell nothing: an indentation, a quotation mark.
    pub(super) fn skip(&mut self, length: usize) {
        self.end += length;
    }

    /// Adds `text`, which `length` bytes of the document spell in a way that has no parts.
    pub(super) fn whole(&mut self, text: &str, length: usize) {
        self.pieces.push(Piece { decoded: self.decoded.len(), source: self.end, copied: false });
        self.decoded.push_str(text);
        self.end += length;
    }

    /// Adds `text`, which is copied as it is after what was added before.
    pub(super) fn copy(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece { decoded: self.decoded.len(), source: self.end, copied: true });
            self.decoded.push_str(text);
            self.end += text.len();
        }
    }

    /// Adds `char`, which is written as an escape of `length` bytes.
    pub(super) fn escape(&mut self, char: char, length: usize) {
        self.pieces.push(Piece { decoded: self.decoded.len(), source: self.end, copied: false });
        self.decoded.push(char);
        self.end += length;
    }

    /// Where in the document the string's first character is.
    pub fn start(&self) -> usize {
        self.pieces.first().map_or(self.end, |piece| piece.source)
    }

    /// The decoded string.
    pub fn as_str(&self) -> &str {
        &self.decoded
    }

    /// Where in the document the bytes `range` of the decoded text are. An escape is never cut: a range
    /// that touches it has all of it.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start).map_or(self.end, |piece| {
            if piece.copied { piece.source + (range.start - piece.decoded) } else { piece.source }
        });
        if range.is_empty() {
            return start..start;
        }
        let last = range.end - 1;
        let end = match self.place(last) {
            Some(piece) if piece.copied => piece.source + (range.end - piece.decoded),
            _ => self.after(last),
        };
        start..end.max(start)
    }

    /// The edit of the document that puts `replacement` in the place of `range` of the decoded text.
    pub fn edit(&self, range: Range<usize>, replacement: &str) -> Edit {
        let text = if self.escaped { escape(replacement) } else { replacement.to_owned() };
        Edit { span: self.source(range), text }
    }

    /// The piece that holds the decoded byte `at`; `None` at the end.
    fn place(&self, at: usize) -> Option<&Piece> {
        if at >= self.decoded.len() {
            return None;
        }
        let next = self.pieces.partition_point(|piece| piece.decoded <= at);
        self.pieces.get(next.checked_sub(1)?)
    }

    /// Where the piece after the one of the decoded byte `at` begins in the document.
    fn after(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|piece| piece.decoded <= at);
        self.pieces.get(next).map_or(self.end, |piece| piece.source)
    }
}

/// The length only: it may be prompt text.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} bytes withheld]", self.decoded.len())
    }
}

/// `text` as it is written inside a JSON string (RFC 8259, 7).
fn escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"a\n😀\ud83d\ude00b"` from byte 10 on.
    fn text() -> Text {
        let mut text = Text::json(11);
        text.copy("a");
        text.escape('\n', 2);
        text.copy("😀");
        text.escape('😀', 12);
        text.copy("b");
        text
    }

    #[test]
    fn offsets_lead_back_through_escapes() {
        let text = text();
        assert_eq!(text.as_str(), "a\n😀😀b");
        for (decoded, source) in [
            (0..0, 11..11),
            (0..1, 11..12),
            (1..2, 12..14),
            (0..2, 11..14),
            (2..6, 14..18),
            (6..10, 18..30),
            (7..8, 18..30),
            (5..11, 17..31),
            (10..11, 30..31),
            (11..11, 31..31),
            (0..11, 11..31),
        ] {
            assert_eq!(text.source(decoded.clone()), source, "{decoded:?}");
        }
    }

    #[test]
    fn replacements_are_escaped_where_the_document_is_json() {
        assert_eq!(text().edit(0..1, "\"\n"), Edit { span: 11..12, text: "\\\"\\n".into() });
        assert_eq!(Text::plain("ab", 5).edit(1..2, "\"\n"), Edit { span: 6..7, text: "\"\n".into() });
        assert_eq!(Text::plain("", 0).source(0..0), 0..0);
    }
}
