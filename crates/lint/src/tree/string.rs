//! Strings and their escapes (RFC 8259, 7).

use super::reader::Reader;
use crate::text::Text;
use crate::work;

impl Reader<'_> {
    /// The string that begins here.
    pub(super) fn string(&mut self) -> Option<Text> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        let mut text = Text::json(self.at);
        let mut raw = false;
        loop {
            let run = self.at;
            while bytes.get(self.at).is_some_and(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            work::count(self.at - run + 1);
            text.copy(self.text.get(run..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Some(text);
                }
                Some(b'\\') => self.escaped(&mut text),
                Some(_) => {
                    if !std::mem::replace(&mut raw, true) {
                        let message =
                            "A raw line break or control character is not allowed in a string: write \\n, \\t or \\u….";
                        self.error(self.at..self.at + 1, message);
                    }
                    text.copy(self.text.get(self.at..=self.at).unwrap_or_default());
                    self.at += 1;
                }
                None => {
                    self.error(start..start + 1, "This string is never closed: a double quote is missing.");
                    return None;
                }
            }
        }
    }

    fn escaped(&mut self, text: &mut Text) {
        let char = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code(text),
            _ => {
                self.error(self.at..self.at + 1, "This escape is not one of JSON's: write \\\\ for a backslash.");
                text.copy("\\");
                self.at += 1;
                return;
            }
        };
        text.escape(char, 2);
        self.at += 2;
    }

    /// `\uXXXX`, or the two of a pair.
    fn code(&mut self, text: &mut Text) {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
        };
        let (first, second) = (unit(self.at), unit(self.at + 6));
        let (char, length) = match (first, second) {
            (None, _) => {
                self.error(self.at..self.at + 2, "Expected four hexadecimal digits after \\u.");
                text.copy("\\u");
                self.at += 2;
                return;
            }
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
            }
            (Some(unit), _) => (char::from_u32(unit), 6),
        };
        if char.is_none() {
            self.error(self.at..self.at + length, "Half a surrogate pair: write the whole character.");
        }
        text.escape(char.unwrap_or('\u{FFFD}'), length);
        self.at += length;
    }
}
