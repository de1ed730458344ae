//! `{{ expression }}`, `{% statement %}`, `{# comment #}`: Jinja, as jinja2 3.1 reads it, with the statements of its
//! usual extensions and of chat templates; and Nunjucks, which adds signs and statements to it.

mod lines;
mod operand;
mod parser;
mod statement;
mod token;

use std::ops::Range;

use super::{
    Call, Content, Dialect, Expression, MAX_DEPTH, Malformation, Malformed, Member, Name, Output, Placeholder, Scan,
};
pub use lines::LinePrefixes;
use lines::Lines;
use parser::{Parser, Read, Refusal};
use statement::{Open, Statement};

/// What jinja2 has without a declaration.
const GLOBALS: [&str; 15] = [
    "range",
    "dict",
    "lipsum",
    "cycler",
    "joiner",
    "namespace",
    "loop",
    "self",
    "super",
    "caller",
    "varargs",
    "kwargs",
    "_",
    "gettext",
    "ngettext",
];

pub(super) fn scan(text: &str, prefixes: &LinePrefixes, scan: &mut Scan) {
    let script = scan.dialect == Dialect::Nunjucks;
    let mut reader = Reader { text, script, scan, open: Vec::new(), targets: Vec::new(), too_deep: false };
    let mut at = 0;
    let mut lines = Lines::new(text, prefixes);
    let mut brace = None;
    loop {
        // Where the next brace was it still is, if it has not been passed.
        let seen = brace.filter(|brace| *brace >= at);
        let open = seen.or_else(|| text.get(at..)?.find('{').map(|found| at + found)).unwrap_or(text.len());
        brace = Some(open);
        reader.scan.steps += if seen.is_none() { (open - at.min(open)) as u64 + 1 } else { 1 };
        if let Some(line) = lines.next(at).filter(|line| line.start < open) {
            reader.scan.steps += (line.start - at) as u64 + 1;
            at = reader.line(&line, prefixes);
            continue;
        }
        at = match text.as_bytes().get(open + 1) {
            _ if open >= text.len() => break,
            Some(b'{') => reader.value(open),
            Some(b'%') => reader.statement(open),
            Some(b'#') => reader.comment(open),
            _ => open + 1,
        };
        if prefixes.statement.is_some()
            && STRIPS.iter().any(|end| text.get(..at).is_some_and(|before| before.ends_with(end)))
        {
            let rest = text.get(at..).unwrap_or_default();
            at += rest.len() - rest.trim_start().len();
        }
    }
    reader.scan.steps += lines.steps;
    reader.scan.steps += (text.len() - at.min(text.len())) as u64;
    for open in std::mem::take(&mut reader.open) {
        let message = format!("This is an unclosed {{% {} %}}: end it with {{% {} %}}.", open.name, open.end());
        reader.fault(Malformation::UnbalancedSection, open.span, message);
    }
    let mut targets = std::mem::take(&mut reader.targets);
    targets.sort_unstable();
    let given = |name: &str| targets.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
    for placeholder in &mut reader.scan.placeholders {
        for name in placeholder.content.expression_mut().into_iter().flat_map(|expression| &mut expression.names) {
            name.contextual |= GLOBALS.contains(&name.name.as_str()) || given(&name.name);
        }
    }
}

/// Ends of tags that take the white space behind them.
const STRIPS: [&str; 3] = ["-}}", "-%}", "-#}"];

struct Reader<'a, 's> {
    text: &'a str,
    script: bool,
    scan: &'s mut Scan,
    /// Statements whose end is not there yet.
    open: Vec<Open>,
    /// Names that the template itself gives a value.
    targets: Vec<String>,
    too_deep: bool,
}

