//! The guard behind two exports that need no bindings: `reserve` gives a place for the text,
//! `check` looks at it and says how much it found.

use std::cell::RefCell;

thread_local! {
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A place for `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *const u8 {
    TEXT.with_borrow_mut(|text| {
        text.clear();
        text.resize(length, b' ');
        text.as_ptr()
    })
}

/// How many findings there are in the text, written by a user, everything on.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> usize {
    TEXT.with_borrow(|text| std::str::from_utf8(text).map_or(0, found))
}

#[cfg(feature = "guard")]
fn found(text: &str) -> usize {
    use promptgate_guard::{Action, Guard, Policy, Role};
    thread_local! {
        static GUARD: Guard = Guard::new(&Policy::all(Action::Redact));
    }
    GUARD.with(|guard| guard.check(text, Role::User).findings.len())
}

#[cfg(not(feature = "guard"))]
fn found(text: &str) -> usize {
    text.chars().filter(|char| char.is_uppercase()).count() + text.to_lowercase().len()
}
