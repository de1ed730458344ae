//! I002 duplicate-instruction: Duplicate instruction.

use std::collections::BTreeMap;

use crate::sentence::{Sentence, sentences};
use crate::{Context, Draft, Example, Fix, FixKind, Rule, Severity};

/// I002.
pub(crate) static RULE: Rule = Rule {
    code: "I002",
    name: "duplicate-instruction",
    severity: Severity::Info,
    summary: "Duplicate instruction.",
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
        Example::text("Row, row, row your boat\nRow, row, row your boat\n| a | b | c | d |\n| a | b | c | d |\n"),
        Example::text("return items.map(item => item.id);\nreturn items.map(item => item.id);\n"),
        Example::json(
            r#"{"systemInstructions":[],"context":[{"role":"user","content":"Where is my order now? Where is my order now?"}]}"#,
        ),
    ],
    check,
};

/// Shorter sentences are repeated for good reasons: "Yes or no?"
const FEWEST_WORDS: usize = 4;
/// Words with which an instruction begins.
const BEGINNINGS: [&str; 35] = [
    "always",
    "never",
    "do",
    "don't",
    "answer",
    "respond",
    "reply",
    "return",
    "use",
    "avoid",
    "ensure",
    "make",
    "keep",
    "write",
    "provide",
    "include",
    "output",
    "follow",
    "ask",
    "be",
    "only",
    "please",
    "explain",
    "summarize",
    "summarise",
    "translate",
    "cite",
    "refuse",
    "mention",
    "think",
    "verify",
    "prefer",
    "wait",
    "remember",
    "focus",
];

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut known: BTreeMap<Vec<String>, (String, usize)> = BTreeMap::new();
    let positions = context.positions();
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()) {
        let text = prompt.prose();
        for sentence in sentences(text).into_iter().filter(|one| instructs(text, one)) {
            let line = positions.at(prompt.text.source(sentence.span.clone()).start).line;
            let path = prompt.path.to_string();
            let Some((other, first)) = known.get(&sentence.words) else {
                known.insert(sentence.words, (path, line));
                continue;
            };
            let place = if *other == path { format!("line {first}") } else { format!("{other}, line {first}") };
            let fix = Fix::suggested("Remove the repetition", prompt.edit(sentence.span.clone(), ""));
            let message = format!("Same sentence as {place}. Remove one.");
            drafts.push(prompt.draft(sentence.span, message).fix(fix));
        }
    }
    drafts
}

/// Whether the sentence is an instruction in prose, and no line of code, a table or a poem.
fn instructs(text: &str, sentence: &Sentence) -> bool {
    let written = text.get(sentence.span.clone()).unwrap_or_default();
    let code = ['|', '{', '}', '=', '<', '>', '`', '(', '[', '\\', '_', '/', '"'];
    sentence.words.len() >= FEWEST_WORDS
        && written.ends_with(['.', '!'])
        && !written.contains(code)
        && sentence.words.first().is_some_and(|word| BEGINNINGS.contains(&word.as_str()))
}
