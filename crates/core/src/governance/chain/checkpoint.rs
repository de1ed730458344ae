//! Signed heads: what shows that a chain was made anew, without a head that was noted elsewhere.
//!
//! A checkpoint is a signed note (C2SP, signed-note.md) in the form of a log's checkpoint (C2SP, tlog-checkpoint.md):
//!
//! ```text
//! gateway.example/audit                          the log, which is the name of its key
//! 1042                                           how many rows it has
//! 8YkwEmS983nPBOvjRQ9ti1hX7Ny0BLs6n2…            the last row's hash, base64
//! time 2026-11-26T18:09:00.000Z                  when it was signed
//!
//! — gateway.example/audit z1a8Qn…                the key's id and the signature (Ed25519), base64
//! ```
//! The hash is that of a chain and not the root of a Merkle tree: everything else is as the documents have it, so their
//! tools check the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Head;
use crate::canonical::{canonical, hex};
use crate::governance::webhook::{Event, Family};
use crate::governance::{parse_time, timestamp};
use crate::sensitive::Bytes;

/// Ed25519, in the form of keys (C2SP, signed-note.md).
const ALGORITHM: u8 = 1;
/// The beginning of a private key of Ed25519 as PKCS #8 (RFC 8410, 7), before its 32 bytes.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The key that signs, `AUDIT_SIGNING_KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// What it and the log are called: an address without a scheme, by custom.
    pub name: String,
    /// The first bytes of the digest of name and public key.
    id: [u8; 4],
    seed: Bytes,
}

impl SigningKey {
    /// Reads `PRIVATE+KEY+<name>+<id, 8 hexadecimal digits>+<base64 of 1 and the 32 bytes>`, as `promptgate audit key`
    /// makes it and Go's `note` package reads it.
    pub fn parse(text: &str) -> Option<SigningKey> {
        let mut parts = text.trim().strip_prefix("PRIVATE+KEY+")?.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        if !(1..=128).contains(&name.len()) || !name.chars().all(plain) || id.len() != 8 {
            return None;
        }
        let id = u32::from_str_radix(id, 16).ok()?.to_be_bytes();
        let key = STANDARD.decode(key).ok()?;
        let (algorithm, seed) = key.split_first()?;
        (*algorithm == ALGORITHM && seed.len() == 32).then(|| SigningKey {
            name: name.to_owned(),
            id,
            seed: Bytes(seed.to_vec()),
        })
    }

    /// The private key as PKCS #8, for the platform.
    pub fn pkcs8(&self) -> Bytes {
        Bytes([&PKCS8[..], &self.seed.0].concat())
    }

    /// What is signed for a head at `now_ms` (Unix ms).
    pub fn text(&self, head: &Head, now_ms: u64) -> String {
        let hash = STANDARD.encode(bytes(&head.hash).unwrap_or_default());
        format!("{}\n{}\n{hash}\ntime {}\n", self.name, head.sequence, timestamp(now_ms))
    }

    /// The note of a signed text.
    pub fn note(&self, text: &str, signature: &[u8]) -> String {
        let signature = STANDARD.encode([&self.id[..], signature].concat());
        format!("{text}\n\u{2014} {} {signature}\n", self.name)
    }
}

/// A head with the time at which it was taken down, signed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The head.
    pub head: Head,
    /// Unix ms.
    pub time_ms: u64,
    /// The signed note; none where the operator has set no key.
    pub note: Option<String>,
}

impl Checkpoint {
    /// The head that a note signs, and when; none for what is no checkpoint. The signature is not checked.
    pub fn of_note(note: &str) -> Option<Checkpoint> {
        let mut lines = note.split('\n');
        let name = lines.next().filter(|name| !name.is_empty())?;
        let sequence = lines.next()?.parse().ok()?;
        let hash = STANDARD.decode(lines.next()?).ok().filter(|hash| hash.len() == 32)?;
        let time = lines.next()?.strip_prefix("time ").and_then(parse_time)?;
        let signed = lines.next()?.is_empty() && lines.next()?.starts_with(&format!("\u{2014} {name} "));
        let head = Head { sequence, hash: hex(&hash) };
        signed.then(|| Checkpoint { head, time_ms: time, note: Some(note.to_owned()) })
    }

    /// Its line in an export, where it is signed.
    pub fn line(&self) -> Option<String> {
        Some(canonical(&json!({ "checkpoint": self.note.as_ref()? })))
    }

    /// As it is listed.
    pub fn view(&self) -> serde_json::Value {
        let Head { sequence, hash } = &self.head;
        json!({ "sequence": sequence, "hash": hash, "time": timestamp(self.time_ms), "checkpoint": self.note })
    }

    /// The webhook that sends it to whoever stores it elsewhere.
    pub fn event(&self) -> Event {
        const NAME: &str = "audit.checkpoint";
        let Head { sequence, hash } = &self.head;
        let body = json!({
            "event": NAME, "timestamp": timestamp(self.time_ms), "sequence": sequence, "hash": hash, "checkpoint": self.note,
        });
        let subject = format!("checkpoint_{sequence}");
        Event { family: Family::AuditCheckpoint, name: NAME, subject, body: body.to_string() }
    }
}

/// What an object keeps of rows that it let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardedRows {
    /// The number of the first row that the object ever had.
    pub first: u64,
    /// What replaces its rows up to there.
    pub checkpoint: Checkpoint,
}

impl DiscardedRows {
    /// What the log reports about it.
    pub fn log(&self) -> String {
        let Head { sequence, hash } = &self.checkpoint.head;
        json!({ "event": "audit_let_go", "sequence": sequence, "hash": hash }).to_string()
    }
}

