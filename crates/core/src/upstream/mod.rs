//! Where models are: the wires that providers speak, and what each of them can do.
//!
//! An upstream makes a [`HttpRequest`] of a [`ChatRequest`], and [`ChatEvent`]s of the bytes that come back. Nothing
//! else knows a path, a header or a member's name of a provider.

pub(crate) mod backoff;
pub(crate) mod credential;
pub mod credential_check;
pub mod genesys;
pub(crate) mod health;
mod limits;
mod ndjson;
pub mod oauth;
pub mod openai;
pub mod pace;
mod provider;
mod rate;
mod request;
pub(crate) mod retry;
mod sse;
pub(crate) mod surrogate;

use std::borrow::Cow;
use std::sync::Arc;

use crate::chat::ChatRequest;
use crate::chat::event::ChatEvent;
use crate::http::{Head, Header, HttpRequest};
use crate::sensitive::Sensitive;
pub use limits::Limit;
use ndjson::{Line, Lines};
pub use provider::Provider;
pub use rate::Rate;
pub use request::{Payload, UpstreamRequest};

/// One upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// What the operator calls it.
    pub name: String,
    /// How it speaks, and where it is.
    pub wire: Wire,
    /// How it lets the gateway in.
    pub credential: Credential,
    /// Whether it takes our idempotency key for what it is, and executes a request once: then one whose answer was lost
    /// may be sent again (R4).
    pub idempotent: bool,
    /// Which provider of model definitions it is: it is asked whether it takes their keys.
    pub provider: Option<Provider>,
}

/// A model at an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where it is.
    pub upstream: Arc<Upstream>,
    /// What it is called there.
    pub model: String,
    /// What it costs there, where the model's route says so.
    pub rate: Option<Rate>,
}

impl Credential {
    /// The header that lets the gateway in; `token` is what was fetched, where it is a token.
    pub(crate) fn header(&self, token: &Sensitive) -> Option<Header> {
        match self {
            Credential::Client { .. } => {
                Some(("authorization".into(), Sensitive::new(format!("Bearer {}", token.expose()))))
            }
            Credential::Key(name, value) => Some((name.clone(), value.clone())),
            Credential::Nothing => None,
        }
    }
}

/// The wire that an upstream speaks, with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// `contract/upstream.v1.md`.
    Genesys(genesys::Endpoints),
    /// OpenAI's chat completions.
    OpenAi(openai::Address),
}

/// How an upstream lets the gateway in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// OAuth client credentials: a token is fetched, and refreshed.
    Client {
        /// Where, without a slash at the end.
        login: String,
        /// Whose.
        client: oauth::ClientCredentials,
    },
    /// A key in a header, which the value is whole: `Bearer …` where that is asked for.
    Key(Cow<'static, str>, Sensitive),
    /// Anyone may call: a model on this machine.
    Nothing,
}