impl<'a> Reader<'a, '_> {
    fn fault(&mut self, kind: Malformation, span: Range<usize>, message: impl Into<std::borrow::Cow<'static, str>>) {
        self.scan.malformed.push(Malformed { kind, span: span.clone(), placeholder: span, message: message.into() });
    }

    fn parser(&self, open: usize, closer: &'static str) -> Parser<'a> {
        self.parser_at(open + 2, closer)
    }

    fn parser_at(&self, at: usize, closer: &'static str) -> Parser<'a> {
        let marked = matches!(self.text.as_bytes().get(at), Some(b'-' | b'+'));
        Parser::new(self.text, at + usize::from(marked), closer, self.script)
    }

    /// The `{{` at `open`: where to go on.
    fn value(&mut self, open: usize) -> usize {
        let mut parser = self.parser(open, "}}");
        let read = parser.tuple(Parser::expression, false, &[]).and_then(|_| self.end(&parser));
        self.scan.steps += parser.steps();
        match read {
            Ok(end) => {
                let mut expression = std::mem::take(&mut parser.expression);
                let inner = open + 2..end - 2;
                expression.path = path(self.text.get(inner.clone()).unwrap_or_default());
                let content = Content::Value { expression, output: Output::Plain };
                self.scan.placeholders.push(Placeholder { span: open..end, inner, content });
                end
            }
            Err(refusal) => self.refused(open, "}}", refusal),
        }
    }

    /// The tag's end, which must be here.
    fn end(&self, parser: &Parser<'a>) -> Read<usize> {
        if parser.is_end() {
            return Ok(parser.span().end);
        }
        parser.refuse("This does not belong to the expression before it: the tag should end here.")
    }

    /// What is wrong with the tag at `open`; where to go on.
    fn refused(&mut self, open: usize, closer: &'static str, refusal: Refusal) -> usize {
        let rest = self.text.get(open + 2..).unwrap_or_default();
        let close = rest.find(closer);
        let next = ["{{", "{%", "{#"].into_iter().filter_map(|opener| rest.get(..close?)?.find(opener)).min();
        self.scan.steps += 4 * close.unwrap_or(rest.len()) as u64;
        let opener = if closer == "}}" { "{{" } else { "{%" };
        match (close, next) {
            // Nothing closes behind this: all that follows is the tag's.
            (None, _) => {
                self.fault(Malformation::Unclosed, open..open + 2, unclosed(opener, closer));
                self.text.len()
            }
            (Some(close), Some(next)) if refusal.span.start >= open + 2 + next.min(close) || !refusal.deep => {
                self.fault(Malformation::Unclosed, open..open + 2, unclosed(opener, closer));
                open + 2 + next
            }
            (Some(close), _) => {
                let end = open + 4 + close;
                let empty = rest.get(..close).is_some_and(|inner| inner.trim_matches(['-', '+', ' ', '\n']).is_empty());
                let (kind, span, message) = if refusal.deep {
                    (Malformation::TooComplex, open..end, refusal.message)
                } else if empty {
                    (Malformation::Empty, open..end, "Empty tag: name a value, or remove it.")
                } else {
                    let inside = refusal.span.start >= open && refusal.span.end <= end && !refusal.span.is_empty();
                    (Malformation::NotAnExpression, if inside { refusal.span } else { open..end }, refusal.message)
                };
                self.scan.malformed.push(Malformed { kind, span, placeholder: open..end, message: message.into() });
                end
            }
        }
    }

    /// The `{#` at `open`: where to go on.
    fn comment(&mut self, open: usize) -> usize {
        let rest = self.text.get(open + 2..).unwrap_or_default();
        let Some(length) = rest.find("#}") else {
            self.scan.steps += rest.len() as u64;
            self.fault(Malformation::Unclosed, open..open + 2, unclosed("{#", "#}"));
            return self.text.len();
        };
        self.scan.steps += length as u64;
        let inner = open + 2..open + 2 + length;
        let end = inner.end + 2;
        self.scan.placeholders.push(Placeholder { span: open..end, inner, content: Content::Comment });
        end
    }

    /// The `{%` at `open`: where to go on.
    fn statement(&mut self, open: usize) -> usize {
        let mut parser = self.parser(open, "%}");
        let name = parser.word().unwrap_or_default();
        if matches!(name, "raw" | "verbatim") && self.is_bare(open, name) {
            return self.raw(open, name);
        }
        match self.read(&mut parser) {
            Ok((statement, end)) => {
                self.stated(open..end, open + 2..end - 2, statement, parser);
                end
            }
            Err(refusal) => self.refused(open, "%}", refusal),
        }
    }

    /// The line that is a statement or a comment: where to go on.
    fn line(&mut self, line: &lines::Line, prefixes: &LinePrefixes) -> usize {
        let rest = self.text.get(line.start..).unwrap_or_default();
        let end = line.start + rest.find('\n').unwrap_or(rest.len());
        self.scan.steps += (end - line.start) as u64;
        if line.comment {
            let (span, inner) = (line.start..end, line.start..end);
            self.scan.placeholders.push(Placeholder { span, inner, content: Content::Comment });
            return end;
        }
        let start = line.start + prefixes.statement.as_ref().map_or(0, String::len);
        let mut parser = self.parser_at(start, "\n");
        match self.read(&mut parser) {
            Ok((statement, end)) => {
                self.stated(line.start..end, start..end, statement, parser);
                end
            }
            Err(refusal) => {
                let kind = if refusal.deep { Malformation::TooComplex } else { Malformation::NotAnExpression };
                let end = end.max(refusal.span.end);
                let placeholder = line.start..end;
                let span = if refusal.span.is_empty() { placeholder.clone() } else { refusal.span };
                self.scan.malformed.push(Malformed { kind, span, placeholder, message: refusal.message.into() });
                end
            }
        }
    }

    /// The statement of a tag, and where the tag ends.
    fn read(&mut self, parser: &mut Parser<'a>) -> Read<(Statement, usize)> {
        let read = statement::read(parser, self.script).and_then(|statement| {
            // Python's colon is allowed where a block begins.
            if matches!(statement, Statement::Open | Statement::Middle) {
                parser.skip_sign(":");
            }
            Ok((statement, self.end(parser)?))
        });
        self.scan.steps += parser.steps();
        read
    }

    /// Notes the statement that is at `span`.
    fn stated(&mut self, span: Range<usize>, inner: Range<usize>, statement: Statement, mut parser: Parser<'a>) {
        let name = parser.first;
        self.targets.append(&mut parser.targets);
        let expression = std::mem::take(&mut parser.expression);
        let content = match statement {
            Statement::Open => {
                if self.open.len() >= MAX_DEPTH && !self.too_deep {
                    self.too_deep = true;
                    let message = "Blocks nest deeper than 64 levels: flatten them.";
                    self.fault(Malformation::TooComplex, span.clone(), message);
                }
                let label = parser.label.map(str::to_owned);
                self.open.push(Open { name: name.to_owned(), span: span.clone(), label, last: false });
                Content::Open { section: name.to_owned(), inverted: false, expression }
            }
            Statement::Middle => {
                let fits = self.open.last_mut().is_some_and(|block| block.takes(name));
                if !fits {
                    let message = format!("This {{% {name} %}} belongs to no open block: remove it, or open one.");
                    self.fault(Malformation::UnbalancedSection, span.clone(), message);
                }
                Content::Else(expression)
            }
            Statement::Close => {
                let opened = self.open.last().and_then(|block| block.label.as_deref());
                if parser.label.is_some() && opened.is_some() && parser.label != opened {
                    let message = "This ends a block of another name than the one that is open: correct the name.";
                    self.fault(Malformation::UnbalancedSection, span.clone(), message);
                }
                self.close(span.clone(), name);
                Content::Close
            }
            Statement::Alone if matches!(name, "include" | "extends" | "import" | "from") => {
                Content::Partial(expression)
            }
            Statement::Alone => Content::Statement(expression),
        };
        self.scan.placeholders.push(Placeholder { span, inner, content });
    }

    fn close(&mut self, span: Range<usize>, name: &str) {
        let above = self.open.iter().rev().take(MAX_DEPTH).position(|block| block.end() == name);
        let Some(above) = above else {
            let message = format!("This {{% {name} %}} ends no open block: remove it, or open one.");
            return self.fault(Malformation::UnbalancedSection, span, message);
        };
        for _ in 0..above {
            if let Some(block) = self.open.pop() {
                let message =
                    format!("This is an unclosed {{% {} %}}: end it with {{% {} %}}.", block.name, block.end());
                self.fault(Malformation::UnbalancedSection, block.span, message);
            }
        }
        self.open.pop();
    }

    /// Whether nothing but `name` is in the tag at `open`.
    fn is_bare(&self, open: usize, name: &str) -> bool {
        let rest = self.text.get(open + 2..).unwrap_or_default();
        let body = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
        let tail = body.strip_prefix(name).unwrap_or_default().trim_start();
        tail.starts_with("%}") || tail.starts_with("-%}")
    }

    /// The raw block at `open`: where to go on.
    fn raw(&mut self, open: usize, name: &str) -> usize {
        let end = format!("end{name}");
        let mut at = open + 2;
        while let Some(length) = self.text.get(at..).and_then(|rest| rest.find("{%")) {
            self.scan.steps += length as u64 + 1;
            at += length;
            if self.is_bare(at, &end) {
                let inner = open..at;
                let close =
                    self.text.get(at..).and_then(|rest| rest.find("%}")).map_or(self.text.len(), |to| at + to + 2);
                self.scan.placeholders.push(Placeholder { span: open..close, inner, content: Content::Comment });
                return close;
            }
            at += 2;
        }
        self.scan.steps += (self.text.len() - at.min(self.text.len())) as u64;
        let message = format!("This is an unclosed {{% {name} %}}: end it with {{% {end} %}}.");
        self.fault(Malformation::UnbalancedSection, open..open + 2, message);
        self.text.len()
    }
}

fn unclosed(opener: &'static str, closer: &'static str) -> String {
    format!("This is an unclosed {opener}: close it with {closer}.")
}

/// The path of an expression that is one: `user.name`.
fn path(inner: &str) -> Option<Vec<String>> {
    let inner = inner.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '+'));
    let plain = |name: &str| {
        name.starts_with(super::begins_name) && name.chars().all(super::continues_name) && name.len() < 256
    };
    let path: Vec<&str> = inner.split('.').take(MAX_DEPTH + 1).collect();
    (path.len() <= MAX_DEPTH && path.iter().all(|name| plain(name)))
        .then(|| path.into_iter().map(str::to_owned).collect())
}
