//! Each kind of value at 1,024 offsets of an answer that comes in pieces: nothing of it leaves, in content, in a tool's
//! arguments, or where two choices come interleaved.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a panic is a test's message")]

use promptgate_core::chat::AnswerGuard;
use promptgate_core::chat::event::{Channel, ChatEvent, ChoiceEvent, Part};
use promptgate_guard::{Action, Guard, Policy, Role};

const OFFSETS: usize = 1024;
/// Bytes of a piece: not a divisor of any window's size.
const PIECE: usize = 37;
const VALUES: [&str; 8] = [
    "4111 1111 1111 1111",
    "sk-proj-Zq3vT8mN1xR6kW9bL4cD7fG2hJ5pS0aYtU3eI8oP",
    "ghp_Zq3vT8mN1xR6kW9bL4cD7fG2hJ5pS0aYtU3e",
    "DE89 3704 0044 0532 0130 00",
    "SSN 512-34-7788",
    "maria.keller@acme-logistics.de",
    "+49 30 9018 2034",
    "password: hunter2!xQ9",
];

fn guard() -> Guard {
    let mut policy = Policy::all(Action::Redact);
    policy.set(Role::Assistant, promptgate_guard::Kind::Injection, Action::Ignore);
    Guard::new(&policy)
}

/// Plain words of `length` bytes, then a blank.
fn filler(length: usize) -> String {
    let words = "the parcel is on its way and will be there soon ";
    let mut text: String = words.chars().cycle().take(length).collect();
    text.push(' ');
    text
}

fn event(index: u32, channel: Channel, text: &str) -> ChatEvent {
    let parts = vec![Part { channel, text: text.to_owned(), call: None }];
    ChatEvent::Choice(Box::new(ChoiceEvent { index, parts, ..ChoiceEvent::default() }))
}

/// What leaves of `texts`, which come piece by piece in turn: by choice.
fn leaves(guard: &Guard, channel: Channel, texts: &[String]) -> Vec<String> {
    let mut answer = AnswerGuard::new(guard, true);
    let mut out = vec![String::new(); texts.len()];
    let mut take = |events: Vec<ChatEvent>| {
        for event in events {
            if let ChatEvent::Choice(event) = event {
                for part in event.parts {
                    out[event.index as usize].push_str(&part.text);
                }
            }
        }
    };
    let longest = texts.iter().map(String::len).max().unwrap();
    for at in (0..longest).step_by(PIECE) {
        for (index, text) in texts.iter().enumerate().filter(|(_, text)| at < text.len()) {
            let piece = &text[at..text.len().min(at + PIECE)];
            take(answer.pass(event(index as u32, channel, piece)).0);
        }
    }
    take(answer.pass(ChatEvent::End).0);
    out
}

#[test]
fn nothing_of_a_value_leaves_at_any_border() {
    let guard = guard();
    for value in VALUES {
        let secret = value.rsplit([' ', ':']).next().unwrap();
        for offset in 0..OFFSETS {
            let text = format!("{}{value} and nothing else", filler(offset));
            let whole = guard.redact(&text, Role::Assistant).0;
            assert!(!whole.contains(secret), "{value} is not found at {offset}");
            let other = format!("{}fine.", filler(offset / 2));
            let out = leaves(&guard, Channel::Content, &[text.clone(), other.clone()]);
            assert_eq!(out, [whole.clone(), other], "{value} at {offset}");
            // The arguments' text is JSON, read without it.
            let arguments = format!("{{\"note\": \"{text}\"}}");
            let expected = format!("{{\"note\": \"{whole}\"}}");
            let out = leaves(&guard, Channel::Tool(0), std::slice::from_ref(&arguments));
            assert!(!out[0].contains(secret), "{value} at {offset}: {}", out[0]);
            assert_eq!(out[0], expected, "{value} at {offset}");
        }
    }
}
