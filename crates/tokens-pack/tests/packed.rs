//! Packed data that was fetched: equal to the embedded one, and refused when it is not whole.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests: there a panic is the message")]

use promptgate_tokens::{Encoder, PackedError, Vocabulary, format};
use promptgate_tokens_pack::texts::Random;

fn data() -> Vec<u8> {
    include_bytes!("../../tokens/data/cl100k.tokens").to_vec()
}

#[test]
fn fetched_data_counts_like_the_embedded() {
    let mut fetched = Encoder::from_packed(data()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fetched.vocabulary(), Vocabulary::Cl100k);
    let mut embedded = promptgate_vocabularies::encoder(Vocabulary::Cl100k).unwrap();
    let text = "Hello world, 你好";
    assert_eq!(fetched.encode(text), embedded.encode(text));
}

#[test]
fn truncated_damaged_and_wrong_data_is_refused() {
    let refused = |data: Vec<u8>| Encoder::from_packed(data).err();
    assert_eq!(refused(Vec::new()), Some(PackedError::Truncated));
    assert_eq!(refused(data()[..20].to_vec()), Some(PackedError::Truncated));
    assert_eq!(refused(data()[..200_000].to_vec()), Some(PackedError::Checksum));
    assert_eq!(refused(b"<!doctype html><title>Not found</title>".to_vec()), Some(PackedError::Unknown));
    let mut random = Random::new(6);
    for _ in 0..300 {
        let mut damaged = data();
        let at = 16 + random.below(damaged.len() - 16);
        damaged[at] ^= 1 << random.below(8);
        assert_eq!(refused(damaged), Some(PackedError::Checksum), "byte {at}");
    }
    let mut other = data();
    other[16] = 9;
    assert_eq!(refused(with_checksum(other)), Some(PackedError::Vocabulary));
}

/// Data made by a forger, whose checksum fits: any answer is right, but no panic and no endless loop.
#[test]
fn forged_data_does_no_harm() {
    let mut random = Random::new(7);
    for round in 0..60 {
        let mut forged = data();
        for _ in 0..1 + random.below(2000) {
            let at = 24 + random.below(if round % 2 == 0 { 12_000 } else { forged.len() - 24 });
            forged[at] = random.below(256) as u8;
        }
        if let Ok(mut encoder) = Encoder::from_packed(with_checksum(forged)) {
            let text = "Hello world, 你好, and a long word: ".to_string() + &"misunderstanding".repeat(20);
            let tokens = encoder.encode(&text);
            encoder.count(&text);
            encoder.decode(&tokens);
        }
    }
}

fn with_checksum(mut data: Vec<u8>) -> Vec<u8> {
    let sum = format::checksum(&data[16..]);
    data[8..16].copy_from_slice(&sum.to_le_bytes());
    data
}
