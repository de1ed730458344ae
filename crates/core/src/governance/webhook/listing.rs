//! What an operator sees of webhooks: how each destination fares, and its dead letters.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Destination, Family};
use crate::governance::timestamp;
use crate::problem::{Code, Problem};
use crate::route::Target;
use crate::schema::{Field, List, Shape, Text, decode};

/// Most dead letters of one page, and unless asked otherwise (ours).
const PAGE: u64 = 100;
/// Most ids of one request (ours).
const MAX_IDS: usize = 100;

/// The body of `POST /v1/webhooks/{name}/redeliver`.
pub static REDELIVER: Shape = Shape::Object(&[Field::optional(
    "ids",
    Shape::List(List { item: &Shape::Text(Text::new(1, 512)), least: 1, most: MAX_IDS, unique: None }),
)
.about("The dead letters to be sent again; all, where it is not there.")]);

/// How a destination fares, as its object says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationStatus {
    /// Messages that wait to be taken.
    pub waiting: u64,
    /// When the oldest of them came about, Unix ms.
    pub oldest_ms: Option<u64>,
    /// How often the oldest was sent.
    pub attempts: u32,
    /// What the receiver last answered to it: its status; none where it did not answer.
    pub last_status: Option<u16>,
    /// Dead letters.
    pub dead: u64,
    /// Since when it takes no more, Unix ms: it had answered 410.
    pub disabled_ms: Option<u64>,
}

/// A message that is not sent again by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its number in the object, from 1: the next page is after it.
    pub sequence: u64,
    /// Its `webhook-id`.
    pub id: String,
    /// What happened.
    pub event: String,
    /// When, Unix ms.
    pub created_ms: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was given up, Unix ms.
    pub dead_ms: u64,
    /// [`super::Why::as_str`].
    pub why: String,
    /// The status of the last answer, if one came.
    pub last_status: Option<u16>,
}

/// Which dead letters are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// After this number.
    pub after: u64,
    /// So many at most.
    pub limit: u64,
}

impl Question {
    /// `?after=N&limit=N`.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn of(target: &Target) -> Result<Question, Problem> {
        let query = target.query(&["after", "limit"])?;
        let after = query.integer("after", (1 << 53) - 1)?.unwrap_or_default();
        Ok(Question { after, limit: query.integer("limit", PAGE)?.unwrap_or(PAGE) })
    }

    /// The answer.
    pub fn answer(&self, letters: &[DeadLetter]) -> String {
        let one = |letter: &DeadLetter| {
            json!({
                "id": letter.id,
                "event": letter.event,
                "created": timestamp(letter.created_ms),
                "attempts": letter.attempts,
                "given_up": timestamp(letter.dead_ms),
                "reason": letter.why,
                "last_status": letter.last_status,
            })
        };
        let full = letters.len() as u64 >= self.limit;
        let next = letters.last().filter(|_| full).map(|last| last.sequence);
        json!({ "dead_letters": letters.iter().map(one).collect::<Vec<_>>(), "next": next }).to_string()
    }
}

/// Which dead letters are to be sent again: none named means all.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`].
pub fn redelivery(body: &[u8]) -> Result<Vec<String>, Problem> {
    Ok(decode(body, &REDELIVER)?.texts("ids").unwrap_or_default())
}

/// The destination called `name`, as a client asks for it.
///
/// # Errors
/// [`Code::NotFound`].
pub fn destination<'a>(all: &'a super::Destinations, name: &str) -> Result<&'a Destination, Problem> {
    all.find(name).ok_or_else(|| {
        let known: Vec<&str> = all.0.iter().map(|destination| destination.name.as_str()).collect();
        let there = match known.is_empty() {
            true => "none is set (WEBHOOKS, WEBHOOK_URL)".to_owned(),
            false => format!("there are {}", known.join(", ")),
        };
        Problem::new(Code::NotFound, format!("There is no such destination of webhooks: {there}."))
    })
}

impl Destination {
    /// How it fares; of its address only the host, since the rest may be a secret of the receiver's.
    pub fn view(&self, status: &DestinationStatus) -> Value {
        json!({
            "name": self.name,
            "host": self.host(),
            "events": self.families.iter().map(|family| Family::as_str(*family)).collect::<Vec<_>>(),
            "signatures": self.keys.len(),
            "enabled": status.disabled_ms.is_none(),
            "disabled": status.disabled_ms.map(timestamp),
            "waiting": status.waiting,
            "oldest_waiting": status.oldest_ms.map(timestamp),
            "attempts": status.attempts,
            "last_status": status.last_status,
            "dead_letters": status.dead,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions() {
        let of =
            |query: &str| Question::of(&Target::find("GET", &format!("/v1/webhooks/a/dead-letters{query}")).unwrap());
        assert_eq!(of("").unwrap(), Question { after: 0, limit: 100 });
        assert_eq!(of("?after=7&limit=2").unwrap(), Question { after: 7, limit: 2 });
        for query in ["?after=0", "?limit=0", "?limit=101", "?limit=x", "?page=1", "?limit=1&limit=2"] {
            assert_eq!(of(query).unwrap_err().code, Code::InvalidRequest, "{query}");
        }
    }

    #[test]
    fn what_is_to_be_sent_again() {
        assert_eq!(redelivery(b"{}").unwrap(), Vec::<String>::new());
        assert_eq!(redelivery(br#"{"ids":["msg_1","msg_2"]}"#).unwrap(), ["msg_1", "msg_2"]);
        let many = format!(r#"{{"ids":[{}]}}"#, vec!["\"x\""; MAX_IDS + 1].join(","));
        for body in ["", "[]", "{\"ids\":[]}", "{\"ids\":[1]}", "{\"ids\":\"msg_1\"}", "{\"id\":[]}", &many] {
            assert!(redelivery(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_page_says_whether_more_come() {
        let letter = |sequence| DeadLetter {
            sequence,
            id: "msg_1".into(),
            event: "template.update".into(),
            created_ms: 0,
            attempts: 3,
            dead_ms: 1,
            why: "expired".into(),
            last_status: Some(500),
        };
        let question = Question { after: 0, limit: 2 };
        assert!(question.answer(&[letter(4)]).contains("\"next\":null"));
        assert!(question.answer(&[letter(4), letter(9)]).contains("\"next\":9"));
    }
}
