//! I002 duplicate-instruction: An instruction stands twice.

use std::collections::BTreeMap;

use crate::sentence::sentences;
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// I002.
pub(crate) static RULE: Rule = Rule {
    code: "I002",
    name: "duplicate-instruction",
    severity: Severity::Warning,
    summary: "An instruction stands twice.",
    page: include_str!("i002_duplicate_instruction.md"),
    fix: FixKind::Suggested,
    harmful: false,
    bad: &[
        Example::text("Never share order numbers with others. Be kind.\n- Never share order numbers, with others!"),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Answer in one short sentence.","user_template":"Answer in one short sentence."}"#,
        ),
    ],
    good: &[
        Example::text("Never share order numbers with others. Never share addresses with others."),
        Example::text("Be kind. Be kind."),
        Example::json(
            r#"{"systemInstructions":[],"context":[{"role":"user","content":"Where is my order now? Where is my order now?"}]}"#,
        ),
    ],
    check,
};

/// Shorter sentences are repeated for good reasons: "Yes or no?"
const FEWEST_WORDS: usize = 4;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut known: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()) {
        for sentence in sentences(prompt.prose()).into_iter().filter(|one| one.words.len() >= FEWEST_WORDS) {
            let Some(place) = known.get(&sentence.words) else {
                known.insert(sentence.words, prompt.path.to_string());
                continue;
            };
            let fix = Fix::suggested("Remove the repetition", prompt.edit(sentence.span.clone(), ""));
            let message = format!("This repeats a sentence in {place}: keep one of them.");
            drafts.push(prompt.draft(sentence.span, message).fix(fix));
        }
    }
    drafts
}
