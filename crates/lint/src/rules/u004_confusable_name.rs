//! U004 confusable-name: A name mixes letters of scripts that look alike.

use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// U004.
pub(crate) static RULE: Rule = Rule {
    code: "U004",
    name: "confusable-name",
    severity: Severity::Warning,
    summary: "A name mixes letters of scripts that look alike.",
    page: include_str!("u004_confusable_name.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text("Hello {{n\u{430}me}}, welcome."),
        Example::text("Hello ${user.p\u{3BF}int}, welcome."),
        Example::text("Hello {{\u{FF4E}ame}}, welcome."),
    ],
    good: &[
        Example::text(r#"Hello {{name}}, welcome."#),
        Example::text(r#"Привет, {{имя}} {{имя_user}} {{größe}} {{名前}} {{日本name}}!"#),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (prompt, _, expression) in context.expressions() {
        let names = expression.names.iter().map(|name| (name.name.as_str(), &name.span));
        let members = expression.members.iter().filter_map(|member| Some((member.name.as_deref()?, &member.span)));
        for (_, span) in names.chain(members).filter(|(name, _)| name.split(['_', '-']).any(is_mixed)) {
            let message = "This name mixes look-alike letters of different alphabets: write it in one alphabet.";
            drafts.push(prompt.draft(span.clone(), message));
        }
    }
    drafts
}

#[derive(Clone, Copy, PartialEq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
    /// Forms of Latin letters that nobody types in a name.
    Form,
}

fn is_mixed(word: &str) -> bool {
    let mut scripts = word.chars().filter_map(script);
    let Some(first) = scripts.next() else { return false };
    first == Script::Form || scripts.any(|script| script != first)
}

/// The script of a letter, if it is one of those that are taken for each other (the blocks of Unicode 16).
fn script(char: char) -> Option<Script> {
    match char as u32 {
        0x41..=0x5A | 0x61..=0x7A | 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x2AF | 0x1E00..=0x1EFF => Some(Script::Latin),
        0x2C60..=0x2C7F | 0xA722..=0xA7FF => Some(Script::Latin),
        0x370..=0x3FF | 0x1F00..=0x1FFF => Some(Script::Greek),
        0x400..=0x52F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Some(Script::Cyrillic),
        0x531..=0x58F => Some(Script::Armenian),
        0x13A0..=0x13FF | 0xAB70..=0xABBF => Some(Script::Cherokee),
        0x2100..=0x214F | 0x24B6..=0x24E9 | 0xFF21..=0xFF5A | 0x1D400..=0x1D7FF => Some(Script::Form),
        _ => None,
    }
}
