//! Markdown's prose: what is in it beside front matter, code and HTML.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::work;

/// Elements whose content is no prose either.
const VERBATIM: [&str; 5] = ["code", "pre", "script", "style", "samp"];

/// `text` in as many bytes, with spaces where fenced and inline code, HTML tags and comments are.
/// Line breaks stay. Cost: a constant per byte.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = text.as_bytes().to_vec();
    let mut hide = |span: Range<usize>| {
        work::count(span.len());
        for byte in masked.get_mut(span).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    };
    for block in blocks(text, 0) {
        match block {
            Block::Code(span) => hide(span),
            Block::Prose(span) => inline(text, span, &mut hide),
        }
    }
    // Characters are hidden whole, so this is UTF-8 still.
    String::from_utf8(masked).unwrap_or_default()
}

/// The front matter at the beginning, both of its `---` lines included.
pub(crate) fn front_matter(text: &str) -> Option<Range<usize>> {
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut at = start;
    for (number, line) in text.get(start..)?.split_inclusive('\n').enumerate() {
        at += line.len();
        work::count(line.len());
        match (number, line.trim_end()) {
            (0, "---") => {}
            (0, _) => return None,
            (_, "---" | "...") => return Some(start..at),
            _ => {}
        }
    }
    None
}

/// What is between the lines of the front matter `front`.
pub(crate) fn inner(text: &str, front: &Range<usize>) -> Range<usize> {
    let whole = text.get(front.clone()).unwrap_or_default();
    let start = whole.find('\n').map_or(whole.len(), |end| end + 1);
    let body = whole.trim_end();
    let end = body.rfind('\n').map_or(start, |end| end + 1).max(start);
    front.start + start..front.start + end
}

enum Block {
    /// A fenced block, its fences included.
    Code(Range<usize>),
    /// Lines up to a blank one or a fence.
    Prose(Range<usize>),
}

fn blocks(text: &str, start: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    // Where what is not closed yet began; and the fence that it began with.
    let mut from = start;
    let mut fence: Option<(u8, usize)> = None;
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        work::count(line.len());
        let next = at + line.len();
        match (fence, opening(line)) {
            (Some((sign, length)), Some((other, run, true))) if other == sign && run >= length => {
                blocks.push(Block::Code(from..next));
                (from, fence) = (next, None);
            }
            (Some(_), _) => {}
            (None, Some((sign, run, _))) => {
                blocks.push(Block::Prose(from..at));
                (from, fence) = (at, Some((sign, run)));
            }
            (None, None) if line.trim().is_empty() => {
                blocks.push(Block::Prose(from..at));
                from = at;
            }
            (None, None) => {}
        }
        at = next;
    }
    let rest = from..text.len();
    blocks.push(if fence.is_some() { Block::Code(rest) } else { Block::Prose(rest) });
    blocks
}

/// The sign of the fence that `line` is, how long it is, and whether it may close one: nothing comes after it.
fn opening(line: &str) -> Option<(u8, usize, bool)> {
    // In a list or a quotation a fence comes after their signs.
    let quoted = line.trim_start_matches([' ', '\t', '>']);
    let numbered = quoted.trim_start_matches(|c: char| c.is_ascii_digit());
    let listed = quoted.strip_prefix(['-', '*', '+']).or_else(|| numbered.strip_prefix(['.', ')']));
    let item = listed.filter(|rest| rest.starts_with(' ')).map(str::trim_start);
    let body = item.unwrap_or(quoted);
    let sign = *body.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let run = body.bytes().take_while(|byte| *byte == sign).count();
    let info = body.get(run..)?.trim();
    // CommonMark: what opens with backticks has none behind them, else it is inline code.
    (run >= 3 && !(sign == b'`' && info.contains('`'))).then_some((sign, run, info.is_empty() && item.is_none()))
}

