//! `{{ value | filter: argument }}`, `{% tag %}`: Liquid, as LiquidJS and Shopify's own engine read it, with the tags
//! that Jekyll and shops add.

mod markup;

use std::ops::Range;

use super::{Content, Expression, MAX_DEPTH, Malformation, Malformed, Output, Placeholder, Scan};
use markup::{Markup, Refusal};

/// Tags whose text is not Liquid: up to their end.
const RAW: [&str; 8] = ["raw", "comment", "doc", "schema", "javascript", "stylesheet", "style", "highlight"];
/// Tags that have an end.
const BLOCKS: [&str; 10] =
    ["if", "unless", "case", "for", "tablerow", "capture", "block", "form", "paginate", "ifchanged"];
/// Tags that have none.
const ALONE: [&str; 19] = [
    "assign",
    "increment",
    "decrement",
    "echo",
    "render",
    "include",
    "include_relative",
    "layout",
    "cycle",
    "break",
    "continue",
    "section",
    "sections",
    "content_for",
    "link",
    "post_url",
    "gist",
    "liquid",
    "extends",
];
/// What a loop gives without a declaration, and the words for nothing.
const GLOBALS: [&str; 3] = ["forloop", "tablerowloop", "paginate"];

pub(super) fn scan(text: &str, scan: &mut Scan) {
    let mut reader = Reader { text, scan, open: Vec::new(), targets: Vec::new(), too_deep: false };
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('{')) {
        reader.scan.steps += found as u64 + 1;
        let open = at + found;
        at = match text.as_bytes().get(open + 1) {
            Some(b'{') => reader.value(open),
            Some(b'%') => reader.tag(open),
            _ => open + 1,
        };
    }
    reader.scan.steps += (text.len() - at.min(text.len())) as u64;
    for open in std::mem::take(&mut reader.open) {
        reader.left_open(open);
    }
    let mut targets = std::mem::take(&mut reader.targets);
    targets.sort_unstable();
    for placeholder in &mut reader.scan.placeholders {
        for name in placeholder.content.expression_mut().into_iter().flat_map(|expression| &mut expression.names) {
            name.contextual |= GLOBALS.contains(&name.name.as_str()) || targets.binary_search(&name.name).is_ok();
        }
    }
}

/// A tag whose end is not there yet.
struct Open<'a> {
    name: &'a str,
    span: Range<usize>,
    /// Whether its `else` has been there.
    last: bool,
}

struct Reader<'a, 's> {
    text: &'a str,
    scan: &'s mut Scan,
    open: Vec<Open<'a>>,
    /// Names that the template itself gives a value.
    targets: Vec<String>,
    too_deep: bool,
}

/// What is between the braces of one tag.
struct Inside {
    inner: Range<usize>,
    end: usize,
}

