//! Errors of OpenAI's wire: `{"error": {message, type, param, code}}`, and the headers of every answer.

use hyper::Response;
use hyper::header::HeaderName;
use serde_json::{Value, json};

use super::Dialect;
use crate::refusal::{Refusal, add_headers};
use crate::reply::Body;

/// The usual refusal of a status. An empty code is null in the body.
pub(crate) fn usual(status: u16, dialect: Dialect) -> Refusal {
    let azure = dialect == Dialect::Azure;
    let (code, message) = match status {
        400 => ("", "The request could not be understood."),
        401 if azure => ("401", "Access denied due to invalid subscription key or wrong API endpoint."),
        401 => ("invalid_api_key", "Incorrect API key provided."),
        403 => ("unsupported_country_region_territory", "Country, region, or territory not supported."),
        404 if azure => ("DeploymentNotFound", "The API deployment for this resource does not exist."),
        404 => ("model_not_found", "The model does not exist or you do not have access to it."),
        405 => ("method_not_allowed", "The method is not allowed here."),
        408 => ("", "The request took too long."),
        409 => ("", "The request conflicts with another one."),
        413 => ("request_too_large", "The request body is too large."),
        415 => ("unsupported_content_type", "The body must be application/json."),
        422 => ("", "The request cannot be carried out."),
        429 if azure => ("429", "Requests have exceeded the call rate limit. Please retry after 1 second."),
        429 => ("rate_limit_exceeded", "Rate limit reached for requests per min."),
        503 => ("", "The engine is currently overloaded, please try again later."),
        _ => ("", "The server had an error while processing your request."),
    };
    Refusal::new(status, code, message)
}

/// The error body; what is in the refusal's first detail is `param`.
pub(crate) fn body(refusal: &Refusal) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let param = refusal.details.first().map_or(Value::Null, |(path, _)| text(path));
    json!({"error": {
        "message": refusal.message,
        "type": kind(refusal),
        "param": param,
        "code": text(&refusal.code),
    }})
}

fn kind(refusal: &Refusal) -> &str {
    match refusal.status {
        _ if refusal.code == "insufficient_quota" => "insufficient_quota",
        403 => "request_forbidden",
        429 => "requests",
        503 => "service_unavailable_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// `x-request-id`, and the rate headers: OpenAI's resets are durations, Azure's are seconds.
pub(crate) fn headers(mut answer: Response<Body>, dialect: Dialect, correlation: &str) -> Response<Body> {
    let limited = answer.status().as_u16() == 429;
    let (requests, tokens) = if limited { ("0", "0") } else { ("9999", "199000") };
    let (soon, later) = if dialect == Dialect::Azure { ("1", "360") } else { ("1s", "6m0s") };
    let mut all = vec![
        ("x-request-id", correlation),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-requests", requests),
        ("x-ratelimit-remaining-tokens", tokens),
        ("x-ratelimit-reset-requests", soon),
        ("x-ratelimit-reset-tokens", if limited { later } else { soon }),
    ];
    all.push(if dialect == Dialect::Azure {
        ("apim-request-id", correlation)
    } else {
        ("openai-version", "2020-10-01")
    });
    all.retain(|(name, _)| !answer.headers().contains_key(*name));
    let all: Vec<_> = all.into_iter().map(|(name, value)| (HeaderName::from_static(name), value.to_owned())).collect();
    add_headers(&mut answer, &all);
    answer
}

/// 400 about a member.
pub(crate) fn invalid(param: &str, code: &str, message: impl Into<String>) -> Refusal {
    let refusal = Refusal::new(400, code, message);
    Refusal { details: vec![(param.to_owned(), String::new())], ..refusal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_body_that_clients_read() {
        for dialect in [Dialect::OpenAi, Dialect::Azure] {
            for status in 400..600 {
                let body = body(&usual(status, dialect));
                assert!(body["error"]["message"].is_string() && body["error"]["type"].is_string(), "{status}");
                assert!(body["error"]["code"].is_null() || body["error"]["code"].is_string(), "{status}");
            }
        }
        let quota = Refusal::new(429, "insufficient_quota", "You exceeded your current quota.");
        assert_eq!(body(&quota)["error"]["type"], "insufficient_quota");
        assert_eq!(body(&invalid("messages[0].role", "invalid_value", "x"))["error"]["param"], "messages[0].role");
    }
}
