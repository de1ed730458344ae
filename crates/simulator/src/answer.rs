//! The text that a model would have written, on every wire: canned sentences, chosen by seed and body.

use sha2::{Digest, Sha256};

use crate::fault::{Script, pieces};

// Every opening starts with a multi-byte character in its first token, so that any answer has one.
const OPENINGS: &[&str] = &[
    "Zoë, thanks for reaching out to us today.",
    "Señora Núñez, thank you for your patience while I looked into this.",
    "Olá André! I can see the account in front of me now.",
    "Grüß Gott, Herr Müller – I have found your booking.",
    "Café Zürich support here, happy to help with that. 😊",
    "Noël, I am sorry about the trouble with the last invoice.",
];
const STEPS: &[&str] = &[
    "The refund of €42.50 was released this morning and reaches your card within 3–5 business days.",
    "I have reset the line from our side; please unplug the router for 30 seconds and plug it back in.",
    "Your parcel left the depot in Orléans at 06:10 and is due tomorrow before noon. 📦",
    "The naïve way would be to cancel and rebook, but I can change the date without a fee.",
    "I have added a note to the case so that you do not have to explain it again.",
    "Since the contract renews on the 1st, the cheaper plan at €19/month starts then.",
    "A technician can come on Thursday between 8:00 and 12:00, or on Friday after 14:00.",
    "The charge you mention is a deposit; it is released automatically, usually within a week.",
    "You will get a confirmation by e-mail in a few minutes; please check the spam folder too.",
    "For your safety I never need the full card number, only the last four digits.",
    "The outage in your area was fixed at 09:45, and the credit of £5 is already on the account.",
    "I have moved the appointment of Mr. Đặng to the São Paulo branch, as he asked.",
];
const CLOSINGS: &[&str] = &[
    "Is there anything else I can do for you? 🙂",
    "If it happens again, answer this message and I will take it from there.",
    "Thanks again, and have a good day – à bientôt!",
    "I will follow up tomorrow to make sure everything works. ✅",
];

/// Which of its answers a simulator gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Voice {
    pub(crate) seed: u64,
    /// Sentences between the opening and the closing one; 0 is two to eight, as the seed and the body will have it.
    pub(crate) sentences: u64,
}

/// One answer: its tokens in order and what they cost.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    tokens: Vec<String>,
    prompt_tokens: u64,
}

impl Answer {
    /// The answer to a body by a voice; always the same one. It begins with `echo`, and has at most
    /// `max_tokens`.
    pub(crate) fn new(
        Voice { seed, sentences }: Voice,
        body: &[u8],
        echo: &str,
        prompt_tokens: u64,
        max_tokens: u64,
    ) -> Self {
        let mut dice = Dice::new(seed, body);
        let mut text = echo.to_owned();
        text.push_str(dice.pick(OPENINGS));
        let drawn = 2 + dice.below(7);
        for _ in 0..if sentences > 0 { sentences } else { drawn } {
            text.push(' ');
            text.push_str(dice.pick(STEPS));
        }
        text.push(' ');
        text.push_str(dice.pick(CLOSINGS));
        let most = usize::try_from(max_tokens).unwrap_or(usize::MAX);
        let tokens = pieces(&text, None).into_iter().take(most).collect();
        Self { tokens, prompt_tokens }
    }

    /// The tokens in order: the canned ones, or the script's.
    pub(crate) fn tokens(&self, script: Option<&Script>) -> Vec<String> {
        match script.and_then(|script| Some((script.content_of(0)?, script.piece))) {
            Some((text, piece)) => pieces(text, piece),
            None => self.tokens.clone(),
        }
    }

    /// Tokens of the prompt.
    pub(crate) fn prompt_tokens(&self) -> u64 {
        self.prompt_tokens
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough for choosing sentences.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, body: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(body).finalize();
        Self(digest.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte)))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(seed: u64, body: &str, max_tokens: u64) -> Answer {
        Answer::new(Voice { seed, sentences: 0 }, body.as_bytes(), "", 3, max_tokens)
    }

    #[test]
    fn an_answer_is_as_long_as_it_is_to_be() {
        let long = Answer::new(Voice { seed: 1, sentences: 64 }, b"a", "", 3, 512);
        assert_eq!(long.tokens.len(), 512);
    }

    #[test]
    fn answers_depend_on_seed_and_body() {
        assert_eq!(answer(1, "a", 4096), answer(1, "a", 4096));
        let mut seen: Vec<String> = (0..20).map(|n| answer(n, "a", 4096).tokens.concat()).collect();
        seen.extend((0..20).map(|n| answer(1, &n.to_string(), 4096).tokens.concat()));
        seen.sort();
        seen.dedup();
        assert!(seen.len() > 35, "varied: {}", seen.len());
    }

    #[test]
    fn any_answer_has_a_multi_byte_character_and_no_more_tokens_than_asked() {
        for seed in 0..50 {
            for max in [1, 5, 4096] {
                let answer = answer(seed, "b", max);
                assert!(answer.tokens.len() as u64 <= max);
                assert!(!answer.tokens[0].is_ascii(), "{:?}", answer.tokens[0]);
            }
        }
    }
}
