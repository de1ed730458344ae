//! Where webhooks go, and their signatures as Standard Webhooks asks (github.com/standard-webhooks, spec 1.0):
//! `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::Family;
use crate::canonical::hex;
use crate::http::HttpRequest;
use crate::sensitive::{Bytes, Sensitive};

/// A receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// 1 to 64 characters of `A–Z a–z 0–9 . _ -`.
    pub name: String,
    /// Absolute. It may bear a secret of the receiver's: it is sent and never shown.
    pub url: Sensitive,
    /// What it wants.
    pub families: Vec<Family>,
    /// Keys of the signature: none, one, or two while a secret is being replaced.
    pub keys: Vec<Bytes>,
    /// Whether it may be an address of a private network.
    pub private: bool,
}

/// Every receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations(pub Vec<Destination>);

impl Destinations {
    /// Whether anybody wants events of `family`.
    pub fn want(&self, family: Family) -> bool {
        self.of(family).next().is_some()
    }

    /// Who wants events of `family`.
    pub fn of(&self, family: Family) -> impl Iterator<Item = &Destination> {
        self.0.iter().filter(move |destination| destination.families.contains(&family))
    }

    /// The one called `name`.
    pub fn find(&self, name: &str) -> Option<&Destination> {
        self.0.iter().find(|destination| destination.name == name)
    }
}

impl Destination {
    /// The key in a secret `whsec_<base64>`: 24–64 bytes.
    pub fn key(secret: &str) -> Option<Bytes> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&key.len()).then_some(Bytes(key))
    }

    /// The host and port of its address, which may be shown.
    pub fn host(&self) -> &str {
        let rest = self.url.expose().split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// SHA-256 of its address in hexadecimal: whether it is still the one that had gone.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.url.expose()))
    }

    /// The request that delivers the message `id` with the JSON text `body` at `now_ms` (Unix ms), signed with every key.
    pub fn request(&self, id: &str, body: String, now_ms: u64) -> HttpRequest {
        let timestamp = (now_ms / 1000).to_string();
        let mut headers = vec![
            ("content-type".into(), Sensitive::new("application/json")),
            ("user-agent".into(), Sensitive::new(concat!("promptgate/", env!("CARGO_PKG_VERSION")))),
            ("webhook-id".into(), Sensitive::new(id)),
            ("webhook-timestamp".into(), Sensitive::new(&timestamp)),
        ];
        if !self.keys.is_empty() {
            let signatures: Vec<_> = self.keys.iter().map(|key| sign(&key.0, id, &timestamp, &body)).collect();
            headers.push(("webhook-signature".into(), Sensitive::new(signatures.join(" "))));
        }
        let url = self.url.expose().to_owned();
        HttpRequest { method: "POST", url, headers, body: Bytes(body.into_bytes()) }
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
    // Row H.
    #[test]
    fn signs_as_the_reference_does() {
        let key = Destination::key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key.0, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    // Row H.
    #[test]
    fn two_keys_make_two_signatures() {
        let keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"];
        let destination = Destination {
            name: "default".into(),
            url: Sensitive::new("https://hooks.example:8443/canary?token=canary"),
            families: vec![Family::Template],
            keys: keys.iter().filter_map(|secret| Destination::key(secret)).collect(),
            private: false,
        };
        let request = destination.request("msg_1", "{}".to_owned(), 1_614_265_330_999);
        let header = |name| request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.expose());
        assert_eq!(header("webhook-timestamp"), Some("1614265330"));
        let signatures: Vec<&str> = header("webhook-signature").unwrap().split(' ').collect();
        assert_eq!(signatures.len(), 2);
        assert!(signatures.iter().all(|signature| signature.starts_with("v1,") && signature.len() == 47));
        assert_ne!(signatures[0], signatures[1]);
        assert_eq!(destination.host(), "hooks.example:8443");
        assert!(!format!("{destination:?}").contains("canary"));
    }

    #[test]
    fn bad_secrets() {
        for secret in ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(Destination::key(secret), None, "{secret}");
        }
    }
}
