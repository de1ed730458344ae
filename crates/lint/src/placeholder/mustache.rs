//! `{{name}}`: Mustache, with the sections, helpers and comments of Handlebars.

mod tag;

use std::ops::Range;

use super::{Content, Expression, MAX_EXPRESSION, Malformation, Malformed, Placeholder, Scan};

/// A section that is open.
struct Section {
    name: String,
    span: Range<usize>,
    /// Whether names mean something else inside.
    contextual: bool,
    /// Names that it gives: `as |item index|`.
    locals: Vec<String>,
}

/// Block helpers that leave names as they are.
const PLAIN_BLOCKS: [&str; 2] = ["if", "unless"];
/// Words that are no variables.
const WORDS: [&str; 6] = ["this", "true", "false", "null", "undefined", "else"];

pub(super) fn scan(text: &str, scan: &mut Scan) {
    let mut reader = Reader { text, scan, sections: Vec::new(), braces: 0, too_deep: false };
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        reader.scan.steps += 1;
        at = match byte {
            b'\\' if text.as_bytes().get(at + 1..at + 3) == Some(b"{{") => {
                reader.braces += 2;
                at + 3
            }
            b'{' if text.as_bytes().get(at + 1) == Some(&b'{') => reader.tag(at),
            b'{' => {
                reader.braces += 1;
                at + 1
            }
            b'}' => reader.closers(at),
            _ => at + 1,
        };
    }
    for section in std::mem::take(&mut reader.sections) {
        reader.fault(Malformation::UnbalancedSection, section.span, "This section is never closed: add its end.");
    }
}

struct Reader<'a> {
    text: &'a str,
    scan: &'a mut Scan,
    sections: Vec<Section>,
    /// Single braces of the plain text that are open, as those of a JSON sample.
    braces: usize,
    too_deep: bool,
}

