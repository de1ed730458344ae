//! What upstream answers, to events. Upstreams differ; everything that `wires.md` measured is taken.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chat::event::{Channel, ChatEvent, ChoiceEvent, Members, Part, Usage};
use crate::http::{Head, essence};
use crate::upstream::Reason;
use crate::upstream::sse::{Event, Events};
use crate::upstream::surrogate;

/// Most bytes of a whole answer (ours).
const MAX_WHOLE: usize = 4 << 20;
/// Members in which models put what they think, beside the answer.
const REASONING: [(&str, Channel); 2] =
    [("reasoning_content", Channel::ReasoningContent), ("reasoning", Channel::Reasoning)];
/// Most calls of tools in one choice; numbers beyond are taken for the last (ours).
const MAX_CALLS: u32 = 255;

/// Reads one answer.
#[derive(Debug)]
pub(crate) struct Decoder {
    body: Body,
    state: State,
}

#[derive(Debug)]
enum Body {
    Stream(Events),
    /// One document, whole.
    Whole(Vec<u8>),
}

/// A frame that has come and was not read yet.
#[derive(Debug)]
pub(crate) enum Frame {
    /// An event's data.
    Data(Vec<u8>),
    /// The document of a whole answer.
    Whole(Vec<u8>),
    TooLong,
}

impl Frame {
    /// How long it is, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Frame::Data(data) | Frame::Whole(data) => data.len(),
            Frame::TooLong => 0,
        }
    }
}

/// What is known of the answer so far.
#[derive(Debug, Default)]
struct State {
    choices: BTreeMap<u32, Calls>,
    /// A choice has said why it ended.
    finished: bool,
    ended: bool,
}

/// The calls of tools of one choice: the id of each and the index that upstream gave it.
#[derive(Debug, Default)]
struct Calls(Vec<(Option<String>, Option<u64>)>);

impl Decoder {
    /// A decoder for the body of `head`; `None` where it is no answer of this wire.
    pub(crate) fn new(head: &Head) -> Option<Decoder> {
        let body = match head.header("content-type").map(essence).as_deref() {
            Some("text/event-stream") => Body::Stream(Events::default()),
            None | Some("" | "application/json") => Body::Whole(Vec::new()),
            Some(_) => return None,
        };
        Some(Decoder { body, state: State::default() })
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Frame> {
        match &mut self.body {
            Body::Stream(events) => events.push(chunk).into_iter().filter_map(frame).collect(),
            Body::Whole(body) => {
                if body.len() <= MAX_WHOLE {
                    body.extend_from_slice(chunk);
                }
                Vec::new()
            }
        }
    }

    /// The body has ended.
    pub(crate) fn finish(&mut self) -> Vec<Frame> {
        match &mut self.body {
            Body::Stream(events) => events.finish().into_iter().filter_map(frame).collect(),
            Body::Whole(body) if body.is_empty() => Vec::new(),
            Body::Whole(body) if body.len() > MAX_WHOLE => vec![Frame::TooLong],
            Body::Whole(body) => vec![Frame::Whole(std::mem::take(body))],
        }
    }

    /// Reads a frame.
    pub(crate) fn decode(&mut self, frame: &Frame) -> Vec<ChatEvent> {
        if self.state.ended {
            return Vec::new();
        }
        match frame {
            Frame::TooLong => vec![ChatEvent::Malformed],
            Frame::Data(data) if data.trim_ascii() == b"[DONE]" => {
                self.state.ended = true;
                vec![ChatEvent::End]
            }
            Frame::Data(data) | Frame::Whole(data) => {
                let whole = matches!(frame, Frame::Whole(_));
                let read = serde_json::from_slice(data).or_else(|_| serde_json::from_slice(&surrogate::replaced(data)));
                match read {
                    Ok(Value::Object(members)) => self.state.document(members, whole),
                    _ => vec![ChatEvent::Malformed],
                }
            }
        }
    }

    /// What comes after this is not read any more.
    pub(crate) fn close(&mut self) {
        self.state.ended = true;
    }

    /// Whether an answer that ends here without its terminator is whole: not all upstreams send `[DONE]`.
    pub(crate) fn is_whole(&self) -> bool {
        self.state.finished && !self.state.ended
    }
}

fn frame(event: Event) -> Option<Frame> {
    match event {
        Event::Data(data) => Some(Frame::Data(data)),
        Event::TooLong => Some(Frame::TooLong),
        Event::Comment => None,
    }
}

impl State {
    fn document(&mut self, mut members: Members, whole: bool) -> Vec<ChatEvent> {
        if let Some(error) = members.remove("error").filter(|error| !error.is_null()) {
            let status = ["code", "status", "status_code"].iter().find_map(|name| status(error.get(name)?));
            self.ended = true;
            return vec![ChatEvent::Error(status)];
        }
        // Not a chat: nothing in it is text of the model.
        if whole && !members.contains_key("choices") && members.get("data").is_some_and(Value::is_array) {
            self.ended = true;
            let mut events: Vec<_> =
                members.get("usage").and_then(Value::as_object).map(usage_of).into_iter().collect();
            events.push(ChatEvent::Document(members));
            events.push(ChatEvent::End);
            return events;
        }
        let choices = match members.remove("choices") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(choices)) => choices,
            Some(_) => return vec![ChatEvent::Malformed],
        };
        let usage = members.remove("usage").filter(Value::is_object);
        members.remove("object");
        let mut events = Vec::new();
        // Azure's first chunk has an empty id, which is none.
        members.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        if !members.is_empty() {
            events.push(ChatEvent::About(members));
        }
        for (at, choice) in choices.into_iter().enumerate() {
            let Value::Object(choice) = choice else {
                events.push(ChatEvent::Malformed);
                continue;
            };
            if choice.get("finish_reason").and_then(Value::as_str) == Some("error") {
                self.ended = true;
                events.push(ChatEvent::Error(None));
                return events;
            }
            let event = self.choice(choice, at, whole);
            let empty =
                event.parts.is_empty() && event.finish.is_none() && event.message.is_empty() && event.choice.is_empty();
            if !empty {
                events.push(ChatEvent::Choice(Box::new(event)));
            }
        }
        if let Some(Value::Object(usage)) = usage {
            events.push(usage_of(&usage));
        }
        if whole && self.finished {
            self.ended = true;
            events.push(ChatEvent::End);
        }
        events
    }

    fn choice(&mut self, mut choice: Members, at: usize, whole: bool) -> ChoiceEvent {
        let index = choice.remove("index").and_then(|index| index.as_u64()).unwrap_or(at as u64);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let finish = match choice.remove("finish_reason") {
            Some(Value::String(reason)) => Some(reason),
            _ => None,
        };
        self.finished |= finish.is_some();
        let message = choice.remove(if whole { "message" } else { "delta" });
        let mut event = ChoiceEvent { index, finish, ..ChoiceEvent::default() };
        if let Some(Value::Object(message)) = message {
            let calls = self.choices.entry(index).or_default();
            message_parts(message, calls, &mut event);
        }
        choice.retain(|_, value| !value.is_null());
        event.choice = choice;
        event
    }
}

