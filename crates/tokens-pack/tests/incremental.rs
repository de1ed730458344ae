//! Counting in parts equals counting the whole.

use promptgate_tokens::{Conversation, Stream, Transcript, Vocabulary};
use promptgate_tokens_pack::texts::{Random, Texts};

/// Printed with a failure.
const SEED: u64 = 5;

/// A text in random parts, cut between characters.
fn parts<'t>(text: &'t str, random: &mut Random) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut at = 1 + random.below(rest.len().min(24));
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let (part, after) = rest.split_at(at);
        parts.push(part);
        rest = after;
    }
    parts
}

#[test]
fn a_stream_counts_like_the_whole() {
    let (mut texts, mut random) = (Texts::new(SEED).unwrap(), Random::new(SEED));
    for vocabulary in Vocabulary::ALL {
        let mut encoder = promptgate_vocabularies::encoder(vocabulary).unwrap();
        for _ in 0..20_000 {
            let text = texts.next_text();
            let mut stream = Stream::new();
            let mut so_far = String::new();
            for part in parts(&text, &mut random) {
                stream.push(&mut encoder, part);
                so_far.push_str(part);
                assert_eq!(stream.total(&mut encoder), encoder.count(&so_far), "{so_far:?}");
            }
        }
    }
}

#[test]
fn a_transcript_counts_like_the_whole_after_every_cut() {
    let (mut texts, mut random) = (Texts::new(SEED).unwrap(), Random::new(SEED));
    for vocabulary in Vocabulary::ALL {
        let mut encoder = promptgate_vocabularies::encoder(vocabulary).unwrap();
        for _ in 0..1_500 {
            let mut transcript = Transcript::new();
            for _ in 0..12 {
                let text = texts.next_text();
                for part in parts(&text, &mut random) {
                    transcript.push(&mut encoder, part);
                }
                if random.below(2) == 0 {
                    let at = random.below(transcript.text().len() + 1);
                    let cut = transcript.cut(&mut encoder, at);
                    assert!(cut || !transcript.text().is_char_boundary(at));
                }
                let whole = encoder.count(transcript.text());
                assert_eq!(transcript.total(&mut encoder), whole, "{:?}", transcript.text());
            }
        }
    }
}

#[test]
fn a_conversation_is_the_sum_of_its_messages() {
    let (mut texts, mut random) = (Texts::new(SEED).unwrap(), Random::new(SEED));
    let mut encoder = promptgate_vocabularies::encoder(Vocabulary::O200k).unwrap();
    for _ in 0..500 {
        let mut messages: Vec<String> = (0..20).map(|_| texts.next_text()).collect();
        let mut conversation = Conversation::new();
        for message in &messages {
            conversation.push(&mut encoder, message);
        }
        let budget = random.below(conversation.total() + 1);
        let dropped = conversation.trim(budget);
        messages.drain(..dropped);
        if !messages.is_empty() && random.below(2) == 0 {
            let place = random.below(messages.len());
            messages.remove(place);
            conversation.remove(place);
        }
        let counts: Vec<usize> = messages.iter().map(|message| encoder.count(message)).collect();
        assert!(conversation.total() <= budget);
        assert_eq!(conversation.total(), counts.iter().sum::<usize>());
        assert!(conversation.counts().eq(counts));
    }
}
