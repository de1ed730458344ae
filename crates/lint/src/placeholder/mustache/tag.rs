//! What is in a tag: its sigil, its words, and the section that it opens or closes.

use std::ops::Range;

use super::{PLAIN_BLOCKS, Reader, Section, WORDS};
use crate::placeholder::path::{is_path, names_root, segments, word_length};
use crate::placeholder::{Call, Content, Expression, MAX_DEPTH, Malformation, Member, Name, Output};

impl Reader<'_> {
    pub(super) fn content(
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
