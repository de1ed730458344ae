//! Trims a conversation to its window, where one is configured (requirements, B2): an exchange with tools stays or goes
//! as one, and the client's document loses whole messages and nothing else.

use std::ops::Range;

use promptgate_guard::Role;
use promptgate_lint::{Id, Tree, Value};

use crate::chat::{Counters, Counting, Trim};
use crate::problem::{Code, Problem};

/// How many tokens a request may have.
pub struct Window<'a> {
    /// The window of a model in tokens, if it is known.
    pub of: &'a dyn Fn(&str) -> Option<u64>,
    /// Thousandths of it that the conversation may take, 1–1000.
    pub ratio_permille: u64,
    /// How tokens are counted.
    pub counting: Counting,
    /// What counts them.
    pub counters: &'a mut Counters,
}

/// What trimming did, and what goes from the document.
pub(super) struct Trimmed {
    pub(super) trim: Trim,
    pub(super) removed: Vec<Range<usize>>,
}

/// Drops the oldest exchanges until the rest fits. `messages` are those of the array `list`; nothing of the role
/// `system` is dropped, nor the newest message of the role `user`.
///
/// # Errors
/// [`Code::ContextTooLong`], with the numbers, where what may not be dropped does not fit.
pub(super) fn trim(
    tree: &Tree,
    model: &str,
    messages: &[(Id, Role)],
    others: impl Iterator<Item = Id>,
    window: &mut Window<'_>,
) -> Result<Option<Trimmed>, Problem> {
    let Some(size) = (window.of)(model) else { return Ok(None) };
    let limit = (u128::from(size) * u128::from(window.ratio_permille) / 1000) as u64;
    let mut counted_by = "";
    let mut count = |id: Id| {
        let (tokens, name) = window.counters.count(window.counting, model, &text(tree, id));
        counted_by = name;
        tokens
    };
    let fixed: u64 = others.map(&mut count).sum();
    let tokens: Vec<u64> = messages.iter().map(|(id, _)| count(*id)).collect();
    let before = tokens.iter().fold(fixed, |sum, tokens| sum.saturating_add(*tokens));
    let newest = messages.iter().rposition(|(_, role)| *role == Role::User);
    let mut after = before;
    let mut dropped = Vec::new();
    let mut at = 0;
    while at < messages.len() && after > limit {
        // What tools say belongs to the message that called them.
        let next = messages.iter().skip(at + 1).position(|(_, role)| *role != Role::Tool);
        let end = next.map_or(messages.len(), |next| at + 1 + next);
        let kept = messages.get(at).is_some_and(|(_, role)| *role == Role::System) || Some(at) == newest;
        if !kept {
            let freed =
                tokens.get(at..end).unwrap_or_default().iter().fold(0, |sum: u64, tokens| sum.saturating_add(*tokens));
            after = after.saturating_sub(freed);
            dropped.extend(at..end);
        }
        at = end;
    }
    if after > limit {
        let detail = format!(
            "System messages and the newest message of the user take {after} tokens; at most {limit} fit ({}/1000 of a \
             window of {size}). Shorten them.",
            window.ratio_permille,
        );
        return Err(Problem::new(Code::ContextTooLong, detail));
    }
    let removed = removals(tree, messages, &dropped);
    let trim = Trim { dropped, tokens_before: before, tokens_after: after, limit, counted_by };
    Ok(Some(Trimmed { trim, removed }))
}

/// The text of a value: every string in it that is no medium.
fn text(tree: &Tree, id: Id) -> String {
    let mut text = String::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        match &tree.node(id).value {
            Value::String(string) if !super::request::is_media(tree, id, string.as_str()) => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(string.as_str());
            }
            _ => open.extend(tree.children(id).iter().rev()),
        }
    }
    text
}

/// What goes from the document with the messages `dropped`, each run of them with one comma.
fn removals(tree: &Tree, messages: &[(Id, Role)], dropped: &[usize]) -> Vec<Range<usize>> {
    let span = |at: usize| messages.get(at).map(|(id, _)| tree.node(*id).span.clone());
    let mut removed = Vec::new();
    let mut runs = dropped.chunk_by(|one, next| one + 1 == *next);
    while let Some([first, .., last] | [first @ last]) = runs.next() {
        let range = match (first.checked_sub(1).and_then(span), span(last + 1)) {
            // The one before stays: were it dropped, it would be of this run.
            (Some(before), _) => span(*last).map(|last| before.end..last.end),
            (None, Some(after)) => span(*first).map(|first| first.start..after.start),
            (None, None) => span(*first).zip(span(*last)).map(|(first, last)| first.start..last.end),
        };
        removed.extend(range);
    }
    removed
}
