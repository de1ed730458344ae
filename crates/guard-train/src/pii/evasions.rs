//! Values in disguise.

use super::sets::{Row, window};
use crate::detail;
use promptgate_guard::{Guard, Role};
use std::fmt::Write as _;

/// Values dressed up: how many of those found plain are found dressed.
pub(super) fn table(guard: &Guard, rows: &[Row], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    out.push_str("## Evasions (values of presidio_generated_large found plain, dressed up)\n\n| dress | values | still found |\n|---|---|---|\n");
    type Dress = fn(&str) -> String;
    let dresses: [(&str, Dress); 8] = [
        ("zero-width space between all", |value| spread(value, '\u{200B}')),
        ("soft hyphen between all", |value| spread(value, '\u{AD}')),
        ("full-width", |value| {
            map(value, |char| char::from_u32(char as u32 + 0xFEE0).filter(|_| char.is_ascii_graphic()))
        }),
        ("Arabic-Indic digits", |value| {
            map(value, |char| char.to_digit(10).and_then(|digit| char::from_u32(0x660 + digit)))
        }),
        ("U+2011 and no-break space", |value| value.replace('-', "\u{2011}").replace(' ', "\u{A0}")),
        ("character references", |value| value.chars().map(|char| format!("&#{};", char as u32)).collect()),
        ("tag characters", |value| {
            map(value, |char| char::from_u32(0xE0000 + char as u32).filter(|_| char.is_ascii()))
        }),
        ("line break in the middle", |value| {
            let middle = value.ceil_char_boundary(value.len() / 2);
            let (head, tail) = value.split_at(middle);
            format!("{}\n{}", head.trim_end(), tail.trim_start())
        }),
    ];
    for (name, dress) in dresses {
        let (mut all, mut still) = (0, 0);
        for row in rows {
            let report = guard.check(&row.text, Role::User);
            for (kind, span) in &row.spans {
                let hit = |report: &promptgate_guard::Report, from: usize, to: usize| {
                    report
                        .findings
                        .iter()
                        .any(|found| found.kind == *kind && found.span.start < to && found.span.end > from)
                };
                if !hit(&report, span.start, span.end) {
                    continue;
                }
                let dressed = dress(row.text.get(span.clone()).unwrap_or_default());
                let mut text = row.text.clone();
                text.replace_range(span.clone(), &dressed);
                all += 1;
                let found = hit(&guard.check(&text, Role::User), span.start, span.start + dressed.len());
                if !found && detail::is_wanted() {
                    detail::line(&format!(
                        "EVADED {name} {} {:?}",
                        kind.name(),
                        window(&text, &(span.start..span.start + dressed.len()))
                    ));
                }
                still += u32::from(found);
            }
        }
        let _ = writeln!(out, "| {name} | {all} | {still} |");
    }
    out.push('\n');
}

fn spread(value: &str, between: char) -> String {
    let mut out = String::new();
    for (index, char) in value.chars().enumerate() {
        if index > 0 {
            out.push(between);
        }
        out.push(char);
    }
    out
}

fn map(value: &str, to: impl Fn(char) -> Option<char>) -> String {
    value.chars().map(|char| to(char).unwrap_or(char)).collect()
}
