//! The `Bidi` view: what a right-to-left override shows.
//!
//! An override (U+202E) turns the display of Latin text around, so an attack stored backwards
//! reads forwards. Only overrides are undone: embeddings and isolates do not turn Latin.

use super::fold::{self, Look};
use super::hidden;
use super::map::Map;
use super::{View, ViewKind};
use crate::work;
use std::borrow::Cow;
use std::ops::Range;

/// The longest stretch turned around, in bytes; a longer override is cut there. For values, which streams
/// hold back, a shorter one.
const LONGEST: usize = 2048;
pub(crate) const LONGEST_OF_VALUES: usize = 192;

/// U+202E, right-to-left override.
pub(crate) const OVERRIDE: char = '\u{202E}';

/// Whether an override ends here: pop directional formatting, the end of a line or paragraph.
pub(crate) fn is_end(char: char) -> bool {
    matches!(char, '\u{202C}' | '\n' | '\u{2029}')
}

/// The stretches of `text` inside an override, without the control characters around them.
/// The flag says that the stretch has ended for good: more text after `text` won't change it.
pub(crate) fn segments(text: &str, longest: usize) -> impl Iterator<Item = (Range<usize>, bool)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let before = text.get(at..)?;
        let found = before.find(OVERRIDE);
        work::count(found.unwrap_or(before.len()));
        let start = at + found? + OVERRIDE.len_utf8();
        let rest = text.get(start..)?;
        let end = rest.char_indices().find(|&(offset, char)| offset >= longest || char == OVERRIDE || is_end(char));
        let (end, closed) = match end {
            Some((offset, _)) => (start + offset, true),
            None => (text.len(), false),
        };
        work::count(end - start);
        at = end;
        Some((start..end, closed))
    })
}

/// The stretch turned around, as displayed, each character folded.
fn turned(text: &str, segment: Range<usize>, out: &mut String, map: &mut Map) {
    let stretch = text.get(segment.clone()).unwrap_or_default();
    work::count(stretch.len());
    for (offset, char) in stretch.char_indices().rev() {
        if hidden::class(char).is_some() {
            continue;
        }
        let at = segment.start + offset;
        map.replace(out.len(), at..at + char.len_utf8());
        match fold::look(char) {
            // A mark that is dropped leaves its segment empty.
            Some(Look::Byte(0)) => {}
            Some(Look::Byte(byte)) => out.push(char::from(byte)),
            Some(Look::Str(string)) => out.push_str(string),
            None => out.push(char),
        }
    }
}

/// One stretch turned around.
pub(crate) fn turn(text: &str, segment: Range<usize>) -> (String, Map) {
    let (mut out, mut map) = (String::new(), Map::empty());
    turned(text, segment, &mut out, &mut map);
    (out, map)
}

/// All overrides, one per line.
pub(super) fn view(text: &str) -> Option<View<'static>> {
    let mut out = String::new();
    let mut map = Map::empty();
    for (segment, _) in segments(text, LONGEST) {
        turned(text, segment.clone(), &mut out, &mut map);
        map.replace(out.len(), segment.end..segment.end);
        out.push('\n');
    }
    (!out.is_empty()).then(|| View::new(ViewKind::Bidi, Cow::Owned(out), map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_read_as_displayed() {
        let text = "say \u{202E}erongi\u{202C} and \u{202E}lla\nno";
        let view = view(text).unwrap();
        assert_eq!(view.text(), "ignore\nall\n");
        assert_eq!(&text[view.span(0..6)], "erongi");
        assert_eq!(&text[view.span(0..1)], "i");
        assert_eq!(&text[view.span(7..10)], "lla");
        assert!(super::view("nothing \u{2066}here\u{2069}").is_none());
    }
}
