//! Comments in which a document says what is to be left alone, in each format's own form.

use std::ops::Range;

use crate::document::Document;
use crate::format::Format;
use crate::placeholder::Dialect;
use crate::work;

/// Where an ignore counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Everywhere.
    File,
    /// In the line after it.
    NextLine,
    /// From here on.
    Start,
    /// Up to here.
    End,
}

/// `lint-ignore CODE, CODE: reason` in a comment.
#[derive(Debug)]
pub(super) struct Comment<'a> {
    pub(super) order: Order,
    pub(super) codes: Vec<&'a str>,
    pub(super) reason: &'a str,
    pub(super) span: Range<usize>,
    /// With the end of its line, where it is alone there.
    pub(super) whole: Range<usize>,
}

/// How the comments of a format begin and end; a line's comment ends with its line.
pub(super) type Form = (&'static str, &'static str);

/// The form in which an ignore is written into a document of `format`.
pub(super) fn form(format: Format) -> Form {
    match format {
        Format::Markdown => ("<!--", "-->"),
        Format::Jinja | Format::Nunjucks => ("{#", "#}"),
        Format::Liquid => ("{% comment %}", "{% endcomment %}"),
        Format::Yaml => ("#", ""),
        Format::Jsonc => ("//", ""),
        _ => ("{{!", "}}"),
    }
}

/// The comments of `document` that are orders to the linter.
pub(super) fn of<'a>(document: &Document<'a>, dialect: Option<Dialect>) -> Vec<Comment<'a>> {
    let text = document.source();
    let mut comments = Vec::new();
    for span in document.tree.iter().flat_map(|tree| &tree.comments) {
        let whole = text.get(span.clone()).unwrap_or_default();
        let body = whole.trim_start_matches(['#', '/', '*']).trim_end_matches(['*', '/']);
        comments.extend(order(text, span.clone(), body));
    }
    let is_text = document.front.is_some() || document.tree.is_none();
    if is_text {
        let start = document.front.as_ref().map_or(0, |front| front.end);
        comments.extend(in_text(text, start, dialect));
    }
    comments
}

/// The comments in a text from byte `start` on: `<!-- … -->`, and `{# … #}`, `{% comment %} … {% endcomment %}` or
/// `{{! … }}`.
fn in_text(text: &str, start: usize, dialect: Option<Dialect>) -> Vec<Comment<'_>> {
    let mut forms: Vec<Form> = vec![("<!--", "-->")];
    match dialect {
        Some(dialect) if dialect.is_jinja() => forms.push(("{#", "#}")),
        Some(Dialect::Liquid) => {
            let liquid = [("{% comment %}", "{% endcomment %}"), ("{%- comment -%}", "{%- endcomment -%}")];
            forms.extend(liquid.into_iter().chain([("{% #", "%}"), ("{%- #", "-%}")]));
        }
        _ => forms.extend([("{{!--", "--}}"), ("{{!", "}}")]),
    }
    let mut comments = Vec::new();
    let mut at = start;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['<', '{'])) {
        work::count(found + 1);
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        let Some((open, close)) = forms.iter().copied().find(|(open, _)| rest.starts_with(open)) else {
            at += 1;
            continue;
        };
        let body = rest.get(open.len()..).unwrap_or_default();
        let Some(length) = body.find(close) else {
            work::count(body.len());
            // Without an end here there is none further on.
            forms.retain(|(known, _)| *known != open);
            at += open.len();
            continue;
        };
        work::count(length);
        let end = at + open.len() + length + close.len();
        comments.extend(order(text, at..end, body.get(..length).unwrap_or_default()));
        at = end;
    }
    comments
}

/// What the comment at `span`, which says `body`, orders.
fn order<'a>(text: &'a str, span: Range<usize>, body: &'a str) -> Option<Comment<'a>> {
    let rest = body.trim().trim_matches('-').trim().strip_prefix("lint-ignore")?;
    let forms = [("-next-line", Order::NextLine), ("-start", Order::Start), ("-end", Order::End), ("", Order::File)];
    let (rest, order) = forms.into_iter().find_map(|(form, order)| Some((rest.strip_prefix(form)?, order)))?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let (codes, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let codes: Vec<&str> = codes.split(',').map(str::trim).take(64).collect();
    let alone = text.get(..span.start).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    let after = text.get(span.end..).filter(|_| alone).unwrap_or_default();
    let line = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
    Some(Comment { order, codes, reason, whole: span.start..span.end + line, span })
}
