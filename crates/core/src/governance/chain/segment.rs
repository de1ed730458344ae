//! One object's part of the chain: what it takes, and when the next one goes on.

use serde::{Deserialize, Serialize};

use super::export::Page;
use super::{Checkpoint, DiscardedRows, Extent, Head};
use crate::json::{self, Json};

/// Most rows of one delivery and of one page of an export (ours): half a megabyte or so.
pub const PAGE_ROWS: usize = 500;

/// Most rows that an object keeps (ours): a row takes half a kilobyte to two, an object may take 10 GB (Cloudflare's
/// documentation, Durable Objects, limits).
pub const MAX_ROWS: u64 = 4_000_000;

/// An audit row on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Unique: a row that is delivered twice, because an answer was lost, is kept once.
    pub key: String,
    /// The row, one line of JSON.
    pub text: String,
}

/// Rows that are delivered to an object.
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
pub struct DeliveryEffects {
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
    /// What replaces rows that it let go.
    let_go: Option<Checkpoint>,
}

impl Segment {
    /// A part that keeps `limit` rows or a delivery more; `first` and `last` are its outermost lines, before which it may
    /// have let rows go.
    ///
    /// # Errors
    /// A word for the log where a line is not one of ours: nothing is appended to a chain that cannot be read.
    pub fn restore(
        first: Option<&str>,
        last: Option<&str>,
        let_go: Option<DiscardedRows>,
        limit: u64,
    ) -> Result<Segment, &'static str> {
        let (ever, let_go) = let_go.map(|gone| (gone.first, gone.checkpoint)).unzip();
        let kept = match (first, last) {
            (Some(first), Some(last)) => {
                let first = head(first).ok_or("audit_unreadable")?;
                Some((ever.unwrap_or(first.sequence), head(last).ok_or("audit_unreadable")?))
            }
            _ => ever.zip(let_go.as_ref().map(|checkpoint| checkpoint.head.clone())),
        };
        Ok(Segment { kept, limit, let_go })
    }

    /// Takes a delivery; `known` is whether a row with this key is kept already.
    pub fn take(&self, delivery: Delivery, known: impl Fn(&str) -> bool) -> DeliveryEffects {
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
        DeliveryEffects { lines, head, receipt }
    }

    /// A page of an export: `lines`, of which the first is the one after `after`, and the checkpoints of that part.
    pub fn page(&self, lines: Vec<String>, after: u64, checkpoints: Vec<Checkpoint>) -> Page {
        let let_go = self.let_go.clone().filter(|gone| gone.head.sequence > after);
        // Some rows of before it may not be deleted yet.
        let gone = let_go.as_ref().map_or(0, |gone| gone.head.sequence);
        let lines = lines.into_iter().filter(|line| Segment::number(line).is_none_or(|number| number > gone)).collect();
        Page { lines, head: self.head(), full: self.full(), let_go, checkpoints }
    }

    /// Which rows it has, of which the first has the number `first`.
    pub fn extent(&self, first: Option<u64>) -> Extent {
        let last = self.head().map_or(0, |head| head.sequence);
        Extent { first: first.unwrap_or_default(), last, full: self.full() }
    }

    /// The number of a line's row.
    pub fn number(line: &str) -> Option<u64> {
        head(line).map(|head| head.sequence)
    }

    /// Where it is; none while it has never had a row.
    pub fn head(&self) -> Option<Head> {
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

/// The hour of a line's row, as its time begins: `2026-11-26T18`.
pub fn hour(line: &str) -> Option<String> {
    let line = json::parse(line.as_bytes()).ok()?;
    line.member("row")?.member("time")?.text()?.get(..13).map(str::to_owned)
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

    fn restored(taken: &DeliveryEffects, limit: u64) -> Segment {
        let line = |line: Option<&(u64, String, String)>| line.map(|(_, _, text)| text.clone());
        let (first, last) = (line(taken.lines.first()), line(taken.lines.last()));
        Segment::restore(first.as_deref(), last.as_deref(), None, limit).unwrap()
    }

    #[test]
    fn a_row_that_is_brought_twice_is_kept_once() {
        let empty = Segment::restore(None, None, None, 10).unwrap();
        let taken = empty.take(delivery(&["a", "b", "a"]), |_| false);
        assert_eq!(taken.lines.len(), 2);
        assert_eq!(taken.receipt, Receipt { kept: vec!["a".into(), "b".into(), "a".into()], full: None });
        let again = restored(&taken, 10).take(delivery(&["b", "c"]), |key| key == "b");
        assert_eq!(again.lines.iter().map(|(number, key, _)| (*number, key.as_str())).collect::<Vec<_>>(), [(3, "c")]);
        assert_eq!(again.receipt.kept, ["b", "c"]);
    }

    #[test]
    fn a_full_part_takes_nothing_and_says_where_to_go_on() {
        let taken = Segment::restore(None, None, None, 2).unwrap().take(delivery(&["a", "b"]), |_| false);
        let full = restored(&taken, 2);
        let refused = full.take(delivery(&["b", "c"]), |key| key == "b");
        assert!(refused.lines.is_empty());
        // Rows stored before it was full are not delivered to the next one again.
        assert_eq!(refused.receipt, Receipt { kept: vec!["b".into()], full: Some(taken.head.clone()) });
        let next = Segment::restore(None, None, None, 2).unwrap();
        let mut rest = delivery(&["c"]);
        rest.after = taken.head.clone();
        assert_eq!(next.take(rest, |_| false).lines.first().map(|(number, ..)| *number), Some(3));
    }

    /// An object that let all its rows go takes no new ones where it is full, and goes on after its head where it is not.
    #[test]
    fn rows_that_were_let_go_keep_their_place() {
        let taken = Segment::restore(None, None, None, 2).unwrap().take(delivery(&["a", "b"]), |_| false);
        let checkpoint = Checkpoint { head: taken.head.clone(), time_ms: 5, note: Some(String::new()) };
        let gone = DiscardedRows { first: 1, checkpoint: checkpoint.clone() };
        let full = Segment::restore(None, None, Some(gone.clone()), 2).unwrap();
        let refused = full.take(delivery(&["c"]), |_| false);
        assert_eq!(refused.receipt, Receipt { kept: Vec::new(), full: Some(taken.head.clone()) });
        assert_eq!(full.extent(None), Extent { first: 0, last: 2, full: true });
        let more = Segment::restore(None, None, Some(gone), 3).unwrap().take(delivery(&["c"]), |_| false);
        assert_eq!(more.lines.first().map(|(number, ..)| *number), Some(3));
        let (left, _, new) = (&taken.lines[1].2, 0, &more.lines[0].2);
        let page = full.page(vec![left.clone(), new.clone()], 0, Vec::new());
        assert_eq!((page.lines, page.let_go), (vec![new.clone()], Some(checkpoint)));
        assert_eq!(full.page(Vec::new(), 2, Vec::new()).let_go, None, "who has them already needs no checkpoint");
    }

    #[test]
    fn nothing_is_appended_to_what_cannot_be_read() {
        for line in ["", "{}", "[1]", r#"{"sequence":1}"#, r#"{"sequence":-1,"hash":"0"}"#, "\u{0}"] {
            assert!(Segment::restore(Some(line), Some(line), None, 2).is_err(), "{line}");
        }
    }
}
