//! Generated texts: made to hit what a tokeniser gets wrong.

use promptgate_tokens::Vocabulary;

use crate::{reference, unicode};

/// A small generator of pseudo-random numbers (SplitMix64): the same seed, the same texts.
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) as u128 * bound.max(1) as u128) >> 64) as usize
    }

    /// One of `items`, or the default of an empty slice.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        items.get(self.below(items.len())).copied().unwrap_or_default()
    }
}

/// Makes texts of many kinds.
pub struct Texts {
    random: Random,
    /// Code points on either side of every border between the classes that the patterns name.
    borders: Vec<char>,
    /// The tokens of both vocabularies.
    tokens: Vec<Vec<u8>>,
}

/// First and last code point of blocks in many scripts.
const SCRIPTS: [(u32, u32); 36] = [
    (0x20, 0x7e),
    (0x61, 0x7a),
    (0xa0, 0xff),
    (0x100, 0x24f),
    (0x250, 0x2af),
    (0x300, 0x36f),
    (0x370, 0x3ff),
    (0x400, 0x4ff),
    (0x530, 0x58f),
    (0x590, 0x5ff),
    (0x600, 0x6ff),
    (0x700, 0x74f),
    (0x900, 0x97f),
    (0x980, 0x9ff),
    (0xb80, 0xbff),
    (0xe00, 0xe7f),
    (0xf00, 0xfff),
    (0x1000, 0x109f),
    (0x10a0, 0x10ff),
    (0x1200, 0x137f),
    (0x13a0, 0x13ff),
    (0x1780, 0x17ff),
    (0x1800, 0x18af),
    (0x1e00, 0x1eff),
    (0x2000, 0x206f),
    (0x2070, 0x218f),
    (0x2190, 0x2bff),
    (0x3000, 0x30ff),
    (0x4e00, 0x9fff),
    (0xac00, 0xd7a3),
    (0xe000, 0xe0ff),
    (0xfb00, 0xfdff),
    (0xfe00, 0xffef),
    (0x10400, 0x1044f),
    (0x1d400, 0x1d7ff),
    (0x1f300, 0x1faff),
];
const WORDS: [&str; 24] = [
    "the",
    "of",
    "and",
    "customer",
    "Order",
    "REFUND",
    "I",
    "don",
    "we",
    "they",
    "O",
    "naïve",
    "straße",
    "Ελλάδα",
    "привет",
    "שלום",
    "مرحبا",
    "नमस्ते",
    "สวัสดี",
    "你好",
    "東京都",
    "안녕",
    "HTTPServer",
    "camelCase",
];
const CONTRACTIONS: [&str; 22] = [
    "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'T", "'RE", "'Ve", "'M", "'lL", "'D", "'ſ", "'ſt", "'l", "'r",
    "'v", "'", "''s", "’s",
];
const SPACES: [&str; 16] = [
    " ", "  ", "\n", "\r\n", "\t", "\r", "\u{a0}", "\u{85}", "\u{2028}", "\u{3000}", "\u{feff}", "\u{200b}", "\u{b}",
    "\u{c}", "    ", "\n\n\n",
];
const SYMBOLS: [&str; 24] = [
    "!",
    "?",
    ".",
    ",",
    "/",
    "//",
    "{",
    "}",
    "();",
    "->",
    "=>",
    "==",
    "<|endoftext|>",
    "<|",
    "|>",
    "#",
    "@",
    "_",
    "-",
    "--",
    "\"",
    "`",
    "…",
    "\u{301}",
];

impl Texts {
    /// Texts from a seed.
    ///
    /// # Errors
    /// A sentence, if the references cannot be read.
    pub fn new(seed: u64) -> Result<Self, String> {
        let mut borders = Vec::new();
        for pattern in [
            r"\p{Lu}", r"\p{Lt}", r"\p{Ll}", r"\p{Lm}", r"\p{Lo}", r"\p{M}", r"\p{N}", r"\s", r"\p{P}", r"\p{S}",
            r"\p{C}",
        ] {
            for (first, last) in unicode::ranges(pattern)? {
                let around = [first.wrapping_sub(1), first, last, last + 1];
                borders.extend(around.into_iter().filter_map(char::from_u32));
            }
        }
        borders.sort_unstable();
        borders.dedup();
        let mut tokens = Vec::new();
        for vocabulary in Vocabulary::ALL {
            for id in 0..vocabulary.ordinary_tokens() {
                tokens.push(reference::bpe(vocabulary).bpe.token_bytes(id).to_vec());
            }
        }
        Ok(Self { random: Random::new(seed), borders, tokens })
    }