impl<'a> Reader<'a, '_> {
    fn fault(&mut self, kind: Malformation, span: Range<usize>, message: impl Into<std::borrow::Cow<'static, str>>) {
        self.scan.malformed.push(Malformed { kind, span: span.clone(), placeholder: span, message: message.into() });
    }

    fn left_open(&mut self, open: Open<'_>) {
        let message = format!("This is an unclosed {{% {0} %}}: end it with {{% end{0} %}}.", open.name);
        self.fault(Malformation::UnbalancedSection, open.span, message);
    }

    /// The inside of the tag at `open`, without `-` and white space; else where to go on. Another opening before the
    /// closing braces shows that these are not its own.
    fn inside(&mut self, open: usize, closer: &'static str) -> Result<Inside, usize> {
        let start = open + 2;
        let (close, next) = self.close_of(start, closer);
        let Some(close) = close.filter(|close| next.is_none_or(|next| next > *close)) else {
            let opener = if closer == "}}" { "{{" } else { "{%" };
            self.fault(
                Malformation::Unclosed,
                open..start,
                format!("This is an unclosed {opener}: close it with {closer}."),
            );
            return Err(next.unwrap_or(self.text.len()));
        };
        let body = self.text.get(start..close).unwrap_or_default();
        let inner = body.strip_prefix('-').unwrap_or(body);
        let inner = inner.strip_suffix('-').unwrap_or(inner).trim();
        let from = start + body.find(inner).filter(|_| !inner.is_empty()).unwrap_or(0);
        self.scan.steps += body.len() as u64;
        Ok(Inside { inner: from..from + inner.len(), end: close + 2 })
    }

    /// Where `closer` is, and the first opening outside of strings up to there. Tags end with the next closer; a string
    /// in a value may hold one, as LiquidJS has it, if it is closed itself.
    fn close_of(&mut self, start: usize, closer: &'static str) -> (Option<usize>, Option<usize>) {
        let bytes = self.text.as_bytes();
        let (mut quote, mut within) = (None, None);
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match (quote, byte) {
                (Some(open), byte) if open == *byte => quote = None,
                (None, b'"' | b'\'') => quote = Some(*byte),
                _ => {}
            }
            let pair = bytes.get(at..at + 2).unwrap_or_default();
            if pair == closer.as_bytes() {
                if quote.is_none() || closer == "%}" {
                    self.scan.steps += (at - start) as u64;
                    return (Some(at), None);
                }
                within = within.or(Some(at));
            } else if quote.is_none() && matches!(pair, b"{{" | b"{%") {
                self.scan.steps += (at - start) as u64;
                return (None, Some(at));
            }
            at += 1;
        }
        self.scan.steps += (at - start) as u64;
        (within, None)
    }

    fn refused(&mut self, whole: Range<usize>, refusal: Refusal) {
        let kind = if refusal.deep { Malformation::TooComplex } else { Malformation::NotAnExpression };
        let span = if refusal.deep || refusal.span.is_empty() { whole.clone() } else { refusal.span };
        self.scan.malformed.push(Malformed { kind, span, placeholder: whole, message: refusal.message.into() });
    }

    /// The `{{` at `open`: where to go on.
    fn value(&mut self, open: usize) -> usize {
        let Inside { inner, end } = match self.inside(open, "}}") {
            Ok(inside) => inside,
            Err(next) => return next,
        };
        if inner.is_empty() {
            self.fault(Malformation::Empty, open..end, "Empty placeholder: name a variable, or remove it.");
            return end;
        }
        let mut markup = Markup::new(self.text, inner.clone());
        let read = markup.filtered().and_then(|()| markup.finish());
        self.scan.steps += markup.steps;
        match read {
            Ok(()) => {
                let mut expression = std::mem::take(&mut markup.expression);
                expression.path = path(self.text.get(inner).unwrap_or_default());
                let content = Content::Value { expression, output: Output::Plain };
                self.push(open..end, content);
            }
            Err(refusal) => self.refused(open..end, refusal),
        }
        end
    }

    fn push(&mut self, span: Range<usize>, content: Content) {
        let inner = span.start + 2..span.end - 2;
        self.scan.placeholders.push(Placeholder { span, inner, content });
    }

    /// The `{%` at `open`: where to go on.
    fn tag(&mut self, open: usize) -> usize {
        let Inside { inner, end } = match self.inside(open, "%}") {
            Ok(inside) => inside,
            Err(next) => return next,
        };
        let text = self.text;
        let body = text.get(inner.clone()).unwrap_or_default();
        let name = name(body);
        if body.starts_with('#') {
            if body.lines().all(|line| line.trim_start().starts_with('#')) {
                self.push(open..end, Content::Comment);
            } else {
                let message = "Each line of such a comment begins with `#`: write it there too.";
                self.refused(open..end, Refusal { span: inner, message, deep: false });
            }
        } else if RAW.contains(&name) {
            return self.raw(open, end, name);
        } else if name == "liquid" {
            self.lines(open..end, inner.start + name.len()..inner.end);
        } else {
            let arguments = inner.start + name.len()..inner.end;
            match self.statement(name, &(open..end), arguments) {
                Ok(content) => self.push(open..end, content),
                Err(refusal) => self.refused(open..end, refusal),
            }
        }
        end
    }

    /// `{% liquid … %}`: a tag in each line.
    fn lines(&mut self, whole: Range<usize>, inner: Range<usize>) {
        let mut expression = Expression::default();
        let mut at = inner.start;
        for line in self.text.get(inner).unwrap_or_default().split_inclusive('\n') {
            let body = line.trim();
            let start = at + line.find(body).filter(|_| !body.is_empty()).unwrap_or(0);
            at += line.len();
            self.scan.steps += line.len() as u64;
            let name = name(body);
            if body.is_empty() || body.starts_with('#') || name == "comment" || name == "endcomment" {
                continue;
            }
            match self.statement(name, &(start..start + body.len()), start + name.len()..start + body.len()) {
                Ok(mut content) => {
                    if let Some(one) = content.expression_mut() {
                        expression.names.append(&mut one.names);
                        expression.members.append(&mut one.members);
                    }
                }
                Err(refusal) => self.refused(whole.clone(), refusal),
            }
        }
        self.push(whole, Content::Statement(expression));
    }

    /// The tag `name` with what comes after its name.
    fn statement(&mut self, name: &'a str, span: &Range<usize>, arguments: Range<usize>) -> Result<Content, Refusal> {
        const UNKNOWN: &str = "There is no tag of this name: correct it, or remove the tag.";
        if let Some(opened) = name.strip_prefix("end").filter(|opened| BLOCKS.contains(opened) || RAW.contains(opened))
        {
            self.close(span.clone(), opened);
            let rest = Markup::new(self.text, arguments);
            self.scan.steps += rest.steps;
            return rest.finish().map(|()| Content::Close);
        }
        let mut markup = Markup::new(self.text, arguments);
        let read = match name {
            "if" | "unless" | "elsif" | "case" => markup.filtered().and_then(|()| markup.finish()),
            "when" => markup.choices().and_then(|()| markup.finish()),
            "for" | "tablerow" => markup.each(),
            "assign" => markup.assign().and_then(|()| markup.finish()),
            "capture" | "increment" | "decrement" => markup.target(name == "capture").and_then(|()| markup.finish()),
            "else" | "break" | "continue" => markup.finish(),
            "echo" if markup.is_end() => Ok(()),
            "echo" => markup.filtered().and_then(|()| markup.finish()),
            "render" | "include" | "include_relative" | "layout" if markup.is_end() => {
                markup.refuse("Expected the name of the template here.")
            }
            _ if BLOCKS.contains(&name) || ALONE.contains(&name) => markup.loose(),
            _ => {
                let start = span.start + self.text.get(span.clone()).and_then(|tag| tag.find(name)).unwrap_or(0);
                Err(Refusal { span: start..start + name.len(), message: UNKNOWN, deep: false })
            }
        };
        self.scan.steps += markup.steps;
        // A block whose condition is wrong is a block all the same: its end is no stray one.
        if BLOCKS.contains(&name) {
            if self.open.len() >= MAX_DEPTH && !self.too_deep {
                self.too_deep = true;
                self.fault(Malformation::TooComplex, span.clone(), "Blocks nest deeper than 64 levels: flatten them.");
            }
            self.open.push(Open { name, span: span.clone(), last: false });
        }
        read?;
        self.targets.append(&mut markup.targets);
        let expression = std::mem::take(&mut markup.expression);
        if matches!(name, "else" | "elsif" | "when") {
            let fits = self.open.last_mut().is_some_and(|open| {
                let fits = match name {
                    "when" => open.name == "case",
                    "elsif" => matches!(open.name, "if" | "unless") && !open.last,
                    _ => matches!(open.name, "if" | "unless" | "case" | "for" | "tablerow") && !open.last,
                };
                open.last |= name == "else";
                fits
            });
            if !fits {
                let message = format!("This {{% {name} %}} belongs to no open tag: remove it, or open one.");
                self.fault(Malformation::UnbalancedSection, span.clone(), message);
            }
            return Ok(Content::Else(expression));
        }
        Ok(match name {
            _ if BLOCKS.contains(&name) => Content::Open { section: name.to_owned(), inverted: false, expression },
            "render" | "include" | "include_relative" | "layout" | "section" | "sections" | "extends" => {
                Content::Partial(expression)
            }
            _ => Content::Statement(expression),
        })
    }

    fn close(&mut self, span: Range<usize>, name: &str) {
        let Some(above) = self.open.iter().rev().take(MAX_DEPTH).position(|open| open.name == name) else {
            let message = format!("This {{% end{name} %}} ends no open tag: remove it, or open one.");
            return self.fault(Malformation::UnbalancedSection, span, message);
        };
        for _ in 0..above {
            if let Some(open) = self.open.pop() {
                self.left_open(open);
            }
        }
        self.open.pop();
    }

    /// The text of the tag `name`, which begins at `open` and ends at `end`, is not Liquid: where to go on.
    fn raw(&mut self, open: usize, end: usize, name: &str) -> usize {
        let mut at = end;
        while let Some(length) = self.text.get(at..).and_then(|rest| rest.find("{%")) {
            self.scan.steps += length as u64 + 2;
            at += length + 2;
            let rest = self.text.get(at..).unwrap_or_default();
            let body = rest.strip_prefix('-').unwrap_or(rest).trim_start();
            self.scan.steps += (rest.len() - body.len()) as u64;
            let ended = body.strip_prefix("end").and_then(|body| body.strip_prefix(name)).map(str::trim_start);
            let ended = ended.map(|tail| tail.strip_prefix('-').unwrap_or(tail));
            if let Some(tail) = ended.and_then(|tail| tail.strip_prefix("%}")) {
                let close = self.text.len() - tail.len();
                self.push(open..close, Content::Comment);
                return close;
            }
        }
        self.scan.steps += (self.text.len() - at.min(self.text.len())) as u64;
        self.left_open(Open { name, span: open..end, last: true });
        self.text.len()
    }
}

/// The name that a tag begins with.
fn name(body: &str) -> &str {
    body.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).next().unwrap_or_default()
}

/// The path of an expression that is one: `user.name`.
fn path(inner: &str) -> Option<Vec<String>> {
    let plain = |name: &str| {
        name.starts_with(super::begins_name) && name.chars().all(super::continues_name) && name.len() < 256
    };
    let path: Vec<&str> = inner.split('.').take(MAX_DEPTH + 1).collect();
    (path.len() <= MAX_DEPTH && path.iter().all(|name| plain(name)))
        .then(|| path.into_iter().map(str::to_owned).collect())
}
