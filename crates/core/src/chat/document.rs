//! A client's JSON document with edits: what is not edited goes on byte for byte, as providers cache prompts by prefix
//! and members that nobody here knows mean something there.

use std::ops::Range;

use super::message::Message;
use crate::sensitive::Sensitive;

/// A document and what changes in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: Sensitive,
    /// Replacements, which do not overlap, in the document's order.
    edits: Vec<(Range<usize>, String)>,
    /// The value of `model`.
    model: Range<usize>,
    /// What asks for usage at the end of a stream, where the client did not: put there, or in this place.
    usage: Option<(Range<usize>, String)>,
}

impl Document {
    /// A document whose model's name, quotes included, is at `model`.
    pub fn new(text: String, model: Range<usize>) -> Document {
        Document { text: Sensitive::new(text), edits: Vec::new(), model, usage: None }
    }

    /// Its length in bytes, as the client sent it.
    pub fn bytes(&self) -> usize {
        self.text.expose().len()
    }

    /// Puts `replacement`, which is JSON, in the place of `range`.
    pub fn replace(&mut self, range: Range<usize>, replacement: String) {
        self.edits.push((range, replacement));
    }

    /// Puts `replacement` in the place of `range` where the answer is streamed.
    pub fn ask_for_usage(&mut self, range: Range<usize>, replacement: String) {
        self.usage = Some((range, replacement));
    }

    /// The document as it is sent to `model`, without those of its `messages` that trimming has dropped.
    pub fn to_text(&self, model: &str, streamed: bool, messages: &[Message]) -> String {
        let text = self.text.expose();
        let written = text.get(self.model.clone()).unwrap_or_default();
        let model = serde_json::Value::from(model).to_string();
        let renamed = (written != model).then_some((self.model.clone(), model));
        let usage = self.usage.clone().filter(|_| streamed);
        let removed: Vec<_> = removals(messages).into_iter().map(|range| (range, String::new())).collect();
        // They are in the document's order, and none overlaps another.
        let stays = |range: &Range<usize>| {
            let next = removed.partition_point(|(gone, _)| gone.start <= range.start);
            removed.get(..next).and_then(<[_]>::last).is_none_or(|(gone, _)| range.end > gone.end)
        };
        let edits = self.edits.iter().filter(|(range, _)| stays(range));
        let mut edits: Vec<&(Range<usize>, String)> =
            edits.chain(renamed.as_ref()).chain(usage.as_ref()).chain(&removed).collect();
        edits.sort_by_key(|(range, _)| range.start);
        let grown: usize = edits.iter().map(|(_, replacement)| replacement.len()).sum();
        let mut edited = String::with_capacity(text.len() + grown);
        let mut at = 0;
        for (range, replacement) in edits {
            edited.push_str(text.get(at..range.start).unwrap_or_default());
            edited.push_str(replacement);
            at = range.end;
        }
        edited.push_str(text.get(at..).unwrap_or_default());
        edited
    }
}

/// What goes with the messages that are dropped, each run of them with one comma.
fn removals(messages: &[Message]) -> Vec<Range<usize>> {
    let mut removed = Vec::new();
    let mut before: Option<&Message> = None;
    let mut runs = messages.chunk_by(|one, next| one.dropped == next.dropped).peekable();
    while let Some(run) = runs.next() {
        let ([first, .., last] | [first @ last]) = run else { continue };
        if first.dropped {
            let after = runs.peek().and_then(|run| run.first());
            removed.push(match (before, after) {
                (Some(before), _) => before.span.end..last.span.end,
                (None, Some(after)) => first.span.start..after.span.start,
                (None, None) => first.span.start..last.span.end,
            });
        }
        before = Some(last);
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row O5.
    #[test]
    fn what_is_not_edited_stays() {
        let text = r#"{ "model" : "gpt","x":[1 , "secret"] }"#;
        let mut document = Document::new(text.to_owned(), 12..17);
        assert_eq!(document.to_text("gpt", true, &[]), text);
        let secret = text.find("\"secret\"").unwrap();
        document.replace(secret..secret + 8, "\"[KEY]\"".into());
        let end = text.rfind(" }").unwrap();
        document.ask_for_usage(end..end, ",\"y\":1".into());
        assert_eq!(document.to_text("other \"m\"", false, &[]), r#"{ "model" : "other \"m\"","x":[1 , "[KEY]"] }"#);
        assert_eq!(document.to_text("gpt", true, &[]), r#"{ "model" : "gpt","x":[1 , "[KEY]"],"y":1 }"#);
    }
}
