//! Every error a client can get, in one table, and its document (RFC 9457, `application/problem+json`).

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::fault::{Fault, Faults};
use crate::http::{Reply, ReplyHead};
use crate::sensitive::Bytes;

/// What went wrong: the stable `code` of a problem document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
#[expect(missing_docs, reason = "the table below is the documentation of each")]
pub enum Code {
    InvalidJson,
    InvalidRequest,
    InvalidIdempotencyKey,
    IdempotencyKeyReused,
    CallRunning,
    OutcomeUnknown,
    AnswerGone,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    PreconditionFailed,
    PreconditionRequired,
    BodyTimeout,
    BodyIncomplete,
    BodyTooLarge,
    UnsupportedMediaType,
    SafetyRefused,
    TemplateRefused,
    ContextTooLong,
    ModelNotActive,
    ModelLost,
    NotConfigured,
    LimitReached,
    UpstreamForbidden,
    UpstreamRateLimited,
    InsufficientQuota,
    UpstreamUnauthorized,
    UpstreamRejected,
    UpstreamUnprocessable,
    ModelNotFound,
    UnsupportedByUpstream,
    UpstreamError,
    UpstreamMalformed,
    UpstreamTruncated,
    AnswerTooLong,
    AnswerRefused,
    ResultInvalid,
    UpstreamUnavailable,
    TokenUnavailable,
    TokenRefused,
    FirstContentDeadline,
    IdleDeadline,
    TotalDeadline,
    StorageUnavailable,
    Overloaded,
    ClientLeft,
    Internal,
}

/// One row of the table: code, status, title, and whether the same request may be sent again.
type Row = (&'static str, u16, &'static str, bool);

impl Code {
    /// Every code, in the order of the table: for documentation and tests.
    pub const ALL: &'static [Code] = <Code as strum::VariantArray>::VARIANTS;

