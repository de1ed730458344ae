//! Words that attacks are made of, sorted by what they do.
//!
//! A class is a role in the sentence (*ignore*, *earlier*, *instructions*), not a language: the
//! same class holds `ignore`, `vergiss` and `забудь`. Phrase rules are written in classes, and the
//! classifier learns weights for pairs of them, so what it learns from English carries over.
//!
//! Words stand here as [`super::words`] reads them: lower case, accents off, apostrophes dropped;
//! Chinese, Japanese and Korean by pairs of characters. The table is built by the compiler.

mod classes;
mod hash;
mod languages;

pub(crate) use classes::*;
pub(crate) use hash::{Hash, silent, word};
use languages::LANGUAGES;

/// A set of word classes, one bit each.
pub(crate) type Classes = u64;

/// Slots of the open-addressed table; a power of two, kept under half full.
const SLOTS: usize = 8192;

/// Words of the first filter; a power of two.
const SEEN: usize = 256;

/// A slot's upper 24 bits tell the word, its lower 8 where in [`Lexicon::sets`] its classes are.
/// Two words that agree in all of that (one pair in 16 million) share their classes.
struct Lexicon {
    /// A bit for every hash's upper half: most words are in no class and are done here.
    seen: [u64; SEEN],
    slots: [u32; SLOTS],
    sets: [Classes; 256],
}

static LEXICON: Lexicon = build();

/// Classes of the word with this hash, 0 for a word in none.
#[inline]
pub(crate) fn classes(hash: u32) -> Classes {
    let (word, bit) = seen(hash);
    if LEXICON.seen.get(word).copied().unwrap_or(0) & bit == 0 {
        return 0;
    }
    let mut at = place(hash);
    // Runs of full slots end: the table is under half full.
    while let Some(&slot) = LEXICON.slots.get(at) {
        if slot == 0 {
            return 0;
        }
        if slot >> 8 == hash >> 8 {
            return LEXICON.sets.get(slot as usize & 0xff).copied().unwrap_or(0);
        }
        at = (at + 1) % SLOTS;
    }
    0
}

/// The word and bit of the first filter.
const fn seen(hash: u32) -> (usize, u64) {
    ((hash >> 24) as usize % SEEN, 1 << (hash >> 18 & 63))
}

/// The first slot to look in. Its bits are below those that the slot keeps.
const fn place(hash: u32) -> usize {
    (hash >> 1) as usize % SLOTS
}

/// Runs in the compiler: an index out of range there is a build error.
#[allow(clippy::indexing_slicing)]
const fn build() -> Lexicon {
    let mut hashes = [0u32; SLOTS];
    let mut classes = [0 as Classes; SLOTS];
    let mut filled = 0;
    let mut group = 0;
    while group < GROUPS.len() + LANGUAGES.len() {
        let (class, words) = if group < GROUPS.len() { GROUPS[group] } else { LANGUAGES[group - GROUPS.len()] };
        let bytes = words.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b' ' {
                at += 1;
                continue;
            }
            let mut hash = Hash::NEW;
            while at < bytes.len() && bytes[at] != b' ' {
                match silent(bytes, at) {
                    0 => {
                        hash = hash.push(bytes[at]);
                        at += 1;
                    }
                    mark => at += mark,
                }
            }
            let hash = hash.end();
            let mut slot = place(hash);
            while hashes[slot] != 0 && hashes[slot] != hash {
                slot = (slot + 1) % SLOTS;
            }
            if hashes[slot] == 0 {
                filled += 1;
            }
            hashes[slot] = hash;
            classes[slot] |= class;
        }
        group += 1;
    }
    assert!(filled * 2 < SLOTS);
    let mut lexicon = Lexicon { seen: [0; SEEN], slots: [0; SLOTS], sets: [0; 256] };
    let mut known = 1;
    let mut slot = 0;
    while slot < SLOTS {
        if hashes[slot] != 0 {
            let (word, bit) = seen(hashes[slot]);
            lexicon.seen[word] |= bit;
            let mut set = 1;
            while set < known && lexicon.sets[set] != classes[slot] {
                set += 1;
            }
            if set == known {
                lexicon.sets[set] = classes[slot];
                known += 1;
            }
            lexicon.slots[slot] = hashes[slot] & !0xff | set as u32;
        }
        slot += 1;
    }
    lexicon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_the_classes_of_its_groups() {
        for (class, words) in GROUPS.iter().chain(LANGUAGES) {
            for found in words.split_whitespace() {
                let classes = classes(word(found));
                assert_eq!(classes & class, *class, "{found}");
            }
        }
    }

    #[test]
    fn words_stand_as_they_are_read() {
        for (_, words) in GROUPS.iter().chain(LANGUAGES) {
            for found in words.split_whitespace() {
                let lower = found.to_lowercase();
                assert!(!found.contains(['\'', '-', '_']), "{found}");
                assert_eq!(found, lower);
                if found.chars().all(|letter| letter < '\u{250}') {
                    assert!(found.is_ascii(), "{found} has an accent");
                }
                if found.chars().any(|letter| letter >= '\u{3040}') {
                    assert_eq!(found.chars().count(), 2, "{found}");
                }
            }
        }
    }

    #[test]
    fn short_words_hash_alike_on_both_ways() {
        let text = "Abcdefgh1JKLMNOPq, and more";
        for len in 1..=16 {
            let sixteen = text.as_bytes()[..16].try_into().unwrap();
            let expected = word(&text[..len].to_lowercase());
            assert_eq!(Hash::short(sixteen, len).end(), expected, "{len}");
        }
    }

    #[test]
    fn a_plain_word_has_no_class() {
        assert_eq!(classes(word("banana")), 0);
    }
}
