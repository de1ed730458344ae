//! What sets a placeholder apart from the instructions around it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::work;
use crate::placeholder::{Placeholder, Scan};

/// What surrounds a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Apart {
    /// Nothing.
    Bare,
    /// A heading of its own (`## Message`) before it, another or the end behind it.
    Heading,
    /// Quotation marks, nothing but white space between.
    Quoted,
    /// A pair of fences: ` ``` `, `~~~`, `"""`, `'''`, or of equal rules such as `---`; where the second begins.
    Fenced(usize),
    /// `<message>…</message>`; where the closing tag is.
    Tagged(Range<usize>),
    /// `<message-{{nonce}}>…</message-{{nonce}}>`.
    Marked,
    /// It is part of a tag's name itself.
    Mark,
}

/// Deepest nesting of tags that is followed.
const MAX_DEPTH: usize = 64;
/// The longest rule, in signs, that is distinguished from longer ones.
const MAX_RULE: usize = 16;

/// What surrounds each placeholder of `scan`, which has read `text`. A tag is marked where a placeholder in its
/// name is `secret`: unknown to whoever writes the value. Cost: a constant per byte.
pub(super) fn apart(text: &str, scan: &Scan, secret: impl Fn(&Placeholder) -> bool) -> Vec<Apart> {
    let mut reader = Reader {
        text,
        placeholders: &scan.placeholders,
        next: 0,
        open: Vec::new(),
        fences: BTreeMap::new(),
        stretches: Vec::new(),
        marks: vec![false; scan.placeholders.len()],
        secret: &secret,
    };
    reader.run();
    let Reader { mut stretches, marks, .. } = reader;
    // They nest: whatever was open inside another one ended with it. Fences are looked at last.
    stretches.sort_by(|a, b| (a.fence, a.from, b.to).cmp(&(b.fence, b.from, a.to)));
    let (tags, fences) = stretches.split_at(stretches.partition_point(|stretch| !stretch.fence));
    let mut found: Vec<Apart> = (0..marks.len()).map(|_| Apart::Bare).collect();
    fill(&mut found, fences);
    fill(&mut found, tags);
    let mut lines = Lines { start: 0, seen: 0 };
    for ((apart, placeholder), mark) in found.iter_mut().zip(&scan.placeholders).zip(marks) {
        if mark {
            *apart = Apart::Mark;
        } else if *apart == Apart::Bare {
            *apart = near(text, &placeholder.span, &mut lines);
        }
    }
    found
}

/// Placeholders between a tag, or fence, and its end.
struct Stretch {
    /// The first one, and the one after the last.
    from: usize,
    to: usize,
    fence: bool,
    marked: bool,
    close: Range<usize>,
}

/// Notes for each placeholder the innermost of `stretches` around it, or that any of them is marked.
fn fill(found: &mut [Apart], stretches: &[Stretch]) {
    let mut inside: Vec<&Stretch> = Vec::new();
    let mut coming = stretches.iter().peekable();
    for (index, apart) in found.iter_mut().enumerate() {
        while let Some(stretch) = coming.next_if(|stretch| stretch.from <= index) {
            inside.retain(|outer| outer.to > stretch.from);
            inside.push(stretch);
            inside.truncate(MAX_DEPTH);
        }
        work::count(inside.len() + 1);
        inside.retain(|stretch| stretch.to > index);
        if inside.iter().any(|stretch| stretch.marked) {
            *apart = Apart::Marked;
        } else if let Some(stretch) = inside.last() {
            let close = stretch.close.clone();
            *apart = if stretch.fence { Apart::Fenced(close.start) } else { Apart::Tagged(close) };
        }
    }
}

struct Reader<'a, F> {
    text: &'a str,
    placeholders: &'a [Placeholder],
    /// The next placeholder.
    next: usize,
    /// Tags that are open: name, whether marked, the first placeholder inside.
    open: Vec<(String, bool, usize)>,
    /// Fences that are open: the first placeholder inside.
    fences: BTreeMap<&'a str, usize>,
    stretches: Vec<Stretch>,
    marks: Vec<bool>,
    secret: &'a F,
}

