//! An answer before it is sent: its frames, and how a wire writes one.

use hyper::body::Bytes;

use crate::fault::How;

/// How frames become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One line each (NDJSON).
    Lines,
    /// Server-sent events.
    Events,
    /// One frame, which is the body as it is.
    Whole,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) framing: Framing,
    pub(crate) content_type: String,
    /// Without line ends.
    pub(crate) frames: Vec<Bytes>,
    /// How many of the last frames complete the answer.
    pub(crate) terminal: usize,
    /// The frame that carries text nobody asked for.
    pub(crate) hull: FrameEnvelope,
    /// The connection ends so behind the last frame.
    pub(crate) cut: Option<How>,
}

/// A frame around any text, as bytes of the wire: what `flood` and its kind are made of.
#[derive(Clone, Debug)]
pub(crate) struct FrameEnvelope {
    pub(crate) head: String,
    pub(crate) tail: String,
    /// Line ends behind the tail.
    pub(crate) end: &'static str,
    /// One byte of filling.
    pub(crate) fill: u8,
}

impl FrameEnvelope {
    /// Bytes of an empty frame without its line ends.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// A frame with this text, which needs no escape in JSON.
    pub(crate) fn around(&self, text: &str) -> Bytes {
        [&self.head, text, &self.tail, self.end].concat().into()
    }
}
