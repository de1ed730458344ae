//! Document 002's phrases as its patterns have them: anywhere, in any case, with any white space
//! between their words. Words of other rules are whole words; these may be parts of longer ones.

use super::table::WEAK;

/// The phrases. No two start with the same letter, so one word is tried at each place.
const PHRASES: [&[&str]; 6] = [
    &["ignore", "previous", "instructions"],
    &["system", "prompt"],
    &["reset", "context"],
    &["you", "are", "now"],
    &["disregard", "all", "rules"],
    &["print", "the", "prompt"],
];

/// The score of a literal phrase, J030's.
pub(crate) const LITERAL_SCORE: f32 = WEAK;

/// Every phrase in `text`, in order. Linear: white space is only read after a phrase's word.
pub(crate) fn literal(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at += 1;
            let first = byte.to_ascii_lowercase();
            let phrase =
                PHRASES.iter().find(|phrase| phrase.first().is_some_and(|word| word.bytes().next() == Some(first)));
            if let Some(end) = phrase.and_then(|phrase| phrase_at(text, start, phrase)) {
                at = end;
                return Some((start, end));
            }
        }
        None
    })
}

/// Where the phrase that starts at `start` ends.
fn phrase_at(text: &str, start: usize, phrase: &[&str]) -> Option<usize> {
    let mut at = start;
    for (number, word) in phrase.iter().enumerate() {
        if number > 0 {
            let rest = text.get(at..)?;
            let gap = rest.find(|char: char| !char.is_whitespace() && char != '\u{FEFF}')?;
            if gap == 0 {
                return None;
            }
            at += gap;
        }
        let found = text.as_bytes().get(at..at + word.len())?;
        if !found.eq_ignore_ascii_case(word.as_bytes()) {
            return None;
        }
        at += word.len();
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_the_patterns_find_them() {
        for (text, expected) in [
            ("System\n\n prompt", &[(0, 15)][..]),
            ("ecosystem prompts", &[(3, 16)]),
            ("reset\u{A0}context reset context", &[(0, 14), (15, 28)]),
            ("thank you are  now here", &[(6, 18)]),
            ("ignore previous instruction", &[]),
            ("systemprompt", &[]),
        ] {
            assert_eq!(literal(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
