//! What spells a text of an answer again: probabilities of its tokens, and details of what the model thought. It waits
//! until the text that it spells has passed, and is dropped where something in it was replaced.

use std::collections::{BTreeMap, VecDeque};

use super::event::{Channel, ChoiceEvent};
use super::members::{Members, items};

/// A member whose list spells a text again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Echo {
    /// `logprobs` of the choice, of the content.
    Probabilities,
    /// `reasoning_details` of the message, beside `reasoning`.
    Details,
}

/// What waits, of all choices.
#[derive(Debug, Default)]
pub(super) struct Echoes(BTreeMap<(u32, Echo), Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// How many bytes of text all of its items so far spell.
    spelt: usize,
    /// The items' JSON texts, each with the end of what it spells.
    items: VecDeque<(usize, String)>,
}

impl Echo {
    fn of(channel: Channel) -> Option<Echo> {
        match channel {
            Channel::Content => Some(Echo::Probabilities),
            Channel::Reasoning => Some(Echo::Details),
            _ => None,
        }
    }
}

impl Echoes {
    /// Whether a text of `channel` may be spelt again.
    pub(super) fn may_spell(channel: Channel) -> bool {
        Echo::of(channel).is_some()
    }

    /// Takes out of `event` what spells its texts again.
    pub(super) fn take(&mut self, event: &mut ChoiceEvent) {
        let listed = event
            .choice
            .get("logprobs")
            .and_then(Members::read)
            .filter(|lists| lists.get("content").is_some_and(is_list));
        if let Some(lists) = listed {
            event.choice.take("logprobs");
            let lists = ["content", "refusal"].into_iter().filter_map(|name| lists.get(name));
            self.add((event.index, Echo::Probabilities), lists);
        }
        if event.parts.iter().any(|part| part.channel == Channel::Reasoning)
            && event.message.get("reasoning_details").is_some_and(is_list)
        {
            let details = event.message.take("reasoning_details");
            self.add((event.index, Echo::Details), details.as_deref().into_iter());
        }
    }

    fn add<'j>(&mut self, key: (u32, Echo), lists: impl Iterator<Item = &'j str>) {
        let waiting = self.0.entry(key).or_default();
        for item in lists.filter_map(items).flatten() {
            waiting.spelt += length(item);
            waiting.items.push_back((waiting.spelt, item.to_owned()));
        }
    }

    /// Puts into `event` what spells the first `passed` bytes of its choice's text in `channel`.
    pub(super) fn release(&mut self, event: &mut ChoiceEvent, channel: Channel, passed: usize) {
        let Some(echo) = Echo::of(channel) else { return };
        let Some(waiting) = self.0.get_mut(&(event.index, echo)) else { return };
        let mut out = Vec::new();
        while waiting.items.front().is_some_and(|(end, _)| *end <= passed) {
            out.extend(waiting.items.pop_front().map(|(_, item)| item));
        }
        if out.is_empty() {
            return;
        }
        let list = format!("[{}]", out.join(","));
        match echo {
            Echo::Probabilities => event.choice.put_json("logprobs", format!("{{\"content\":{list}}}")),
            Echo::Details => event.message.put_json("reasoning_details", list),
        }
    }

    /// Forgets all: a text that they spell was replaced.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn is_list(json: &str) -> bool {
    json.starts_with('[')
}

/// How many bytes of the text an item spells.
fn length(item: &str) -> usize {
    let Some(item) = Members::read(item) else { return 0 };
    let bytes = item.get("bytes").and_then(items).map(|bytes| bytes.len());
    let text = || ["token", "text", "summary"].iter().find_map(|name| item.text(name)).map(|text| text.len());
    bytes.or_else(text).unwrap_or_default()
}