/// When heads are taken down, and how long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The longest time after a row to the next checkpoint, in milliseconds.
    pub checkpoint_ms: u64,
    /// How long rows are kept at least, in milliseconds; none for ever.
    pub keep_ms: Option<u64>,
}

impl Policy {
    /// Whether a head is to be taken down now, at `now_ms`: there are rows after the last checkpoint, and it is old.
    pub fn is_due(&self, head: &Head, last: Option<&Checkpoint>, now_ms: u64) -> bool {
        match last {
            None => head.sequence > 0,
            Some(last) => {
                head.sequence > last.head.sequence && now_ms >= last.time_ms.saturating_add(self.checkpoint_ms)
            }
        }
    }

    /// The checkpoint up to which rows are deleted at `now_ms`: every row before it is older than it, so the newest one that
    /// is old enough and signed. `checkpoints` are in their order.
    pub fn discardable<'a>(&self, checkpoints: &'a [Checkpoint], now_ms: u64) -> Option<&'a Checkpoint> {
        let keep_ms = self.keep_ms?;
        let old = |checkpoint: &&Checkpoint| {
            checkpoint.note.is_some() && checkpoint.time_ms.saturating_add(keep_ms) <= now_ms
        };
        checkpoints.iter().rev().find(old)
    }

    /// How long until the object looks again, where it has rows: for a checkpoint, or to let rows go.
    pub fn next_ms(&self) -> u64 {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        self.checkpoint_ms.min(self.keep_ms.unwrap_or(DAY_MS)).min(DAY_MS)
    }
}

fn bytes(hash: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hash.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of Go's documentation (pkg.go.dev/golang.org/x/mod/sumdb/note, "Verify"), whose seed is not published:
    /// its form alone, with bytes of our own.
    fn key() -> SigningKey {
        let seed = STANDARD.encode([&[1u8][..], &[7; 32]].concat());
        SigningKey::parse(&format!("PRIVATE+KEY+gateway.example/audit+c74f20a3+{seed}")).unwrap()
    }

    #[test]
    fn keys() {
        let seed = |bytes: &[u8]| STANDARD.encode(bytes);
        let good = seed(&[&[1u8][..], &[7; 32]].concat());
        assert_eq!(key().pkcs8().0.len(), 48);
        assert!(!format!("{:?}", key()).contains("7, 7"));
        for text in [
            "",
            "canary",
            "PRIVATE+KEY+",
            &format!("gateway.example+c74f20a3+{good}"),
            &format!("PRIVATE+KEY+a b+c74f20a3+{good}"),
            &format!("PRIVATE+KEY++c74f20a3+{good}"),
            &format!("PRIVATE+KEY+a+c74f20a+{good}"),
            &format!("PRIVATE+KEY+a+xxxxxxxx+{good}"),
            &format!("PRIVATE+KEY+a+c74f20a3+{}", seed(&[1; 32])),
            &format!("PRIVATE+KEY+a+c74f20a3+{}", seed(&[2; 33])),
            "PRIVATE+KEY+a+c74f20a3+%%%",
        ] {
            assert_eq!(SigningKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_note_says_what_it_signs() {
        let head = Head { sequence: 1042, hash: "0f".repeat(32) };
        let text = key().text(&head, 1_764_180_540_000);
        let hash = STANDARD.encode([0x0f; 32]);
        assert_eq!(text, format!("gateway.example/audit\n1042\n{hash}\ntime 2025-11-26T18:09:00.000Z\n"));
        let note = key().note(&text, &[9; 64]);
        let (_, signature) = note.rsplit_once(' ').unwrap();
        let signature = STANDARD.decode(signature.trim_end()).unwrap();
        assert_eq!((signature.len(), &signature[..4]), (68, &[0xc7, 0x4f, 0x20, 0xa3][..]));
        let read = Checkpoint::of_note(&note).unwrap();
        assert_eq!((read.head, read.time_ms), (head, 1_764_180_540_000));
        for bad in [
            "",
            "a\n1\n",
            &text,
            &note.replace("1042", "-1"),
            &note.replace("time ", "at "),
            &note.replace(&hash, "AAAA"),
            &note.replace("\u{2014} gateway", "\u{2014} other"),
        ] {
            assert_eq!(Checkpoint::of_note(bad), None, "{bad}");
        }
    }

    // Row H.
    #[test]
    fn rows_are_let_go_when_a_signed_checkpoint_is_old_enough() {
        let at = |sequence: u64, time_ms: u64, signed: bool| Checkpoint {
            head: Head { sequence, hash: "0".repeat(64) },
            time_ms,
            note: signed.then(String::new),
        };
        let all = [at(10, 100, true), at(20, 200, true), at(30, 300, false), at(40, 400, true)];
        let policy = Policy { checkpoint_ms: 50, keep_ms: Some(1_000) };
        for (now, expected) in [(0, None), (1_099, None), (1_100, Some(10)), (1_399, Some(20)), (1_400, Some(40))] {
            assert_eq!(policy.discardable(&all, now).map(|found| found.head.sequence), expected, "{now}");
        }
        assert_eq!(Policy { keep_ms: None, ..policy }.discardable(&all, u64::MAX), None);
        let head = |sequence| Head { sequence, ..Head::default() };
        for (now, rows, expected) in [(449, 41, false), (450, 41, true), (450, 40, false)] {
            assert_eq!(policy.is_due(&head(rows), all.last(), now), expected, "{now} {rows}");
        }
        assert!(policy.is_due(&head(1), None, 0) && !policy.is_due(&head(0), None, 0));
    }
}
