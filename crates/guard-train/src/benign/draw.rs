//! Templates filled in by draws.
//!
//! `⟦a|b|c⟧` is one of its parts; `§n` a noun, `§N` the noun as a type, `§v` a verb, `§V` the verb
//! as a type, `§c` what a comment says, `§p` a person's first name, `§i` a number, `§h` hexadecimal
//! digits, `§t` a time of day, `§d` a date, `§w` a word of a place. Within a piece the same letter
//! with a digit (`§n1`) is the same word again.

use crate::random::Random;

const NOUNS: &[&str] = &[
    "order",
    "invoice",
    "session",
    "customer",
    "shipment",
    "ticket",
    "report",
    "product",
    "payment",
    "account",
    "message",
    "user",
    "profile",
    "event",
    "job",
    "queue",
    "file",
    "document",
    "record",
    "cache",
    "request",
    "response",
    "token",
    "policy",
    "rule",
    "filter",
    "mode",
    "config",
    "setting",
    "prompt",
    "system",
    "command",
    "instruction",
    "secret",
    "password",
    "role",
    "model",
    "context",
    "history",
    "conversation",
    "agent",
    "assistant",
    "template",
    "admin",
];
const VERBS: &[&str] = &[
    "load",
    "save",
    "fetch",
    "update",
    "delete",
    "create",
    "parse",
    "render",
    "send",
    "print",
    "show",
    "reset",
    "override",
    "ignore",
    "forget",
    "disable",
    "enable",
    "bypass",
    "list",
    "repeat",
    "reveal",
    "start",
    "stop",
    "validate",
    "filter",
    "encode",
    "decode",
    "translate",
    "summarize",
    "write",
    "read",
    "open",
    "close",
    "unlock",
    "activate",
];
const COMMENTS: &[&str] = &[
    "ignore empty lines",
    "the previous value is kept",
    "do not print secrets",
    "reset to the default settings",
    "override the rules of the parent",
    "skip hidden files",
    "must be called before the first request",
    "never log the password",
    "returns nothing when the list is empty",
    "the system user has no home directory",
    "only admins may see this",
    "forget what was cached before",
    "repeat until the queue is empty",
    "all previous entries are dropped",
    "developer mode only",
    "instructions are in the readme",
    "the rules above apply here too",
    "disable this check in tests",
    "bypass the cache",
    "list all roles of the user",
    "see the ticket for details",
    "the output must be sorted",
    "act as a fallback",
    "unlimited by default",
    "show the prompt again",
    "no limits apply to internal calls",
    "you must not call this twice",
    "from now on the new format is used",
    "pretend that the file exists",
    "the first line is the header",
];
const PEOPLE: &[&str] = &[
    "Anna", "Ben", "Chloe", "David", "Elif", "Fatima", "Goran", "Hanna", "Ivan", "Jun", "Kofi", "Lena", "Maria", "Noor",
];
const PLACES: &[&str] =
    &["north", "berlin", "lyon", "eu-west", "harbour", "depot", "office", "clinic", "campus", "market"];

/// The template with every draw made.
pub(super) fn expand(template: &str, random: &mut Random) -> String {
    let mut chosen = String::new();
    let mut rest = template;
    while let Some((before, choice)) = rest.split_once('⟦') {
        chosen.push_str(before);
        let (choice, after) = choice.split_once('⟧').unwrap_or((choice, ""));
        let parts: Vec<&str> = choice.split('|').collect();
        chosen.push_str(random.pick(&parts));
        rest = after;
    }
    chosen.push_str(rest);
    let mut known: Vec<(String, &str)> = Vec::new();
    let mut out = String::new();
    let mut rest = chosen.as_str();
    while let Some((before, after)) = rest.split_once('§') {
        out.push_str(before);
        let mut letters = after.chars();
        let letter = letters.next().unwrap_or(' ');
        rest = letters.as_str();
        let number: String = rest.chars().take_while(char::is_ascii_digit).take(1).collect();
        rest = rest.get(number.len()..).unwrap_or_default();
        let list = match letter {
            'n' | 'N' => NOUNS,
            'v' | 'V' => VERBS,
            'c' => COMMENTS,
            'p' => PEOPLE,
            'w' => PLACES,
            _ => {
                out.push_str(&value(letter, random));
                continue;
            }
        };
        let key = format!("{}{number}", letter.to_ascii_lowercase());
        let word = match known.iter().find(|(name, _)| !number.is_empty() && *name == key) {
            Some((_, word)) => word,
            None => {
                let word = random.pick(list);
                known.push((key, word));
                word
            }
        };
        let mut first = word.chars();
        match first.next() {
            Some(initial) if letter.is_ascii_uppercase() => {
                out.push(initial.to_ascii_uppercase());
                out.push_str(first.as_str());
            }
            _ => out.push_str(word),
        }
    }
    out.push_str(rest);
    out
}

fn value(letter: char, random: &mut Random) -> String {
    match letter {
        'i' => {
            let digits = 1 + random.below(4) as usize;
            random.digits(digits)
        }
        'h' => random.hex(8),
        't' => format!("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60)),
        'd' => format!("20{:02}-{:02}-{:02}", 18 + random.below(9), 1 + random.below(12), 1 + random.below(28)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_the_same_word() {
        let text = expand("§n1 §N1 ⟦x|x⟧", &mut Random::new(3));
        let (small, rest) = text.split_once(' ').unwrap();
        let (large, choice) = rest.split_once(' ').unwrap();
        assert_eq!((small.to_owned(), choice), (large.to_lowercase(), "x"));
    }
}
