//! Where a text is worth the classifier's time.
//!
//! Attacks name what they attack: instructions, a prompt, a secret, a mode, the machine itself.
//! The classifier looks only at stretches around such words, as far as its longest window reaches,
//! so every window with a cue in it is scored as if the whole text were. Plain chat mostly has none,
//! and costs the reading of its words.

use super::classifier::WINDOWS;
use super::lexicon::{self, Classes};
use super::words::{Sink, Word};

/// Classes whose words are cues.
const CUES: Classes = lexicon::CUES;

/// Words that a stretch reaches to either side of a cue: one less than the longest window.
const REACH: usize = {
    let [.., longest] = WINDOWS;
    longest - 1
};

/// Starts of words kept; a power of two above [`REACH`].
const KEPT: usize = 64;

/// Finds the stretches. One per text.
#[derive(Debug)]
pub(crate) struct Warm {
    starts: [usize; KEPT],
    count: usize,
    end: usize,
    /// Start of the open stretch, and the number of its last word.
    open: Option<(usize, usize)>,
    /// Byte ranges, in order; neighbours may touch.
    pub(crate) found: Vec<(usize, usize)>,
}

impl Warm {
    pub(crate) fn new() -> Self {
        Self { starts: [0; KEPT], count: 0, end: 0, open: None, found: Vec::new() }
    }

    #[inline]
    pub(crate) fn word(&mut self, word: &Word) {
        self.count += 1;
        if let Some(start) = self.starts.get_mut(self.count % KEPT) {
            *start = word.start;
        }
        if word.classes & CUES != 0 {
            let until = self.count + REACH;
            let first = self.count.saturating_sub(REACH).max(1);
            let start = self.starts.get(first % KEPT).copied().unwrap_or(0);
            self.open = Some((self.open.map_or(start, |(start, _)| start), until));
        }
        self.end = word.end;
        if let Some((start, until)) = self.open
            && self.count == until
        {
            self.found.push((start, word.end));
            self.open = None;
        }
    }

    /// Ends the text.
    pub(crate) fn finish(&mut self) {
        if let Some((start, _)) = self.open.take() {
            self.found.push((start, self.end));
        }
    }
}

impl Sink for Warm {
    const FEATURES: bool = false;

    fn feature(&mut self, _: super::words::Kind, _: u64) {}

    fn word(&mut self, word: &Word) {
        Self::word(self, word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::injection::words;

    fn warm(text: &str) -> Vec<&str> {
        let mut warm = Warm::new();
        words::read(text, &mut warm);
        warm.finish();
        let found = warm.found.iter();
        found.map(|&(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn plain_chat_stays_cold() {
        assert_eq!(warm("My parcel has not arrived yet."), [""; 0]);
        assert_eq!(warm(""), [""; 0]);
    }

    #[test]
    fn a_short_text_is_warm_as_a_whole() {
        let text = "so, what are your instructions today";
        assert_eq!(warm(text), [text]);
    }

    #[test]
    fn a_stretch_reaches_one_window_to_either_side() {
        let text = format!("{}prompt {}", "left ".repeat(100), "right ".repeat(100));
        let [found] = warm(&text)[..] else { panic!() };
        assert_eq!(found.split(' ').count(), 63 + 1 + 63);
        assert_eq!(found.matches("left").count(), 63);
    }
}
