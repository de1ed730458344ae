//! C002 cache-busting-prefix: A value that changes with every call comes before a long text that never does.

use std::ops::Range;

use crate::delimiter::Apart;
use crate::placeholder::{Content, Scan};
use crate::{Context, Draft, Edit, Example, Fix, FixKind, Format, Kind, Part, Prompt, Rule, Severity};

/// C002.
pub(crate) static RULE: Rule = Rule {
    code: "C002",
    name: "cache-busting-prefix",
    severity: Severity::Warning,
    summary: "A value that changes with every call comes before a long text that never does.",
    page: include_str!("c002_cache_busting_prefix.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[Example::text("Answer for \"{{name}}\".\nKeep the tone friendly, answer in short sentences.\n").times(120)],
    good: &[
        Example::text("Keep the tone friendly, answer in short sentences. ").times(120),
        Example::text("Answer for \"{{name}}\".\nKeep the tone friendly, answer in short sentences."),
    ],
    check,
};

/// The shortest prefix that providers keep, in tokens.
const LONG: u64 = 1024;

fn check(context: &Context<'_>) -> Vec<Draft> {
    match context.document.kind {
        Kind::ChatRequest => dated(context).into_iter().collect(),
        _ => filled(context).into_iter().collect(),
    }
}

/// The first placeholder of a template with a long text behind it.
fn filled(context: &Context<'_>) -> Option<Draft> {
    let mut texts: Vec<(&Prompt, &Scan)> =
        context.scans().filter(|(_, scan)| Some(scan.dialect) == context.dialect()).collect();
    // As they are sent.
    texts.sort_by_key(|(prompt, _)| prompt.part != Part::System);
    let fills = |scan: &Scan| {
        let first = scan.placeholders.iter().find(|one| matches!(one.content, Content::Value { .. }))?;
        Some(first.span.clone())
    };
    let (index, first) = texts.iter().enumerate().find_map(|(index, (_, scan))| Some((index, fills(scan)?)))?;
    let mut rest = String::new();
    for (number, (prompt, scan)) in texts.iter().enumerate().skip(index) {
        let mut at = if number == index { first.end } else { 0 };
        let from = scan.placeholders.partition_point(|one| one.span.start < at);
        for placeholder in scan.placeholders.iter().skip(from) {
            rest.push_str(prompt.as_str().get(at..placeholder.span.start).unwrap_or_default());
            at = placeholder.span.end;
        }
        rest.push_str(prompt.as_str().get(at..).unwrap_or_default());
        rest.push('\n');
    }
    let tokens = long(context, &rest)?;
    let (prompt, scan) = texts.get(index)?;
    let message = format!(
        "{tokens} tokens of constant text after this value cannot be cached by the provider: move the value to the end."
    );
    let draft = prompt.draft(first.clone(), message);
    // Whether anything fills the values of a page of Markdown is not known: agents read most as they are.
    let draft = if context.document.taken.format == Format::Markdown { draft.severity(Severity::Info) } else { draft };
    let sections = scan.placeholders.iter().any(|one| matches!(one.content, Content::Open { .. }));
    let loose = context.untrusted().find(|(text, one, _)| std::ptr::eq(*text, *prompt) && one.span == first);
    let loose = loose.is_some_and(|(_, _, apart)| matches!(apart, Apart::Bare | Apart::Quoted));
    Some(if loose && !sections { draft.fix(to_the_end(prompt, first)) } else { draft })
}

/// The first date in a request's system instructions with a long text behind it.
fn dated(context: &Context<'_>) -> Option<Draft> {
    let mut texts = context.prompts().iter().filter(|prompt| prompt.part == Part::System);
    let (prompt, date) = texts.by_ref().find_map(|prompt| Some((prompt, date(prompt.as_str())?)))?;
    let mut rest = prompt.as_str().get(date.end..)?.to_owned();
    for prompt in texts {
        rest.push('\n');
        rest.push_str(prompt.as_str());
    }
    let tokens = long(context, &rest)?;
    let message = format!(
        "{tokens} tokens of text after this date cannot be cached by the provider from one day to the next: move the \
         date to the end."
    );
    Some(prompt.draft(date, message))
}

/// How many tokens `text` has, if they are many. A token has at least one byte.
fn long(context: &Context<'_>, text: &str) -> Option<u64> {
    let (tokens, _) = (text.len() as u64 >= LONG).then(|| context.count(text, context.model()))?;
    (tokens >= LONG).then_some(tokens)
}

/// The line of `place` goes to the end of its text.
fn to_the_end(prompt: &Prompt, place: Range<usize>) -> Fix {
    let text = prompt.as_str();
    let start = text.get(..place.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let end = text.get(place.end..).and_then(|after| after.find('\n')).map_or(text.len(), |end| place.end + end + 1);
    let line = text.get(start..end).unwrap_or_default().trim_end_matches('\n');
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    let moved: [Edit; 2] = [prompt.edit(start..end, ""), prompt.edit(text.len()..text.len(), &format!("{gap}{line}"))];
    Fix { title: "Move the line to the end", safe: false, edits: moved.into() }
}

/// The first date as ISO 8601 writes it.
fn date(text: &str) -> Option<Range<usize>> {
    const FORM: &[u8; 10] = b"0000-00-00";
    let fits = |window: &[u8]| {
        window.iter().zip(FORM).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form })
    };
    let start = text.as_bytes().windows(FORM.len()).position(fits)?;
    Some(start..start + FORM.len())
}

#[cfg(test)]
mod tests {
    use crate::{Linter, Source};

    const STATIC: &str = "Keep the tone friendly, answer in short sentences and name the order.\n";

    fn finds(text: &str) -> bool {
        let report = Linter::default().lint(&Source { text, file: None, kind: None });
        report.findings.iter().any(|finding| finding.code == "C002")
    }

    #[test]
    fn the_line_goes_to_the_end() {
        let text = ["Answer for \"{{name}}\".\n", &STATIC.repeat(120)].concat();
        assert!(finds(&text));
        let source = Source::text(&text);
        let fixed = Linter::default().fix(&source, false);
        assert_eq!(fixed.applied.first().map(|(code, _)| *code), Some("C002"));
        assert!(fixed.text.ends_with("\nAnswer for \"{{name}}\"."), "{:?}", &fixed.text[fixed.text.len() - 40..]);
        assert!(!finds(&[&STATIC.repeat(120), "{{name}}"].concat()));
        assert!(!finds(&["{{name}}", &STATIC.repeat(20)].concat()));
    }

    #[test]
    fn dates_in_requests() {
        let request = |first: &str, last: &str| {
            let text = [first, &STATIC.repeat(120), last].concat();
            serde_json::json!({ "systemInstructions": [text], "context": [] }).to_string()
        };
        assert!(finds(&request("Today is 2026-11-21. ", "")));
        assert!(!finds(&request("", "Today is 2026-11-21.")));
        assert!(!finds(&request("Today is 2026-1-21. ", "")));
    }
}
