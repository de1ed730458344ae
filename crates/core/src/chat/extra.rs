//! The guard over members of an answer that nobody here knows: the strings of each are texts of their own, and what is
//! replaced in them is JSON still. A value that is cut across two documents is not found; what models write in pieces
//! has a channel.

use promptgate_guard::Guard;

use super::arguments::{Arguments, Passed};
use super::members::string_end;

/// Members that name an answer, in many of its documents: no text of the model.
const NAMES: [&str; 8] =
    ["id", "object", "created", "model", "system_fingerprint", "service_tier", "provider", "obfuscation"];
/// Shortest string without white space that is taken for media (ours): signatures and images have more.
const MEDIA: usize = 256;

/// Whether the member `name` with the JSON text `json` may hold a value of a kind that is built in: all of these have a
/// digit, white space or punctuation. Single words are types and names, which a pattern of the operator's must not change.
pub(super) fn is_text(name: &str, json: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'"' | b'_');
    !NAMES.contains(&name)
        && strings(json)
            .any(|(start, end)| !json.as_bytes().get(start..end).unwrap_or_default().iter().copied().all(plain))
}

/// What may pass of the JSON text `json`, of which at most `room` bytes are read; `None` where it has more. Encoded images
/// and sounds pass unread.
pub(super) fn pass(guard: &Guard, json: &str, room: &mut usize) -> Option<Passed> {
    let media: Vec<_> = strings(json).filter(|(start, end)| json.get(*start..*end).is_some_and(is_media)).collect();
    let read = json.len() - media.iter().map(|(start, end)| end - start).sum::<usize>();
    *room = room.checked_sub(read)?;
    let mut arguments = Arguments::new(guard);
    let mut all = Passed::default();
    let mut from = 0;
    for (start, end) in media {
        all.add(arguments.push(json.get(from..start).unwrap_or_default()));
        all.add(arguments.push("\"\""));
        if !all.blocked {
            // It was read as an empty string, whose quotes have passed.
            all.text.truncate(all.text.len().saturating_sub(2));
            all.text.push_str(json.get(start..end).unwrap_or_default());
        }
        from = end;
    }
    all.add(arguments.push(json.get(from..).unwrap_or_default()));
    all.add(arguments.finish());
    Some(all)
}

impl Passed {
    fn add(&mut self, next: Passed) {
        self.text.push_str(&next.text);
        self.found.extend(next.found);
        self.would.extend(next.would);
        self.blocked |= next.blocked;
    }
}

/// The places of the strings of `json`, with their quotes.
pub(super) fn strings(json: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = json.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes.get(from..)?.iter().position(|byte| *byte == b'"')?;
        from = start + 2 + string_end(bytes.get(start + 1..)?)?;
        Some((start, from))
    })
}

/// Whether a string, with its quotes, is Base64, alone or in a `data:` address.
fn is_media(string: &str) -> bool {
    let text = string.trim_matches('"');
    let text = match text.starts_with("data:") {
        true => text.split_once(";base64,").map_or("", |(_, data)| data),
        false => text,
    };
    text.len() >= MEDIA
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='))
}

#[cfg(test)]
mod tests {
    use promptgate_guard::Policy;

    use super::*;

    #[test]
    fn strings_are_guarded_and_media_are_not_read() {
        let guard = Guard::new(&Policy::default());
        let media = "QUJD".repeat(100);
        for (json, expected) in [
            (
                r#"[{"type":"text","text":"card 4111 1111 1111 1111"}]"#.to_owned(),
                r#"[{"type":"text","text":"card [CARD]"}]"#.to_owned(),
            ),
            (r#"{"a":{"b":["\u0034111 1111 1111 1111","x"]}}"#.to_owned(), r#"{"a":{"b":["[CARD]","x"]}}"#.to_owned()),
            (
                format!(r#"[{{"data":"{media}","url":"data:image/png;base64,{media}","t":"SSN 536-90-4399"}}]"#),
                format!(r#"[{{"data":"{media}","url":"data:image/png;base64,{media}","t":"SSN [SSN]"}}]"#),
            ),
            (r#"["a \" b", 1.50, null, {"é": "😀"}]"#.to_owned(), r#"["a \" b", 1.50, null, {"é": "😀"}]"#.to_owned()),
        ] {
            assert_eq!(pass(&guard, &json, &mut 4096).unwrap().text, expected, "{json}");
        }
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for() {
        let guard = Guard::new(&Policy::default());
        let (mut room, long) = (40, format!("[\"a b\",\"{}\"]", "QUJD".repeat(100)));
        assert_eq!(pass(&guard, &long, &mut room).unwrap().text, long, "media take none");
        assert_eq!(room, 32);
        assert!(pass(&guard, &format!("\"{}\"", "a b ".repeat(9)), &mut room).is_none());
    }

    #[test]
    fn what_names_an_answer_is_no_text() {
        for (name, json, text) in [
            ("id", "\"c 1\"", false),
            ("finish", "\"stop\"", false),
            ("severity", r#"{"hate":{"filtered":false,"severity":"safe"}}"#, false),
            ("n", "12345", false),
            ("offsets", r#"{"check_offset":44,"start_offset":0}"#, false),
            ("citations", r#"["https://example.com/1"]"#, true),
            ("note", "\"ä\"", true),
        ] {
            assert_eq!(is_text(name, json), text, "{name}");
        }
    }
}