impl<F: Fn(&Placeholder) -> bool> Reader<'_, F> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            work::count(1);
            if at == 0 || bytes.get(at - 1) == Some(&b'\n') {
                self.rule(at);
            }
            if let Some(placeholder) = self.placeholders.get(self.next).filter(|next| next.span.start <= at) {
                at = placeholder.span.end.max(at + 1);
                self.next += 1;
                continue;
            }
            at = match byte {
                b'<' => self.tag(at).unwrap_or(at + 1),
                b'`' | b'~' | b'"' | b'\'' if bytes.get(at..at + 3) == Some(&[*byte; 3]) => {
                    let end = at + 3;
                    self.fence(at..end);
                    end
                }
                _ => at + 1,
            };
        }
    }

    fn fence(&mut self, span: Range<usize>) {
        work::count(self.fences.len() + span.len());
        let Some(name) = self.text.get(span.clone()) else { return };
        match self.fences.remove(name) {
            Some(from) => {
                self.stretches.push(Stretch { from, to: self.next, fence: true, marked: false, close: span });
                // What was opened inside is not closed outside.
                self.fences.retain(|_, inner| *inner < from);
            }
            None => _ = self.fences.insert(name, self.next),
        }
    }

    /// The line that begins at `at`, if it is nothing but three or more of one sign.
    fn rule(&mut self, at: usize) {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let Some(sign) = rest.first().filter(|byte| b"-=*_#".contains(byte)) else { return };
        let length = rest.iter().take_while(|byte| *byte == sign).count();
        work::count(length);
        let blank = rest.iter().skip(length).take_while(|byte| matches!(byte, b' ' | b'\r')).count();
        if length >= 3 && matches!(rest.get(length + blank), None | Some(b'\n')) {
            // Longer ones are alike: there are only so many to keep.
            self.fence(at..at + length.min(MAX_RULE));
        }
    }

    /// The tag whose `<` is at `start`: where it ends.
    fn tag(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let closing = bytes.get(start + 1) == Some(&b'/');
        let mut at = start + 1 + usize::from(closing);
        let (mut name, mut marked, mut next) = (String::new(), false, self.next);
        loop {
            if let Some(placeholder) = self.placeholders.get(next).filter(|next| next.span.start == at) {
                name.push_str(self.text.get(placeholder.inner.clone())?.trim());
                marked |= (self.secret)(placeholder);
                at = placeholder.span.end;
                next += 1;
                continue;
            }
            let byte = *bytes.get(at)?;
            if !(byte.is_ascii_alphabetic()
                || byte == b'_'
                || (!name.is_empty() && (byte.is_ascii_digit() || b".:-".contains(&byte))))
            {
                break;
            }
            name.push(char::from(byte));
            at += 1;
        }
        let named = next;
        // Attributes.
        while *bytes.get(at)? != b'>' {
            work::count(1);
            match self.placeholders.get(next).filter(|next| next.span.start == at) {
                Some(placeholder) => (at, next) = (placeholder.span.end, next + 1),
                None if bytes.get(at) == Some(&b'<') => return None,
                None => at += 1,
            }
        }
        if name.is_empty() {
            return None;
        }
        for mark in self.marks.get_mut(self.next..named).unwrap_or_default() {
            *mark = true;
        }
        let (before, end) = (self.next, at + 1);
        self.next = next;
        if !closing {
            self.open.push((name, marked, next));
            return Some(end);
        }
        let above = self.open.iter().rev().take(MAX_DEPTH).position(|(open, ..)| *open == name);
        if let Some(above) = above {
            self.open.truncate(self.open.len() - above);
            if let Some((_, marked, from)) = self.open.pop() {
                self.stretches.push(Stretch { from, to: before, fence: false, marked, close: start..end });
            }
        }
        Some(end)
    }
}

/// The line of each place of a text, one after the other.
struct Lines {
    start: usize,
    seen: usize,
}

