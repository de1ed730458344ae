//! Events to chat completions: one document, or chunks as server-sent events, as the official SDKs want them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, error};
use crate::chat::event::{Channel, ChatEvent, ChoiceEvent, Members, Part, Usage};
use crate::front::encoder::About;
use crate::http::ReplyHead;
use crate::problem::Problem;

/// Writes one answer.
pub(crate) struct Writer {
    answer: Answer,
    /// `id`, `created`, `model` and what else is the same in all chunks.
    about: Members,
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
    calls: BTreeMap<u32, (Members, String)>,
    /// Other members of the choice.
    choice: Members,
    finish: Option<String>,
}

impl Writer {
    pub(crate) fn new(answer: Answer, of: &About) -> Writer {
        let mut about = Members::new();
        about.insert("id".into(), format!("chatcmpl-{}", of.request_id).into());
        about.insert("created".into(), (of.started_ms / 1000).into());
        about.insert("model".into(), of.model.as_str().into());
        Writer { answer, about, choices: BTreeMap::new(), usage: None, document: None, ended: false }
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

    /// Members that are the same in all chunks are those of the first that has them.
    fn about(&mut self, members: Members) {
        let begun = self.choices.values().any(|choice| choice.begun);
        for (name, value) in members {
            let fixed = matches!(name.as_str(), "id" | "created" | "model");
            let fits = match name.as_str() {
                "id" | "model" => value.is_string(),
                "created" => value.as_u64().is_some_and(|seconds| u32::try_from(seconds).is_ok()),
                _ => true,
            };
            if fits && !(fixed && begun) {
                self.about.insert(name, value);
            }
        }
    }

    /// One chunk of one choice; why it ends is held back up to the end of all.
    fn chunk(&mut self, mut event: ChoiceEvent, out: &mut Vec<u8>) {
        let choice = self.choices.entry(event.index).or_default();
        choice.finish = event.finish.take().or_else(|| choice.finish.take());
        let mut delta = event.message;
        if !std::mem::replace(&mut choice.begun, true) {
            delta.insert("role".into(), "assistant".into());
        }
        let mut calls = Vec::new();
        for part in event.parts {
            put(&mut delta, &mut calls, part);
        }
        if !calls.is_empty() {
            delta.insert("tool_calls".into(), calls.into());
        }
        if delta.is_empty() && event.choice.is_empty() {
            return;
        }
        let mut members = event.choice;
        members.insert("index".into(), event.index.into());
        members.insert("delta".into(), delta.into());
        members.insert("finish_reason".into(), Value::Null);
        self.write(vec![members.into()], None, None, out);
    }

    /// One chunk of an answer.
    fn write(&self, choices: Vec<Value>, usage: Option<Value>, report: Option<&Value>, out: &mut Vec<u8>) {
        let mut chunk = self.about.clone();
        chunk.insert("object".into(), "chat.completion.chunk".into());
        chunk.insert("choices".into(), choices.into());
        if self.answer.usage {
            chunk.insert("usage".into(), usage.unwrap_or(Value::Null));
        }
        if let Some(report) = report {
            chunk.insert("promptgate".into(), report.clone());
        }
        out.extend_from_slice(format!("data: {}\n\n", Value::Object(chunk)).as_bytes());
    }

    pub(crate) fn done(&mut self, report: &Value, usage: Option<Usage>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        if let Some(document) = self.document.take() {
            return out.extend_from_slice(Value::Object(document).to_string().as_bytes());
        }
        let usage = usage.map(|usage| self.used(usage));
        if !self.answer.streamed {
            return self.whole(report, usage, out);
        }
        let choices = std::mem::take(&mut self.choices);
        let last = choices.keys().next_back().copied();
        for (index, choice) in choices {
            let mut members = choice.choice;
            members.insert("index".into(), index.into());
            members.insert("delta".into(), Members::new().into());
            members.insert("finish_reason".into(), finish(choice.finish).into());
            // The report is in the last chunk.
            let last = (Some(index) == last && !self.answer.usage).then_some(report);
            self.write(vec![members.into()], None, last, out);
        }
        if self.answer.usage {
            self.write(Vec::new(), usage, Some(report), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// What was used, with upstream's own members.
    fn used(&mut self, usage: Usage) -> Value {
        let mut members = self.usage.take().unwrap_or_default();
        members.insert("prompt_tokens".into(), usage.prompt_tokens.into());
        members.insert("completion_tokens".into(), usage.completion_tokens.into());
        let total = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        members.entry("total_tokens").or_insert_with(|| total.into());
        members.into()
    }

    fn whole(&mut self, report: &Value, usage: Option<Value>, out: &mut Vec<u8>) {
        let choices =
            std::mem::take(&mut self.choices).into_iter().map(|(index, choice)| choice.whole(index)).collect();
        let mut document = std::mem::take(&mut self.about);
        document.insert("object".into(), "chat.completion".into());
        document.insert("choices".into(), Value::Array(choices));
        if let Some(usage) = usage {
            document.insert("usage".into(), usage);
        }
        document.insert("promptgate".into(), report.clone());
        out.extend_from_slice(Value::Object(document).to_string().as_bytes());
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

/// Adds a part to the delta of a chunk.
fn put(delta: &mut Members, calls: &mut Vec<Value>, part: Part) {
    let append = |members: &mut Members, name: &str, text: String| match members.get_mut(name) {
        Some(Value::String(known)) => known.push_str(&text),
        _ => {
            members.insert(name.to_owned(), text.into());
        }
    };
    match part.channel {
        Channel::Content => append(delta, "content", part.text),
        Channel::Refusal => append(delta, "refusal", part.text),
        Channel::Reasoning => append(delta, "reasoning", part.text),
        Channel::ReasoningContent => append(delta, "reasoning_content", part.text),
        Channel::Tool(number) => {
            let mut call = part.call.unwrap_or_default();
            call.insert("index".into(), number.into());
            if let Value::Object(function) = call.entry("function").or_insert_with(|| Members::new().into()) {
                function.insert("arguments".into(), part.text.into());
            }
            calls.push(call.into());
        }
        Channel::Function => {
            let mut function = part.call.unwrap_or_default();
            function.insert("arguments".into(), part.text.into());
            delta.insert("function_call".into(), function.into());
        }
    }
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
        self.message.extend(event.message);
        self.choice.extend(event.choice);
        self.finish = event.finish.or_else(|| self.finish.take());
        for part in event.parts {
            match part.channel {
                Channel::Tool(number) => {
                    let (call, arguments) = self.calls.entry(number).or_default();
                    call.extend(part.call.unwrap_or_default());
                    arguments.push_str(&part.text);
                }
                Channel::Function => {
                    let mut function = match self.message.remove("function_call") {
                        Some(Value::Object(function)) => function,
                        _ => Members::new(),
                    };
                    function.extend(part.call.unwrap_or_default());
                    let before = function.get("arguments").and_then(Value::as_str).unwrap_or_default();
                    let arguments = format!("{before}{}", part.text);
                    function.insert("arguments".into(), arguments.into());
                    self.message.insert("function_call".into(), function.into());
                }
                _ => put(&mut self.message, &mut Vec::new(), part),
            }
        }
    }

    fn whole(mut self, index: u32) -> Value {
        self.message.insert("role".into(), "assistant".into());
        self.message.entry("content").or_insert(Value::Null);
        if !self.calls.is_empty() {
            let calls = self.calls.into_values().map(|(mut call, arguments)| {
                if let Value::Object(function) = call.entry("function").or_insert_with(|| Members::new().into()) {
                    function.insert("arguments".into(), arguments.into());
                }
                Value::from(call)
            });
            self.message.insert("tool_calls".into(), Value::Array(calls.collect()));
        }
        let mut members = self.choice;
        members.insert("index".into(), index.into());
        members.insert("message".into(), self.message.into());
        members.insert("finish_reason".into(), finish(self.finish).into());
        members.into()
    }
}

/// The way of writing only: the rest is the answer.
impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.answer.fmt(f)
    }
}
