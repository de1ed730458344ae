//! `{{$name}}`, `{{plugin.function $name 'text' key=$name}}`: Semantic Kernel's own templates.

use std::ops::Range;

use super::{
    Call, Content, Expression, MAX_EXPRESSION, Malformation, Malformed, Name, Output, Placeholder, Scan, begins_name,
    continues_name,
};

pub(super) fn scan(text: &str, scan: &mut Scan) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let open = at + found;
        let inner = open + 2;
        let rest = text.get(inner..).unwrap_or_default();
        let brace = rest.as_bytes().windows(2).position(|pair| pair == b"{{" || pair == b"}}");
        scan.steps += (found + brace.unwrap_or(rest.len())) as u64 + 2;
        let Some(close) = brace.filter(|at| rest.as_bytes().get(*at) == Some(&b'}')) else {
            let message = "This is an unclosed {{: close it with }}.";
            fault(scan, Malformation::Unclosed, open..inner, message);
            at = brace.map_or(text.len(), |next| inner + next);
            continue;
        };
        let end = inner + close + 2;
        let body = rest.get(..close).unwrap_or_default();
        if body.len() > MAX_EXPRESSION {
            let message = "This placeholder is longer than 1 KiB: give the value a name of its own.";
            fault(scan, Malformation::TooComplex, open..end, message);
        } else if body.trim().is_empty() {
            let message = "Empty placeholder: name a variable, or remove it.";
            fault(scan, Malformation::Empty, open..end, message);
        } else {
            match words(body, inner) {
                Some(expression) => {
                    let content = Content::Value { expression, output: Output::Plain };
                    scan.placeholders.push(Placeholder { span: open..end, inner: inner..inner + close, content });
                }
                None => {
                    let message = "Expected `$name`, or a function and its arguments.";
                    fault(scan, Malformation::NotAnExpression, open..end, message);
                }
            }
        }
        at = end;
    }
    scan.steps += (text.len() - at.min(text.len())) as u64;
}

fn fault(scan: &mut Scan, kind: Malformation, span: Range<usize>, message: &'static str) {
    scan.malformed.push(Malformed { kind, span: span.clone(), placeholder: span, message: message.into() });
}

/// `$name`, `'text'`, `plugin.function argument…`, of which each argument may have a name.
fn words(body: &str, start: usize) -> Option<Expression> {
    let mut expression = Expression::default();
    let mut rest = body;
    let mut first = true;
    loop {
        rest = rest.trim_start();
        let at = start + body.len() - rest.len();
        let Some(sign) = rest.chars().next() else { break };
        let length = match sign {
            '"' | '\'' => rest.get(1..)?.find(sign)? + 2,
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let word = rest.get(..length)?;
        let value = match word.split_once('=').filter(|_| !first && is_name(word.split('=').next().unwrap_or_default()))
        {
            Some((_, value)) => value,
            None => word,
        };
        if let Some(name) = value.strip_prefix('$') {
            let span = at + length - name.len()..at + length;
            is_name(name).then(|| {
                expression.names.push(Name { name: name.to_owned(), span, contextual: false });
                if first && length == rest.trim_end().len() {
                    expression.path = Some(vec![name.to_owned()]);
                }
            })?;
        } else if first && !matches!(sign, '"' | '\'') {
            let callee: Vec<String> = word.split(['.', '-']).map(str::to_owned).collect();
            callee.iter().all(|name| is_name(name)).then_some(())?;
            expression.calls.push(Call { callee: Some(callee), span: at..at + length });
        }
        first = false;
        rest = rest.get(length..)?;
    }
    Some(expression)
}

fn is_name(name: &str) -> bool {
    name.starts_with(begins_name) && name.chars().all(continues_name)
}
