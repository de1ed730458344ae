//! The sentences of a prompt, as far as rules about instructions need them.

use std::ops::Range;

use super::work;

/// A sentence: its place, and its words in small letters.
pub(super) struct Sentence {
    /// Bytes of the text, without the white space and list marks around.
    pub(super) span: Range<usize>,
    /// Letters and digits, small; `'` is part of a word.
    pub(super) words: Vec<String>,
}

/// The sentences of `text`: they end at `.`, `!`, `?`, `;` before white space, and at line ends.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    work::count(text.len());
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next = chars.peek().copied();
        let spaced = next.is_none_or(|(_, next)| next.is_whitespace());
        if char == '\n' || (matches!(char, '.' | '!' | '?' | ';') && spaced) || next.is_none() {
            let end = at + char.len_utf8();
            found.extend(sentence(text, start..end));
            start = end;
        }
    }
    found
}

fn sentence(text: &str, range: Range<usize>) -> Option<Sentence> {
    let whole = text.get(range.clone())?;
    let body = whole.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '•' | '#' | '>'));
    let start = range.end - body.len();
    let body = body.trim_end();
    let words = body
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .filter(|word| !word.is_empty())
        .map(|word| word.replace('’', "'").to_lowercase());
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| Sentence { span: start..start + body.len(), words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "Always be brief. Cost is 3.5 EUR!\n- Don’t guess;  ask\n\n…";
        let found: Vec<_> = sentences(text).iter().map(|one| (&text[one.span.clone()], one.words.join(" "))).collect();
        let row = |text, words: &str| (text, words.to_owned());
        assert_eq!(
            found,
            [
                row("Always be brief.", "always be brief"),
                row("Cost is 3.5 EUR!", "cost is 3 5 eur"),
                row("Don’t guess;", "don't guess"),
                row("ask", "ask"),
            ]
        );
    }
}
