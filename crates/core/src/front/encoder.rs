//! From what a call gives to what its client reads. The events of a call know no format, so that one call can be written
//! in several, and again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Front, Writer};
use crate::chat::event::{ChatEvent, Usage};
use crate::http::ReplyHead;
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::sensitive::Bytes;

/// What a call gives to its client; the last two end it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AnswerEvent {
    /// A piece of the answer, which the guard has let through.
    Chat(ChatEvent),
    /// The answer is whole: a [`Summary`](super::promptgate::Summary) as JSON, and what upstream used, if it says.
    Done(Value, Option<Usage>),
    /// There is no answer, or no more of it.
    Failed(Box<Refusal>),
}

/// What the bytes of an answer name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The id of the request that made the call.
    pub request_id: String,
    /// The model that was asked for, by its public name.
    pub model: String,
    /// When the request began, Unix ms.
    pub started_ms: u64,
}

/// Writes one answer in a client's format.
#[derive(Debug)]
pub struct Encoder {
    front: Front,
    request_id: String,
    writer: Writer,
    begun: bool,
    /// Its client has read a part of the answer before.
    resumed: bool,
}

/// Bytes for a client; its answer begins with those that have a head.
#[derive(Debug, Default)]
pub struct Encoded {
    /// The answer's head, once.
    pub head: Option<ReplyHead>,
    /// Its next bytes. None where the format waits for more.
    pub bytes: Bytes,
}

impl Encoder {
    /// Writes for `front`.
    pub fn new(front: Front, about: &About) -> Encoder {
        let (writer, request_id) = (Writer::new(front, about), about.request_id.clone());
        Encoder { front, request_id, writer, begun: false, resumed: false }
    }

    /// Gives each event of an event stream of our own wire an id: its number from 1, after that of the `generation` of
    /// the call, where there were others. Those up to `after` are not written: their client has them.
    pub fn number(&mut self, generation: u32, after: u64) {
        self.resumed = after > 0;
        if let Writer::Promptgate(writer) = &mut self.writer {
            writer.number(generation, after);
        }
    }

    /// Writes the next events. A problem before the first byte has an HTTP status of its own.
    pub fn encode(&mut self, events: Vec<AnswerEvent>) -> Encoded {
        let mut out = Vec::new();
        for event in events {
            match event {
                AnswerEvent::Chat(event) => self.writer.event(event, &mut out),
                AnswerEvent::Done(report, usage) => self.writer.done(&report, usage, &mut out),
                AnswerEvent::Failed(refusal) => {
                    let problem = Problem::from(*refusal);
                    if !self.begun && !self.resumed && out.is_empty() {
                        self.begun = true;
                        let reply = self.front.refusal(&problem, &self.request_id);
                        return Encoded { head: Some(reply.head), bytes: reply.body };
                    }
                    self.writer.error(&problem, &self.request_id, &mut out);
                }
            }
        }
        let begins = !out.is_empty() && !std::mem::replace(&mut self.begun, true);
        Encoded { head: begins.then(|| self.writer.head(&self.request_id)), bytes: Bytes(out) }
    }
}