impl Reader<'_> {
    fn fault(&mut self, kind: Malformation, span: Range<usize>, message: &'static str) {
        self.scan.malformed.push(Malformed { kind, span: span.clone(), placeholder: span, message: message.into() });
    }

    /// Braces that close: two or more that no brace of the plain text asks for are stray.
    fn closers(&mut self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let run = rest.iter().take_while(|byte| **byte == b'}').count();
        self.scan.steps += run as u64;
        if run > self.braces && run >= 2 {
            self.fault(
                Malformation::StrayCloser,
                at..at + run,
                "These braces close nothing: open the placeholder with `{{`, or remove them.",
            );
        }
        self.braces = self.braces.saturating_sub(run);
        at + run
    }

    /// Reads the tag whose `{{` is at `open`; returns where to go on.
    fn tag(&mut self, open: usize) -> usize {
        let rest = self.text.get(open + 2..).unwrap_or_default();
        if let Some(end) = rest.strip_prefix("{{").and_then(|rest| self.raw(open, rest)) {
            return end;
        }
        if rest.starts_with('=') {
            return self.delimiters(open, rest);
        }
        if rest.starts_with("!--") || rest.starts_with("~!--") {
            return self.comment(open, true);
        }
        if rest.starts_with('!') || rest.starts_with("~!") {
            return self.comment(open, false);
        }
        let triple = rest.starts_with('{');
        let inner = open + if triple { 3 } else { 2 };
        let (stop, closed) = self.closing(inner);
        if !closed {
            let span = open..inner;
            self.fault(Malformation::Unclosed, span, "This placeholder is never closed: add `}}` after its name.");
            return stop.max(inner);
        }
        let braces = if triple { 3 } else { 2 };
        if triple && self.text.as_bytes().get(stop + 2) != Some(&b'}') {
            self.fault(
                Malformation::Unclosed,
                open..stop + 2,
                "This placeholder opens with `{{{`: close it with `}}}`.",
            );
            return stop + 2;
        }
        let end = stop + braces;
        if stop - inner > MAX_EXPRESSION {
            let message = "This placeholder is longer than 1 KiB: give the value a name of its own.";
            self.fault(Malformation::TooComplex, open..end, message);
            return end;
        }
        match self.content(open, inner..stop, triple) {
            Ok(content) => self.scan.placeholders.push(Placeholder { span: open..end, inner: inner..stop, content }),
            Err((kind, message)) => self.fault(kind, open..end, message),
        }
        end
    }

    /// A raw block of Handlebars, `{{{{name}}}} … {{{{/name}}}}`, with `rest` after its braces: its end.
    fn raw(&mut self, open: usize, rest: &str) -> Option<usize> {
        let length = rest.find(|c: char| !super::continues_name(c)).filter(|length| *length > 0)?;
        self.scan.steps += length as u64;
        let (name, body) = rest.split_at_checked(length)?;
        let behind = body.trim_start_matches(|c: char| c == ' ' || super::continues_name(c));
        self.scan.steps += (body.len() - behind.len()) as u64;
        behind.strip_prefix("}}}}")?;
        let close = format!("{{{{{{{{/{name}}}}}}}}}");
        let found = body.find(&close);
        self.scan.steps += found.unwrap_or(body.len()) as u64;
        let Some(found) = found else {
            self.fault(Malformation::UnbalancedSection, open..open + 4, "This raw block is never closed: add its end.");
            return Some(self.text.len());
        };
        let end = open + 4 + length + found + close.len();
        let inner = open + 4..end - close.len();
        self.scan.placeholders.push(Placeholder { span: open..end, inner, content: Content::Comment });
        Some(end)
    }

    /// `{{=<% %>=}}`: what follows is written between other signs, and is not looked at.
    fn delimiters(&mut self, open: usize, rest: &str) -> usize {
        let found = rest.find("=}}").filter(|found| *found > 0);
        self.scan.steps += found.unwrap_or(rest.len()) as u64;
        let Some(found) = found else {
            self.fault(Malformation::Unclosed, open..open + 2, "This change of delimiters is never closed: add `=}}`.");
            return self.text.len();
        };
        let inner = open + 2..open + 2 + found;
        let span = open..open + 2 + found + 3;
        self.scan.placeholders.push(Placeholder { span, inner, content: Content::Partial(Expression::default()) });
        self.text.len()
    }

    /// Reads a comment, which ends with `}}`, or with `--}}` if it is `dashed`.
    fn comment(&mut self, open: usize, dashed: bool) -> usize {
        let rest = self.text.get(open + 2..).unwrap_or_default();
        let ends = |at: &usize| {
            let body = rest.get(..*at).unwrap_or_default();
            !dashed || (body.len() >= 5 && body.strip_suffix('~').unwrap_or(body).ends_with("--"))
        };
        let found = rest.match_indices("}}").map(|(at, _)| at).find(ends);
        self.scan.steps += found.unwrap_or(rest.len()) as u64;
        let Some(length) = found else {
            self.fault(Malformation::Unclosed, open..open + 2, "This comment is never closed: add its end.");
            // All that follows was read as the comment.
            return self.text.len();
        };
        let inner = open + 2..open + 2 + length;
        let end = inner.end + 2;
        self.scan.placeholders.push(Placeholder { span: open..end, inner, content: Content::Comment });
        end
    }

    /// The place of the `}}` that ends a tag, and whether there is one before the next `{{`. A string among
    /// the arguments may hold both.
    fn closing(&mut self, inner: usize) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let mut strings = true;
        let mut at = inner;
        while let Some(byte) = bytes.get(at) {
            self.scan.steps += 1;
            match byte {
                b'}' if bytes.get(at + 1) == Some(&b'}') => return (at, true),
                b'{' if bytes.get(at + 1) == Some(&b'{') => return (at, false),
                b'"' | b'\'' if strings && at > inner && matches!(bytes.get(at - 1), Some(b' ' | b'=' | b'(')) => {
                    let rest = bytes.get(at + 1..).unwrap_or_default();
                    let length = rest.iter().position(|next| next == byte || *next == b'\n');
                    self.scan.steps += length.unwrap_or(rest.len()) as u64;
                    match length {
                        Some(length) if rest.get(length) == Some(byte) => at += length + 1,
                        _ => strings = false,
                    }
                }
                _ => {}
            }
            at += 1;
        }
        (bytes.len(), false)
    }
}
