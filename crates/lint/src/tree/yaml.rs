//! YAML as it is in a file, by `saphyr-parser`: its events as the values of a tree, every text with the way back to
//! the file's own bytes.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Id, Key, MAX_DEPTH, SyntaxError, Tree, Value};
use crate::text::Text;
use crate::work;

/// Reads the YAML that is in `place` of `text`; several documents of one file are beside each other.
pub(super) fn read(text: &str, place: Range<usize>) -> Tree {
    let source = text.get(place.clone()).unwrap_or_default();
    let mut reader = Reader {
        source,
        base: place.start,
        offsets: offsets(source),
        tree: Tree::default(),
        open: Vec::new(),
        key: None,
        too_deep: false,
    };
    work::count(source.len());
    let mut parser = Parser::new_from_str(source);
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => {
                let at = place.start + reader.offset(span.start.index());
                reader.event(event, span);
                if reader.too_deep {
                    let message = "arrays and objects nest deeper than 64 levels".to_owned();
                    reader.tree.errors.push(SyntaxError { span: at..at, message });
                    reader.tree.unread = at..place.end;
                    break;
                }
            }
            Some(Err(error)) => {
                let at = place.start + reader.offset(error.marker().index());
                let span =
                    at..text.get(at..place.end).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
                reader.tree.errors.push(SyntaxError { span, message: error.info().to_owned() });
                reader.tree.unread = at..place.end;
                break;
            }
            None => {
                reader.tree.complete = true;
                break;
            }
        }
    }
    reader.finish(place)
}

struct Reader<'a> {
    source: &'a str,
    /// Where it begins in the file.
    base: usize,
    /// Where each character begins, in bytes; empty where that is its number.
    offsets: Vec<u32>,
    tree: Tree,
    /// Arrays and objects that are open.
    open: Vec<Id>,
    /// The name that comes before a value.
    key: Option<Key>,
    too_deep: bool,
}

/// Where each character begins. A text of at most 1 MiB fits 32 bits.
fn offsets(source: &str) -> Vec<u32> {
    if source.is_ascii() {
        return Vec::new();
    }
    source.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect()
}

