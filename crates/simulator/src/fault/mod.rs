//! Faults on demand: what they are, how they are read, and the queue that hands them out.

mod catalogue;
mod parse;
mod queue;
mod script;
mod shape;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use catalogue::{KINDS, Kind, nearest};
pub(crate) use parse::{parse_faults, parse_rules};
pub(crate) use queue::Queue;
pub(crate) use script::{ReasoningMember, Script, pieces};
pub(crate) use shape::StreamShape;

/// The endpoint that a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum On {
    /// The chat endpoint.
    Chat,
    /// The OAuth token endpoint.
    Token,
    /// The webhook sink.
    Webhook,
    // The table in `route.rs` has the paths of those below.
    TemplateGet,
    TemplatePut,
    PromptList,
    PromptCreate,
    PromptGet,
    PromptPut,
    PromptVersions,
    PromptVersion,
    Execute,
    Analytics,
    ModelCreate,
    ModelGet,
    ModelConfigure,
    ModelInvoke,
    ModelDelete,
    // `openai/` has the paths of those below.
    OpenaiChat,
    OpenaiEmbeddings,
    OpenaiModels,
}

impl On {
    /// Every endpoint.
    pub(crate) const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Its name in rules and counters.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the endpoint answers in frames.
    pub(crate) fn streams(self) -> bool {
        matches!(self, Self::Chat | Self::Execute | Self::OpenaiChat)
    }
}

/// One fault. `catalogue.rs` says what each does; frames count from the answer's first line.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Fault {
    None {},
    Drop {
        #[serde(default)]
        execute: bool,
    },
    ResetBeforeHeaders {
        #[serde(default)]
        execute: bool,
    },
    Hang {
        #[serde(default)]
        execute: bool,
    },
    Delay {
        ms: u64,
    },
    DelayFirstByte {
        ms: u64,
    },
    Gate {
        #[serde(default)]
        after_frames: usize,
        #[serde(default)]
        before: Option<Before>,
    },
    Stall {
        #[serde(default = "one")]
        after_frames: usize,
    },
    ResetMidStream {
        #[serde(default = "one")]
        after_frames: usize,
        #[serde(default)]
        how: How,
    },
    ErrorFrame(ErrorFrame),
    OneByteChunks {},
    SplitUtf8 {},
    Crlf {},
    Bom {},
    BlankLines {},
    NoFinalNewline {},
    NoTerminal {},
    MalformedFrames {
        #[serde(default = "one")]
        count: usize,
        #[serde(default)]
        all: bool,
    },
    InvalidUtf8 {
        #[serde(default = "one")]
        count: usize,
    },
    OversizedLine {
        bytes: u64,
        #[serde(default = "one")]
        after_frames: usize,
    },
    Flood {
        megabytes: u64,
        #[serde(default)]
        after_frames: usize,
    },
    Endless {
        #[serde(default)]
        interval_ms: u64,
    },
    Html {},
    Redirect {
        #[serde(default = "temporary")]
        status: u16,
        #[serde(default)]
        location: Option<String>,
    },
    Status(StatusFault),
    DateSkew {
        seconds: i64,
    },
    Malformed {},
    NoAccessToken {},
    Empty {},
    ExpiresIn {
        value: Value,
    },
    ConcurrentWrite {
        /// Members and their new values; none: `description` becomes another one.
        #[serde(default)]
        set: Map<String, Value>,
    },
    Set {
        member: String,
        value: Value,
    },
    LeaveOut {
        member: String,
    },
    NoHeader {
        name: String,
    },
    NumPages {},
    CutBody {
        #[serde(default)]
        how: How,
    },
    Answer(Script),
    StreamShape {
        shape: StreamShape,
    },
    KeepAlive {
        #[serde(default = "one")]
        after_frames: usize,
        #[serde(default = "one_u64")]
        count: u64,
        #[serde(default)]
        interval_ms: u64,
    },
    Raw {
        text: String,
        #[serde(default)]
        content_type: Option<String>,
    },
}

/// Where a gate holds, when it isn't after frames.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Before {
    /// Before status and headers are sent.
    Headers,
}

/// How a connection ends mid-stream.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// TCP RST.
    #[default]
    Reset,
    /// FIN in the middle of the chunked body.
    Close,
}

/// An error inside a 200 stream. It is the outcome of the execution: a replay has it too.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct ErrorFrame {
    #[serde(default = "one")]
    pub(crate) after_frames: usize,
    #[serde(default = "internal")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) form: ErrorForm,
}

/// How an OpenAI stream says that it failed.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorForm {
    /// `{"error": {…}}` in place of a chunk.
    #[default]
    Error,
    /// A chunk with `choices: []` and `error`.
    Beside,
    /// A chunk with `finish_reason: "error"` and `error`, then `[DONE]`.
    Finish,
}

/// An error answer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct StatusFault {
    pub(crate) status: u16,
    /// `Retry-After`, verbatim: text or number.
    #[serde(default)]
    pub(crate) retry_after: Option<Value>,
    /// `Retry-After` as an HTTP date this many seconds from now (negative: in the past).
    #[serde(default)]
    pub(crate) retry_after_date_in_s: Option<i64>,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// Headers beside the usual ones, such as `x-should-retry`.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: StatusBody,
    #[serde(default)]
    pub(crate) execute: bool,
}

/// The body of an error answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusBody {
    /// The endpoint's error body.
    #[default]
    Json,
    /// A proxy's page.
    Html,
    /// None.
    Empty,
    /// A valid error body of 8 MiB.
    Huge,
}

impl Fault {
    /// Whether the request still starts an execution: it does unless the fault answers or ends
    /// the call before that.
    pub(crate) fn executes(&self) -> bool {
        match self {
            Self::Drop { execute }
            | Self::ResetBeforeHeaders { execute }
            | Self::Hang { execute }
            | Self::Status(StatusFault { execute, .. }) => *execute,
            Self::Html {} | Self::Redirect { .. } => false,
            _ => true,
        }
    }
}

impl StatusFault {
    /// The verbatim `Retry-After`, if one is wanted and it is text or a number.
    pub(crate) fn retry_after_text(&self) -> Option<String> {
        match self.retry_after.as_ref()? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

fn one() -> usize {
    1
}

fn one_u64() -> u64 {
    1
}

fn internal() -> u16 {
    500
}

fn temporary() -> u16 {
    307
}
