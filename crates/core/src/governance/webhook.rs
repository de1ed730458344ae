//! Webhooks, signed as Standard Webhooks asks (github.com/standard-webhooks, spec 1.0): `webhook-id`,
//! `webhook-timestamp` and `webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::CallRecord;
use crate::http::{Head, HttpRequest};
use crate::sensitive::{Bytes, Sensitive};

/// Where webhooks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Absolute.
    pub url: String,
    /// The key of the signature; without one nothing is signed.
    pub key: Option<Bytes>,
}

impl Webhook {
    /// The key in a secret `whsec_<base64>`: 24–64 bytes.
    pub fn key(secret: &str) -> Option<Bytes> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&key.len()).then_some(Bytes(key))
    }

    /// The webhook `llm_prompt_completed` for a call, sent at `now_ms` (Unix ms); none for a call that sent
    /// nothing.
    pub fn completed(&self, call: &CallRecord, now_ms: u64) -> Option<Event> {
        Some(self.event("llm_prompt_completed", &call.event().request_id, call.completed()?, 3_000, now_ms))
    }

    /// The webhook `name` with the JSON text `body`, about the request or resource `subject`. It may take
    /// `timeout_ms` (requirements: 3 s for B6, 5 s for A6).
    pub fn event(&self, name: &'static str, subject: &str, body: String, timeout_ms: u32, now_ms: u64) -> Event {
        let id = format!("msg_{subject}");
        let timestamp = (now_ms / 1000).to_string();
        let mut headers = vec![
            ("content-type".into(), Sensitive::new("application/json")),
            ("webhook-id".into(), Sensitive::new(&id)),
            ("webhook-timestamp".into(), Sensitive::new(&timestamp)),
        ];
        if let Some(key) = &self.key {
            headers.push(("webhook-signature".into(), Sensitive::new(sign(&key.0, &id, &timestamp, &body))));
        }
        let request = HttpRequest { method: "POST", url: self.url.clone(), headers, body: Bytes(body.into_bytes()) };
        Event { name, id, request, timeout_ms }
    }
}

/// A webhook that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened: `llm_prompt_completed`, `template.update`, ….
    pub name: &'static str,
    /// Its `webhook-id`.
    pub id: String,
    /// What to send.
    pub request: HttpRequest,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u32,
}

impl Event {
    /// Whether it was taken; `answer` is the head that came, if one did.
    pub fn taken(answer: Option<&Head>) -> bool {
        answer.is_some_and(|head| (200..=299).contains(&head.status))
    }

    /// The line of the log for a webhook that was not taken.
    pub fn failure(&self, answer: Option<&Head>) -> String {
        let status = answer.map(|head| head.status);
        serde_json::json!({ "event": "webhook_failed", "name": self.name, "webhookId": self.id, "status": status })
            .to_string()
    }
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn signs_as_the_reference_does() {
        let key = Webhook::key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key.0, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn bad_secrets() {
        for secret in ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(Webhook::key(secret), None, "{secret}");
        }
    }
}
