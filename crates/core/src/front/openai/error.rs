//! Errors in OpenAI's shape, with the members of our problem documents beside it: clients of both kinds can read them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::problem::{Code, Problem};
use crate::sensitive::Bytes;

/// The official SDKs wait no longer than this for a `Retry-After`; one of them then asks again after half a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// The whole answer of a request that has failed.
pub fn refusal(problem: &Problem, request_id: &str) -> Reply {
    let mut reply = problem.reply(request_id);
    let status = status(problem.code);
    reply.head.status = status;
    for (name, value) in &mut reply.head.headers {
        if *name == "content-type" {
            "application/json".clone_into(value);
        }
    }
    if !worth_repeating(problem) {
        reply.head.headers.push(("x-should-retry", "false".to_owned()));
    }
    let mut body = problem.document(request_id);
    if let Some(members) = body.as_object_mut() {
        members.insert("status".into(), status.into());
        members.insert("error".into(), error(problem));
    }
    reply.body = Bytes(body.to_string().into_bytes());
    reply
}

/// The member `error`.
pub(super) fn error(problem: &Problem) -> Value {
    let param = problem.errors.first().map(|fault| fault.path.strip_prefix("$.").unwrap_or(&fault.path));
    // The body as a whole has no name on this wire.
    let param = param.filter(|path| *path != "$");
    let status = status(problem.code);
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    json!({ "message": problem.detail, "type": kind, "param": param, "code": code(problem.code) })
}

/// The status on this wire.
fn status(code: Code) -> u16 {
    match code {
        Code::SafetyRefused | Code::ContextTooLong => 400,
        // The gateway's own key is at fault: neither the client's, nor worth repeating, as a 5xx is to most clients.
        Code::UpstreamUnauthorized | Code::TokenRefused | Code::UpstreamForbidden => 424,
        code => code.status(),
    }
}

/// The code that clients of this wire know, or ours.
fn code(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "invalid_api_key",
        Code::SafetyRefused | Code::AnswerRefused => "content_filter",
        Code::ContextTooLong => "context_length_exceeded",
        Code::UpstreamRateLimited | Code::LimitReached => "rate_limit_exceeded",
        code => code.as_str(),
    }
}

/// Whether a client's own repetition may succeed. What was sent upstream has been repeated here already.
fn worth_repeating(problem: &Problem) -> bool {
    let soon = problem.retry_after.is_none_or(|after| after <= PATIENCE);
    let repeated = matches!(
        problem.code,
        Code::UpstreamUnavailable | Code::TokenUnavailable | Code::FirstContentDeadline | Code::TotalDeadline
    );
    problem.code.retryable() && soon && !repeated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Path};

    #[test]
    fn both_kinds_of_clients_can_read_it() {
        let path = Path::root().name("messages").index(0).name("content");
        let problem = Problem::with_errors(Code::SafetyRefused, vec![Fault::new(&path, "P001", "A card.")]);
        let reply = refusal(&problem, "r-1");
        assert_eq!(reply.head.status, 400);
        let header =
            |name| reply.head.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!((header("x-should-retry"), header("content-type")), (Some("false"), Some("application/json")));
        let body: Value = serde_json::from_slice(&reply.body.0).unwrap();
        assert_eq!(
            body["error"],
            json!({
                "message": "$.messages[0].content: A card.", "type": "invalid_request_error",
                "param": "messages[0].content", "code": "content_filter",
            })
        );
        assert_eq!((&body["code"], &body["status"]), (&json!("safety_refused"), &json!(400)));
    }

    #[test]
    fn the_body_as_a_whole_is_no_parameter() {
        let problem = Problem::with_errors(Code::InvalidJson, vec![Fault::new(&Path::root(), "invalid_json", "x")]);
        assert_eq!(error(&problem)["param"], Value::Null);
    }

    #[test]
    fn what_cannot_succeed_is_not_to_be_repeated() {
        for &code in Code::ALL {
            let mut problem = Problem::new(code, "x");
            let says = |problem: &Problem| {
                let headers = refusal(problem, "r").head.headers;
                headers.into_iter().find(|(name, _)| *name == "x-should-retry").map(|(_, value)| value)
            };
            if !code.retryable() {
                assert_eq!(says(&problem).as_deref(), Some("false"), "{code:?}");
            }
            problem.retry_after = Some(Duration::from_secs(61));
            assert_eq!(says(&problem).as_deref(), Some("false"), "{code:?}");
        }
        let mut soon = Problem::new(Code::UpstreamRateLimited, "x");
        soon.retry_after = Some(Duration::from_secs(2));
        assert!(worth_repeating(&soon));
    }
}
