//! OAuth 2.0 client credentials (RFC 6749, 4.4): the request for a token, and what a login answers.

use serde::Deserialize;

use crate::http::HttpRequest;
use crate::sensitive::{Bytes, Sensitive};

/// The OAuth client (requirements, U1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The client's id.
    pub id: Sensitive,
    /// The client's secret.
    pub secret: Sensitive,
    /// The scopes that are asked for, with spaces between them; all that the client has, where there are none.
    pub scope: Option<String>,
}

/// The call for a token (requirements, U1).
pub fn token_request(login: &str, credentials: &ClientCredentials) -> HttpRequest {
    use base64::Engine as _;
    let pair = format!("{}:{}", credentials.id.expose(), credentials.secret.expose());
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    credentials.scope.iter().for_each(|scope| {
        form.append_pair("scope", scope);
    });
    let body = form.finish();
    let basic = base64::engine::general_purpose::STANDARD.encode(pair);
    HttpRequest {
        method: "POST",
        url: format!("{login}/oauth/token"),
        headers: vec![
            ("authorization".into(), Sensitive::new(format!("Basic {basic}"))),
            ("content-type".into(), Sensitive::new("application/x-www-form-urlencoded")),
            ("accept".into(), Sensitive::new("application/json")),
        ],
        body: Bytes(body.into_bytes()),
    }
}

/// Whether the body of a refusal says that the scope is at fault, and not the client (RFC 6749, 5.2).
pub fn is_invalid_scope(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| refusal.error == "invalid_scope")
}

/// A token as upstream gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub access_token: Sensitive,
    /// Seconds that it lives.
    pub expires_in: u64,
}

/// Reads the body of a 200 of the token endpoint; `None` where it has no usable token (requirements, U2).
pub fn grant(body: &[u8]) -> Option<Grant> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: u64,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    // It goes into a header: RFC 6750's b64token alphabet is a part of this.
    let usable = !answer.access_token.is_empty() && answer.access_token.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| Grant { access_token: Sensitive::new(answer.access_token), expires_in: answer.expires_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rows U1, U5.
    #[test]
    fn grants() {
        assert!(grant(br#"{"access_token":"t","token_type":"bearer","expires_in":3600}"#).is_some());
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"access_token":"t"}"#,
            r#"{"access_token":"","expires_in":1}"#,
            r#"{"access_token":"a\r\nb","expires_in":1}"#,
            r#"{"access_token":null,"expires_in":1}"#,
            r#"{"access_token":"t","expires_in":-1}"#,
            r#"{"access_token":"t","expires_in":"x"}"#,
            r#"{"error":"invalid_client"}"#,
        ] {
            assert_eq!(grant(body.as_bytes()), None, "{body}");
        }
    }

    // Row U2.
    #[test]
    fn requests_withhold_their_secrets() {
        let credentials =
            ClientCredentials { id: Sensitive::new("canary-id"), secret: Sensitive::new("canary-secret"), scope: None };
        let request = token_request("https://login.example", &credentials);
        assert_eq!(request.body.0, b"grant_type=client_credentials");
        let scope = Some("ai:models:read ai:gateway:manage".to_owned());
        let scoped = token_request("https://login.example", &ClientCredentials { scope, ..credentials.clone() });
        let body = String::from_utf8(scoped.body.0).unwrap();
        assert_eq!(body, "grant_type=client_credentials&scope=ai%3Amodels%3Aread+ai%3Agateway%3Amanage");
        assert_eq!(request.headers[0].1.expose(), "Basic Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=");
        let shown = format!("{request:?} {credentials:?}");
        assert!(!shown.contains("canary") && !shown.contains("Y2Fu"), "{shown}");
    }
}
