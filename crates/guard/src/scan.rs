//! The one loop over a view's bytes that wakes the rules for values.
//!
//! Most bytes of prose are letters and spaces, which no rule asks for. A byte that does wake
//! one (a digit, `@`, `:`, the start of a key's prefix) is decided upon by looking at a
//! bounded stretch around it, from left to right, so the work is linear and a growing text can
//! be scanned as it comes ([`crate::text::Text`]).

mod place;
mod wake;

pub(crate) use place::{Hit, Place, Thresholds};

use crate::finding::Kind;
use crate::pii;
use crate::secret;
use crate::text::{TAG_END, Text};
use std::ops::Range;
use wake::{CLASSES, DIGIT, LETTER, NONE, RUN, SIGN, Wake, letter_wakes, sign_wakes, starts_part};

/// How far before the byte that wakes a rule its finding may start at the most ([`Scanner::held`]), and
/// how far before that a rule may look.
pub(crate) const LOOK_BACK: usize = 64;
/// How much of what has been decided a rule may still want to see.
pub(crate) const MEMORY: usize = 3 * LOOK_BACK + 24;

/// The most bytes of letters beyond ASCII in a word that a finding starts with.
pub(crate) const FOREIGN: usize = 24;

/// The most bytes that a long candidate waits for before it is looked at again.
const MOST_WAIT: usize = 128;

/// The state between two bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scanner {
    /// The next byte to look at.
    next: usize,
    /// Where the last accepted finding ended.
    barrier: usize,
    /// It was a telephone number.
    listed: bool,
    wordless: bool,
    /// It was a key, token or password.
    secret: bool,
    /// Digits before this belong to a finding.
    digits_from: usize,
    /// Where the run of Base64 characters began that `next` may continue.
    run: usize,
    /// A long candidate is looked at again once the text is this long, not at every byte.
    retry: usize,
}

/// So many small letters are passed over at once, at the most.
const SKIP: usize = 24;

impl Scanner {
    /// Scans on towards the end of `text`, which contains all that this scanner has been given,
    /// and adds what counts to `out`. If more text may follow (`open`), stops at the first byte
    /// whose meaning depends on it.
    pub(crate) fn run(&mut self, text: &Text<'_>, thresholds: &Thresholds, open: bool, out: &mut Vec<Hit>) {
        let bytes = text.bytes();
        if open && bytes.len() < self.retry {
            return;
        }
        while let Some(wake) = self.seek(bytes, open) {
            if !self.wake(text, thresholds, open, &wake, out) {
                self.retry = bytes.len() + ((bytes.len() - wake.at) / 8).min(MOST_WAIT);
                return;
            }
            self.next = wake.at + 1;
            if wake.class & RUN == 0 {
                self.run = self.run.max(self.next);
            }
        }
        let at = self.next;
        if !open && at.saturating_sub(self.run) >= secret::encoded::SHORTEST {
            text.set_floor(0);
            let found = encoded(&self.place(text, thresholds), self.run..at, false);
            self.run = at;
            self.accept(found, out);
        }
    }

    /// Passes over what wakes nothing. `None` where the text ends.
    #[inline(never)]
    fn seek(&mut self, bytes: &[u8], open: bool) -> Option<Wake> {
        let (mut at, mut run, barrier) = (self.next, self.run, self.barrier);
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let mut last = before.copied().unwrap_or(b' ');
        let mut found = None;
        while let Some(&byte) = bytes.get(at) {
            let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(NONE);
            if at == barrier && at > 0 {
                last = TAG_END;
            }
            let wakes = match class & !RUN {
                // The rest of a word, unless a capital starts a part of it.
                LETTER => !last.is_ascii_alphanumeric() || (byte.is_ascii_uppercase() && last.is_ascii_lowercase()),
                DIGIT => !last.is_ascii_digit(),
                SIGN => sign_wakes(bytes, at, byte, last, open),
                _ => false,
            };
            let run_ends = class & RUN == 0;
            let length = at.saturating_sub(run);
            if wakes || (run_ends && length >= secret::encoded::SHORTEST) || length >= secret::encoded::LONGEST {
                let most_words = wakes && class & !RUN == LETTER && !letter_wakes(bytes, at, open);
                if !most_words || length >= secret::encoded::LONGEST {
                    found = Some(Wake { at, byte, class, last });
                    break;
                }
            }
            if run_ends {
                run = run.max(at + 1);
            }
            last = byte;
            at += 1;
            if class == LETTER | RUN && length < secret::encoded::LONGEST - SKIP {
                // Small letters after a letter wake nothing.
                let most = if barrier > at { SKIP.min(barrier - at) } else { SKIP };
                let rest = bytes.get(at..).unwrap_or_default().iter().take(most);
                let small = rest.take_while(|byte| byte.is_ascii_lowercase()).count();
                if small > 0 {
                    at += small;
                    last = b'a';
                }
            }
        }
        (self.next, self.run) = (at, run);
        found
    }

