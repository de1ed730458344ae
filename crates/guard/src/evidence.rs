//! What the words around a value say about it.

use crate::secret;
use crate::text::{TAG_END, Text};

mod words;

/// What a word speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Phone,
    Card,
    Ssn,
    Tax,
    Birth,
    Passport,
    /// Drivers, but not yet their licences.
    Driver,
    /// Licences of any sort.
    Licence,
    /// A driver's licence in one word.
    DriverLicence,
    Network,
    /// Something else has numbers like this: versions, times, amounts, hashes.
    Other,
    /// So have orders, accounts and customers, but people write their own numbers there, too.
    Record,
}

const TOPICS: usize = 12;

/// How far a word may be, in words.
const FAR: u8 = 8;
/// How far one that speaks against may be.
const FAR_OTHER: u8 = 4;
/// How many bytes before the value are read.
const BEFORE: usize = 72;
/// The longest gap between the items of a list: " and ", ", or ".
const GAP: usize = 6;
/// How many bytes after it.
const AFTER: usize = 28;

/// The nearest word of each topic, in words; 255 for none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    nearest: [u8; TOPICS],
}

impl Evidence {
    /// Nothing is said.
    pub(crate) const NONE: Self = Self { nearest: [u8::MAX; TOPICS] };

    /// Reads the words before `start`, back to `barrier` at the most, and a few after `end`.
    ///
    /// `barrier` is where the last accepted finding ended: what redaction leaves of it must
    /// not change what is said here, so words before it do not count.
    /// Except that a list goes on: after a telephone number (`listed`) or its tag, and a comma
    /// or an "or", the next one is spoken of as the first was.
    pub(crate) fn around(text: &Text<'_>, start: usize, end: usize, barrier: usize, listed: bool) -> Self {
        let mut evidence = Self::NONE;
        let tag = text.run_before(start, GAP, |byte| byte != b']');
        let tagged = tag >= 7 && text.before(tag) == b']' && text.says(tag - 7, "[phone]");
        let last = if tagged { tag } else { barrier };
        if (tagged || listed) && is_list(text.slice(last.min(start)..start)) {
            evidence.note(Topic::Phone, 1);
        }
        evidence.read_before(text, start, barrier);
        evidence.read_after(text, end);
        evidence
    }

    /// Whether `topic` is spoken of within `words`, nearer than anything that speaks against.
    pub(crate) fn speaks_of(&self, topic: Topic, words: u8) -> bool {
        let distance = self.distance(topic);
        distance <= words.min(FAR) && distance <= self.against(topic)
    }

    /// Whether the nearest word speaks of something else.
    pub(crate) fn speaks_against(&self, topic: Topic) -> bool {
        let other = self.against(topic);
        other <= FAR_OTHER && other < self.distance(topic)
    }

    /// Whether the number is said to be an order's, an account's or a customer's.
    pub(crate) fn is_record(&self) -> bool {
        self.distance(Topic::Record) <= FAR_OTHER
    }

    /// How far the nearest word is that speaks against `topic`.
    fn against(&self, topic: Topic) -> u8 {
        let record = if topic == Topic::Ssn { u8::MAX } else { self.distance(Topic::Record) };
        self.distance(Topic::Other).min(record)
    }

    /// How many words lie between; 255 for never mentioned.
    pub(crate) fn distance(&self, topic: Topic) -> u8 {
        self.nearest.get(topic as usize).copied().unwrap_or(u8::MAX)
    }

    fn note(&mut self, topic: Topic, distance: u8) {
        if let Some(nearest) = self.nearest.get_mut(topic as usize) {
            *nearest = distance.min(*nearest);
        }
    }

