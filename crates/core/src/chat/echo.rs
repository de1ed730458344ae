//! What spells a text of an answer again: probabilities of its tokens, and details of what the model thought. It waits
//! until the text that it spells has passed, and is dropped where something in it was replaced.

use std::collections::{BTreeMap, VecDeque};

use super::event::{Channel, ChoiceEvent};
use super::extra;
use super::members::{Members, items};

/// What waits, of all choices, by the channel of the text that it spells.
#[derive(Debug, Default)]
pub(super) struct Echoes(BTreeMap<(u32, Channel), Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// How many bytes of text all of its items so far spell.
    spelt: usize,
    /// The items' JSON texts, each with the end of what it spells.
    items: VecDeque<(usize, String)>,
}

impl Echoes {
    /// Whether a text of `channel` may be spelt again.
    pub(super) fn may_spell(channel: Channel) -> bool {
        matches!(channel, Channel::Content | Channel::Refusal | Channel::Reasoning)
    }

    /// Takes out of `event` what spells its texts again. Gives the JSON texts of the strings in it that say something else:
    /// they are strings as those of any other member.
    pub(super) fn take(&mut self, event: &mut ChoiceEvent) -> Vec<String> {
        const LISTS: [(&str, Channel); 2] = [("content", Channel::Content), ("refusal", Channel::Refusal)];
        let mut others = Vec::new();
        let probabilities = event.choice.get("logprobs").and_then(Members::read).unwrap_or_default();
        if LISTS.iter().any(|(name, _)| probabilities.get(name).is_some_and(is_list)) {
            event.choice.take("logprobs");
            for (name, channel) in LISTS {
                self.add(event, channel, probabilities.get(name), &mut others);
            }
        }
        if event.parts.iter().any(|part| part.channel == Channel::Reasoning)
            && event.message.get("reasoning_details").is_some_and(is_list)
        {
            let details = event.message.take("reasoning_details");
            self.add(event, Channel::Reasoning, details.as_deref(), &mut others);
        }
        others
    }

    fn add(&mut self, event: &ChoiceEvent, channel: Channel, list: Option<&str>, others: &mut Vec<String>) {
        let parts = event.parts.iter().filter(|part| part.channel == channel);
        let text: String = parts.map(|part| part.text.as_str()).collect();
        let (waiting, mut at) = (self.0.entry((event.index, channel)).or_default(), 0);
        for json in list.and_then(items).unwrap_or_default() {
            let item = Members::read(json).unwrap_or_default();
            let spelling = Spelling::of(&item);
            let said = spelling.text.as_deref().filter(|said| said.len() <= spelling.bytes);
            let spells = said.is_some_and(|said| text.as_bytes().get(at..at + said.len()) == Some(said.as_bytes()));
            let known = item.get(spelling.name).filter(|_| spells);
            let strings = extra::strings(json).filter_map(|(start, end)| json.get(start..end));
            others.extend(strings.filter(|string| Some(*string) != known && may_be_a_value(string)).map(str::to_owned));
            at = at.saturating_add(spelling.bytes);
            waiting.spelt = waiting.spelt.saturating_add(spelling.bytes);
            waiting.items.push_back((waiting.spelt, json.to_owned()));
        }
    }

    /// Puts into `event` what spells the first `passed` bytes of its choice's text in `channel`.
    pub(super) fn release(&mut self, event: &mut ChoiceEvent, channel: Channel, passed: usize) {
        let Some(waiting) = self.0.get_mut(&(event.index, channel)) else { return };
        let mut out = Vec::new();
        while waiting.items.front().is_some_and(|(end, _)| *end <= passed) {
            out.extend(waiting.items.pop_front().map(|(_, item)| item));
        }
        if out.is_empty() {
            return;
        }
        let list = format!("[{}]", out.join(","));
        if channel == Channel::Reasoning {
            return event.message.put_json("reasoning_details", list);
        }
        let mut lists = event.choice.get("logprobs").and_then(Members::read).unwrap_or_default();
        lists.put_json(if channel == Channel::Refusal { "refusal" } else { "content" }, list);
        event.choice.put_json("logprobs", lists.json());
    }

    /// Forgets all: a text that they spell was replaced.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn is_list(json: &str) -> bool {
    json.starts_with('[')
}

/// Whether the JSON text of a string may hold a value of a kind that is built in: each is longer than six characters, and
/// none is a single word of letters. A pattern of the operator's may be such a word, and is not looked for in these.
fn may_be_a_value(string: &str) -> bool {
    let text = string.trim_matches('"');
    text.len() >= 7 && !text.trim_start().bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// What an item spells.
struct Spelling {
    /// The member that has it.
    name: &'static str,
    text: Option<String>,
    /// How long it is: where it is not the whole of a character, `bytes` alone says it.
    bytes: usize,
}

impl Spelling {
    fn of(item: &Members) -> Spelling {
        let texts = ["token", "text", "summary"].into_iter().find_map(|name| Some((name, item.text(name)?)));
        let (name, text) = texts.map_or(("", None), |(name, text)| (name, Some(text)));
        let bytes = item.get("bytes").and_then(items).map(|bytes| bytes.len());
        let bytes = bytes.or(text.as_ref().map(String::len)).unwrap_or_default();
        Spelling { name, text, bytes }
    }
}
