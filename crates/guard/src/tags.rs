//! Redaction that is undone in the answer: numbered tags, and the values that stand behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Most bytes of a tag, brackets included.
const LONGEST: usize = 40;

/// The values that were replaced in the texts of one request, by their tags: `[EMAIL_1]`. The same value has one tag. It
/// is to live as long as the request, and shows its values to nobody but a [`crate::Stream`] that restores them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tags {
    values: BTreeMap<String, String>,
    /// The tag of a value, by what tags of its kind are called.
    by_value: BTreeMap<(String, String), String>,
    /// The number that was given last, by what they are called.
    last: BTreeMap<String, u32>,
    /// Tags that the texts themselves have: they mean nothing.
    taken: BTreeSet<String>,
}

/// How many there are, and no value.
impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tags", self.values.len())
    }
}

impl Tags {
    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Leaves out the tags that `text` already has: what a writer made up must restore nothing.
    pub fn avoid(&mut self, text: &str) {
        let tags = text.match_indices('[').filter_map(|(at, _)| whole(text.get(at..)?));
        self.taken.extend(tags.map(str::to_owned));
    }

    /// `text` with the values behind its tags, all at once; [`crate::Guard::restoring`] does it in streams.
    pub fn restore(&self, text: &str) -> String {
        Restorer::new(Arc::new(self.clone())).push(text, false)
    }

    /// The tag for `value`, which is redacted as `kind` (`[EMAIL]`).
    pub(crate) fn tag(&mut self, kind: &str, value: &str) -> String {
        let name = kind.trim_matches(['[', ']']);
        let key = (name.to_owned(), value.to_owned());
        if let Some(tag) = self.by_value.get(&key) {
            return tag.clone();
        }
        let last = self.last.entry(name.to_owned()).or_default();
        let tag = loop {
            *last += 1;
            let tag = format!("[{name}_{last}]");
            if !self.taken.contains(&tag) {
                break tag;
            }
        };
        self.values.insert(tag.clone(), value.to_owned());
        self.by_value.insert(key, tag.clone());
        tag
    }
}

/// The tag that `text` begins with: `[`, capitals, `_`, digits, `]`.
fn whole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.bytes().take(LONGEST).position(|byte| byte == b']')?;
    let tag = text.get(..end + 2)?;
    is_begun(tag.get(..end + 1)?).then_some(tag)
}

/// Whether a tag may begin so.
fn is_begun(text: &str) -> bool {
    let signs = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b' ');
    text.len() < LONGEST && text.bytes().skip(1).all(signs)
}

/// Puts values back into a text that comes in pieces.
#[derive(Debug)]
pub(crate) struct Restorer {
    tags: Arc<Tags>,
    /// What may be the beginning of a tag.
    held: String,
}

impl Restorer {
    pub(crate) fn new(tags: Arc<Tags>) -> Self {
        Self { tags, held: String::new() }
    }

    /// How many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// What `text` says with its values; a tag that has begun waits while the text is `open`.
    pub(crate) fn push(&mut self, text: &str, open: bool) -> String {
        let all = std::mem::take(&mut self.held) + text;
        let mut out = String::with_capacity(all.len());
        let mut rest = all.as_str();
        while let Some(at) = rest.find('[') {
            let (before, begun) = rest.split_at(at);
            out.push_str(before);
            if open && is_begun(begun) {
                begun.clone_into(&mut self.held);
                return out;
            }
            rest = match whole(begun).and_then(|tag| Some((tag, self.tags.values.get(tag)?))) {
                Some((tag, value)) => {
                    out.push_str(value);
                    begun.get(tag.len()..).unwrap_or_default()
                }
                None => {
                    out.push('[');
                    begun.get(1..).unwrap_or_default()
                }
            };
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(tags: &Arc<Tags>, pieces: &[&str]) -> String {
        let mut restorer = Restorer::new(tags.clone());
        let mut out: String = pieces.iter().map(|piece| restorer.push(piece, true)).collect();
        out.push_str(&restorer.push("", false));
        assert_eq!(restorer.held(), 0);
        out
    }

    #[test]
    fn values_come_back_wherever_the_text_is_cut() {
        let mut tags = Tags::default();
        assert_eq!(tags.tag("[EMAIL]", "a@b.de"), "[EMAIL_1]");
        assert_eq!(tags.tag("[EMAIL]", "c@d.de"), "[EMAIL_2]");
        assert_eq!(tags.tag("[EMAIL]", "a@b.de"), "[EMAIL_1]", "the same value has one tag");
        let tags = Arc::new(tags);
        let text = "Write to [EMAIL_1], not [[EMAIL_2]; [EMAIL_3] [EMAIL_1 [email_1] é[";
        let whole = "Write to a@b.de, not [c@d.de; [EMAIL_3] [EMAIL_1 [email_1] é[";
        assert_eq!(restored(&tags, &[text]), whole);
        assert_eq!(tags.restore(text), whole);
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let (first, second) = text.split_at(cut);
            assert_eq!(restored(&tags, &[first, second]), whole, "{cut}");
        }
        let letters: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(restored(&tags, &letters.iter().map(String::as_str).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_a_text_made_up_restores_nothing() {
        let mut tags = Tags::default();
        tags.avoid("see [EMAIL_1] and [EMAIL_2");
        assert_eq!(tags.tag("[EMAIL]", "a@b.de"), "[EMAIL_2]");
        assert_eq!(restored(&Arc::new(tags), &["[EMAIL_1] [EMAIL_2]"]), "[EMAIL_1] a@b.de");
    }

    #[test]
    fn nothing_shows_a_value() {
        let mut tags = Tags::default();
        tags.tag("[EMAIL]", "canary@b.de");
        assert_eq!(format!("{tags:?}"), "1 tags");
    }
}