/// Hides the inline code, tags and comments of one stretch of prose.
fn inline(text: &str, span: Range<usize>, hide: &mut impl FnMut(Range<usize>)) {
    let Some(prose) = text.get(span.clone()) else { return };
    let bytes = prose.as_bytes();
    // Where each run of backticks begins, by its length, the last one first.
    let mut runs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        work::count(1);
        let run = if *byte == b'`' { ticks(bytes, at) } else { 0 };
        if run > 0 {
            runs.entry(run).or_default().push(at);
        }
        at += run.max(1);
    }
    for places in runs.values_mut() {
        places.reverse();
    }
    // The element whose end is looked for; what is not closed hides nothing.
    let mut verbatim: Option<(&str, usize)> = None;
    at = 0;
    while let Some(byte) = bytes.get(at) {
        work::count(1);
        match byte {
            b'`' => {
                let run = ticks(bytes, at);
                let places = runs.entry(run).or_default();
                while places.pop_if(|place| *place <= at).is_some() {}
                at = match places.last() {
                    Some(close) => {
                        hide(span.start + at..span.start + close + run);
                        close + run
                    }
                    None => at + run,
                };
            }
            b'<' => {
                let Some(length) = tag(prose, at) else {
                    at += 1;
                    continue;
                };
                hide(span.start + at..span.start + at + length);
                let name = prose.get(at + 1..at + length).unwrap_or_default();
                let closes = name.starts_with('/');
                let name = name.trim_start_matches('/');
                let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
                let name = name.get(..end).unwrap_or_default();
                match verbatim {
                    Some((open, from)) if closes && open.eq_ignore_ascii_case(name) => {
                        hide(span.start + from..span.start + at);
                        verbatim = None;
                    }
                    None if !closes => {
                        let known = VERBATIM.into_iter().find(|known| known.eq_ignore_ascii_case(name));
                        verbatim = known.map(|known| (known, at + length));
                    }
                    _ => {}
                }
                at += length;
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn ticks(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| **byte == b'`').count()
}

/// The length of the tag or comment that begins at `at`. One with a placeholder in it is a template's.
fn tag(prose: &str, at: usize) -> Option<usize> {
    let rest = prose.get(at + 1..)?;
    if rest.starts_with("!--") {
        let end = rest.find("-->");
        work::count(end.unwrap_or(rest.len()));
        // Without an end here there is none further on; it goes to the end of the paragraph.
        return Some(end.map_or(rest.len(), |end| end + 3) + 1);
    }
    let name = rest.strip_prefix('/').unwrap_or(rest);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = rest.find(['<', '>', '{', '`'])?;
    work::count(end);
    (rest.as_bytes().get(end) == Some(&b'>')).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_what_stays() {
        for (text, expected) in [
            ("a `b` c", "a     c"),
            ("a ``b ` c`` d", "a           d"),
            ("a ` b", "a ` b"),
            ("a `b\n\nc` d", "a `b\n\nc` d"),
            ("\\`a` b", "\\`a` b"),
            ("```js\n{a}\n```\nb", "     \n   \n   \nb"),
            ("~~~~\n~~~\n~~~~\nb", "    \n   \n    \nb"),
            ("- ```\n  {a}\n  ```\nb", "     \n     \n     \nb"),
            ("1. ~~~\n1. ~~~\n", "      \n      \n"),
            ("  ```\n{a}\n  ```\nb", "     \n   \n     \nb"),
            ("```\nopen", "   \n    "),
            ("a <b c='d'>e</b> f", "a          e     f"),
            ("<code>{a}</code> b", "                 b"),
            ("1 < 2 > 1", "1 < 2 > 1"),
            ("<m-{{n}}>a</m-{{n}}>", "<m-{{n}}>a</m-{{n}}>"),
            ("a <!-- {b} --> c", "a              c"),
            ("é `é` é", "é      é"),
        ] {
            assert_eq!(mask(text), expected, "{text}");
        }
    }

    #[test]
    fn front_matter_is_between_two_lines() {
        for (text, expected) in [
            ("---\na: b\n---\nc", Some("a: b\n")),
            ("\u{FEFF}---\r\na: b\r\n---\r\nc", Some("a: b\r\n")),
            ("---\n---\n", Some("")),
            ("---\nnever closed", None),
            ("a\n---\nb\n---", None),
        ] {
            let front = front_matter(text);
            assert_eq!(front.map(|front| &text[inner(text, &front)]), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn length_and_lines_stay(text in "(`|``|```|~~~|<|>|/|<!--|-->|<code>|</code>|---|\n|\r\n|\\\\|a|é| |\\{\\{a\\}\\}){0,60}") {
            let masked = mask(&text);
            proptest::prop_assert_eq!(masked.len(), text.len());
            let lines = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            proptest::prop_assert_eq!(lines(&masked), lines(&text));
        }
    }
}
