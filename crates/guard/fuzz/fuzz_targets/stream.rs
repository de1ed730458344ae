//! Spans are on character borders, and a stream in two pieces finds what the whole does.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_guard::{Action, Guard, Kind, Policy, Role};

fuzz_target!(|input: (&str, usize)| {
    let (text, at) = (input.0, input.0.floor_char_boundary(input.1 % (input.0.len() + 1)));
    let mut policy = Policy::all(Action::Flag);
    policy.set(Role::Assistant, Kind::Injection, Action::Ignore);
    let guard = Guard::new(&policy);
    let mut stream = guard.stream(Role::Assistant);
    let pieces = [stream.push(&text[..at]), stream.push(&text[at..]), stream.finish()];
    let found: Vec<_> = pieces.into_iter().flat_map(|piece| piece.findings).collect();
    assert_eq!(found, guard.check(text, Role::Assistant).findings);
});
