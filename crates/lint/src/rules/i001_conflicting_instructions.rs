//! I001 conflicting-instructions: Two instructions contradict each other.

use std::collections::BTreeMap;

use crate::sentence::sentences;
use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// I001.
pub(crate) static RULE: Rule = Rule {
    code: "I001",
    name: "conflicting-instructions",
    severity: Severity::Warning,
    summary: "Two instructions contradict each other.",
    page: include_str!("i001_conflicting_instructions.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text("Always mention the price. Be kind. Never mention the price."),
        Example::text("Respond in JSON.\nReturn the answer as YAML."),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Do not use emoji.","user_template":"You must use emoji."}"#,
        ),
    ],
    good: &[
        Example::text("Always mention the price. Never mention the margin."),
        Example::text("Respond in JSON.\nReturn valid JSON only."),
        Example::text("Respond in JSON or YAML. If asked, answer in YAML. Do not answer in XML."),
        Example::json(
            r#"{"systemInstructions":[],"context":[{"role":"user","content":"Always call me Jo. Never call me Jo."}]}"#,
        ),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    // What is to be done or not, and where that was first said.
    let mut orders: BTreeMap<String, (bool, String)> = BTreeMap::new();
    let mut format: Option<(&str, String)> = None;
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()) {
        let path = prompt.path.to_string();
        for sentence in sentences(prompt.prose()) {
            let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
            if let Some((always, what)) = order(&words) {
                match orders.get(&what) {
                    Some((before, place)) if *before != always => {
                        let message = format!("This contradicts an instruction in {place}: one says to, one not to.");
                        drafts.push(prompt.draft(sentence.span.clone(), message));
                    }
                    Some(_) => {}
                    None => _ = orders.insert(what, (always, path.clone())),
                }
            }
            if let Some(asked) = asked_format(&words) {
                match &format {
                    Some((before, place)) if *before != asked => {
                        let message = format!("The answer is asked for in {asked} here and in {before} in {place}.");
                        drafts.push(prompt.draft(sentence.span.clone(), message));
                    }
                    Some(_) => {}
                    None => format = Some((asked, path.clone())),
                }
            }
        }
    }
    drafts
}

/// Whether the sentence says to do something or not to, and what.
fn order(words: &[&str]) -> Option<(bool, String)> {
    const ALWAYS: [&[&str]; 2] = [&["always"], &["must"]];
    const NEVER: [&[&str]; 6] =
        [&["never"], &["must", "not"], &["must", "never"], &["do", "not"], &["don't"], &["mustn't"]];
    let subject = usize::from(words.first() == Some(&"you"));
    let words = words.get(subject..)?;
    let after = |starts: &[&[&'static str]]| {
        starts.iter().filter_map(|start| words.strip_prefix(*start)).min_by_key(|rest| rest.len())
    };
    let (always, rest) = match (after(&NEVER), after(&ALWAYS)) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let what: Vec<&str> = rest.iter().copied().filter(|word| !matches!(*word, "a" | "an" | "the" | "any")).collect();
    (what.len() > 1).then(|| (always, what.join(" ")))
}

/// The one format in which the sentence asks for an answer, without conditions.
fn asked_format(words: &[&str]) -> Option<&'static str> {
    const FORMATS: [(&str, &str); 6] = [
        ("json", "JSON"),
        ("yaml", "YAML"),
        ("xml", "XML"),
        ("csv", "CSV"),
        ("html", "HTML"),
        ("markdown", "Markdown"),
    ];
    const VERBS: [&str; 6] = ["respond", "reply", "answer", "return", "output", "format"];
    const CONDITIONS: [&str; 10] = ["if", "when", "unless", "or", "not", "never", "don't", "than", "instead", "for"];
    if !words.iter().any(|word| VERBS.contains(word)) || words.iter().any(|word| CONDITIONS.contains(word)) {
        return None;
    }
    let mut found = FORMATS.iter().filter(|(word, _)| words.contains(word)).map(|(_, name)| *name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
