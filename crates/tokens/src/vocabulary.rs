//! Which vocabularies there are.

/// A vocabulary with the pattern that splits text for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// `cl100k_base`: GPT-4, GPT-3.5 turbo, text-embedding-ada-002 and -3.
    Cl100k,
    /// `o200k_base`: GPT-4o, GPT-4.1, o1 and later.
    O200k,
}

impl Vocabulary {
    /// Every vocabulary.
    pub const ALL: [Self; 2] = [Self::Cl100k, Self::O200k];

    /// Its name as in OpenAI's tiktoken.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cl100k => "cl100k_base",
            Self::O200k => "o200k_base",
        }
    }

    /// The vocabulary of that name (`cl100k_base`, `o200k_base`).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|vocabulary| vocabulary.name() == name)
    }

    /// Its special tokens with their ids, as in OpenAI's tiktoken.
    pub const fn special_tokens(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Cl100k => &[
                ("<|endoftext|>", 100_257),
                ("<|fim_prefix|>", 100_258),
                ("<|fim_middle|>", 100_259),
                ("<|fim_suffix|>", 100_260),
                ("<|endofprompt|>", 100_276),
            ],
            Self::O200k => &[("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)],
        }
    }

    /// Number of ordinary tokens: their ids are `0..ordinary_tokens()`.
    pub const fn ordinary_tokens(self) -> u32 {
        match self {
            Self::Cl100k => 100_256,
            Self::O200k => 199_998,
        }
    }

    /// Its packed data, if the crate was built with the feature that embeds it.
    pub const fn embedded(self) -> Option<&'static [u8]> {
        match self {
            #[cfg(feature = "cl100k")]
            Self::Cl100k => Some(include_bytes!("../data/cl100k.tokens")),
            #[cfg(feature = "o200k")]
            Self::O200k => Some(include_bytes!("../data/o200k.tokens")),
            #[cfg(not(all(feature = "cl100k", feature = "o200k")))]
            _ => None,
        }
    }

    /// Its number in packed data.
    pub const fn number(self) -> u8 {
        match self {
            Self::Cl100k => 1,
            Self::O200k => 2,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|vocabulary| vocabulary.number() == number)
    }
}
