//! Requests to an upstream before its address and a token are known.

use crate::http::HttpRequest;
use crate::sensitive::{Bytes, Sensitive};

/// The body of a call for an answer of a model, and where it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    pub(super) path: &'static str,
    pub(super) body: Bytes,
}

impl Payload {
    /// The JSON text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body.0).unwrap_or_default()
    }
}

/// A request about a resource, to which a token is still to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// From the slash after the host on.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, or nothing.
    pub body: Bytes,
    /// The scope that it needs (requirements, U5).
    pub scope: &'static str,
    /// Whether it may be sent again though it may have been executed (contract, sections 6 and 8).
    pub repeatable: bool,
    /// Whether it changes nothing upstream, so that nobody misses its answer once its client has left.
    pub reads: bool,
}

impl UpstreamRequest {
    /// Reads `path`.
    pub fn get(path: String, scope: &'static str) -> UpstreamRequest {
        UpstreamRequest {
            method: "GET",
            path,
            headers: Vec::new(),
            body: Bytes::default(),
            scope,
            repeatable: true,
            reads: true,
        }
    }

    /// The request to the API at `base` (without a slash at the end), with its token.
    pub fn to_http(&self, base: &str, token: &Sensitive) -> HttpRequest {
        let mut headers = vec![
            ("authorization".into(), Sensitive::new(format!("Bearer {}", token.expose()))),
            ("accept".into(), Sensitive::new("application/json")),
        ];
        if !self.body.0.is_empty() {
            headers.push(("content-type".into(), Sensitive::new("application/json")));
        }
        headers.extend(self.headers.iter().map(|(name, value)| ((*name).into(), Sensitive::new(value))));
        HttpRequest { method: self.method, url: format!("{base}{}", self.path), headers, body: self.body.clone() }
    }
}
