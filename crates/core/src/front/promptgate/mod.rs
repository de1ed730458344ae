//! The answer to a chat call in the client's format (requirements, B8).

mod decode;

pub use decode::decode;

use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::Trim;
use crate::chat::event::{Channel, ChatEvent, Usage};
use crate::guard::Findings;
use crate::http::ReplyHead;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `text/event-stream`: events `delta`, `usage`, `done`, `error`.
    #[default]
    EventStream,
    /// `application/x-ndjson`: the same events as lines, their name in `type`.
    NdJson,
    /// `application/json`: the whole answer at once.
    Json,
}

impl Format {
    /// What each format is called, best first.
    const NAMES: [(&'static str, Format); 3] = [
        ("text/event-stream", Format::EventStream),
        ("application/x-ndjson", Format::NdJson),
        ("application/json", Format::Json),
    ];

    /// The format that the `Accept` header prefers (RFC 9110, 12.5.1); without one, an event stream.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] where it accepts none of ours.
    pub fn from_accept(accept: Option<&str>) -> Result<Format, Problem> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Ok(Format::default());
        };
        let ranges: Vec<(String, u32)> = accept.split(',').map(media_range).collect();
        // The most precise range decides for a format; among formats the weight does, then their order here.
        let weight = |name: &str| -> u32 {
            let family = format!("{}/*", name.split('/').next().unwrap_or_default());
            [name, &family, "*/*"]
                .iter()
                .find_map(|range| ranges.iter().find(|(known, _)| known == range))
                .map_or(0, |(_, weight)| *weight)
        };
        Self::NAMES
            .iter()
            .map(|(name, format)| (weight(name), *format))
            .rev()
            .max_by_key(|(weight, _)| *weight)
            .filter(|(weight, _)| *weight > 0)
            .map(|(_, format)| format)
            .ok_or_else(|| {
                let detail = "Accept text/event-stream, application/x-ndjson or application/json.";
                Problem::new(Code::NotAcceptable, detail)
            })
    }

    fn content_type(self) -> &'static str {
        match self {
            Format::EventStream => "text/event-stream; charset=utf-8",
            Format::NdJson => "application/x-ndjson",
            Format::Json => "application/json",
        }
    }
}

/// A media range and its weight in thousandths.
fn media_range(range: &str) -> (String, u32) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
    (name, (weight.clamp(0.0, 1.0) * 1000.0) as u32)
}

/// How a call ended (requirements, B6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Upstream's answer came whole.
    Success,
    /// The configured text was answered in its place.
    Fallback,
    /// The client got a problem document or an `error` event.
    Error,
    /// Upstream's answer broke off; the client received an error.
    Truncated,
    /// The client left.
    Cancelled,
}

/// The contents of the last event beside the answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`Status::Success`] or [`Status::Fallback`].
    pub status: Status,
    /// Why the fallback was answered: a [`Code`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The id of the client's request.
    pub request_id: String,
    /// The model that was asked.
    pub model_id: String,
    /// From the request's start to this event, in milliseconds.
    pub latency_ms: u64,
    /// Lines of upstream's that were no frames and were passed over.
    pub malformed_frames: u32,
    /// What was left out of the conversation, where it is trimmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<Trim>,
    /// What the guard has found.
    pub guard: Guarded,
}

/// What the guard has found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Guarded {
    /// In what was sent.
    pub input: Findings,
    /// In the answer.
    pub output: Findings,
}

/// Writes one answer.
#[derive(Debug)]
pub(crate) struct Writer {
    format: Format,
    /// Text that is held back for a whole answer.
    text: Sensitive,
    usage: Option<Usage>,
    ids: Option<Ids>,
}

/// The ids of the events of a stream.
#[derive(Debug)]
struct Ids {
    generation: u32,
    after: u64,
    number: u64,
}

impl Writer {
    pub(crate) fn new(format: Format) -> Self {
        Writer { format, text: Default::default(), usage: None, ids: None }
    }

    /// Gives the events of an event stream ids; those up to `after` are not written.
    pub(crate) fn number(&mut self, generation: u32, after: u64) {
        if self.format == Format::EventStream {
            self.ids = Some(Ids { generation, after, number: 0 });
        }
    }

    /// The head of an answer that has begun.
    pub(crate) fn head(&self, request_id: &str) -> ReplyHead {
        let headers = vec![
            ("content-type", self.format.content_type().to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id.to_owned()),
        ];
        ReplyHead { status: 200, headers }
    }

    /// What upstream has sent: this wire has the text of one choice.
    pub(crate) fn chat(&mut self, event: &ChatEvent, out: &mut Vec<u8>) {
        let ChatEvent::Choice(event) = event else { return };
        let text = event.parts.iter().filter(|part| part.channel == Channel::Content && !part.text.is_empty());
        text.filter(|_| event.index == 0).for_each(|part| self.delta(&part.text, out));
    }

    /// A piece of the answer.
    fn delta(&mut self, text: &str, out: &mut Vec<u8>) {
        match self.format {
            Format::Json => self.text.push_str(text),
            _ => self.event("delta", json!({ "content": text }), out),
        }
    }

    /// What upstream used.
    fn usage(&mut self, usage: Usage, out: &mut Vec<u8>) {
        match self.format {
            Format::Json => self.usage = Some(usage),
            _ => self.event("usage", json!(usage), out),
        }
    }

