//! HTTP as values: what to send, and the head of what came.

use std::borrow::Cow;

use crate::label;
use crate::sensitive::{Bytes, Sensitive};

/// A header of a request: its name in lower case, and its value.
pub type Header = (Cow<'static, str>, Sensitive);

/// A request to be sent as it is: no redirect followed, nothing added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Values are withheld from `Debug`: one of them is `authorization`.
    pub headers: Vec<Header>,
    /// The body, UTF-8 text in every request of ours.
    pub body: Bytes,
}

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The status code, 100–599.
    pub status: u16,
    /// Name and value as received; names compare without case.
    pub headers: Vec<(String, String)>,
}

/// What every answer to a client has besides its own headers: no browser guesses that it is something else than its
/// `Content-Type` says.
pub const ALWAYS: [(&str, &str); 1] = [("x-content-type-options", "nosniff")];

impl Head {
    /// The value of the first header called `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The media type of a `Content-Type` value without its parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// An answer of ours: its head, to be followed by the bytes of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// The status code.
    pub status: u16,
    /// Name and value of each header.
    pub headers: Vec<(&'static str, String)>,
}

/// An answer of ours that is whole already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status and headers.
    pub head: ReplyHead,
    /// The body.
    pub body: Bytes,
}

/// Upstream's name for the exchange, kept on our errors and audit rows (requirements, U3), if it is an [id](label::id).
pub fn correlation_id(head: &Head) -> Option<String> {
    label::id(head.header("inin-correlation-id")?)
}
