//! How clients speak: a front turns their wire into a request, and events back into bytes of it.

mod encoder;
pub mod openai;
pub mod promptgate;

pub use encoder::{About, AnswerEvent, Encoded, Encoder};

use serde_json::Value;

use crate::chat::event::{ChatEvent, Usage};
use crate::http::{Reply, ReplyHead};
use crate::problem::Problem;
use promptgate::Format;

/// The wire by which a request came, and how its answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// `/v1/chat` and the execution of templates.
    Promptgate(Format),
    /// `/openai/v1/chat/completions`.
    OpenAi(openai::Answer),
}

/// The whole answer of a request for `path` that has failed before its front was known.
pub fn refusal(path: &str, problem: &Problem, request_id: &str) -> Reply {
    match openai::is_asked(path) {
        true => openai::refusal(problem, request_id),
        false => problem.reply(request_id),
    }
}

impl Front {
    /// Whether nothing of the answer goes out before all of it has come.
    pub fn is_whole(self) -> bool {
        match self {
            Front::Promptgate(format) => format == Format::Json,
            Front::OpenAi(answer) => !answer.streamed,
        }
    }

    /// The whole answer of a request that has failed.
    pub fn refusal(self, problem: &Problem, request_id: &str) -> Reply {
        match self {
            Front::Promptgate(_) => problem.reply(request_id),
            Front::OpenAi(_) => openai::refusal(problem, request_id),
        }
    }
}

/// Writes one answer.
#[derive(Debug)]
enum Writer {
    Promptgate(promptgate::Writer),
    OpenAi(Box<openai::Writer>),
}

impl Writer {
    fn new(front: Front, about: &About) -> Writer {
        match front {
            Front::Promptgate(format) => Writer::Promptgate(promptgate::Writer::new(format)),
            Front::OpenAi(answer) => Writer::OpenAi(Box::new(openai::Writer::new(answer, about))),
        }
    }

    /// The head of an answer that has begun.
    fn head(&self, request_id: &str) -> ReplyHead {
        match self {
            Writer::Promptgate(writer) => writer.head(request_id),
            Writer::OpenAi(writer) => writer.head(request_id),
        }
    }

    /// A piece of the answer.
    fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) {
        match self {
            Writer::Promptgate(writer) => writer.chat(&event, out),
            Writer::OpenAi(writer) => writer.event(event, out),
        }
    }

    /// The success terminator.
    fn done(&mut self, report: &Value, usage: Option<Usage>, out: &mut Vec<u8>) {
        match self {
            Writer::Promptgate(writer) => writer.done(report, usage, out),
            Writer::OpenAi(writer) => writer.done(report, usage, out),
        }
    }

    /// The error terminator of a stream that has begun.
    fn error(&mut self, problem: &Problem, request_id: &str, out: &mut Vec<u8>) {
        match self {
            Writer::Promptgate(writer) => writer.error(problem, request_id, out),
            Writer::OpenAi(writer) => writer.error(problem, request_id, out),
        }
    }
}
