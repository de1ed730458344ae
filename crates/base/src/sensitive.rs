//! Text that must not be seen: prompts, answers, tokens, keys.

use std::fmt;

/// A string whose `Debug` shows its length only, always, so that no log, error or panic message can carry
/// it. There is no `Display`; whoever needs the text says [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Sensitive(text.into())
    }
    /// Adds `text` at the end.
    pub fn push_str(&mut self, text: &str) {
        self.0.push_str(text);
    }
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes withheld]", self.0.len())
    }
}

/// Bytes of a request or an answer; `Debug` shows their number only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes withheld]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_withholds() {
        assert_eq!(format!("{:?}", Sensitive::new("hunter2")), "[7 bytes withheld]");
        assert_eq!(format!("{:?}", Bytes(b"hunter2".to_vec())), "[7 bytes withheld]");
    }
}