impl Lines {
    /// Where the line begins that holds `at`, which is not before the place asked for last.
    fn start(&mut self, text: &str, at: usize) -> usize {
        let new = text.get(self.seen..at).unwrap_or_default();
        work::count(new.len());
        self.start = new.rfind('\n').map_or(self.start, |end| self.seen + end + 1);
        self.seen = at;
        self.start
    }
}

/// Quotation marks or a heading around `span`.
fn near(text: &str, span: &Range<usize>, lines: &mut Lines) -> Apart {
    const QUOTES: [(char, char); 7] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’')];
    let before = text.get(..span.start).unwrap_or_default().trim_end();
    let after = text.get(span.end..).unwrap_or_default().trim_start();
    if let (Some(left), Some(right)) = (before.chars().next_back(), after.chars().next())
        && QUOTES.contains(&(left, right))
    {
        return Apart::Quoted;
    }
    let gap = |gap: Option<&str>| gap.is_some_and(|gap| gap.contains('\n'));
    let heads = before.get(lines.start(text, before.len())..).is_some_and(|line| line.starts_with('#'));
    let ends = after.is_empty() || (after.starts_with('#') && gap(text.get(span.end..text.len() - after.len())));
    if heads && ends && gap(text.get(before.len()..span.start)) { Apart::Heading } else { Apart::Bare }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placeholder::{Dialect, scan};

    fn found(text: &str) -> Vec<Apart> {
        let scan = scan(text, Dialect::Mustache);
        apart(text, &scan, |placeholder| text[placeholder.inner.clone()].trim() == "nonce")
    }

    #[test]
    fn what_stands_around() {
        use Apart::{Bare, Fenced, Heading, Mark, Marked, Quoted, Tagged};
        for (text, expected) in [
            ("Hello {{a}}", vec![Bare]),
            ("<m>{{a}}</m> {{b}}", vec![Tagged(8..12), Bare]),
            ("<m id='1'>\n{{a}}\n<br></m>", vec![Tagged(21..25)]),
            ("<m id='{{a}}'>{{b}}</m>", vec![Quoted, Tagged(19..23)]),
            ("<a><b>{{a}}</b>{{b}}</a>", vec![Tagged(11..15), Tagged(20..24)]),
            ("<a>{{a}}</b>", vec![Bare]),
            ("<m-{{nonce}}>{{a}}</m-{{nonce}}>", vec![Mark, Marked, Mark]),
            ("<m-{{ nonce }}>{{a}}</m-{{nonce}}>", vec![Mark, Marked, Mark]),
            ("<{{nonce}}>{{a}}<b>{{b}}</b></{{nonce}}>", vec![Mark, Marked, Marked, Mark]),
            ("<m-{{x}}>{{a}}</m-{{x}}>", vec![Mark, Tagged(14..24), Mark]),
            ("<m-{{nonce}}>{{a}}</m>", vec![Mark, Bare]),
            ("\"{{a}}\" « {{b}} » '{{c}}\"", vec![Quoted, Quoted, Bare]),
            ("```\n{{a}}\n``` {{b}}", vec![Fenced(10), Bare]),
            ("\"\"\"{{a}}\"\"\"", vec![Fenced(8)]),
            ("---\n{{a}}\n---\n{{b}}\n----", vec![Fenced(10), Bare]),
            ("------------------\n{{a}}\n--------------------\n", vec![Fenced(25)]),
            ("# One\nx {{a}}\n# Two\n{{b}}", vec![Bare, Heading]),
            ("# Message\n\n{{a}}\n\n# Task\n{{b}} now\n", vec![Heading, Bare]),
            ("# Message {{a}}\n# Task", vec![Bare]),
            ("a < b {{a}} > c", vec![Bare]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(<|>|</|a|/|\\{\\{a\\}\\}|\\{\\{nonce\\}\\}|-|\"|'|```|---|#|\n| |é|“|”){0,40}") {
            let count = scan(&text, Dialect::Mustache).placeholders.len();
            proptest::prop_assert_eq!(found(&text).len(), count);
        }
    }
}