    const fn row(self) -> Row {
        match self {
            Code::InvalidJson => ("invalid_json", 400, "The body is not acceptable JSON", false),
            Code::InvalidRequest => ("invalid_request", 400, "The request has faults", false),
            Code::InvalidIdempotencyKey => ("invalid_idempotency_key", 400, "The Idempotency-Key is not usable", false),
            Code::IdempotencyKeyReused => ("idempotency_key_reused", 422, "The key is that of another request", false),
            Code::CallRunning => ("call_running", 409, "The call is still running", true),
            Code::OutcomeUnknown => ("outcome_unknown", 502, "Nobody knows how the call ended", false),
            Code::AnswerGone => ("answer_gone", 410, "The answer cannot be read again", false),
            Code::Unauthenticated => ("unauthenticated", 401, "No valid client key", false),
            Code::Forbidden => ("forbidden", 403, "The client key may not do this", false),
            Code::NotFound => ("not_found", 404, "Nothing is here", false),
            Code::MethodNotAllowed => ("method_not_allowed", 405, "The method does not fit the address", false),
            Code::NotAcceptable => ("not_acceptable", 406, "No answer format that the client accepts", false),
            Code::Conflict => ("conflict", 409, "Something else has this name", false),
            Code::PreconditionFailed => ("precondition_failed", 412, "It was changed by someone else", false),
            Code::PreconditionRequired => ("precondition_required", 428, "Say which version is to be changed", false),
            Code::BodyTimeout => ("body_timeout", 408, "The body came too slowly", true),
            Code::BodyIncomplete => ("body_incomplete", 400, "The body ended early", true),
            Code::BodyTooLarge => ("body_too_large", 413, "The body is too large", false),
            Code::UnsupportedMediaType => ("unsupported_media_type", 415, "The body is not application/json", false),
            Code::SafetyRefused => ("safety_refused", 422, "The text holds something that must not be sent", false),
            Code::TemplateRefused => ("template_refused", 422, "The template has faults that must not ship", false),
            Code::ContextTooLong => ("context_too_long", 422, "The conversation does not fit", false),
            Code::ModelNotActive => ("model_not_active", 409, "The model is not active", true),
            Code::ModelLost => ("model_lost", 409, "The upstream no longer has the model", false),
            Code::NotConfigured => ("not_configured", 503, "The gateway is not configured", false),
            Code::LimitReached => ("limit_reached", 429, "A limit of the key or its tenant is reached", true),
            Code::UpstreamForbidden => ("upstream_forbidden", 403, "The gateway lacks a permission upstream", false),
            Code::UpstreamRateLimited => ("upstream_rate_limited", 429, "The upstream limits the rate", true),
            Code::InsufficientQuota => ("insufficient_quota", 429, "The gateway's quota upstream is used up", false),
            Code::UpstreamUnauthorized => {
                ("upstream_unauthorized", 502, "The upstream refuses the gateway's token", false)
            }
            Code::UpstreamRejected => ("upstream_rejected", 400, "The upstream refuses the request", false),
            Code::UpstreamUnprocessable => ("upstream_unprocessable", 422, "The upstream cannot do this", false),
            Code::ModelNotFound => ("model_not_found", 404, "There is no such model", false),
            Code::UnsupportedByUpstream => {
                ("unsupported_by_upstream", 422, "The model's upstream cannot express this", false)
            }
            Code::UpstreamError => ("upstream_error", 502, "The upstream failed", false),
            Code::UpstreamMalformed => ("upstream_malformed", 502, "The upstream's answer breaks the contract", false),
            Code::UpstreamTruncated => ("upstream_truncated", 502, "The upstream's answer ended early", false),
            Code::AnswerTooLong => ("answer_too_long", 502, "The upstream's answer is too long", false),
            Code::AnswerRefused => {
                ("answer_refused", 502, "The answer holds something that must not be passed on", false)
            }
            Code::ResultInvalid => ("result_invalid", 502, "The model's result does not fit its schema", false),
            Code::UpstreamUnavailable => ("upstream_unavailable", 503, "The upstream cannot be reached", true),
            Code::TokenUnavailable => ("token_unavailable", 503, "The upstream gave no token", true),
            Code::TokenRefused => ("token_refused", 502, "The upstream's login refuses the gateway", false),
            Code::FirstContentDeadline => ("first_content_deadline", 504, "The model did not begin in time", true),
            Code::IdleDeadline => ("idle_deadline", 504, "The model fell silent", false),
            Code::TotalDeadline => ("total_deadline", 504, "The answer took too long", false),
            Code::StorageUnavailable => ("storage_unavailable", 503, "The gateway's storage does not answer", true),
            Code::Overloaded => ("overloaded", 503, "Too much is being sent at once", true),
            // Nobody reads this status (nginx's for the same case): it is for audit rows and metrics.
            Code::ClientLeft => ("client_left", 499, "The client has left", false),
            Code::Internal => ("internal", 500, "The gateway failed", false),
        }
    }

    /// The code that is called `name`; [`Code::Internal`] where there is none.
    pub fn named(name: &str) -> Code {
        Code::ALL.iter().copied().find(|code| code.as_str() == name).unwrap_or(Code::Internal)
    }

    /// Stable, for programs.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().1
    }
    /// One line for people, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        self.row().2
    }
    /// Whether the same request may be sent again as it is, later.
    pub const fn retryable(self) -> bool {
        self.row().3
    }
}

/// One occurrence of an error. It carries no prompt text, no key and nothing of upstream's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong.
    pub code: Code,
    /// What to do about it, in a sentence or two.
    pub detail: String,
    /// The faults of the document, if it is at fault: at most [`crate::fault::MAX_FAULTS`].
    pub errors: Vec<Fault>,
    /// How many faults there are that `errors` does not list.
    pub more: usize,
    /// Upstream's name for the exchange ([`crate::http::correlation_id`]).
    pub upstream_correlation_id: Option<String>,
    /// When to try again: the `Retry-After` header, in whole seconds, rounded up.
    pub retry_after: Option<Duration>,
    /// The methods that fit the address: the `Allow` header of a 405 (RFC 9110, 15.5.6).
    pub allow: Option<String>,
    /// The current entity tag of what could not be changed: the `ETag` header of a 412.
    pub etag: Option<String>,
    /// What a policy that only watches would have done: code of the rule, action, how often. For audit rows and metrics.
    pub would: Vec<(Cow<'static, str>, &'static str, u32)>,
}