fn message_parts(mut message: Members, calls: &mut Calls, event: &mut ChoiceEvent) {
    let mut text = |message: &mut Members, name: &str, channel: Channel| {
        if let Some(text) = message.get(name).and_then(Value::as_str) {
            if !text.is_empty() {
                event.parts.push(Part { channel, text: text.to_owned(), call: None });
            }
            message.remove(name);
        }
    };
    for (name, channel) in REASONING {
        text(&mut message, name, channel);
    }
    text(&mut message, "content", Channel::Content);
    text(&mut message, "refusal", Channel::Refusal);
    message.remove("role");
    if let Some(Value::Array(items)) = message.remove("tool_calls") {
        for item in items {
            if let Value::Object(item) = item {
                event.parts.push(calls.part(item));
            }
        }
    }
    if let Some(Value::Object(mut function)) = message.remove("function_call") {
        let text = arguments(&mut function);
        let call = function.get("name").is_some_and(|name| !name.is_null()).then_some(function);
        event.parts.push(Part { channel: Channel::Function, text, call });
    }
    message.retain(|_, value| !value.is_null());
    event.message = message;
}

fn arguments(function: &mut Members) -> String {
    match function.remove("arguments") {
        Some(Value::String(text)) => text,
        // Some write the arguments as the object that they are.
        Some(value @ (Value::Object(_) | Value::Array(_))) => value.to_string(),
        _ => String::new(),
    }
}

impl Calls {
    /// One entry of `tool_calls`: which call it belongs to, by its id, its index, or its place.
    fn part(&mut self, mut item: Members) -> Part {
        let index = item.remove("index").and_then(|index| index.as_u64());
        let id = item.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
        let mut function = match item.remove("function") {
            Some(Value::Object(function)) => function,
            _ => Members::new(),
        };
        let text = arguments(&mut function);
        let known = match (&id, index) {
            // A new id starts a new call, whatever its index.
            (Some(id), _) => self.0.iter().position(|(known, _)| known.as_ref() == Some(id)),
            (None, Some(index)) => self.0.iter().rposition(|(_, known)| *known == Some(index)),
            (None, None) => self.0.len().checked_sub(1),
        };
        let number = known.unwrap_or(self.0.len()).min(MAX_CALLS as usize);
        let channel = Channel::Tool(number as u32);
        if known.is_some() {
            // Its id, type and name have been given: clients would add them up.
            return Part { channel, text, call: None };
        }
        if number == self.0.len() {
            self.0.push((id, index));
        }
        function.retain(|_, value| !value.is_null());
        if !function.is_empty() {
            item.insert("function".to_owned(), Value::Object(function));
        }
        item.entry("type").or_insert_with(|| Value::from("function"));
        Part { channel, text, call: Some(item) }
    }
}

fn usage_of(usage: &Members) -> ChatEvent {
    let tokens = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let counted = Usage { prompt_tokens: tokens("prompt_tokens"), completion_tokens: tokens("completion_tokens") };
    ChatEvent::Usage(counted, usage.clone())
}

/// The HTTP status that an error names, as a number or a string.
fn status(value: &Value) -> Option<u16> {
    let status = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(status).ok().filter(|status| (400..600).contains(status))
}

/// Why upstream refuses a request with 400.
pub(crate) fn reason(body: &[u8]) -> Reason {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return Reason::Other };
    match body.get("error").and_then(|error| error.get("code")).and_then(Value::as_str) {
        Some("context_length_exceeded") => Reason::TooLong,
        Some("content_filter") => Reason::Filtered,
        _ => Reason::Other,
    }
}
