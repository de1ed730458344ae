//! Error bodies and headers of the upstream (requirements, rows U1 and U3).

use hyper::Response;
use hyper::header::{ALLOW, CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::openai::{Dialect, error};
use crate::reply::Body;

/// Header that names one answer, on every API answer.
pub(crate) const CORRELATION: HeaderName = HeaderName::from_static("inin-correlation-id");
/// Calls allowed per window, as told on a 429.
const RATE_ALLOWED: u32 = 300;

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) status: u16,
    /// Machine-readable code of the body, such as `token.limit.exceeded`.
    pub(crate) code: String,
    /// A sentence for people. Never the caller's text.
    pub(crate) message: String,
    /// `details[]`: path and reason of each fault.
    /// Of OpenAI's wire the first path is `param`.
    pub(crate) details: Vec<(String, String)>,
    /// Headers beside the usual ones: the `ETag` of what is there, `Allow`.
    pub(crate) headers: Vec<(HeaderName, String)>,
}

/// Which error body an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{message, code, status, contextId, details, errors}` (U3).
    Api,
    /// `{error, description, error_description}` (U1).
    OAuth,
    /// `{error: {message, type, param, code}}`.
    OpenAi(Dialect),
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), details: Vec::new(), headers: Vec::new() }
    }

    /// 405; `allowed` are the methods there are.
    pub(crate) fn method(code: &str, allowed: &str) -> Self {
        let refusal = Self::new(405, code, format!("Use {allowed}."));
        Self { headers: vec![(ALLOW, allowed.into())], ..refusal }
    }

    /// With the validator of what is there, if anything is.
    pub(crate) fn etag(mut self, current: Option<String>) -> Self {
        self.headers.extend(current.map(|etag| (ETAG, etag)));
        self
    }

    /// The usual refusal of a status, as the contract words it.
    pub(crate) fn usual(status: u16, shape: Shape) -> Self {
        if let Shape::OpenAi(dialect) = shape {
            return error::usual(status, dialect);
        }
        if shape == Shape::OAuth {
            return match status {
                400 => Self::new(400, "invalid_request", "The request is malformed."),
                401 => Self::new(401, "invalid_client", "Client authentication failed."),
                429 => Self::new(429, "too_many_requests", "Too many token requests."),
                _ => Self::new(status, "server_error", "The token cannot be issued now."),
            };
        }
        let (code, message) = match status {
            400 => ("bad.request", "The request could not be understood."),
            401 => ("bad.credentials", "Invalid login credentials."),
            403 => ("missing.any.permissions", "The token lacks a permission for this call."),
            404 => ("not.found", "The requested resource does not exist."),
            409 => ("conflict", "The resource was changed by someone else."),
            412 => ("precondition.failed", "The If-Match version is not the current one."),
            413 => ("request.too.large", "The request body is too large."),
            415 => ("unsupported.media.type", "The body must be application/json."),
            422 => ("unprocessable.entity", "The request cannot be carried out."),
            428 => ("precondition.required", "The write needs If-Match or If-None-Match."),
            429 => ("too.many.requests", "Rate limit exceeded the maximum."),
            500 => ("internal.server.error", "The server met an unexpected condition."),
            502 => ("bad.gateway", "The model's host answered nonsense."),
            503 => ("service.unavailable", "The service is unavailable."),
            504 => ("gateway.timeout", "The model's host did not answer in time."),
            _ => ("simulated", "An answer made on demand."),
        };
        Self::new(status, code, message)
    }

    /// The body, with `contextId` being the answer's correlation id.
    pub(crate) fn body(&self, shape: Shape, correlation: &str) -> Value {
        match shape {
            Shape::Api => json!({
                "message": self.message,
                "code": self.code,
                "status": self.status,
                "contextId": correlation,
                "details": self.details.iter()
                    .map(|(path, reason)| json!({"fieldName": path, "errorCode": reason}))
                    .collect::<Vec<_>>(),
                "errors": [],
            }),
            Shape::OpenAi(_) => error::body(self),
            Shape::OAuth => json!({
                "error": self.code,
                "description": self.message,
                "error_description": self.message,
            }),
        }
    }

    /// The whole answer.
    pub(crate) fn answer(&self, shape: Shape, correlation: &str) -> Response<Body> {
        let body = self.body(shape, correlation);
        let mut response = json_answer(self.status, &body);
        if self.status == 429 && !matches!(shape, Shape::OpenAi(_)) {
            rate_headers(&mut response);
        }
        add_headers(&mut response, &self.headers);
        response
    }
}

/// A JSON answer.
pub(crate) fn json_answer(status: u16, body: &Value) -> Response<Body> {
    typed_answer(status, "application/json", body.to_string())
}

/// An answer with a content type.
pub(crate) fn typed_answer(
    status: u16,
    content_type: &'static str,
    body: impl Into<hyper::body::Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Adds headers whose values may be anything; what is no header value is left out.
pub(crate) fn add_headers(response: &mut Response<Body>, headers: &[(HeaderName, String)]) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// `inin-ratelimit-*`: calls made and allowed in the window, and seconds until it ends.
pub(crate) fn rate_headers(response: &mut Response<Body>) {
    for (name, value) in [
        ("inin-ratelimit-count", RATE_ALLOWED + 1),
        ("inin-ratelimit-allowed", RATE_ALLOWED),
        ("inin-ratelimit-reset", 30),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_names_every_code() {
        let contract = include_str!("../../../contract/upstream.v1.md");
        let usual = [Shape::Api, Shape::OAuth]
            .into_iter()
            .flat_map(|shape| (400..600).map(move |status| Refusal::usual(status, shape).code));
        let sources = concat!(
            include_str!("admission.rs"),
            include_str!("chat.rs"),
            include_str!("chat_request.rs"),
            include_str!("cached_templates.rs"),
            include_str!("document.rs"),
            include_str!("generation.rs"),
            include_str!("models.rs"),
            include_str!("oauth.rs"),
            include_str!("prompt_templates.rs"),
            include_str!("resource.rs"),
        );
        let written =
            sources.split("Refusal::new(").skip(1).filter_map(|rest| rest.split('"').nth(1).map(str::to_owned));
        for code in usual.chain(written).filter(|code| !code.starts_with("simulat")) {
            assert!(contract.contains(&format!("`{code}`")), "{code}");
        }
    }
}
