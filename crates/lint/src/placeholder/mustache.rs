//! `{{name}}`: Mustache, with the sections, helpers and comments of Handlebars.

use std::ops::Range;

use super::path::{is_path, names_root, segments, word_length};
use super::{
    Call, Content, Expression, MAX_DEPTH, MAX_EXPRESSION, Malformation, Malformed, Member, Name, Output, Placeholder,
    Scan,
};

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

    /// A raw block of Handlebars, `{{{{name}}}} … {{{{/name}}}}`, of which `rest` stands behind its braces: its end.
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

    fn content(
        &mut self,
        open: usize,
        inner: Range<usize>,
        triple: bool,
    ) -> Result<Content, (Malformation, &'static str)> {
        let whole = self.text.get(inner.clone()).unwrap_or_default();
        let body = whole.trim_end().trim_end_matches('~').trim_end();
        let trimmed = body.trim_start().trim_start_matches('~').trim_start();
        let mut at = inner.start + (body.len() - trimmed.len());
        let mut body = trimmed;
        let sigil = body.chars().next().filter(|c| "#^/>&".contains(*c) && !triple);
        if let Some(sigil) = sigil {
            let after = body.get(sigil.len_utf8()..).unwrap_or_default();
            let named = after.trim_start();
            // `{{#*inline "a"}}` and `{{#> layout}}` are of Handlebars too.
            let other = sigil == '#' && named.starts_with(['>', '*']);
            let named = if other { named.get(1..).unwrap_or_default().trim_start() } else { named };
            if other {
                let section = named.split_whitespace().next().unwrap_or_default().to_owned();
                let span = open..inner.end + 2;
                self.sections.push(Section { name: section.clone(), span, contextual: true, locals: Vec::new() });
                return Ok(Content::Open { section, inverted: false, expression: Expression::default() });
            }
            at += body.len() - named.len();
            body = named;
        }
        if body.is_empty() && sigil != Some('^') {
            let message = "Empty placeholder: name a variable, or remove it.";
            return Err((Malformation::Empty, message));
        }
        match sigil {
            Some('/') => self.close(body),
            Some('^') if body.is_empty() => self.other_half(Expression::default()),
            Some('#' | '^') => self.open(open..inner.end + 2, at, body, sigil == Some('^')),
            Some('>') => {
                let mut arguments = self.words(at, body)?;
                arguments.names.retain(|name| name.span.start > at);
                Ok(Content::Partial(arguments))
            }
            _ if body == "else" => self.other_half(Expression::default()),
            _ if body.starts_with("else ") => {
                let rest = body.trim_start_matches("else").trim_start();
                let expression = self.block(at + body.len() - rest.len(), rest)?.0;
                self.other_half(expression)
            }
            _ => {
                let expression = self.words(at, body)?;
                let output = if triple || sigil == Some('&') { Output::Plain } else { Output::Escaped };
                Ok(Content::Value { expression, output })
            }
        }
    }

    fn other_half(&mut self, expression: Expression) -> Result<Content, (Malformation, &'static str)> {
        if self.sections.is_empty() {
            return Err((Malformation::UnbalancedSection, "This `else` is in no section: open one before it."));
        }
        Ok(Content::Else(expression))
    }

    fn open(
        &mut self,
        span: Range<usize>,
        at: usize,
        body: &str,
        inverted: bool,
    ) -> Result<Content, (Malformation, &'static str)> {
        let (expression, section, contextual, locals) = self.block(at, body)?;
        if self.sections.len() >= MAX_DEPTH && !self.too_deep {
            self.too_deep = true;
            self.fault(Malformation::TooComplex, span.clone(), "Sections nest deeper than 64 levels: flatten them.");
        }
        let contextual = contextual && !inverted;
        self.sections.push(Section { name: section.clone(), span, contextual, locals });
        Ok(Content::Open { section, inverted, expression })
    }

    fn close(&mut self, name: &str) -> Result<Content, (Malformation, &'static str)> {
        // Deeper sections that were left open lie above it.
        let above = self.sections.iter().rev().take(MAX_DEPTH).position(|section| section.name == name);
        let Some(above) = above else {
            return Err((Malformation::UnbalancedSection, "This end closes no open section: remove it, or open it."));
        };
        for _ in 0..above {
            if let Some(section) = self.sections.pop() {
                let message = "This section is still open where the one around it ends: close it first.";
                self.fault(Malformation::UnbalancedSection, section.span, message);
            }
        }
        self.sections.pop();
        Ok(Content::Close)
    }

    /// What opens a section: a name, or a helper and its arguments.
    #[expect(clippy::type_complexity, reason = "its one caller takes it apart")]
    fn block(
        &mut self,
        at: usize,
        body: &str,
    ) -> Result<(Expression, String, bool, Vec<String>), (Malformation, &'static str)> {
        let (head, locals) = match body.split_once(" as |") {
            Some((head, names)) => (head, names.trim_end().trim_end_matches('|')),
            None => (body, ""),
        };
        let section = head.split_whitespace().next().unwrap_or_default().to_owned();
        let mut expression = self.words(at, head)?;
        let helper = head.trim() != section;
        if helper {
            // The helper of a block is part of the language, or of its host: `if`, `each`, ….
            expression.calls.retain(|call| call.span.start != at || !is_block_helper(&section));
        }
        let contextual = !(helper && PLAIN_BLOCKS.contains(&section.as_str()));
        Ok((expression, section, contextual, locals.split_whitespace().map(str::to_owned).collect()))
    }

    /// `path`, or `helper argument… key=argument…`, where an argument may be `( … )`.
    fn words(&mut self, at: usize, body: &str) -> Result<Expression, (Malformation, &'static str)> {
        const WRONG: (Malformation, &str) =
            (Malformation::NotAnExpression, "Expected a variable's name: name one, or remove the braces.");
        let mut expression = Expression::default();
        let bytes = body.as_bytes();
        let mut depth = 0usize;
        let mut place = 0;
        // Whether the next word is the first of the tag or of a `(`.
        let mut first = true;
        let mut words = 0usize;
        while let Some(byte) = bytes.get(place) {
            self.scan.steps += 1;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => place += 1,
                b'(' => {
                    if first && words == 0 && depth == 0 {
                        return Err(WRONG);
                    }
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err((
                            Malformation::TooComplex,
                            "Brackets nest deeper than 64 levels here: flatten them.",
                        ));
                    }
                    (first, place) = (true, place + 1);
                }
                b')' if depth > 0 && !first => (depth, place) = (depth - 1, place + 1),
                b'"' | b'\'' => {
                    let rest = body.get(place + 1..).unwrap_or_default();
                    let length = rest.bytes().position(|next| next == *byte).ok_or(WRONG)?;
                    if first {
                        return Err(WRONG);
                    }
                    words += 1;
                    place += length + 2;
                }
                _ => {
                    let rest = body.get(place..).unwrap_or_default();
                    let length = word_length(rest);
                    let word = rest.get(..length).filter(|word| !word.is_empty()).ok_or(WRONG)?;
                    self.scan.steps += length as u64;
                    if rest.as_bytes().get(length) == Some(&b'=') {
                        if first || !is_path(word) {
                            return Err(WRONG);
                        }
                        place += length + 1;
                        continue;
                    }
                    let more = rest.get(length..).unwrap_or_default().trim_start();
                    let calls = first && (depth > 0 || !(more.is_empty() || more.starts_with("as |")));
                    let number = word.trim_start_matches('-').bytes().all(|c| c.is_ascii_digit() || c == b'.');
                    if number && !first {
                        // A number among the arguments.
                    } else if !is_path(word) {
                        return Err(WRONG);
                    } else if calls {
                        let callee = segments(word).map(|(name, _)| name.to_owned()).collect();
                        expression.calls.push(Call { callee: Some(callee), span: at + place..at + place + length });
                    } else {
                        self.reference(at + place, word, &mut expression);
                        if words == 0 && more.is_empty() && !word.starts_with(['.', '@']) && names_root(word) {
                            expression.path = Some(segments(word).map(|(name, _)| name.to_owned()).collect());
                        }
                    }
                    first = false;
                    words += 1;
                    place += length;
                }
            }
        }
        if depth > 0 { Err(WRONG) } else { Ok(expression) }
    }

    /// Notes the variable and the members of a path.
    fn reference(&mut self, at: usize, path: &str, expression: &mut Expression) {
        let private = path.starts_with('@');
        for (index, (name, from)) in segments(path).enumerate() {
            let span = at + from..at + from + name.len();
            if index > 0 {
                expression.members.push(Member { name: Some(name.to_owned()), span });
                continue;
            }
            // `../name` leaves the innermost section; a deeper look-up would be guessing.
            let scopes = self.sections.iter().rev().take(MAX_DEPTH);
            let mut contextual = path.starts_with("this.") || path.starts_with("this/");
            let mut local = false;
            for section in scopes {
                contextual |= section.contextual;
                local |= section.locals.iter().take(MAX_DEPTH).any(|known| known == name);
            }
            if private || local || WORDS.contains(&name) {
                continue;
            }
            expression.names.push(Name { name: name.to_owned(), span, contextual });
        }
    }
}

fn is_block_helper(name: &str) -> bool {
    matches!(name, "if" | "unless" | "each" | "with")
}