    /// The success terminator.
    pub(crate) fn done(&mut self, report: &Value, usage: Option<Usage>, out: &mut Vec<u8>) {
        if let Some(usage) = usage {
            self.usage(usage, out);
        }
        let mut document = report.clone();
        if self.format == Format::Json
            && let Some(members) = document.as_object_mut()
        {
            members.insert("content".into(), self.text.expose().into());
            members.insert("usage".into(), json!(self.usage));
        }
        self.event("done", document, out);
    }

    /// The error terminator of a stream that has begun.
    pub(crate) fn error(&mut self, problem: &Problem, request_id: &str, out: &mut Vec<u8>) {
        let mut document = problem.document(request_id);
        // RFC 9457 gives `type` a meaning, so a line of NDJSON carries the document inside.
        if self.format == Format::NdJson {
            document = json!({ "error": document });
        }
        self.event("error", document, out);
    }

    fn event(&mut self, name: &str, mut data: Value, out: &mut Vec<u8>) {
        if let Some(ids) = &mut self.ids {
            ids.number += 1;
            if ids.number <= ids.after {
                return;
            }
            let id = match ids.generation {
                0 => format!("id: {}\n", ids.number),
                generation => format!("id: {generation}-{}\n", ids.number),
            };
            out.extend_from_slice(id.as_bytes());
        }
        match self.format {
            Format::EventStream => out.extend_from_slice(format!("event: {name}\ndata: {data}\n\n").as_bytes()),
            Format::NdJson => {
                if let Some(members) = data.as_object_mut() {
                    members.insert("type".into(), name.into());
                }
                out.extend_from_slice(format!("{data}\n").as_bytes());
            }
            Format::Json => out.extend_from_slice(data.to_string().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept() {
        use Format::*;
        for (accept, expected) in [
            (None, Some(EventStream)),
            (Some(""), Some(EventStream)),
            (Some("*/*"), Some(EventStream)),
            (Some("text/*"), Some(EventStream)),
            (Some("application/*"), Some(NdJson)),
            (Some("application/json"), Some(Json)),
            (Some("APPLICATION/JSON; charset=utf-8"), Some(Json)),
            (Some("application/json, text/event-stream"), Some(EventStream)),
            (Some("application/json, text/event-stream;q=0.5"), Some(Json)),
            (Some("application/json;q=0.2, application/x-ndjson;q=0.9, */*;q=0.1"), Some(NdJson)),
            (Some("text/event-stream;q=0, */*"), Some(NdJson)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("application/json;q=x"), None),
            (Some(",,;q=;="), None),
        ] {
            assert_eq!(Format::from_accept(accept).ok(), expected, "{accept:?}");
        }
        assert_eq!(Format::from_accept(Some("image/png")).unwrap_err().code, Code::NotAcceptable);
    }

    fn written(format: Format) -> String {
        let mut writer = Writer::new(format);
        let mut out = Vec::new();
        writer.delta("a\n\"é", &mut out);
        writer.delta("b", &mut out);
        let summary = Summary {
            status: Status::Success,
            reason: None,
            request_id: "r".into(),
            model_id: "m".into(),
            latency_ms: 5,
            malformed_frames: 0,
            trim: Some(Trim::default()),
            guard: Guarded::default(),
        };
        writer.done(&json!(summary), Some(Usage { prompt_tokens: 1, completion_tokens: 2 }), &mut out);
        String::from_utf8(out).unwrap()
    }

    const SUMMARY: &str = r#""guard":{"input":{"allowed":0,"flagged":0,"redacted":0},"output":{"allowed":0,"flagged":0,"redacted":0}},"latency_ms":5,"malformed_frames":0,"model_id":"m","request_id":"r","status":"success","trim":{"counted_by":"","dropped":[],"limit":0,"tokens_after":0,"tokens_before":0}"#;

    #[test]
    fn three_formats() {
        assert_eq!(
            written(Format::EventStream),
            format!(
                "event: delta\ndata: {{\"content\":\"a\\n\\\"é\"}}\n\nevent: delta\ndata: {{\"content\":\"b\"}}\n\n\
                 event: usage\ndata: {{\"completion_tokens\":2,\"prompt_tokens\":1}}\n\nevent: done\ndata: {{{SUMMARY}}}\n\n"
            )
        );
        assert_eq!(
            written(Format::NdJson),
            format!(
                "{{\"content\":\"a\\n\\\"é\",\"type\":\"delta\"}}\n{{\"content\":\"b\",\"type\":\"delta\"}}\n\
                 {{\"completion_tokens\":2,\"prompt_tokens\":1,\"type\":\"usage\"}}\n{{{SUMMARY},\"type\":\"done\"}}\n"
            )
        );
        let whole = format!(
            "{{\"content\":\"a\\n\\\"éb\",{SUMMARY},\"usage\":{{\"completion_tokens\":2,\"prompt_tokens\":1}}}}"
        );
        assert_eq!(written(Format::Json), whole);
    }

    #[test]
    fn errors_end_a_stream() {
        let mut out = Vec::new();
        Writer::new(Format::NdJson).error(&Problem::new(Code::IdleDeadline, "x"), "r", &mut out);
        let line: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((line["type"].as_str(), line["error"]["code"].as_str()), (Some("error"), Some("idle_deadline")));
    }
}
