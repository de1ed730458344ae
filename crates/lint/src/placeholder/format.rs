//! `{name}`, as in Python's `str.format`: `{{` and `}}` are literal braces, `{name.attribute[index]!r:>10}`.

use std::ops::Range;

use super::{
    Content, Expression, MAX_DEPTH, MAX_EXPRESSION, Malformation, Malformed, Member, Name, Output, Placeholder, Scan,
    begins_name, continues_name,
};

pub(super) fn scan(text: &str, scan: &mut Scan) {
    let bytes = text.as_bytes();
    // The braces of samples that are open: `{"a": …`.
    let mut literal: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        scan.steps += 1;
        let doubled = bytes.get(at + 1) == Some(byte);
        match byte {
            b'{' if doubled => at += 2,
            b'{' => at = field(text, at, &mut literal, scan),
            // Within two samples, these are their ends and not an escape.
            b'}' if doubled && literal.len() < 2 => at += 2,
            b'}' => {
                match literal.pop() {
                    Some(open) => fault(scan, Malformation::LiteralBraces, open..at + 1),
                    None => fault(scan, Malformation::StrayCloser, at..at + 1),
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    for open in literal {
        fault(scan, Malformation::Unclosed, open..open + 1);
    }
}

fn fault(scan: &mut Scan, kind: Malformation, span: Range<usize>) {
    let message = match kind {
        Malformation::Unclosed => "Unclosed `{`: add `}`, or write `{{` for a literal brace.",
        Malformation::StrayCloser => "Unexpected `}`: remove it, or write `}}` for a literal brace.",
        Malformation::Empty => "Empty placeholder: name a variable, or double the braces.",
        Malformation::LiteralBraces => {
            "These braces are read as a placeholder: write `{{` and `}}` for literal braces."
        }
        Malformation::TooComplex => "This placeholder is longer than 1 KiB: give the value a name of its own.",
        _ => "Expected a variable's name: name one, or double the braces.",
    };
    scan.malformed.push(Malformed { kind, span: span.clone(), placeholder: span, message: message.into() });
}

/// Reads the field whose `{` is at `open`; returns where to go on.
fn field(text: &str, open: usize, literal: &mut Vec<usize>, scan: &mut Scan) -> usize {
    let inner = open + 1;
    let Some(end) = closing(text, inner, scan) else {
        // Not within a line of plain text: the brace of a sample, or one that is never closed.
        literal.push(open);
        return inner;
    };
    let body = text.get(inner..end).unwrap_or_default();
    if body.len() > MAX_EXPRESSION {
        fault(scan, Malformation::TooComplex, open..end + 1);
        return end + 1;
    }
    if body.is_empty() {
        fault(scan, Malformation::Empty, open..end + 1);
        return end + 1;
    }
    if body.trim_start().starts_with(['"', '\'', '[', ']', ',', ':', '<']) || body.trim().is_empty() {
        literal.push(open);
        return inner;
    }
    match parse(text, inner, end) {
        Some((expression, output)) => {
            let content = Content::Value { expression, output };
            scan.placeholders.push(Placeholder { span: open..end + 1, inner: inner..end, content });
        }
        // No name has such signs: it is a sample of something.
        None if body.contains([';', ',', '=', '(', '{', '"', '\'', '|', '*', '+', '<', '>', '&', '@', '/', '\\']) => {
            fault(scan, Malformation::LiteralBraces, open..end + 1);
        }
        None => fault(scan, Malformation::NotAnExpression, open..end + 1),
    }
    end + 1
}

/// The `}` that ends the field, which may hold one level of fields in its format specification.
fn closing(text: &str, inner: usize, scan: &mut Scan) -> Option<usize> {
    let mut colon = false;
    let mut nested = false;
    for (at, byte) in text.bytes().enumerate().skip(inner) {
        scan.steps += 1;
        match byte {
            b'}' if nested => nested = false,
            b'}' => return Some(at),
            b'{' if colon && !nested => nested = true,
            b'{' | b'\n' => return None,
            b':' => colon = true,
            _ => {}
        }
    }
    None
}

/// `name(.attribute | [index])* (!c)? (:spec)?`
fn parse(text: &str, inner: usize, end: usize) -> Option<(Expression, Output)> {
    let body = text.get(inner..end)?;
    let mut expression = Expression::default();
    let reference = body.split(['!', ':']).next().unwrap_or_default();
    let mut path = Vec::new();
    let mut rest = reference;
    let name = take_name(&mut rest)?;
    expression.names.push(Name { name: name.to_owned(), span: inner..inner + name.len(), contextual: false });
    path.push(name.to_owned());
    while !rest.is_empty() {
        let from = inner + reference.len() - rest.len() + 1;
        let member = if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            take_name(&mut rest)?
        } else {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            rest = after;
            Some(index).filter(|index| !index.is_empty() && !index.contains(['[', '"', ' ']))?
        };
        path.push(member.to_owned());
        expression.members.push(Member { name: Some(member.to_owned()), span: from..from + member.len() });
    }
    if path.len() <= MAX_DEPTH {
        expression.path = Some(path);
    }
    let tail = body.get(reference.len()..)?;
    if tail.is_empty() {
        return Some((expression, Output::Plain));
    }
    let spec = match tail.strip_prefix('!') {
        Some(conversion) => conversion.get(1..).filter(|_| conversion.starts_with(['r', 's', 'a']))?,
        None => tail,
    };
    if !(spec.is_empty() || spec.starts_with(':')) {
        return None;
    }
    let from = inner + body.len() - spec.len();
    for (brace, _) in spec.match_indices('{') {
        let (inside, _) = spec.get(brace + 1..)?.split_once('}')?;
        let mut rest = inside;
        let name = take_name(&mut rest)?;
        let start = from + brace + 1;
        expression.names.push(Name { name: name.to_owned(), span: start..start + name.len(), contextual: false });
    }
    Some((expression, Output::Formatted(inner + reference.len()..end)))
}

/// A name, or a position in digits, off the front of `rest`.
fn take_name<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let length = match rest.chars().next() {
        Some(c) if begins_name(c) => rest.find(|c: char| !continues_name(c)).unwrap_or(rest.len()),
        _ => digits,
    };
    let (name, after) = rest.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
    *rest = after;
    Some(name)
}