    /// The next text: mostly 1 to 60 characters, now and then several hundred.
    pub fn next_text(&mut self) -> String {
        let length = match self.random.below(40) {
            0 => 100 + self.random.below(400),
            1..8 => 1 + self.random.below(4),
            _ => 1 + self.random.below(40),
        };
        match self.random.below(12) {
            0 => self.script(length),
            1 => self.several(length, |texts| texts.border().to_string()),
            2 => self.several(length / 3 + 1, Self::word_and_contraction),
            3 => self.several(length / 2 + 1, Self::space_or_letter),
            4 => self.bytes(length),
            5 => self.joined_tokens(length / 4 + 1, false),
            6 => self.joined_tokens(length / 2 + 1, true),
            7 => self.several(length / 2 + 1, |texts| texts.random.pick(&SYMBOLS).into()),
            8 => self.run(length),
            9 => self.several(length, |texts| {
                char::from_u32(texts.random.below(0x11_0000) as u32).unwrap_or('\u{fffd}').into()
            }),
            10 => self.letters(length),
            _ => self.several(length / 2 + 1, Self::anything),
        }
    }

    fn several(&mut self, count: usize, part: impl Fn(&mut Self) -> String) -> String {
        (0..count).map(|_| part(self)).collect()
    }

    fn anything(&mut self) -> String {
        match self.random.below(8) {
            0 => self.border().to_string(),
            1 => self.random.pick(&CONTRACTIONS).into(),
            2 => self.random.pick(&SPACES).into(),
            3 => self.random.pick(&SYMBOLS).into(),
            4 => self.random.below(100_000).to_string(),
            5 => self.joined_tokens(1, false),
            6 => self.script(2),
            _ => self.random.pick(&WORDS).into(),
        }
    }

    fn border(&mut self) -> char {
        self.random.pick(&self.borders)
    }

    fn script(&mut self, length: usize) -> String {
        let at = self.random.below(SCRIPTS.len());
        let &(first, last) = SCRIPTS.get(at).unwrap_or(&(0x20, 0x7e));
        let character = |texts: &mut Self| match texts.random.below(7) {
            0 => " ".into(),
            _ => char::from_u32(first + texts.random.below((last - first + 1) as usize) as u32)
                .map_or(String::new(), String::from),
        };
        self.several(length, character)
    }

    fn word_and_contraction(&mut self) -> String {
        let space = if self.random.below(3) == 0 { "" } else { " " };
        [space, self.random.pick(&WORDS), self.random.pick(&CONTRACTIONS)].concat()
    }

    fn space_or_letter(&mut self) -> String {
        match self.random.below(5) {
            0 => self.random.pick(&["a", "B", "1", "!", "é", "中"]).into(),
            _ => self.random.pick(&SPACES).into(),
        }
    }

    /// Any bytes, or a text with a few bytes changed: read as UTF-8 with replacement.
    fn bytes(&mut self, length: usize) -> String {
        let mut bytes = match self.random.below(2) {
            0 => (0..length).map(|_| self.random.below(256) as u8).collect(),
            _ => self.several(length / 2 + 1, Self::anything).into_bytes(),
        };
        for _ in 0..1 + bytes.len() / 8 {
            let at = self.random.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = self.random.below(256) as u8;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Tokens of the vocabularies side by side, some cut short; with `letters` only those made of
    /// ASCII letters, so that they are one long piece.
    fn joined_tokens(&mut self, count: usize, letters: bool) -> String {
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..count {
            // the low ids are the common ones
            let bound = self.random.pick(&[1_000, 10_000, self.tokens.len()]);
            let at = self.random.below(bound);
            let Some(token) = self.tokens.get(at) else {
                continue;
            };
            let cut = if self.random.below(4) == 0 { 1 + self.random.below(token.len()) } else { token.len() };
            let token = token.get(..cut).unwrap_or(token);
            match letters {
                true => bytes.extend(token.iter().filter(|byte| byte.is_ascii_alphabetic())),
                false => bytes.extend(token),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One or two things again and again.
    fn run(&mut self, length: usize) -> String {
        let (one, two) = (self.anything(), self.anything());
        let cycle = match self.random.below(3) {
            0 => one,
            1 => one.chars().take(1).collect(),
            _ => one + &two,
        };
        cycle.repeat(length.div_ceil(cycle.len().max(1)) + self.random.below(4))
    }

    fn letters(&mut self, length: usize) -> String {
        let kinds: [&[char]; 4] = [
            &['a', 'b'],
            &['e', 't', 'a', 'o', 'i', 'n', 's'],
            &['A', 'a', 'é', 'ß', 'Σ'],
            &['中', '国', '人', '的', 'の'],
        ];
        let kind = kinds.get(self.random.below(4)).copied().unwrap_or(&[]);
        (0..length).map(|_| self.random.pick(kind)).collect()
    }
}
