//! What upstream answers, to events. Upstreams differ; all shapes that were measured are accepted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::Shape;
use crate::chat::event::{Channel, ChatEvent, ChoiceEvent, Part, Usage};
use crate::chat::members::{Members, depth, items};
use crate::http::{Head, essence};
use crate::json::MAX_DEPTH;
use crate::upstream::Reason;
use crate::upstream::sse::{Event, Events};
use crate::upstream::surrogate;

/// Most bytes of a whole answer (ours).
const MAX_WHOLE: usize = 4 << 20;
/// Members in which models put what they think, beside the answer.
const REASONING: [(&str, Channel); 2] =
    [("reasoning_content", Channel::ReasoningContent), ("reasoning", Channel::Reasoning)];
/// What names an answer, the same in all its frames.
const ABOUT: [&str; 3] = ["id", "created", "model"];
/// Most calls of tools in one choice; numbers beyond are taken for the last (ours).
const MAX_CALLS: u32 = 255;

/// Reads one answer.
#[derive(Debug)]
pub(crate) struct Decoder {
    body: Body,
    state: State,
    /// That of the frame that was read last, if it has one.
    shape: Option<Shape>,
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
    /// Something of a choice has come.
    begun: bool,
    /// A choice has ended.
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
        Some(Decoder { body, state: State::default(), shape: None })
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
        if let Some(text) = self.more(frame)
            && let Some(shape) = &self.shape
        {
            return shape.events(text);
        }
        let events = self.read(frame);
        self.shape = match frame {
            Frame::Data(data) => Shape::of(data, &events),
            Frame::Whole(_) | Frame::TooLong => None,
        };
        events
    }

    /// The text of a frame that is the one read last but for it.
    pub(crate) fn more(&self, frame: &Frame) -> Option<String> {
        match (frame, &self.shape) {
            (Frame::Data(data), Some(shape)) if !self.state.ended => shape.text(data),
            _ => None,
        }
    }

    fn read(&mut self, frame: &Frame) -> Vec<ChatEvent> {
        if self.state.ended {
            return Vec::new();
        }
        match frame {
            Frame::TooLong => vec![ChatEvent::Malformed],
            Frame::Data(data) if data.trim_ascii() == b"[DONE]" => {
                self.state.ended = true;
                // Without a choice before it, it ends nothing.
                Vec::from_iter(self.state.begun.then_some(ChatEvent::End))
            }
            Frame::Data(data) | Frame::Whole(data) => {
                let whole = matches!(frame, Frame::Whole(_));
                let data = surrogate::replaced(data);
                let text = std::str::from_utf8(&data).ok().filter(|text| depth(text) <= MAX_DEPTH);
                let read = text.and_then(Members::read);
                match read {
                    Some(members) => self.state.document(members, whole),
                    None => vec![ChatEvent::Malformed],
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
        if let Some(error) = members.get("error").filter(|error| *error != "null") {
            let error = Members::read(error).unwrap_or_default();
            let status = ["code", "status", "status_code"].iter().find_map(|name| status(error.get(name)?));
            self.ended = true;
            return vec![ChatEvent::Error(status)];
        }
        // Not a chat: nothing in it is text of the model.
        if whole && members.get("choices").is_none() && members.get("data").is_some_and(|data| data.starts_with('[')) {
            self.ended = true;
            let usage = members.get("usage").and_then(Members::read).and_then(usage_of);
            return usage.into_iter().chain([ChatEvent::Document(members), ChatEvent::End]).collect();
        }
        // A report of another form: what is in it is not for the client.
        if !whole && members.get("choices").is_none() && members.get("usage").is_none() && !members.is_empty() {
            return vec![ChatEvent::Malformed];
        }
        let written = members.take("choices").unwrap_or_else(|| "null".to_owned());
        let choices = match written.as_str() {
            "null" => Vec::new(),
            written => match items(written) {
                Some(choices) => choices,
                None => return vec![ChatEvent::Malformed],
            },
        };
        let usage = members.take("usage").as_deref().and_then(Members::read);
        members.take("object");
        // Azure's first chunk has an empty id, which is none.
        members.retain(|name, value| !ABOUT.contains(&name) || !matches!(value, "null" | "\"\""));
        self.begun |= !choices.is_empty();
        let mut events = vec![ChatEvent::About(members)];
        for (at, choice) in choices.into_iter().enumerate() {
            let Some(choice) = Members::read(choice) else {
                events.push(ChatEvent::Malformed);
                continue;
            };
            if choice.text("finish_reason").as_deref() == Some("error") {
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
        events.extend(usage.and_then(usage_of));
        if whole && self.finished {
            self.ended = true;
            events.push(ChatEvent::End);
        }
        events
    }

    fn choice(&mut self, mut choice: Members, at: usize, whole: bool) -> ChoiceEvent {
        let index = choice.number("index").unwrap_or(at as u64);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let finish = choice.text("finish_reason");
        self.finished |= finish.is_some();
        let message = choice.take(if whole { "message" } else { "delta" });
        let mut event = ChoiceEvent { index, finish, ..ChoiceEvent::default() };
        if let Some(message) = message.as_deref().and_then(Members::read) {
            let calls = self.choices.entry(index).or_default();
            message_parts(message, calls, &mut event);
        }
        choice.take("index");
        choice.take("finish_reason");
        event.choice = choice;
        event
    }
}

fn message_parts(mut message: Members, calls: &mut Calls, event: &mut ChoiceEvent) {
    if let Some(parts) = message.get("content").and_then(content_parts) {
        event.parts.extend(parts);
        message.take("content");
    }
    let mut text = |message: &mut Members, name: &str, channel: Channel| {
        if let Some(text) = message.text(name).filter(|text| !text.is_empty()) {
            event.parts.push(Part { channel, text, call: None });
            message.take(name);
        }
    };
    for (name, channel) in REASONING {
        text(&mut message, name, channel);
    }
    text(&mut message, "content", Channel::Content);
    text(&mut message, "refusal", Channel::Refusal);
    message.take("role");
    // What a sound says is written beside it, in pieces too.
    if let Some(mut audio) = message.get("audio").and_then(Members::read)
        && let Some(text) = audio.text("transcript").filter(|text| !text.is_empty())
    {
        event.parts.push(Part { channel: Channel::Transcript, text, call: None });
        audio.take("transcript");
        message.take("audio");
        if !audio.is_empty() {
            message.put_json("audio", audio.json());
        }
    }
    for item in message.take("tool_calls").as_deref().and_then(items).unwrap_or_default() {
        if let Some(item) = Members::read(item) {
            event.parts.push(calls.part(item));
        }
    }
    if let Some(mut function) = message.take("function_call").as_deref().and_then(Members::read) {
        let text = arguments(&mut function);
        let call = function.text("name").is_some().then_some(function);
        event.parts.push(Part { channel: Channel::Function, text, call });
    }
    event.message = message;
}

/// The texts of `content` that is a list of parts; `None` if it is no list, or if a part is not text. Clients of this
/// wire expect a string.
fn content_parts(content: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    for item in items(content)? {
        let item = Members::read(item)?;
        let (channel, name) = match item.text("type")?.as_str() {
            "text" | "output_text" => (Channel::Content, "text"),
            "refusal" => (Channel::Refusal, "refusal"),
            "thinking" | "reasoning" => (Channel::ReasoningContent, "thinking"),
            _ => return None,
        };
        match item.text(name) {
            Some(text) => parts.push(Part { channel, text, call: None }),
            // What was thought may be a list of texts itself.
            None => parts.extend(content_parts(item.get(name)?)?.into_iter().map(|part| Part { channel, ..part })),
        }
    }
    Some(parts)
}

fn arguments(function: &mut Members) -> String {
    match function.take("arguments") {
        Some(json) if json.starts_with('"') => serde_json::from_str(&json).unwrap_or_default(),
        // Some write the arguments as the object that they are.
        Some(json) if json.starts_with(['{', '[']) => json,
        _ => String::new(),
    }
}

/// The input of a custom tool.
fn input(custom: &mut Members) -> String {
    let text = custom.text("input").unwrap_or_default();
    custom.take("input");
    text
}

impl Calls {
    /// One entry of `tool_calls`: which call it belongs to, by its id, its index, or its place.
    fn part(&mut self, mut item: Members) -> Part {
        let index = item.number("index");
        let id = item.text("id").filter(|id| !id.is_empty());
        let mut object = |name: &str| item.take(name).as_deref().and_then(Members::read);
        let (function, custom) = (object("function"), object("custom"));
        let said = item.text("type").is_some_and(|kind| kind == "custom");
        let is_custom = function.is_none() && (custom.is_some() || said);
        let name = if is_custom { "custom" } else { "function" };
        let mut called = function.or(custom).unwrap_or_default();
        let text = if is_custom { input(&mut called) } else { arguments(&mut called) };
        let known = match (&id, index) {
            // A new id starts a new call, whatever its index.
            (Some(id), _) => self.0.iter().position(|(known, _)| known.as_ref() == Some(id)),
            (None, Some(index)) => self.0.iter().rposition(|(_, known)| *known == Some(index)),
            (None, None) => self.0.len().checked_sub(1),
        };
        let number = known.unwrap_or(self.0.len()).min(MAX_CALLS as usize);
        let channel = if is_custom { Channel::Custom(number as u32) } else { Channel::Tool(number as u32) };
        if known.is_some() {
            // Its id, type and name have been given: clients would add them up.
            return Part { channel, text, call: None };
        }
        if number == self.0.len() {
            self.0.push((id, index));
        }
        called.retain(|_, value| value != "null");
        if !called.is_empty() {
            item.put_json(name, called.json());
        }
        item.take("index");
        if item.text("type").is_none() {
            item.put("type", name);
        }
        Part { channel, text, call: Some(item) }
    }
}

/// What was used, where at least one of its numbers can be read: without it the call's use is counted from its texts.
fn usage_of(usage: Members) -> Option<ChatEvent> {
    let whole = |number: &f64| (0.0..=1e15).contains(number) && number.fract() == 0.0;
    // Some write `3.0`.
    let float = |name: &str| usage.get(name)?.parse::<f64>().ok().filter(whole).map(|number| number as u64);
    let tokens = |name: &str| usage.number(name).or_else(|| float(name));
    let (prompt, completion) = (tokens("prompt_tokens"), tokens("completion_tokens"));
    prompt.or(completion)?;
    let counted =
        Usage { prompt_tokens: prompt.unwrap_or_default(), completion_tokens: completion.unwrap_or_default() };
    Some(ChatEvent::Usage(counted, usage))
}

/// The HTTP status that an error names, as a number or a string.
fn status(json: &str) -> Option<u16> {
    json.trim_matches('"').parse().ok().filter(|status| (400..600).contains(status))
}

/// Why upstream refuses a request with 400 or 429.
pub(crate) fn reason(body: &[u8]) -> Reason {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return Reason::Other };
    match body.get("error").and_then(|error| error.get("code")).and_then(Value::as_str) {
        Some("context_length_exceeded") => Reason::TooLong,
        Some("content_filter") => Reason::Filtered,
        Some("insufficient_quota") => Reason::Quota,
        _ => Reason::Other,
    }
}