impl Reader<'_> {
    fn offset(&self, index: usize) -> usize {
        if self.offsets.is_empty() {
            return index.min(self.source.len());
        }
        self.offsets.get(index).map_or(self.source.len(), |at| *at as usize)
    }

    fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = (self.offset(span.start.index()), self.offset(span.end.index()));
        start..end.max(start)
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        work::count(1);
        let range = self.range(span);
        match event {
            Event::Scalar(value, style, ..) => {
                let text = text(self.source, self.base, range.clone(), &value, style);
                let expects_key = self.key.is_none() && self.in_object();
                if expects_key {
                    self.key = Some(Key { text, span: self.base + range.start..self.base + range.end });
                    return;
                }
                let value = if style == ScalarStyle::Plain { plain(&value, text) } else { Value::String(text) };
                self.add(range, value);
            }
            Event::Alias(_) => {
                if self.key.is_none() && self.in_object() {
                    self.key = Some(self.nameless(range));
                } else {
                    self.add(range, Value::Null);
                }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_object = matches!(event, Event::MappingStart(..));
                if self.key.is_none() && self.in_object() {
                    // An object as a name: its parts are looked at, its name is empty.
                    self.key = Some(self.nameless(range.start..range.start));
                }
                let id = self.add(range, if is_object { Value::Object(Vec::new()) } else { Value::Array(Vec::new()) });
                self.too_deep |= self.open.len() >= MAX_DEPTH;
                self.open.push(id);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.key = None;
                if let Some(node) = self.open.pop().and_then(|id| self.tree.nodes.get_mut(id.0)) {
                    node.span.end = (self.base + range.end).max(node.span.start);
                }
            }
            _ => {}
        }
    }

    fn nameless(&self, range: Range<usize>) -> Key {
        let at = self.base + range.start;
        Key { text: Text::plain("", at), span: at..self.base + range.end }
    }

    fn in_object(&self) -> bool {
        let open = self.open.last().and_then(|id| self.tree.nodes.get(id.0));
        open.is_some_and(|node| matches!(node.value, Value::Object(_)))
    }

    fn add(&mut self, range: Range<usize>, value: Value) -> Id {
        let parent = self.open.last().copied();
        let span = self.base + range.start..self.base + range.end;
        let key = if parent.is_some() { self.key.take() } else { None };
        self.tree.add(span, parent, key, value)
    }

    fn finish(mut self, place: Range<usize>) -> Tree {
        for id in std::mem::take(&mut self.open) {
            if let Some(node) = self.tree.nodes.get_mut(id.0) {
                node.span.end = place.end;
            }
        }
        self.comments();
        let ids: Vec<Id> = self.tree.ids().collect();
        for id in ids {
            self.tree.note_duplicates(id);
        }
        self.tree.duplicates.sort_unstable();
        self.tree.yaml = true;
        self.tree
    }

    /// Notes the comments: what begins with `#` between the texts.
    fn comments(&mut self) {
        let mut texts: Vec<Range<usize>> = Vec::new();
        for node in &self.tree.nodes {
            texts.extend(node.key.as_ref().map(|key| key.span.clone()));
            if !matches!(node.value, Value::Array(_) | Value::Object(_)) {
                texts.push(node.span.clone());
            }
        }
        texts.sort_by_key(|span| span.start);
        let end = self.base + if self.tree.complete { self.source.len() } else { self.tree.unread.start - self.base };
        let mut at = self.base;
        for text in texts.into_iter().chain(std::iter::once(end..end)) {
            let gap = at..text.start.max(at).min(end);
            let inner = self.source.get(gap.start - self.base..gap.end.max(gap.start) - self.base).unwrap_or_default();
            work::count(inner.len());
            let mut from = 0;
            while let Some(sign) = inner.get(from..).and_then(|rest| rest.find('#')) {
                let start = from + sign;
                let length = inner.get(start..).and_then(|rest| rest.find('\n')).unwrap_or(inner.len() - start);
                self.tree.comments.push(gap.start + start..gap.start + start + length);
                from = start + length;
            }
            at = at.max(text.end);
        }
    }
}

/// What a text without quotation marks is.
fn plain(value: &str, text: Text) -> Value {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let numeric = value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            if numeric && value.parse::<f64>().is_ok_and(f64::is_finite) {
                Value::Number(value.to_owned())
            } else {
                Value::String(text)
            }
        }
    }
}

/// The text `value`, which the bytes `range` of `source` spell.
fn text(source: &str, base: usize, range: Range<usize>, value: &str, style: ScalarStyle) -> Text {
    let written = source.get(range.clone()).unwrap_or_default();
    work::count(written.len() + value.len());
    let mut text = Text::yaml(base + range.start, style == ScalarStyle::DoubleQuoted);
    let mut walk = Walk { written, at: 0, text: &mut text };
    match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => walk.skip(1),
        ScalarStyle::Literal | ScalarStyle::Folded => walk.header(),
        ScalarStyle::Plain => {}
    }
    if style == ScalarStyle::Literal {
        walk.lines(value)
    } else {
        walk.folded(value, style)
    }
    text
}

/// Goes through a written text and the one it spells side by side.
struct Walk<'a, 't> {
    written: &'a str,
    at: usize,
    text: &'t mut Text,
}

impl Walk<'_, '_> {
    fn rest(&self) -> &str {
        self.written.get(self.at..).unwrap_or_default()
    }

    /// Passes bytes that spell nothing.
    fn skip(&mut self, length: usize) {
        self.at += length;
        self.text.skip(length);
    }

    /// The `|` or `>` of a block, and the rest of its line.
    fn header(&mut self) {
        if self.rest().starts_with(['|', '>']) {
            let line = self.rest().find('\n').map_or(self.rest().len(), |end| end + 1);
            self.skip(line);
        }
    }

