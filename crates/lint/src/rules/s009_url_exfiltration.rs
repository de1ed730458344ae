//! S009 url-exfiltration: A value that somebody else writes becomes part of an address.

use crate::{Context, Draft, Example, FixKind, Prompt, Rule, Severity};

/// S009.
pub(crate) static RULE: Rule = Rule {
    code: "S009",
    name: "url-exfiltration",
    severity: Severity::Warning,
    summary: "A value that somebody else writes becomes part of an address.",
    page: include_str!("s009_url_exfiltration.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text(r#"![receipt](https://img.example.com/r?id={{order}})"#),
        Example::text(r#"Say: [track]({{ link }})"#),
        Example::text(r#"<img alt='x' src="https://example.com/{{order}}.png">"#),
        Example::text(r#"See https://example.com/orders/{{order}} for more."#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"![x](https://example.com/{{shop}}?{{order}})","variables":[{"name":"shop","trusted":true},{"name":"order","max_length":9}]}"#,
        ),
    ],
    good: &[
        Example::text(r#"[order {{order}}](https://example.com/orders)"#),
        Example::text(r#"Order {{order}}: https://example.com/orders {{name}}"#),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"![x](https://example.com/{{shop}})","variables":[{"name":"shop","trusted":true}]}"#,
        ),
        Example::text(r#"[a](b) {{c}}"#),
    ],
    check,
};

/// How far before a value its address may begin, in bytes.
const REACH: usize = 512;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    // Of the text that was looked at last: the end of the placeholder before, and whether that was in an address.
    let mut last: Option<(&Prompt, usize, Option<Target>)> = None;
    for (prompt, placeholder, _) in context.untrusted() {
        let text = prompt.as_str();
        let start = placeholder.span.start;
        let (from, inside) = match last {
            Some((known, end, target)) if std::ptr::eq(known, prompt) => (end, target),
            _ => (0, None),
        };
        let near = text.floor_char_boundary(start.saturating_sub(REACH)).max(from);
        let before = text.get(near..start).unwrap_or_default();
        // An address goes on behind a placeholder in it.
        let target = target(before).or(inside.filter(|_| near == from && !before.contains(ends)));
        last = Some((prompt, placeholder.span.end, target));
        let (message, severity) = match target {
            Some(Target::Shown) => {
                ("Displaying the answer sends this value to a server: remove it from the address.", Severity::Warning)
            }
            Some(Target::Bare) => {
                ("This value becomes part of an address: check it before it is filled in.", Severity::Info)
            }
            None => continue,
        };
        drafts.push(prompt.draft(placeholder.span.clone(), message).severity(severity));
    }
    drafts
}

#[derive(Clone, Copy)]
enum Target {
    /// Of an image or a link.
    Shown,
    /// In the text itself.
    Bare,
}

/// Whether `char` ends an address.
fn ends(char: char) -> bool {
    char.is_whitespace() || matches!(char, '"' | '\'' | '<' | '>' | ')' | '`')
}

/// The address that `before` ends in.
fn target(before: &str) -> Option<Target> {
    let written = before.trim_end_matches(' ');
    let begin = written.rfind(ends).map_or(0, |at| at + 1);
    let begin = if written.is_char_boundary(begin) { begin } else { written.ceil_char_boundary(begin) };
    let (lead, address) = written.split_at_checked(begin)?;
    let lead = lead.trim_end_matches(['"', '\'']).trim_end().to_ascii_lowercase();
    let small = address.to_ascii_lowercase();
    if address.contains("](")
        || lead.ends_with("src=")
        || lead.ends_with("href=")
        || small.starts_with("src=")
        || small.starts_with("href=")
    {
        return Some(Target::Shown);
    }
    (small.contains("://") && written.len() == before.len()).then_some(Target::Bare)
}
