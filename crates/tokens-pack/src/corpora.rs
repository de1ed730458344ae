//! The texts of the benchmarks, made from a seed.

use std::fs;

use crate::texts::Random;
use crate::words::{ARABIC, CJK, EMOJI, ENGLISH, HINDI, KOREAN, RUSSIAN};

/// A named list of texts, each of which is counted by one call.
pub struct Corpus {
    /// Its name in the tables.
    pub name: &'static str,
    /// The texts.
    pub texts: Vec<String>,
    /// Made to hurt; such are judged apart.
    pub is_pathological: bool,
}

impl Corpus {
    /// Bytes of all texts.
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Every corpus. Chat and prose come from `data` (a folder with `benign/*.jsonl`) if it is there, and
/// are put together from a list of words otherwise; the second value says which.
pub fn all(data: &str) -> (Vec<Corpus>, bool) {
    let mut random = Random::new(4);
    let lines = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(format!("{data}/benign/{file}")).unwrap_or_default();
        text.lines().filter_map(text_of).collect()
    };
    let mut talk: Vec<String> =
        ["ultrachat.jsonl", "dahoas_hh.jsonl", "awesome_prompts_2023.jsonl"].into_iter().flat_map(lines).collect();
    let real = !talk.is_empty();
    if !real {
        talk = (0..3000).map(|_| words(&mut random, &ENGLISH, " ", 200)).collect();
    }
    let prose = cut(&talk.join("\n\n"), 1_000_000).remove(0);
    let chat = cut(&talk.join(" "), 200).into_iter().cycle().take(10_000).collect();
    let multilingual = (0..2500).map(|_| sentence(&mut random)).collect::<String>();
    let code = [
        "split.rs",
        "packed.rs",
        "encoder.rs",
        "long.rs",
        "short.rs",
        "transcript.rs",
        "merges.rs",
        "cache.rs",
        "class.rs",
    ]
    .into_iter()
    .filter_map(|file| fs::read_to_string(format!("{}/../tokens/src/{file}", env!("CARGO_MANIFEST_DIR"))).ok())
    .collect::<String>();
    // tiktoken-rs overflows its stack on a megabyte of spaces
    let size = 200_000;
    let letters = |random: &mut Random, set: &[u8]| (0..size).map(|_| random.pick(set) as char).collect::<String>();
    let pathological = [
        ("'a' x 100k", "a".repeat(100_000)),
        ("'a' x 200k", "a".repeat(size)),
        ("spaces", " ".repeat(size)),
        ("newlines", "\n".repeat(size)),
        ("one symbol", "!".repeat(size)),
        ("symbols", letters(&mut random, b"!\"#$%&()*+,-./:;<=>?@[]^_{|}~")),
        ("one word", letters(&mut random, b"abcdefghijklmnopqrstuvwxyz")),
        ("one word, a-b", letters(&mut random, b"ab")),
        ("words run on", words(&mut random, &ENGLISH, "", size).to_lowercase()),
        ("alternating", "a1 ".repeat(size / 3)),
        ("one CJK run", words(&mut random, &CJK, "", size)),
    ];
    let kind = |name, texts| Corpus { name, texts, is_pathological: false };
    let mut corpora = vec![
        kind("chat", chat),
        kind("prose", vec![prose]),
        kind("code", vec![code.repeat(5 * size / code.len().max(1) + 1)]),
        kind("multilingual", vec![multilingual]),
    ];
    corpora.extend(pathological.map(|(name, text)| Corpus { name, texts: vec![text], is_pathological: true }));
    (corpora, real)
}

/// The value of `"text"` in a line of JSON, unescaped as far as the data needs.
fn text_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"text\": \"")?;
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'u' => {
                    let code: String = characters.by_ref().take(4).collect();
                    text.push(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
                }
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// A text in parts of about `size` bytes.
fn cut(text: &str, size: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > size {
        let mut at = size;
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let (part, next) = rest.split_at(at);
        parts.push(part.into());
        rest = next;
    }
    parts.push(rest.into());
    parts
}

/// Words from a list, the first ones more often, until there are `size` bytes.
fn words(random: &mut Random, list: &[&str], between: &str, size: usize) -> String {
    let mut text = String::new();
    while text.len() < size {
        let bound = 1 + random.below(list.len());
        text.push_str(list.get(random.below(bound)).copied().unwrap_or(""));
        text.push_str(between);
    }
    text
}

fn sentence(random: &mut Random) -> String {
    let (list, between, stop): (&[&str], _, _) = match random.below(8) {
        0..3 => (&CJK, "", "。"),
        3 => (&KOREAN, " ", ". "),
        4 => (&RUSSIAN, " ", ". "),
        5 => (&ARABIC, " ", "؟ "),
        6 => (&HINDI, " ", "। "),
        _ => (&EMOJI, "", " 🎉 "),
    };
    let size = 30 + random.below(120);
    words(random, list, between, size) + stop
}
