//! One object's part of the chain: what it takes, and when the next one goes on.

use serde::{Deserialize, Serialize};

use super::Head;
use super::export::Page;
use crate::json::{self, Json};

/// Most rows of one delivery and of one page of an export (ours): half a megabyte or so.
pub const PAGE_ROWS: usize = 500;

/// Most rows that an object keeps (ours): a row takes half a kilobyte to two, an object may take 10 GB (Cloudflare's
/// documentation, Durable Objects, limits).
pub const MAX_ROWS: u64 = 4_000_000;

/// An audit row on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Unique: a row that is brought twice, because an answer was lost, is kept once.
    pub key: String,
    /// The row, one line of JSON.
    pub text: String,
}

/// Rows that are brought to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where the chain was before this object: what its first row follows.
    pub after: Head,
    /// The oldest first.
    pub rows: Vec<Row>,
}

/// The object's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The keys of the rows that are kept, now or before.
    pub kept: Vec<String>,
    /// The object is full: the rest goes to the next one, after this head.
    pub full: Option<Head>,
}

/// What an object does with a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The lines to keep, in this order: number, key, text.
    pub lines: Vec<(u64, String, String)>,
    /// Where the chain is then.
    pub head: Head,
    /// The answer, once they are kept.
    pub receipt: Receipt,
}

/// One object's part of the chain, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its first number and where it is; none while it is empty.
    kept: Option<(u64, Head)>,
    /// How many rows it keeps.
    limit: u64,
}

impl Segment {
    /// A part that keeps `limit` rows or a delivery more; `first` and `last` are its outermost lines.
    ///
    /// # Errors
    /// A word for the log where a line is not one of ours: nothing is appended to a chain that cannot be read.
    pub fn restore(first: Option<&str>, last: Option<&str>, limit: u64) -> Result<Segment, &'static str> {
        let kept = match (first, last) {
            (Some(first), Some(last)) => {
                let first = head(first).ok_or("audit_unreadable")?;
                Some((first.sequence, head(last).ok_or("audit_unreadable")?))
            }
            _ => None,
        };
        Ok(Segment { kept, limit })
    }

    /// Takes a delivery; `known` says whether a row with this key is kept already.
    pub fn take(&self, delivery: Delivery, known: impl Fn(&str) -> bool) -> Taken {
        let mut head = self.head().unwrap_or(delivery.after);
        let full = self.full();
        let (mut lines, mut kept) = (Vec::new(), Vec::new());
        for row in delivery.rows {
            let twice = kept.contains(&row.key) || known(&row.key);
            if !twice && full {
                continue;
            }
            if !twice {
                let (next, line) = head.append(&row.text);
                lines.push((next.sequence, row.key.clone(), line));
                head = next;
            }
            kept.push(row.key);
        }
        let receipt = Receipt { kept, full: full.then(|| head.clone()) };
        Taken { lines, head, receipt }
    }

    /// A page of an export: `lines`, of which the first is the one after what was asked for.
    pub fn page(&self, lines: Vec<String>) -> Page {
        Page { lines, head: self.head(), full: self.full() }
    }

    fn head(&self) -> Option<Head> {
        self.kept.as_ref().map(|(_, head)| head.clone())
    }

    fn full(&self) -> bool {
        self.kept.as_ref().is_some_and(|(first, head)| head.sequence.saturating_sub(*first) + 1 >= self.limit)
    }
}

/// A line as `tenant` sees it: of a row of another tenant its place in the chain is left, and not what it says.
pub(super) fn seen_by(line: &str, tenant: &str) -> String {
    let Ok(Json::Object(members)) = json::parse(line.as_bytes()) else { return String::new() };
    let row = members.iter().find(|(name, _)| name == "row").map(|(_, row)| row);
    if row.and_then(|row| row.member("tenant")).and_then(Json::text) == Some(tenant) {
        return line.to_owned();
    }
    Json::Object(members.into_iter().filter(|(name, _)| name != "row").collect()).to_text()
}

/// Where the chain is after a line.
pub(super) fn head(line: &str) -> Option<Head> {
    let line = json::parse(line.as_bytes()).ok()?;
    let Some(Json::Number(sequence)) = line.member("sequence") else { return None };
    Some(Head { sequence: sequence.as_u64()?, hash: line.member("hash")?.text()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(keys: &[&str]) -> Delivery {
        let row = |key: &&str| Row { key: (*key).to_owned(), text: format!(r#"{{"n":"{key}"}}"#) };
        Delivery { after: Head::default(), rows: keys.iter().map(row).collect() }
    }

    fn restored(taken: &Taken, limit: u64) -> Segment {
        let line = |line: Option<&(u64, String, String)>| line.map(|(_, _, text)| text.clone());
        let (first, last) = (line(taken.lines.first()), line(taken.lines.last()));
        Segment::restore(first.as_deref(), last.as_deref(), limit).unwrap()
    }

    #[test]
    fn a_row_that_is_brought_twice_is_kept_once() {
        let empty = Segment::restore(None, None, 10).unwrap();
        let taken = empty.take(delivery(&["a", "b", "a"]), |_| false);
        assert_eq!(taken.lines.len(), 2);
        assert_eq!(taken.receipt, Receipt { kept: vec!["a".into(), "b".into(), "a".into()], full: None });
        let again = restored(&taken, 10).take(delivery(&["b", "c"]), |key| key == "b");
        assert_eq!(again.lines.iter().map(|(number, key, _)| (*number, key.as_str())).collect::<Vec<_>>(), [(3, "c")]);
        assert_eq!(again.receipt.kept, ["b", "c"]);
    }

    #[test]
    fn a_full_part_takes_nothing_and_says_where_to_go_on() {
        let taken = Segment::restore(None, None, 2).unwrap().take(delivery(&["a", "b"]), |_| false);
        let full = restored(&taken, 2);
        let refused = full.take(delivery(&["b", "c"]), |key| key == "b");
        assert!(refused.lines.is_empty());
        // What was kept before it was full is not brought to the next one again.
        assert_eq!(refused.receipt, Receipt { kept: vec!["b".into()], full: Some(taken.head.clone()) });
        let next = Segment::restore(None, None, 2).unwrap();
        let mut rest = delivery(&["c"]);
        rest.after = taken.head.clone();
        assert_eq!(next.take(rest, |_| false).lines.first().map(|(number, ..)| *number), Some(3));
    }

    #[test]
    fn nothing_is_appended_to_what_cannot_be_read() {
        for line in ["", "{}", "[1]", r#"{"sequence":1}"#, r#"{"sequence":-1,"hash":"0"}"#, "\u{0}"] {
            assert!(Segment::restore(Some(line), Some(line), 2).is_err(), "{line}");
        }
    }
}
