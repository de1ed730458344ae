//! Requests as they were received, for tests to look at. Credentials are reduced to a digest.

use hyper::body::Bytes;
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const KEPT_BACK: &str = "(kept back)";
/// Longer bodies of OpenAI's wire, which may hold images, are recorded by their digest only.
const LONGEST_BODY: usize = 256 << 10;

/// One request, its body read.
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Correlation id of the answer.
    pub(crate) correlation: String,
}

impl Received {
    /// A header's value, if it is there once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok())
    }

    /// The media type without parameters, in lower case.
    pub(crate) fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        value.split(';').next().map(|media| media.trim().to_ascii_lowercase())
    }

    /// The pairs of the query string, decoded.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_deref().unwrap_or("").as_bytes()).into_owned().collect()
    }
}

/// A request as `GET /_simulator/requests` lists it.
#[derive(Clone)]
pub(crate) struct Record(pub(crate) Value);

impl Record {
    pub(crate) fn of(received: &Received, endpoint: &str, number: u64) -> Self {
        let openai = endpoint.starts_with("openai");
        // What a request that only passes through must not change.
        let text = openai && received.body.len() <= LONGEST_BODY;
        let text = text.then(|| String::from_utf8_lossy(&received.body));
        let body = match endpoint {
            "token" => token_form(&received.body),
            _ if received.body.is_empty() => Value::Null,
            _ if openai && received.body.len() > LONGEST_BODY => KEPT_BACK.into(),
            _ => match serde_json::from_slice(&received.body) {
                Ok(body) => without_credentials(body),
                // What was meant for a model may hold its credentials.
                Err(_) if endpoint.starts_with("model") || endpoint == "unknown" => KEPT_BACK.into(),
                Err(_) => String::from_utf8_lossy(&received.body).into(),
            },
        };
        Self(json!({
            "number": number,
            "endpoint": endpoint,
            "method": received.method.as_str(),
            "path": received.path,
            "query": received.query,
            "headers": headers(&received.headers),
            "body": body,
            "body_text": text,
            "body_sha256": openai.then(|| hex(&received.body)),
            "body_bytes": received.body.len(),
            "correlation_id": received.correlation,
        }))
    }
}

/// Headers by name; repeated ones are joined by a comma.
fn headers(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for name in headers.keys() {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                let secret = matches!(
                    name.as_str(),
                    "authorization" | "proxy-authorization" | "cookie" | "api-key" | "x-api-key"
                );
                if secret { reduced(&text) } else { text }
            })
            .collect();
        map.insert(name.to_string(), values.join(", ").into());
    }
    map.into()
}

/// `Bearer abc` becomes `Bearer sha256:` and the first 12 hex digits of the credential's SHA-256.
fn reduced(credential: &str) -> String {
    let (scheme, secret) = credential.split_once(' ').unwrap_or(("", credential));
    format!("{scheme} {}", digest(secret)).trim_start().to_owned()
}

/// `sha256:` and the first 12 hex digits.
fn digest(secret: &str) -> String {
    format!("sha256:{}", hex(secret.as_bytes()).split_at(12).0)
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The body with the texts of credentials, a model's, reduced to a digest.
fn without_credentials(body: Value) -> Value {
    match body {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| {
                let secret = matches!(name.as_str(), "credentials" | "apiKey" | "api_key");
                let value = if secret { digested(value) } else { without_credentials(value) };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(without_credentials).collect(),
        value => value,
    }
}

/// Every scalar of a value as a digest.
fn digested(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, digested(value))).collect(),
        Value::Array(items) => items.into_iter().map(digested).collect(),
        Value::String(text) => digest(&text).into(),
        value => digest(&value.to_string()).into(),
    }
}

/// The token form without values, but for the two that are no secrets.
fn token_form(body: &[u8]) -> Value {
    let mut map = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let shown = matches!(&*name, "grant_type" | "scope");
        map.insert(name.into_owned(), if shown { value.into_owned() } else { KEPT_BACK.into() }.into());
    }
    map.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_reduced() {
        assert_eq!(reduced("Bearer abc"), "Bearer sha256:ba7816bf8f01");
        assert_eq!(reduced("abc"), "sha256:ba7816bf8f01");
        let form = token_form(b"grant_type=client_credentials&client_secret=s3cr3t");
        assert!(!form.to_string().contains("s3cr3t"));
        let body = json!({"m": [{"credentials": {"apiKey": "abc", "more": [1]}}], "name": "abc"});
        let shown = without_credentials(body);
        assert_eq!(shown["m"][0]["credentials"]["apiKey"], "sha256:ba7816bf8f01");
        assert_eq!(shown["name"], "abc");
    }
}