    fn accept(&mut self, found: Vec<Hit>, out: &mut Vec<Hit>) {
        for hit in found {
            // As the tag of all that overlap will say.
            self.listed = hit.kind == Kind::Phone && (self.listed || hit.span.start >= self.barrier);
            if hit.span.end > self.barrier {
                (self.barrier, self.secret) = (hit.span.end, hit.kind < Kind::Card);
            }
            if hit.kind >= Kind::Card {
                self.digits_from = self.digits_from.max(hit.span.end);
            }
            out.push(hit);
        }
    }

    /// Asks the rules that the byte at `wake` wakes. `false`: they want to see more text.
    #[inline(never)]
    fn wake(&mut self, text: &Text<'_>, thresholds: &Thresholds, open: bool, wake: &Wake, out: &mut Vec<Hit>) -> bool {
        let (at, byte, last) = (wake.at, wake.byte, wake.last);
        text.clear_reach();
        // Within a finding everything is as it stands; after it, as if it were replaced.
        text.set_floor(if at < self.barrier { 0 } else { self.barrier });
        let mut place = self.place(text, thresholds);
        let mut found = Vec::new();
        let mut run = self.run;
        let run_ends = wake.class & RUN == 0;
        if run_ends || at.saturating_sub(run) >= secret::encoded::LONGEST {
            found = encoded(&place, run..at, !run_ends);
            let end = found.iter().map(|hit| hit.span.end).max();
            run = match end {
                Some(end) => end,
                None if run_ends => run,
                None => run + secret::encoded::STEP,
            };
            // What follows what has been found is read as if that were replaced.
            if let Some(end) = end {
                place.barrier = place.barrier.max(end);
                text.set_floor(place.barrier);
            }
        }
        let encoded_hits = found.len();
        match wake.class & !RUN {
            LETTER if letter_wakes(text.bytes(), at, open) && starts_part(byte, last) => {
                if open && at + 2 >= text.bytes().len() {
                    return false;
                }
                secret::word(&place, at, self.secret && at < self.barrier, &mut found);
            }
            DIGIT if !last.is_ascii_digit() && at >= self.digits_from => {
                if !last.is_ascii_alphanumeric() && secret::may_start(byte, text.at(at + 1), text.at(at + 2)) {
                    secret::word(&place, at, self.secret && at < self.barrier, &mut found);
                }
                found.extend(secret::digit(&place, at));
                found.extend(pii::digit(&place, at));
            }
            SIGN => match byte {
                b'@' => found.extend(pii::at_sign(&place, at)),
                b':' => {
                    found.extend(pii::colon(&place, at));
                    secret::colon(&place, at, &mut found);
                }
                b'=' => secret::equals(&place, at, &mut found),
                b',' => secret::comma(&place, at, &mut found),
                b'[' | b'(' => found.extend(pii::spelt(&place, at)),
                b'+' => found.extend(pii::plus(&place, at)),
                _ if last != b'-' => secret::hyphen(&place, at, &mut found),
                _ => {}
            },
            _ => {}
        }
        // A stream has passed on what stands before.
        let held = self.held(text.bytes());
        // Turned around, what comes after a tag was part of something longer.
        let alone = |hit: &Hit| !self.wordless || !text.closes_turned_tag(hit.span.start);
        found.retain(|hit| place.accepts(hit) && hit.span.start >= held && alone(hit));
        // What is replaced within a run leaves a shorter one before it.
        for at in encoded_hits..found.len() {
            let Some(span) = found.get(at).map(|hit| hit.span.clone()) else {
                break;
            };
            // A value that is still to come has its own runs.
            if span.start <= wake.at {
                found.extend(encoded(&place, run..span.start, false));
                run = run.max(span.end);
            }
        }
        if open && text.reach() > text.bytes().len() {
            return false;
        }
        self.run = run;
        self.accept(found, out);
        true
    }

