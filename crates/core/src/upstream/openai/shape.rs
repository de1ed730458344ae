//! A frame that is the one before it but for its text, as most of an answer is: to read each as a document costs ten times
//! as much.

use crate::chat::event::{Channel, ChatEvent};
use crate::chat::members::string_end;
use crate::sensitive::Bytes;

/// What surrounds the text of the frame that was read last, and what that frame brought.
#[derive(Debug)]
pub(super) struct Shape {
    before: Bytes,
    after: Bytes,
    about: ChatEvent,
    choice: ChatEvent,
}

impl Shape {
    /// That of a frame, where it brought nothing but a piece of content, and there is no doubt where it is in it.
    pub(super) fn of(frame: &[u8], events: &[ChatEvent]) -> Option<Shape> {
        const NAME: &[u8] = b"\"content\"";
        let [about @ ChatEvent::About(_), choice] = events else { return None };
        if choice.sole_channel() != Some(Channel::Content) {
            return None;
        }
        let places = |from: &[u8]| from.windows(NAME.len()).position(|bytes| bytes == NAME);
        let start = places(frame)? + NAME.len();
        let value = frame.get(start..)?.strip_prefix(b":\"")?;
        let (before, mut after) = frame.split_at(start + 1);
        after = after.get(string_end(value)? + 2..)?;
        // A name may be written with escapes.
        let doubtful = places(after).is_some() || [before, after].iter().any(|part| part.contains(&b'\\'));
        (!doubtful).then(|| Shape {
            before: Bytes(before.to_vec()),
            after: Bytes(after.to_vec()),
            about: about.clone(),
            choice: choice.clone(),
        })
    }

    /// The text of `frame`, where it is the same but for it. What replaces it is one JSON string, so the whole is
    /// the same document with another text.
    pub(super) fn text(&self, frame: &[u8]) -> Option<String> {
        let text = frame.strip_prefix(self.before.0.as_slice())?.strip_suffix(self.after.0.as_slice())?;
        serde_json::from_slice(text).ok().filter(|text: &String| !text.is_empty())
    }

    /// What a frame with this text brings.
    pub(super) fn events(&self, text: String) -> Vec<ChatEvent> {
        let mut choice = self.choice.clone();
        if let Some(piece) = choice.sole_text() {
            *piece = text;
        }
        vec![self.about.clone(), choice]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, Frame};
    use crate::chat::event::ChatEvent;
    use crate::http::Head;

    fn decoder() -> Decoder {
        let headers = vec![("content-type".into(), "text/event-stream".into())];
        Decoder::new(&Head { status: 200, headers }).unwrap()
    }

    fn frame(text: &str) -> Frame {
        Frame::Data(
            format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":{text}}},"x":null}}]}}"#).into_bytes(),
        )
    }

    /// Each frame read after another gives what it gives alone.
    #[test]
    fn a_frame_brings_what_it_brings_alone() {
        let texts = [
            r#""a""#,
            r#""b\n\"\\""#,
            r#""é\ud83d\ude00""#,
            r#""""#,
            r#""\ud83d""#,
            r#"null"#,
            r#""c"}}]}"#,
            r#""c","finish_reason":"x""#,
            r#""c","content":"d""#,
            r#""c","refusal":"d""#,
            r#"1"#,
            r#"["c"]"#,
            r#""\x""#,
            "\"a\u{0}\"",
            r#""content""#,
            r#""\"content\":\"x""#,
            r#""d" "#,
            "\"",
        ];
        for first in texts {
            for second in texts {
                let (mut one, mut alone) = (decoder(), decoder());
                one.decode(&frame(first));
                let text = one.more(&frame(second));
                let (events, expected) = (one.decode(&frame(second)), alone.decode(&frame(second)));
                assert!(events == expected, "{first} {second}: {events:?}, {expected:?}");
                if let Some(text) = text {
                    let content = ChatEvent::content(&*text);
                    assert_eq!(content.text_bytes(), expected.last().unwrap().text_bytes(), "{first} {second}");
                }
            }
        }
        let mut one = decoder();
        one.decode(&frame(r#""a""#));
        assert_eq!(one.more(&frame(r#""b\u0021""#)).as_deref(), Some("b!"));
        assert_eq!(one.more(&frame(r#""""#)), None);
    }

    /// Where another member is called so, nobody looks at the bytes alone.
    #[test]
    fn what_is_in_doubt_is_read() {
        for doubtful in [
            r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[]}}]}"#,
            r#"{"choices":[{"delta":{"c\u006fntent":"a"},"x":{"content":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"x":{"c\u006fntent":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content" : "a"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}},{"delta":{}}],"usage":{"prompt_tokens":1}}"#,
        ] {
            let mut decoder = decoder();
            let frame = Frame::Data(doubtful.as_bytes().to_vec());
            decoder.decode(&frame);
            assert_eq!(decoder.more(&frame), None, "{doubtful}");
        }
    }
}
