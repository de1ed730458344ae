//! What is kept at rest is sealed by a key of the operator's: AES-256-GCM, which the platform computes. The ring of keys
//! and the form of a sealed value are here.
//!
//! A sealed value is text, `v1:NAME:DATA`: the name of its key, and the nonce (12 bytes), the ciphertext and the tag
//! (16 bytes) in base64url without padding. It opens only for the place that it was sealed for (the additional data), so
//! that a value that was moved or copied is found out.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Bytes of a nonce of AES-GCM. Drawn at random for each value: a key is good for 2³² of them (NIST SP 800-38D, 8.3).
pub const NONCE: usize = 12;
/// Bytes of a tag of AES-GCM.
pub const TAG: usize = 16;
/// Longest name of a key (ours).
const MAX_NAME: usize = 32;

/// A key that seals.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey {
    /// What sealed values call it.
    pub name: String,
    /// Its 32 bytes.
    pub bytes: [u8; 32],
}

/// The operator's keys, `SEAL_KEYS`: the first one seals, all of them open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealKeys(Vec<SealKey>);

impl SealKeys {
    /// Reads entries `name:key`, separated by commas or white space; a key is 32 bytes in base64. To rotate, put a new
    /// one before the others; drop an old one when nothing that it has sealed is needed any more.
    ///
    /// # Errors
    /// A sentence that names the entry by its number, never by its text.
    pub fn parse(text: &str) -> Result<SealKeys, String> {
        let mut keys: Vec<SealKey> = Vec::new();
        let entries = text.split(|c: char| c.is_whitespace() || c == ',').filter(|entry| !entry.is_empty());
        for (number, entry) in entries.enumerate().map(|(index, entry)| (index + 1, entry)) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let Some((name, key)) = entry
                .split_once(':')
                .filter(|(name, _)| (1..=MAX_NAME).contains(&name.len()) && name.chars().all(plain))
            else {
                return Err(format!(
                    "entry {number} is not `name:key` with a name of 1 to {MAX_NAME} characters of A–Z a–z 0–9 . _ -"
                ));
            };
            if keys.iter().any(|known| known.name == name) {
                return Err(format!("entry {number} has the name of another entry"));
            }
            let decoded = STANDARD.decode(key).or_else(|_| URL_SAFE_NO_PAD.decode(key)).unwrap_or_default();
            let Ok(bytes) = decoded.try_into() else {
                return Err(format!("the key of entry {number} is not 32 bytes in base64 (`openssl rand -base64 32`)"));
            };
            keys.push(SealKey { name: name.to_owned(), bytes });
        }
        match keys.is_empty() {
            true => Err("it has no entry".to_owned()),
            false => Ok(SealKeys(keys)),
        }
    }

    /// The one that seals; none where the operator has set none.
    pub fn current(&self) -> Option<&SealKey> {
        self.0.first()
    }

    /// The one that [`Sealed::key`] names.
    ///
    /// # Errors
    /// [`Unsealed::KeyLost`].
    pub fn named(&self, name: &str) -> Result<&SealKey, Unsealed> {
        self.0.iter().find(|key| key.name == name).ok_or_else(|| Unsealed::KeyLost(name.to_owned()))
    }
}

/// A sealed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name of its key.
    pub key: String,
    /// The nonce.
    pub nonce: [u8; NONCE],
    /// The ciphertext and the tag.
    pub data: Vec<u8>,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsealed {
    /// The key of this name is not in `SEAL_KEYS` any more.
    KeyLost(String),
    /// It is no sealed value, was changed, or was sealed for another place or by another key of that name.
    Damaged,
}

impl Unsealed {
    /// The line of the log about what could not be opened, a `model` for example.
    pub fn log(&self, what: &str) -> String {
        let key = match self {
            Unsealed::KeyLost(name) => Some(name),
            Unsealed::Damaged => None,
        };
        serde_json::json!({ "event": "not_opened", "what": what, "key_missing": key }).to_string()
    }
}

impl Sealed {
    /// As it is stored.
    pub fn to_text(&self) -> String {
        let all: Vec<u8> = self.nonce.iter().chain(&self.data).copied().collect();
        format!("v1:{}:{}", self.key, URL_SAFE_NO_PAD.encode(all))
    }

    /// From what is stored.
    ///
    /// # Errors
    /// [`Unsealed::Damaged`].
    pub fn from_text(text: &str) -> Result<Sealed, Unsealed> {
        let (key, data) = text.strip_prefix("v1:").and_then(|rest| rest.split_once(':')).ok_or(Unsealed::Damaged)?;
        let mut nonce = URL_SAFE_NO_PAD.decode(data).map_err(|_| Unsealed::Damaged)?;
        if nonce.len() < NONCE + TAG {
            return Err(Unsealed::Damaged);
        }
        let data = nonce.split_off(NONCE);
        Ok(Sealed { key: key.to_owned(), nonce: nonce.try_into().map_err(|_| Unsealed::Damaged)?, data })
    }
}

impl fmt::Display for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsealed::KeyLost(name) => {
                write!(f, "It was sealed by the key `{name}`, which SEAL_KEYS does not have any more.")
            }
            Unsealed::Damaged => f.write_str("What is stored does not open: it was changed, or is no sealed value."),
        }
    }
}

/// The name only.
impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn the_first_seals_and_all_open() {
        let keys = SealKeys::parse(&format!("2026-11:{}, old:{}\n", key(1), key(2))).unwrap();
        assert_eq!(keys.current().map(|key| key.name.as_str()), Some("2026-11"));
        assert_eq!(keys.named("old").unwrap().bytes, [2; 32]);
        assert_eq!(keys.named("older"), Err(Unsealed::KeyLost("older".into())));
        assert!(SealKeys::default().current().is_none());
        assert_eq!(format!("{:?}", keys.current()), "Some(SealKey { name: \"2026-11\", .. })");
    }

    #[test]
    fn bad_rings_are_refused_without_quoting_them() {
        let (good, long) = (key(1), "n".repeat(33));
        for (text, says) in [
            (String::new(), "no entry"),
            (" , ".to_owned(), "no entry"),
            ("canary".to_owned(), "entry 1 is not"),
            (format!(":{good}"), "entry 1 is not"),
            (format!("cänary:{good}"), "entry 1 is not"),
            (format!("{long}:{good}"), "entry 1 is not"),
            ("a:canary".to_owned(), "32 bytes"),
            (format!("a:{}", STANDARD.encode([1; 16])), "32 bytes"),
            (format!("a:{good}:canary"), "32 bytes"),
            (format!("a:{good},a:{good}"), "entry 2 has the name"),
        ] {
            let error = SealKeys::parse(&text).unwrap_err();
            assert!(error.contains(says) && !error.contains("canary") && !error.contains(&good), "{text}: {error}");
        }
    }

    #[test]
    fn stored_text_is_read_or_refused() {
        let sealed = Sealed { key: "a".into(), nonce: [7; NONCE], data: vec![9; TAG + 5] };
        assert_eq!(Sealed::from_text(&sealed.to_text()), Ok(sealed));
        let short = URL_SAFE_NO_PAD.encode([0; NONCE + TAG - 1]);
        for text in ["", "v1", "v1:", "v1:a", "v1:a:", "v1:a:???", "v2:a:AAAA", &format!("v1:a:{short}"), "plain text"]
        {
            assert_eq!(Sealed::from_text(text), Err(Unsealed::Damaged), "{text}");
        }
    }
}