    fn place<'t, 'a>(&self, text: &'t Text<'a>, thresholds: &'t Thresholds) -> Place<'t, 'a> {
        Place { text, barrier: self.barrier, listed: self.listed, wordless: self.wordless, thresholds }
    }

    /// Forgets the first `count` bytes of the text.
    pub(crate) fn shift(&mut self, count: usize) {
        self.next = self.next.saturating_sub(count);
        self.barrier = self.barrier.saturating_sub(count);
        self.digits_from = self.digits_from.saturating_sub(count);
        self.run = self.run.saturating_sub(count);
        self.retry = self.retry.saturating_sub(count);
    }

    /// Where findings to come may start: with the word in which the undecided part starts, or the one
    /// before it if a single blank or line break and no more than signs stand between (`July 4`, `ann [at] …`,
    /// `"…" != password`); of a script that is written without blanks, [`FOREIGN`] bytes. What has been
    /// found is no part of them. A run that may be Base64 is undecided from its start.
    pub(crate) fn held(&self, bytes: &[u8]) -> usize {
        let at = self.next.min(bytes.len());
        let found = if at >= self.barrier { self.barrier } else { 0 };
        let least = at.saturating_sub(LOOK_BACK).max(found);
        let word = |end: usize| {
            let mut foreign = 0;
            let word = bytes.get(least..end).unwrap_or_default().iter().rev().take_while(|byte| {
                foreign += usize::from(**byte >= 0x80);
                !byte.is_ascii_whitespace() && foreign <= FOREIGN
            });
            end - word.count()
        };
        let start = word(at);
        let signs =
            bytes.get(start..at).is_some_and(|word| word.len() <= 3 && word.iter().all(u8::is_ascii_punctuation));
        let blank = start > least && matches!(bytes.get(start - 1), Some(b' ' | b'\n'));
        let start = if signs && blank { word(start - 1) } else { start };
        start.min(self.undecided())
    }

    /// Where the undecided part starts. A run long enough to be read as Base64 is undecided from its start.
    pub(crate) fn undecided(&self) -> usize {
        if self.next.saturating_sub(self.run) > LOOK_BACK { self.run } else { self.next }
    }
}

/// What a run of Base64 characters says, as far as it counts.
fn encoded(place: &Place<'_, '_>, run: Range<usize>, goes_on: bool) -> Vec<Hit> {
    if run.len() < secret::encoded::SHORTEST {
        return Vec::new();
    }
    let mut hits = secret::encoded::run(place, run, goes_on);
    hits.retain(|hit| place.accepts(hit));
    hits
}

impl Scanner {
    /// Everything in a text that has ended.
    fn all(mut self, text: &Text<'_>, thresholds: &Thresholds, out: &mut Vec<Hit>) {
        self.run(text, thresholds, false, out);
    }
}

/// Everything in a text that has ended.
pub(crate) fn scan(text: &str, thresholds: &Thresholds, out: &mut Vec<Hit>) {
    Scanner::default().all(&Text::new(text), thresholds, out);
}

/// Everything in an override's contents turned around. Forms only: words stand in the wrong
/// order there, and what redaction does to the text as it was written must not matter.
pub(crate) fn scan_turned(text: &str, thresholds: &Thresholds, out: &mut Vec<Hit>) {
    Scanner { wordless: true, ..Scanner::default() }.all(&Text::new(text), thresholds, out);
}

#[cfg(test)]
mod tests;
