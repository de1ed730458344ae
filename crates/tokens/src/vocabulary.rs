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
        Self::ALL.into_iter().find(|vocabulary| vocabulary.name() == name)
    }

    /// The vocabulary of a model by its name, with or without a provider's prefix (`openai/gpt-4o`) or
    /// a date after it; `None` for models whose vocabulary is not public or not one of these. Source:
    /// the model table of OpenAI's tiktoken.
    pub fn for_model(model: &str) -> Option<Self> {
        let model = model.rsplit('/').next()?.to_ascii_lowercase();
        let model = model.strip_prefix("ft:").unwrap_or(&model);
        let known = MODELS.iter().find(|(prefix, _)| model.starts_with(prefix));
        known.map(|&(_, vocabulary)| vocabulary)
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

    /// Its packed data, for the tests of this crate; programs take it from `promptgate-vocabularies`.
    #[cfg(test)]
    pub(crate) const fn packed(self) -> &'static [u8] {
        match self {
            Self::Cl100k => include_bytes!("../data/cl100k.tokens"),
            Self::O200k => include_bytes!("../data/o200k.tokens"),
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
        Self::ALL.into_iter().find(|vocabulary| vocabulary.number() == number)
    }
}

/// How names of models start; the first that fits counts.
const MODELS: [(&str, Vocabulary); 15] = [
    ("gpt-4o", Vocabulary::O200k),
    ("gpt-4.1", Vocabulary::O200k),
    ("gpt-4.5", Vocabulary::O200k),
    ("gpt-5", Vocabulary::O200k),
    ("chatgpt-4o", Vocabulary::O200k),
    ("o1", Vocabulary::O200k),
    ("o3", Vocabulary::O200k),
    ("o4-mini", Vocabulary::O200k),
    ("gpt-4", Vocabulary::Cl100k),
    ("gpt-3.5", Vocabulary::Cl100k),
    ("gpt-35", Vocabulary::Cl100k),
    ("davinci-002", Vocabulary::Cl100k),
    ("babbage-002", Vocabulary::Cl100k),
    ("text-embedding-ada-002", Vocabulary::Cl100k),
    ("text-embedding-3", Vocabulary::Cl100k),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models() {
        for (model, vocabulary) in [
            ("gpt-4o-mini-2024-07-18", Some(Vocabulary::O200k)),
            ("openai/gpt-4.1", Some(Vocabulary::O200k)),
            ("ft:gpt-4o:acme::1", Some(Vocabulary::O200k)),
            ("gpt-4-turbo", Some(Vocabulary::Cl100k)),
            ("gpt-35-turbo", Some(Vocabulary::Cl100k)),
            ("text-embedding-3-large", Some(Vocabulary::Cl100k)),
            ("claude-sonnet-4", None),
            ("", None),
        ] {
            assert_eq!(Vocabulary::for_model(model), vocabulary, "{model}");
        }
    }
}
