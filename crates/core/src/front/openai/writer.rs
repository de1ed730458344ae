//! Events to chat completions: one document, or chunks as server-sent events, as the official SDKs want them. Where the
//! answer came by this wire too, each chunk is upstream's own, member for member, but for what must be edited.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, error};
use crate::chat::event::{Channel, ChatEvent, ChoiceEvent, Part, Usage};
use crate::chat::members::{Members, items};
use crate::front::encoder::About;
use crate::http::ReplyHead;
use crate::problem::Problem;

/// The member of `audio` that is a text.
const TRANSCRIPT: &str = "transcript";

/// Writes one answer.
pub(crate) struct Writer {
    answer: Answer,
    /// `id`, `created` and `model`, the same in all chunks.
    fixed: Members,
    /// The members of upstream's last document, until they are written.
    frame: Members,
    choices: BTreeMap<u32, Choice>,
    usage: Option<Members>,
    /// An answer that is no chat.
    document: Option<Members>,
    ended: bool,
}

/// What is known of a choice.
#[derive(Default)]
struct Choice {
    /// Its first chunk has been written.
    begun: bool,
    /// The message of a whole answer.
    message: Members,
    texts: Texts,
    /// Other members of the choice.
    choice: Members,
    /// Of a stream, those of the document in which it ended.
    frame: Members,
    finish: Option<String>,
}

impl Writer {
    pub(crate) fn new(answer: Answer, of: &About) -> Writer {
        let mut fixed = Members::default();
        fixed.put("id", format!("chatcmpl-{}", of.request_id));
        fixed.put("created", of.started_ms / 1000);
        fixed.put("model", of.model.as_str());
        let (frame, choices, usage, document) = Default::default();
        Writer { answer, fixed, frame, choices, usage, document, ended: false }
    }

