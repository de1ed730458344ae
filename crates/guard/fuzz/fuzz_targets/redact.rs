//! A stream gives what the whole text gives.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_guard::{Action, Guard, Kind, Policy, Role};

fuzz_target!(|input: (&str, usize)| {
    let (text, at) = (input.0, input.0.floor_char_boundary(input.1 % (input.0.len() + 1)));
    let mut policy = Policy::all(Action::Redact);
    policy.set(Role::Assistant, Kind::Injection, Action::Ignore);
    let guard = Guard::new(&policy);
    let mut stream = guard.stream(Role::Assistant);
    let pieces = [stream.push(&text[..at]), stream.push(&text[at..]), stream.finish()];
    let streamed: String = pieces.into_iter().map(|piece| piece.text).collect();
    assert_eq!(streamed, guard.redact(text, Role::Assistant).0);
});
