//! Bounds of work and memory.

use super::*;
use alloc::string::String;

/// Steps of work (characters looked at, lookups of pairs, merges) for each byte of a text.
fn work(text: &str) -> f64 {
    let mut worst = 0f64;
    for vocabulary in Vocabulary::ALL {
        let mut encoder = Encoder::embedded(vocabulary.packed()).unwrap();
        encoder.merges.read_all();
        encoder.merges.work = 0;
        encoder.count(text);
        worst = worst.max(encoder.merges.work as f64 / text.len() as f64);
    }
    worst
}

#[test]
fn work_is_linear_in_every_input() {
    let mut state = 1u64;
    let mut random = |set: &[u8]| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        set[(state >> 33) as usize % set.len()] as char
    };
    let mut letters = |set: &[u8]| -> String { (0..1 << 20).map(|_| random(set)).collect() };
    let texts = [
        "a".repeat(1 << 20),
        " ".repeat(1 << 20),
        "\n".repeat(1 << 20),
        "!".repeat(1 << 20),
        "中".repeat(1 << 18),
        "a1".repeat(1 << 19),
        "aA".repeat(1 << 19),
        "\u{301}A".repeat(1 << 18),
        " \n!".repeat(1 << 18),
        letters(b"ab"),
        letters(b"abcdefghijklmnopqrstuvwxyz"),
        letters(b"!#$%&()*+,-./:;<=>?@[]^_`{|}~"),
    ];
    for text in texts {
        let part: String = text.chars().take(text.chars().count() / 16).collect();
        let (small, great) = (work(&part), work(&text));
        let start: String = text.chars().take(4).collect();
        assert!(great < 12.0, "{start:?}: {great} steps a byte");
        assert!(great < small * 1.5 + 0.5, "{start:?}: {small} steps a byte of 64 KB, {great} of 1 MB");
    }
}

#[test]
fn memory_is_bounded() {
    for vocabulary in Vocabulary::ALL {
        let mut encoder = Encoder::embedded(vocabulary.packed()).unwrap();
        assert!(encoder.heap() < 160_000, "{} at first", encoder.heap());
        encoder.count(&"misunderstanding".repeat(1 << 16));
        encoder.merges.read_all();
        for word in 0..50_000 {
            encoder.count(&alloc::format!("{word} {word:x}"));
        }
        assert!(encoder.heap() < 5_000_000, "{}", encoder.heap());
    }
}

/// What a cold start pays for: the pairs decoded for a first message of common words, and for any message.
#[test]
fn a_first_message_reads_a_part_of_the_vocabulary() {
    let message = "My card was charged twice for order 55231, could you please look into this refund?";
    for vocabulary in Vocabulary::ALL {
        let all = vocabulary.ordinary_tokens() as usize;
        for (text, most) in [("Hello, how can I help you with your order today?", all / 16), (message, all / 8)] {
            let mut encoder = Encoder::embedded(vocabulary.packed()).unwrap();
            encoder.count(text);
            let read = encoder.merges.pairs_read();
            assert!((1..most).contains(&read), "{read} of {all} pairs for {text:?}");
        }
    }
}

#[test]
fn a_limit_bounds_the_work() {
    let mut encoder = Encoder::embedded(Vocabulary::Cl100k.packed()).unwrap();
    for text in ["misunderstanding".repeat(1 << 16), "a b c d ".repeat(1 << 16)] {
        encoder.merges.work = 0;
        assert_eq!(encoder.count_up_to(&text, 10), None);
        assert!(encoder.merges.work < 20_000, "{} steps", encoder.merges.work);
    }
}