    fn read_before(&mut self, text: &Text<'_>, start: usize, barrier: usize) {
        // Glued to a name (ORD-12345678, #1234, $99): part of that name, unless it is a label.
        let sign = text.before(start);
        let glued = matches!(sign, b'-' | b'#' | b'.' | b'/' | b'$' | b'_') && start > barrier;
        let path = sign == b'/' && text.before(start - 1) != b'/';
        if matches!(sign, b'#' | b'$') || path {
            self.note(Topic::Other, 0);
        }
        let floor = start.saturating_sub(BEFORE).max(barrier);
        let (mut at, mut distance, mut right) = (start, 0_u8, [].as_slice());
        while at > floor && distance <= FAR {
            let end = text.run_before(at, at - floor, |byte| !is_letter(byte));
            // A redaction's tag ends the context as the finding did.
            if text.slice(end..at).contains(&TAG_END) {
                break;
            }
            if end == floor {
                break;
            }
            let mut word_start = end - 1;
            while word_start > floor
                && text.before(word_start).is_ascii_alphabetic()
                && !(text.at(word_start).is_ascii_uppercase() && text.before(word_start).is_ascii_lowercase())
            {
                word_start -= 1;
            }
            // Cut by the window: half a word says nothing.
            if word_start == floor && floor > barrier && text.before(floor).is_ascii_alphabetic() {
                break;
            }
            if text.at(word_start) >= 0x80 || text.before(word_start) >= 0x80 {
                word_start = text.run_before(end, (end - floor).min(words::LONGEST), is_letter);
                if let Some(topic) = words::foreign(text.slice(word_start..end)) {
                    self.note(topic, distance);
                }
                (at, right) = (word_start, &[]);
                distance += 1;
                continue;
            }
            let word = text.slice(word_start..end);
            let topic = if word == b"b" || word == b"B" {
                // D.O.B., with or without the last point.
                text.says(word_start.saturating_sub(4), "d.o.b").then_some(Topic::Birth)
            } else if word == b"App" && text.says(word_start.saturating_sub(5), "whats") {
                Some(Topic::Phone)
            } else {
                words::topic(word, right)
            };
            match topic {
                // A function's name.
                Some(_) if text.at(end) == b'(' => {}
                Some(topic) => self.note(topic, distance),
                None if distance == 0 && glued && start - end == 1 && !words::is_label(word) => {
                    self.note(Topic::Other, 0);
                }
                None => {}
            }
            (at, right) = (word_start, word);
            distance += 1;
        }
    }

    /// Up to three words, and nothing past what could be a value or an assignment itself.
    fn read_after(&mut self, text: &Text<'_>, end: usize) {
        let (mut at, mut distance) = (end, 0_u8);
        while at < end + AFTER && distance < 3 {
            let byte = text.at(at);
            if byte.is_ascii_digit()
                || matches!(byte, 0 | b'@' | b'[' | b':' | b'=' | b'\n' | b';' | b'"' | b'\'' | b'`')
            {
                return;
            }
            if !byte.is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let word_end = text.run(at, AFTER, |byte| byte.is_ascii_alphabetic());
            // A word that runs into a sign of addresses, names or assignments may belong to a value
            // that is found later.
            let point = matches!(text.at(word_end), b'.' | b'\'');
            let next = text.at(word_end + usize::from(point));
            let open = is_letter(next) || next.is_ascii_digit();
            let goes_on = open || matches!(next, b'@' | b'_' | b':' | b'=' | b'-' | b'.' | b'+' | b'%' | b'\'');
            if goes_on {
                return;
            }
            let word = text.slice(at..word_end);
            match words::topic(word, &[]) {
                Some(topic) => self.note(topic, distance),
                // What follows is a value in some policy's eyes.
                None if secret::introduces(word) => return,
                None => {}
            }
            at = word_end;
            distance += 1;
        }
    }
}

/// Part of a word, of any script.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Whether these bytes stand between the items of a list.
fn is_list(gap: &[u8]) -> bool {
    let letters = gap.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let signs = gap
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b',' | b';' | b'/' | b'&' | b'|' | b'\n'));
    !gap.is_empty() && gap.len() <= GAP && signs && letters <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_decides() {
        let cases = [
            ("call me at ", Topic::Phone, true, false),
            ("order number ", Topic::Phone, false, true),
            ("call me about order ", Topic::Phone, false, true),
            ("order placed, phone: ", Topic::Phone, true, false),
            ("ORD-", Topic::Phone, false, true),
            ("phoneNumber=", Topic::Phone, true, false),
            ("Tel.", Topic::Phone, true, false),
            ("phone is gone [EMAIL] ", Topic::Phone, false, false),
            ("my number is ", Topic::Phone, true, false),
            ("the number is ", Topic::Phone, false, false),
            ("call(x=", Topic::Phone, false, false),
            ("calls: ", Topic::Phone, false, true),
            ("\u{624B}\u{673A}\u{53F7}", Topic::Phone, true, false),
            ("social security ", Topic::Ssn, true, false),
            ("social media ", Topic::Ssn, false, false),
            ("n\u{e9}e le ", Topic::Birth, false, false),
            ("nee le ", Topic::Birth, true, false),
            ("NATO: ", Topic::Birth, false, false),
            ("D.O.B. ", Topic::Birth, true, false),
            ("card no.", Topic::Card, true, false),
        ];
        for (head, topic, speaks, against) in cases {
            let whole = format!("{head}12345678");
            let text = Text::new(&whole);
            let evidence = Evidence::around(&text, head.len(), whole.len(), 0, false);
            assert_eq!(evidence.speaks_of(topic, 6), speaks, "{head}");
            assert_eq!(evidence.speaks_against(topic), against, "{head}");
        }
    }
}