impl Problem {
    /// The header that names the code of a refusal, so that nobody need read its body for that.
    pub const HEADER: &'static str = "x-problem-code";

    /// An occurrence of `code`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: 0,
            upstream_correlation_id: None,
            retry_after: None,
            allow: None,
            etag: None,
            would: Vec::new(),
        }
    }

    /// What the gateway keeps cannot be had.
    pub fn storage_unavailable() -> Self {
        Problem::new(Code::StorageUnavailable, "The gateway's storage does not answer: try again.")
    }

    /// What the gateway keeps cannot be had in time: others are served before.
    pub fn storage_late() -> Self {
        Problem::new(Code::TotalDeadline, "The gateway's storage did not answer in time: try again.")
    }

    /// The faults of a document.
    pub fn with_errors(code: Code, errors: impl Into<Faults>) -> Self {
        let errors = errors.into();
        let detail = match (&*errors, errors.more()) {
            ([one], 0) => format!("{}: {}", one.path, one.message),
            (_, 0) => format!("{} faults: see `errors`, each with its path and what to do.", errors.len()),
            _ => format!("{} faults: `errors` lists the first {}.", errors.count(), errors.len()),
        };
        Problem { more: errors.more(), errors: errors.into(), ..Problem::new(code, detail) }
    }

    /// The document as JSON; `request_id` is the id of the client's request.
    pub fn document(&self, request_id: &str) -> serde_json::Value {
        let document = Document {
            r#type: format!("urn:promptgate:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            instance: format!("urn:promptgate:request:{request_id}"),
            code: self.code.as_str(),
            request_id,
            retryable: self.code.retryable(),
            upstream_correlation_id: self.upstream_correlation_id.as_deref(),
            errors: &self.errors,
            more: self.more,
        };
        serde_json::to_value(document).unwrap_or_default()
    }

    /// The whole answer.
    pub fn reply(&self, request_id: &str) -> Reply {
        let mut headers = vec![
            ("content-type", "application/problem+json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id.to_owned()),
            (Problem::HEADER, self.code.as_str().to_owned()),
        ];
        if let Some(after) = self.retry_after {
            headers.push(("retry-after", after.as_millis().div_ceil(1000).to_string()));
        }
        if let Some(allow) = &self.allow {
            headers.push(("allow", allow.clone()));
        }
        if let Some(etag) = &self.etag {
            headers.push(("etag", etag.clone()));
        }
        if self.code == Code::Unauthenticated {
            headers.push(("www-authenticate", "Bearer realm=\"promptgate\"".to_owned()));
        }
        let body = Bytes(self.document(request_id).to_string().into_bytes());
        Reply { head: ReplyHead { status: self.code.status(), headers }, body }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
    code: &'a str,
    request_id: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "is_none")]
    more: usize,
}

/// Whether there are no more.
fn is_none(more: &usize) -> bool {
    *more == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len(), "codes are unique");
        for &code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn documents_have_the_members_of_the_requirement() {
        let problem = Problem {
            retry_after: Some(Duration::from_millis(1500)),
            upstream_correlation_id: Some("c-1".into()),
            ..Problem::new(Code::UpstreamRateLimited, "Wait.")
        };
        let reply = problem.reply("r-1");
        assert_eq!(reply.head.status, 429);
        assert!(reply.head.headers.contains(&("retry-after", "2".into())));
        assert!(reply.head.headers.contains(&(Problem::HEADER, "upstream_rate_limited".into())));
        let document: serde_json::Value = serde_json::from_slice(&reply.body.0).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "type": "urn:promptgate:problem:upstream_rate_limited", "title": "The upstream limits the rate",
                "status": 429, "detail": "Wait.", "instance": "urn:promptgate:request:r-1",
                "code": "upstream_rate_limited", "request_id": "r-1", "retryable": true,
                "upstream_correlation_id": "c-1",
            })
        );
    }
}