impl Wire {
    /// `gen_ai.provider.name` of OpenTelemetry's conventions: of those that imitate a provider, whom they imitate.
    pub fn provider(&self) -> &'static str {
        match self {
            Wire::Genesys(_) => "genesys",
            Wire::OpenAi(address) if address.is_azure() => "azure.ai.openai",
            Wire::OpenAi(_) => "openai",
        }
    }

    /// Whether it can be asked which models there are.
    pub(crate) fn lists_models(&self) -> bool {
        matches!(self, Wire::OpenAi(address) if address.models().is_some())
    }

    /// Whether upstreams of this wire are [idempotent](Upstream::idempotent) unless they are configured otherwise.
    pub(crate) const fn is_idempotent(&self) -> bool {
        matches!(self, Wire::Genesys(_))
    }

    /// The path of what the wire cannot express of `request`, if there is something.
    pub fn cannot_express(&self, request: &ChatRequest) -> Option<String> {
        match self {
            Wire::Genesys(_) => request.particular.clone().or_else(|| genesys::cannot_express(request)),
            Wire::OpenAi(_) => None,
        }
    }

    /// Whether the first content can come before the last: an answer that is whole at once has no first content to wait
    /// for.
    pub(crate) const fn begins_early(&self, request: &ChatRequest) -> bool {
        match self {
            Wire::Genesys(_) => true,
            Wire::OpenAi(_) => request.streamed,
        }
    }

    /// What sends `request` to `model`; `credential` is the header that lets the gateway in.
    pub(crate) fn request(
        &self,
        request: &ChatRequest,
        model: &str,
        credential: Option<Header>,
        key: &str,
    ) -> HttpRequest {
        match self {
            Wire::Genesys(endpoints) => {
                genesys::chat_request(endpoints, &genesys::chat_payload(request, model), key, credential)
            }
            Wire::OpenAi(address) => openai::request(address, request, model, credential, key),
        }
    }

    /// What sends a template's `payload`, where the wire keeps templates.
    pub(crate) fn execution(&self, payload: &Payload, credential: Option<Header>, key: &str) -> Option<HttpRequest> {
        match self {
            Wire::Genesys(endpoints) => Some(genesys::chat_request(endpoints, payload, key, credential)),
            Wire::OpenAi(_) => None,
        }
    }

    /// What reads the body of `head`; `None` where that is no answer of this wire.
    pub(crate) fn decoder(&self, head: &Head) -> Option<Decoder> {
        match self {
            Wire::Genesys(_) => genesys::is_answer(head).then(|| Decoder::Genesys(Lines::default())),
            Wire::OpenAi(_) => openai::Decoder::new(head).map(|decoder| Decoder::OpenAi(Box::new(decoder))),
        }
    }

    /// Why upstream refuses a request with 400, as its body says.
    pub(crate) fn reason(&self, body: &[u8]) -> Reason {
        match self {
            Wire::Genesys(_) if genesys::is_token_limit(body) => Reason::TooLong,
            Wire::Genesys(_) => Reason::Other,
            Wire::OpenAi(_) => openai::reason(body),
        }
    }

    /// Whether the body of a 429 shows if a retry can succeed (a limit by time, or an empty account).
    pub(crate) const fn explains_limits(&self) -> bool {
        matches!(self, Wire::OpenAi(_))
    }

    /// What upstream reports about its rate limits.
    pub(crate) fn limits(&self, head: &Head) -> Vec<Limit> {
        match self {
            Wire::Genesys(_) => genesys::limits(head),
            Wire::OpenAi(_) => limits::passed(head),
        }
    }

    /// What a 403 is for.
    pub(crate) const fn scope(&self) -> Option<&'static str> {
        match self {
            Wire::Genesys(_) => Some(genesys::CHAT_SCOPE),
            Wire::OpenAi(_) => None,
        }
    }
}

/// Why upstream refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The prompt is too long (requirements, B7).
    TooLong,
    /// Upstream has a filter of its own.
    Filtered,
    /// What the gateway may use there is used up: waiting does not help.
    Quota,
    /// It does not say, or nobody here knows what it says.
    Other,
}

/// Reads one answer.
#[derive(Debug)]
pub(crate) enum Decoder {
    Genesys(Lines),
    OpenAi(Box<openai::Decoder>),
}

/// A piece of a body that is whole enough to be read.
#[derive(Debug)]
pub(crate) enum Frame {
    Line(Line),
    OpenAi(openai::Frame),
}

impl Decoder {
    /// Takes the next bytes; gives what is to be read.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Frame> {
        match self {
            Decoder::Genesys(lines) => lines.push(chunk).into_iter().map(Frame::Line).collect(),
            Decoder::OpenAi(decoder) => decoder.push(chunk).into_iter().map(Frame::OpenAi).collect(),
        }
    }

    /// The body has ended.
    pub(crate) fn finish(&mut self) -> Vec<Frame> {
        match self {
            Decoder::Genesys(lines) => lines.finish().into_iter().map(Frame::Line).collect(),
            Decoder::OpenAi(decoder) => decoder.finish().into_iter().map(Frame::OpenAi).collect(),
        }
    }

    /// Reads a frame.
    pub(crate) fn decode(&mut self, frame: &Frame) -> Vec<ChatEvent> {
        match (self, frame) {
            (Decoder::Genesys(_), Frame::Line(line)) => genesys::events(line),
            (Decoder::OpenAi(decoder), Frame::OpenAi(frame)) => decoder.decode(frame),
            _ => Vec::new(),
        }
    }

    /// The text of a frame that says nothing but how the text goes on that the frame read last has brought.
    pub(crate) fn more(&self, frame: &Frame) -> Option<String> {
        match (self, frame) {
            (Decoder::Genesys(_), Frame::Line(line)) => genesys::text(line),
            (Decoder::OpenAi(decoder), Frame::OpenAi(frame)) => decoder.more(frame),
            _ => None,
        }
    }

    /// What comes after this is not read any more.
    pub(crate) fn close(&mut self) {
        if let Decoder::OpenAi(decoder) = self {
            decoder.close();
        }
    }

    /// Whether an answer that ends here without its terminator is whole.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Decoder::Genesys(_) => false,
            Decoder::OpenAi(decoder) => decoder.is_whole(),
        }
    }
}

impl Frame {
    /// How long it is, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Frame::Line(Line::Whole(line)) => line.len(),
            Frame::OpenAi(frame) => frame.len(),
            Frame::Line(Line::TooLong) => 0,
        }
    }
}
