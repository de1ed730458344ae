//! Whether an upstream takes the gateway's credentials, as `GET /healthz?deep=1` says: asked for without a model and
//! without a prompt, so that it costs nothing.

use serde::Serialize;
use serde_json::json;

use super::{Credential, Upstream, Wire};
use crate::http::{Head, Header, HttpRequest};
use crate::problem::{Code, Problem};
use crate::sensitive::{Bytes, Sensitive};

/// How long an answer is given again, in milliseconds: the route needs no key, and must not be a way to ask upstream
/// often (ours).
pub const CHECK_KEPT_MS: u64 = 30_000;
/// How long one upstream may take, in milliseconds (ours).
pub const CHECK_LIMIT_MS: u64 = 5_000;

/// Whether the gateway can use an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamHealth {
    /// It takes the credentials.
    Accepted,
    /// It refuses them.
    Refused,
    /// It does not answer, or fails.
    Unreachable,
    /// It has nothing that can be asked for nothing.
    Unknown,
}

impl Upstream {
    /// What is asked where no token is fetched: the list of models. None where there is nothing to ask for.
    pub fn check_request(&self) -> Option<HttpRequest> {
        self.list(self.credential.header(&Sensitive::default()))
    }

    /// The same with the `key` of a model definition, in the header in which the gateway's own goes. None for a key that no
    /// header can hold.
    pub fn key_request(&self, key: &Sensitive) -> Option<HttpRequest> {
        if !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        self.list(Some(match &self.credential {
            Credential::Key(name, _) if name != "authorization" => (name.clone(), key.clone()),
            _ => ("authorization".into(), Sensitive::new(format!("Bearer {}", key.expose()))),
        }))
    }

    fn list(&self, credential: Option<Header>) -> Option<HttpRequest> {
        let Wire::OpenAi(address) = &self.wire else { return None };
        let mut headers = vec![("accept".into(), Sensitive::new("application/json"))];
        headers.extend(credential);
        Some(HttpRequest { method: "GET", url: address.models()?, headers, body: Bytes::default() })
    }

    /// Whether a token is fetched to call it: then whether there is one is the answer.
    pub fn has_token(&self) -> bool {
        matches!(self.credential, Credential::Client { .. })
    }
}

impl UpstreamHealth {
    /// What came of fetching a token.
    pub fn of_token(token: &Result<(), Problem>) -> UpstreamHealth {
        match token {
            Ok(()) => UpstreamHealth::Accepted,
            Err(problem) if problem.code == Code::TokenRefused => UpstreamHealth::Refused,
            Err(_) => UpstreamHealth::Unreachable,
        }
    }

    /// What came of [`Upstream::check_request`]; none where nothing came.
    pub fn of_answer(head: Option<&Head>) -> UpstreamHealth {
        match head.map(|head| head.status) {
            // A limit on the rate is one of a client that is known.
            Some(200..=299 | 429) => UpstreamHealth::Accepted,
            Some(401 | 403) => UpstreamHealth::Refused,
            // Not every server of this wire lists its models.
            Some(300..=499) => UpstreamHealth::Unknown,
            Some(_) | None => UpstreamHealth::Unreachable,
        }
    }
}

/// The answer: its status, and `{status, upstreams: [{name, credentials}]}`. 503 where one refuses or is unreachable.
pub fn document(checks: &[(String, UpstreamHealth)]) -> (u16, String) {
    let well = checks.iter().all(|(_, health)| matches!(health, UpstreamHealth::Accepted | UpstreamHealth::Unknown));
    let upstreams: Vec<_> =
        checks.iter().map(|(name, health)| json!({ "name": name, "credentials": health })).collect();
    let document = json!({ "status": if well { "ok" } else { "degraded" }, "upstreams": upstreams });
    (if well { 200 } else { 503 }, document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::openai::Address;

    // Row: errors and bad input, everywhere.
    #[test]
    fn what_each_answer_says() {
        let head = |status| Head { status, headers: vec![] };
        for (status, expected) in [
            (200, UpstreamHealth::Accepted),
            (429, UpstreamHealth::Accepted),
            (401, UpstreamHealth::Refused),
            (403, UpstreamHealth::Refused),
            (404, UpstreamHealth::Unknown),
            (302, UpstreamHealth::Unknown),
            (500, UpstreamHealth::Unreachable),
            (0, UpstreamHealth::Unreachable),
        ] {
            assert_eq!(UpstreamHealth::of_answer(Some(&head(status))), expected, "{status}");
        }
        assert_eq!(UpstreamHealth::of_answer(None), UpstreamHealth::Unreachable);
        assert_eq!(UpstreamHealth::of_token(&Err(Problem::new(Code::TokenRefused, "x"))), UpstreamHealth::Refused);
        assert_eq!(
            UpstreamHealth::of_token(&Err(Problem::new(Code::TokenUnavailable, "x"))),
            UpstreamHealth::Unreachable
        );
        let of = |health| document(&[("a".into(), UpstreamHealth::Accepted), ("b".into(), health)]);
        assert_eq!(of(UpstreamHealth::Unknown).0, 200);
        let (status, text) = of(UpstreamHealth::Refused);
        assert_eq!(status, 503);
        assert!(text.contains(r#"{"credentials":"refused","name":"b"}"#), "{text}");
    }

    #[test]
    fn what_is_asked() {
        let credential = Credential::Key("authorization".into(), Sensitive::new("Bearer canary"));
        let at = |url: &str| Upstream {
            name: "u".into(),
            wire: Wire::OpenAi(Address::new(url)),
            credential: credential.clone(),
            idempotent: false,
            provider: None,
        };
        let request = at("https://api.example/v1?api-version=1").check_request().unwrap();
        assert_eq!((request.method, request.url.as_str()), ("GET", "https://api.example/v1/models?api-version=1"));
        assert!(!format!("{request:?}").contains("canary"));
        assert_eq!(at("https://api.example/deployments/{model}").check_request(), None);
        let header = |credential: Credential, key: &str| {
            let upstream = Upstream { credential, ..at("https://api.example/v1") };
            let request = upstream.key_request(&Sensitive::new(key))?;
            request.headers.last().map(|(name, value)| (name.to_string(), value.expose().to_owned()))
        };
        let shown = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(header(credential.clone(), "theirs"), shown("authorization", "Bearer theirs"));
        assert_eq!(header(Credential::Nothing, "theirs"), shown("authorization", "Bearer theirs"));
        let azure = Credential::Key("api-key".into(), Sensitive::new("ours"));
        assert_eq!(header(azure, "theirs"), shown("api-key", "theirs"));
        for key in ["a\r\nx: y", "a b", "schlüssel"] {
            assert_eq!(header(credential.clone(), key), None, "{key}");
        }
    }
}
