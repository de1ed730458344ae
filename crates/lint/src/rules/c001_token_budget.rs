//! C001 token-budget: The text has more tokens than its budget.

use promptgate_tokens::Vocabulary;

use crate::canonical::number;
use crate::fault::Path;
use crate::{Context, Draft, Example, FixKind, Kind, Part, Rule, Severity};
use promptgate_tokens::Counting;

/// C001.
pub(crate) static RULE: Rule = Rule {
    code: "C001",
    name: "token-budget",
    severity: Severity::Warning,
    summary: "The text has more tokens than its budget.",
    page: include_str!("c001_token_budget.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text("one two three four five ").times(100).config(r#"{"model":"gpt-4o","models":{"gpt-4o":100}}"#),
        Example::json(
            r#"{"name":"big","system_instruction":"x","user_template":"many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and many words stand here again and ","max_tokens":256}"#,
        ),
        Example::json(
            r#"{"systemInstructions":["Be brief."],"context":[],"temperature":0,"maxTokens":4000,"modelId":"m"}"#,
        )
        .config(r#"{"models":{"m":4001}}"#),
    ],
    good: &[
        Example::text("one two three four five ").times(10).config(r#"{"model":"gpt-4o","models":{"gpt-4o":100}}"#),
        Example::text("one two three four five ").times(1000),
        Example::json(r#"{"name":"greeting","system_instruction":"Be brief.","user_template":"Hello"}"#),
        Example::json(
            r#"{"systemInstructions":["Be brief."],"context":[],"temperature":0,"maxTokens":4000,"modelId":"m"}"#,
        )
        .config(r#"{"models":{"m":8000}}"#),
    ],
    check,
};

/// Upstream's maximum where a prompt template names none (requirements, E1).
const DEFAULT_MAX_TOKENS: f64 = 4096.0;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    drafts.extend(template(context));
    drafts.extend(window(context));
    drafts
}

/// E2: upstream counts the template in `cl100k_base` and compares it with its own maximum.
fn template(context: &Context<'_>) -> Option<Draft> {
    let (Kind::PromptTemplate, Some(tree)) = (context.document.kind, context.tree()) else { return None };
    let user = tree.find(&["user_template"])?;
    let system = tree.text(tree.find(&["system_instruction"])?)?.as_str();
    let text = format!("{system}\n{}", tree.text(user)?.as_str());
    let most = context.max_tokens().map_or(DEFAULT_MAX_TOKENS, |(_, most)| most);
    // A token has at least one byte.
    if text.len() as f64 <= most {
        return None;
    }
    let (tokens, by) = context.count_as(Counting::Exact(Vocabulary::Cl100k), &text);
    let most_shown = number(most);
    let message = format!("The template has {tokens} tokens ({by}), and `max_tokens` allows {most_shown}: shorten it.");
    (tokens as f64 > most).then(|| context.at(user, message).severity(Severity::Error))
}

/// All texts and the answer must fit the model's window.
fn window(context: &Context<'_>) -> Option<Draft> {
    let window = context.window()?;
    let answer = context.max_tokens().map_or(0.0, |(_, most)| most);
    let sent = context.prompts().iter().filter(|prompt| !matches!(prompt.part, Part::Description | Part::Other));
    let texts: Vec<&str> = sent.map(|prompt| prompt.as_str()).collect();
    let (tokens, by) = context.count(&texts.join("\n"), context.model());
    if tokens as f64 + answer <= window as f64 {
        return None;
    }
    let message = format!(
        "{tokens} tokens of text ({by}) and {} of the answer are more than the model's window of {window}: \
         shorten the text or ask for a shorter answer.",
        number(answer)
    );
    let whole = Draft::new(Path::root(), 0..context.document.source().len(), message.as_str());
    Some(context.max_tokens().map_or(whole, |(id, _)| context.at(id, message.as_str())))
}