    pub(crate) fn head(&self, request_id: &str) -> ReplyHead {
        let mut headers = vec![("x-request-id", request_id.to_owned())];
        if self.answer.streamed {
            headers.push(("content-type", "text/event-stream; charset=utf-8".to_owned()));
            headers.push(("cache-control", "no-store, no-transform".to_owned()));
            headers.push(("x-accel-buffering", "no".to_owned()));
        } else {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("cache-control", "no-store".to_owned()));
        }
        ReplyHead { status: 200, headers }
    }

    pub(crate) fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::About(members) => self.about(members),
            ChatEvent::Choice(event) if self.answer.streamed => self.chunk(*event, out),
            ChatEvent::Choice(event) => self.choices.entry(event.index).or_default().add(*event),
            ChatEvent::Usage(_, members) => self.usage = Some(members),
            ChatEvent::Document(members) => self.document = Some(members),
            ChatEvent::End | ChatEvent::Error(_) | ChatEvent::Malformed => {}
        }
    }

    /// A document of upstream's begins. What names the answer is what the first one says.
    fn about(&mut self, mut members: Members) {
        let begun = self.choices.values().any(|choice| choice.begun);
        for name in ["id", "created", "model"] {
            let fits = match name {
                "created" => members.number(name).is_some_and(|seconds| u32::try_from(seconds).is_ok()),
                _ => members.text(name).is_some(),
            };
            if let Some(value) = members.take(name).filter(|_| fits && !begun) {
                self.fixed.put_json(name, value);
            }
        }
        // The members of a document without content are in the next one.
        let mut frame = std::mem::take(&mut self.frame);
        frame.retain(|_, value| value != "null");
        if frame.is_empty() {
            self.frame = members;
        } else {
            frame.extend(members);
            self.frame = frame;
        }
    }

    /// One chunk of one choice; why it ends is held back up to the end of all.
    fn chunk(&mut self, mut event: ChoiceEvent, out: &mut Vec<u8>) {
        let choice = self.choices.entry(event.index).or_default();
        let ends = event.finish.is_some();
        choice.finish = event.finish.take().or_else(|| choice.finish.take());
        let mut delta = event.message;
        let first = !std::mem::replace(&mut choice.begun, true);
        if first {
            delta.put("role", "assistant");
        }
        if ends {
            // The document in which it ends is written when all have; what is left of its text goes before.
            choice.frame = std::mem::take(&mut self.frame);
            choice.choice = std::mem::take(&mut event.choice);
        }
        if event.parts.is_empty() && delta.is_empty() && event.choice.is_empty() {
            return;
        }
        Texts::of(event.parts).put(&mut delta, true);
        let mut members = event.choice;
        members.put("index", event.index);
        members.put_json("delta", delta.json());
        members.put("finish_reason", Value::Null);
        self.write(&members.json(), None, None, out);
    }

    /// One chunk of an answer, with upstream's members of the document that it comes from.
    fn write(&mut self, choice: &str, usage: Option<String>, report: Option<&Value>, out: &mut Vec<u8>) {
        let mut chunk = self.named("chat.completion.chunk");
        chunk.put_json("choices", format!("[{choice}]"));
        if self.answer.usage {
            chunk.put_json("usage", usage.unwrap_or_else(|| "null".to_owned()));
        }
        if let Some(report) = report {
            chunk.put_json("promptgate", report.to_string());
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(chunk.json().as_bytes());
        out.extend_from_slice(b"\n\n");
    }

    /// Upstream's last document without its content.
    fn named(&mut self, object: &str) -> Members {
        let mut members = std::mem::take(&mut self.frame);
        members.extend(self.fixed.clone());
        members.put("object", object);
        members
    }

    pub(crate) fn done(&mut self, report: &Value, usage: Option<Usage>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        if let Some(document) = self.document.take() {
            return out.extend_from_slice(document.json().as_bytes());
        }
        let usage = usage.map(|usage| self.used(usage));
        if !self.answer.streamed {
            return self.whole(report, usage, out);
        }
        let choices = std::mem::take(&mut self.choices);
        let last = choices.keys().next_back().copied();
        // The document after all choices has the usage.
        let after = std::mem::take(&mut self.frame);
        for (index, choice) in choices {
            let mut members = choice.choice;
            members.put("index", index);
            members.put_json("delta", "{}".to_owned());
            members.put("finish_reason", finish(choice.finish));
            self.frame = choice.frame;
            // The report is in the last chunk.
            let ends = Some(index) == last && !self.answer.usage;
            if ends {
                self.frame.extend(after.clone());
            }
            self.write(&members.json(), None, ends.then_some(report), out);
        }
        if self.answer.usage {
            self.frame = after;
            self.write("", usage, Some(report), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// What was used, with upstream's own members.
    fn used(&mut self, usage: Usage) -> String {
        let mut members = self.usage.take().unwrap_or_default();
        let total = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        let counts = [
            ("prompt_tokens", usage.prompt_tokens),
            ("completion_tokens", usage.completion_tokens),
            ("total_tokens", total),
        ];
        for (name, count) in counts {
            if members.number(name).is_none() {
                members.put(name, count);
            }
        }
        members.json()
    }

    fn whole(&mut self, report: &Value, usage: Option<String>, out: &mut Vec<u8>) {
        let choices: Vec<String> =
            std::mem::take(&mut self.choices).into_iter().map(|(index, choice)| choice.whole(index)).collect();
        let mut document = self.named("chat.completion");
        document.put_json("choices", format!("[{}]", choices.join(",")));
        if let Some(usage) = usage {
            document.put_json("usage", usage);
        }
        document.put_json("promptgate", report.to_string());
        out.extend_from_slice(document.json().as_bytes());
    }

    /// The error terminator of a stream; nothing comes after it.
    pub(crate) fn error(&self, problem: &Problem, request_id: &str, out: &mut Vec<u8>) {
        let mut error = error::error(problem);
        if let Some(members) = error.as_object_mut() {
            members.insert("request_id".into(), request_id.into());
        }
        out.extend_from_slice(format!("data: {}\n\n", json!({ "error": error })).as_bytes());
    }
}

/// The texts of a message, or of a part of one.
#[derive(Default)]
struct Texts {
    /// Content, refusal and reasoning, by the names of their members.
    plain: Vec<(&'static str, String)>,
    /// By their numbers.
    calls: BTreeMap<u32, Called>,
    function: Option<(Members, String)>,
}

/// A call of a tool, or a part of one.
#[derive(Default)]
struct Called {
    /// Its members, where it begins.
    members: Option<Members>,
    /// Arguments, or input.
    text: String,
    /// It is a custom tool's.
    custom: bool,
}

impl Texts {
    fn of(parts: Vec<Part>) -> Texts {
        let mut texts = Texts::default();
        parts.into_iter().for_each(|part| texts.add(part));
        texts
    }

    fn add(&mut self, part: Part) {
        let Part { channel, text, call } = part;
        let name = match channel {
            Channel::Content => "content",
            Channel::Refusal => "refusal",
            Channel::Reasoning => "reasoning",
            Channel::ReasoningContent => "reasoning_content",
            Channel::Transcript => TRANSCRIPT,
            Channel::Tool(number) | Channel::Custom(number) => {
                let called = self.calls.entry(number).or_default();
                called.members = call.or_else(|| called.members.take());
                called.custom = matches!(channel, Channel::Custom(_));
                return called.text.push_str(&text);
            }
            Channel::Function => {
                let (members, arguments) = self.function.get_or_insert_default();
                members.extend(call.unwrap_or_default());
                return arguments.push_str(&text);
            }
        };
        match self.plain.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.push_str(&text),
            None => self.plain.push((name, text)),
        }
    }

    /// Writes them into a message; in a stream each call says its number.
    fn put(self, message: &mut Members, streamed: bool) {
        for (name, text) in self.plain {
            if name == TRANSCRIPT {
                let mut audio = message.get("audio").and_then(Members::read).unwrap_or_default();
                audio.put(name, text);
                message.put_json("audio", audio.json());
            } else {
                message.put(name, text);
            }
        }
        if !self.calls.is_empty() {
            let calls = self.calls.into_iter().map(|(number, called)| {
                let mut call = called.members();
                if streamed {
                    call.put("index", number);
                }
                call.json()
            });
            message.put_json("tool_calls", format!("[{}]", calls.collect::<Vec<_>>().join(",")));
        }
        if let Some((mut function, arguments)) = self.function {
            function.put("arguments", arguments);
            message.put_json("function_call", function.json());
        }
    }
}

impl Called {
    fn members(self) -> Members {
        let (name, text) = if self.custom { ("custom", "input") } else { ("function", "arguments") };
        let mut call = self.members.unwrap_or_default();
        let mut called = call.get(name).and_then(Members::read).unwrap_or_default();
        called.put(text, self.text);
        call.put_json(name, called.json());
        call
    }
}

/// Adds `next` to `members`; the lists in the member `name`, or in its members, one after the other.
fn joined(members: &mut Members, next: Members, name: &str) {
    let known = members.get(name).map(str::to_owned);
    let more = next.get(name).map(str::to_owned);
    members.extend(next);
    let (Some(known), Some(more)) = (known, more) else { return };
    let both = |known: &str, more: &str| Some(format!("[{}]", [items(known)?, items(more)?].concat().join(",")));
    if let Some(list) = both(&known, &more) {
        return members.put_json(name, list);
    }
    let (Some(mut lists), Some(more)) = (Members::read(&known), Members::read(&more)) else { return };
    for (name, more) in more.iter() {
        let list = lists.get(name).and_then(|known| both(known, more));
        lists.put_json(name, list.unwrap_or_else(|| more.to_owned()));
    }
    members.put_json(name, lists.json());
}

/// Why a choice ended; official clients have a closed list.
fn finish(reason: Option<String>) -> String {
    match reason.as_deref() {
        Some("stop" | "length" | "tool_calls" | "content_filter" | "function_call") => reason.unwrap_or_default(),
        _ => "stop".to_owned(),
    }
}

impl Choice {
    /// Adds to a whole message.
    fn add(&mut self, event: ChoiceEvent) {
        joined(&mut self.message, event.message, "reasoning_details");
        joined(&mut self.choice, event.choice, "logprobs");
        self.finish = event.finish.or_else(|| self.finish.take());
        event.parts.into_iter().for_each(|part| self.texts.add(part));
    }

    fn whole(self, index: u32) -> String {
        let mut message = self.message;
        message.put("role", "assistant");
        self.texts.put(&mut message, false);
        if message.get("content").is_none() {
            message.put("content", Value::Null);
        }
        let mut members = self.choice;
        members.put("index", index);
        members.put_json("message", message.json());
        members.put("finish_reason", finish(self.finish));
        members.json()
    }
}

/// The way of writing only: the rest is the answer.
impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.answer.fmt(f)
    }
}