    /// A literal block: each line comes after its indentation.
    fn lines(&mut self, value: &str) {
        let mut rest = value;
        while !rest.is_empty() {
            let (line, ended) = rest.split_once('\n').map_or((rest, false), |(line, _)| (line, true));
            let here = self.rest().find('\n').map_or(self.rest().len(), |end| end);
            let written = self.rest().get(..here).unwrap_or_default();
            let body = written.strip_suffix('\r').unwrap_or(written);
            if !body.ends_with(line) {
                return self.opaque(rest);
            }
            let (indent, carriage) = (body.len() - line.len(), written.len() - body.len());
            self.skip(indent);
            self.text.copy(line);
            self.at += line.len();
            if ended {
                let length = carriage + usize::from(self.rest().len() > carriage);
                self.text.escape('\n', length);
                self.at += length;
            }
            rest = rest.get(line.len() + usize::from(ended)..).unwrap_or_default();
        }
    }

    /// Any other text: line breaks are folded, quotation marks and escapes undone.
    fn folded(&mut self, value: &str, style: ScalarStyle) {
        let mut rest = value;
        if style == ScalarStyle::Folded {
            let indent = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
            self.skip(indent);
        }
        while let Some(char) = rest.chars().next() {
            let written = self.written.get(self.at..).unwrap_or_default();
            let run = written.len() - written.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let space = written.get(..run).unwrap_or_default();
            let after = rest.get(char.len_utf8()..).unwrap_or_default();
            if space.contains('\n') {
                // One break is a space, each further one a break.
                let breaks = rest.len() - rest.trim_start_matches('\n').len();
                let count = if char == ' ' { 1 } else { breaks };
                if count == 0 {
                    return self.opaque(rest);
                }
                self.text.escape(char, run);
                for _ in 1..count {
                    self.text.escape('\n', 0);
                }
                self.at += run;
                rest = rest.get(count..).unwrap_or_default();
            } else if style == ScalarStyle::DoubleQuoted && written.starts_with('\\') {
                let length = match written.as_bytes().get(1) {
                    Some(b'\n' | b'\r') => {
                        let tail = written.get(1..).unwrap_or_default();
                        let fold = 1 + tail.len() - tail.trim_start_matches([' ', '\t', '\r', '\n']).len();
                        self.skip(fold);
                        continue;
                    }
                    Some(b'x') => 4,
                    Some(b'u') => 6,
                    Some(b'U') => 10,
                    _ => 2,
                };
                self.text.escape(char, length);
                self.at += length;
                rest = after;
            } else if style == ScalarStyle::SingleQuoted && written.starts_with("''") {
                self.text.escape(char, 2);
                self.at += 2;
                rest = after;
            } else if written.starts_with(char) {
                let same = common(rest, written, style);
                self.text.copy(rest.get(..same).unwrap_or_default());
                self.at += same;
                rest = rest.get(same..).unwrap_or_default();
            } else {
                return self.opaque(rest);
            }
        }
    }

    /// The rest of the text, which has no parts that could be distinguished.
    fn opaque(&mut self, rest: &str) {
        let length = self.rest().len();
        self.text.whole(rest, length);
        self.at += length;
    }
}

/// How many bytes are spelt as they are.
fn common(value: &str, written: &str, style: ScalarStyle) -> usize {
    let stops = |byte: u8| match style {
        ScalarStyle::DoubleQuoted => byte == b'\\' || byte == b'\n' || byte == b'\r',
        ScalarStyle::SingleQuoted => byte == b'\'' || byte == b'\n' || byte == b'\r',
        _ => byte == b'\n' || byte == b'\r',
    };
    let pairs = value.bytes().zip(written.bytes());
    let mut length = pairs.take_while(|(a, b)| a == b && !stops(*b)).count();
    // White space before a line break is the break's.
    let tail = written.get(length..).unwrap_or_default();
    if tail.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']) {
        let kept = value.get(..length).map_or(0, |value| value.trim_end_matches([' ', '\t']).len());
        length = kept.max(1);
    }
    while !value.is_char_boundary(length) {
        length -= 1;
    }
    length.max(value.chars().next().map_or(1, char::len_utf8))
}
