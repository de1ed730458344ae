//! Reads an exported chain again, and names the first bad row (requirements, H; reliability, row 38).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Checkpoint, Head, link};
use crate::canonical::canonical;
use crate::json::{self, Json};

/// What is wrong with the first bad line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The line of the file, from 1.
    pub line: u64,
    /// The number of the row that is bad or missing, where it is known.
    pub sequence: Option<u64>,
    /// `unreadable`, `changed`, `missing`, `misplaced`, `replaced`, `truncated`, `other_chain`.
    pub code: &'static str,
    /// A sentence. It quotes nothing of a row.
    pub message: String,
}

/// What an unbroken chain has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many rows were read.
    pub rows: u64,
    /// How many of them are other tenants': they have their place in the chain and not what they say, which only an
    /// export by a key with `admin` has.
    pub withheld: u64,
    /// What the first of them follows. An export that begins later begins with the head of the one before.
    pub after: Head,
    /// Rows up to there were let go: a checkpoint replaces them at the beginning.
    pub let_go: Option<Head>,
    /// The last checkpoint, and how many there were. Who holds the operator's public key checks their signatures.
    pub signed: Option<Head>,
    /// How many checkpoints were read.
    pub checkpoints: u64,
    /// Where the chain ends.
    pub head: Head,
}

/// A chain that is being read, line by line. Its state is a value: a long file can be read in parts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    line: u64,
    rows: u64,
    #[serde(default)]
    withheld: u64,
    #[serde(default)]
    let_go: Option<Head>,
    #[serde(default)]
    signed: Option<Head>,
    #[serde(default)]
    checkpoints: u64,
    after: Option<Head>,
    last: Option<Head>,
    /// The last line was a head.
    closed: bool,
    /// A hash that was asked for has come by.
    seen: bool,
    /// The hash that is asked for.
    wanted: Option<String>,
}

/// A line of an export.
enum Line {
    /// One without its row is another tenant's.
    Row {
        sequence: u64,
        previous: String,
        hash: String,
        row: Option<Value>,
    },
    Head(Head),
    /// The head of a checkpoint.
    Checkpoint(Head),
}

impl Verifier {
    /// A chain that must have the row with this hash, which was noted elsewhere: whoever replaces a whole chain, or
    /// takes rows off its end, cannot make it come by.
    pub fn with_head(hash: &str) -> Verifier {
        Verifier { wanted: Some(hash.trim().to_ascii_lowercase()), ..Verifier::default() }
    }

    /// Reads lines; the last one may be without its end.
    ///
    /// # Errors
    /// Those of [`Verifier::line`].
    pub fn read(&mut self, text: &str) -> Result<(), Break> {
        text.strip_suffix('\n').unwrap_or(text).split('\n').try_for_each(|line| self.line(line))
    }

    /// Reads a line, without its end. Empty ones count and say nothing. Several exports may follow each other.
    ///
    /// # Errors
    /// The first bad row: what comes after it is not worth reading.
    pub fn line(&mut self, text: &str) -> Result<(), Break> {
        self.line += 1;
        let text = text.trim_ascii();
        // An editor may have put a byte order mark in front.
        let text = if self.line == 1 { text.trim_start_matches('\u{feff}') } else { text };
        if text.is_empty() {
            return Ok(());
        }
        let next = self.last.as_ref().map(|last| last.sequence + 1);
        match read(text) {
            None => Err(self.broken(next, "unreadable", "This line is neither a row nor the head of an audit log.")),
            Some(Line::Head(head)) => self.close(head),
            Some(Line::Checkpoint(head)) => self.checkpoint(head),
            Some(Line::Row { sequence, previous, hash, row }) => self.row(sequence, previous, hash, row.as_ref()),
        }
    }

    fn row(&mut self, sequence: u64, previous: String, hash: String, row: Option<&Value>) -> Result<(), Break> {
        if row.is_some_and(|row| link(&previous, sequence, &canonical(row)) != hash) {
            let message = format!("Row {sequence} was changed: its hash does not fit what it says.");
            return Err(self.broken(Some(sequence), "changed", &message));
        }
        if let Some(last) = &self.last {
            let next = last.sequence + 1;
            if sequence > next {
                let message = match sequence - next {
                    1 => format!("Row {next} is missing: found row {sequence} instead."),
                    _ => format!("Rows {next} to {} are missing: found row {sequence} instead.", sequence - 1),
                };
                return Err(self.broken(Some(next), "missing", &message));
            }
            if sequence < next {
                let message = format!("Row {sequence} follows row {}: it was moved or repeated.", last.sequence);
                return Err(self.broken(Some(sequence), "misplaced", &message));
            }
            if previous != last.hash {
                let message = format!("Row {sequence} does not follow this row {}: one was replaced.", last.sequence);
                return Err(self.broken(Some(sequence), "replaced", &message));
            }
        } else {
            let before = Head { sequence: sequence.saturating_sub(1), hash: previous };
            if sequence == 0 || (sequence == 1 && before != Head::default()) {
                let message = format!("Row {sequence} does not begin a chain: one was put in its place.");
                return Err(self.broken(Some(sequence), "replaced", &message));
            }
            self.see(&before.hash);
            self.after = Some(before);
        }
        self.see(&hash);
        self.last = Some(Head { sequence, hash });
        self.rows += 1;
        self.withheld += u64::from(row.is_none());
        self.closed = false;
        Ok(())
    }

    /// A signed head: that of the row before it, or, before any row, what replaces rows that were let go.
    fn checkpoint(&mut self, head: Head) -> Result<(), Break> {
        let begins = self.rows == 0 && self.after == self.let_go;
        let further = self.last.as_ref().is_none_or(|last| head.sequence > last.sequence);
        match &self.last {
            _ if begins && further => {
                (self.after, self.last, self.let_go) = (Some(head.clone()), Some(head.clone()), Some(head.clone()));
            }
            Some(last) if head.sequence > last.sequence => {
                let first = last.sequence + 1;
                let message = format!("Rows {first} to {} are missing: a checkpoint names them.", head.sequence);
                return Err(self.broken(Some(first), "truncated", &message));
            }
            Some(last) if head.sequence < last.sequence => {
                let message = format!("The checkpoint of row {} follows row {}.", head.sequence, last.sequence);
                return Err(self.broken(Some(head.sequence), "misplaced", &message));
            }
            Some(last) if head != *last => {
                let message = format!(
                    "Row {} is not the one that was signed: the chain was made anew, or is another one.",
                    head.sequence
                );
                return Err(self.broken(Some(head.sequence), "replaced", &message));
            }
            _ => {}
        }
        self.see(&head.hash);
        self.checkpoints += 1;
        self.signed = Some(head);
        Ok(())
    }

    fn close(&mut self, head: Head) -> Result<(), Break> {
        if self.last.is_none() {
            self.after = Some(head.clone());
        }
        let last = self.last.get_or_insert_with(|| head.clone());
        if head.sequence > last.sequence {
            let first = last.sequence + 1;
            let message = format!("Rows {first} to {} are missing: the head names them.", head.sequence);
            return Err(self.broken(Some(first), "truncated", &message));
        }
        if head != *last {
            let (sequence, message) = (head.sequence, "The head is not that of the rows above: one was replaced.");
            return Err(self.broken(Some(sequence), "replaced", message));
        }
        self.see(&head.hash);
        self.closed = true;
        Ok(())
    }

    fn see(&mut self, hash: &str) {
        self.seen |= self.wanted.as_deref() == Some(hash);
    }

    /// The file has ended.
    ///
    /// # Errors
    /// `truncated` where no head comes last, `other_chain` where the hash that was asked for has not come by.
    pub fn end(&self) -> Result<Verified, Break> {
        let last = self.last.as_ref().filter(|_| self.closed);
        let Some(head) = last else {
            let next = self.last.as_ref().map(|last| last.sequence + 1);
            let message = match &self.last {
                Some(last) => {
                    format!("The file ends after row {} without its head: its end is missing.", last.sequence)
                }
                None => "This is no audit log: it has no row and no head.".to_owned(),
            };
            return Err(self.broken(next, "truncated", &message));
        };
        if self.wanted.is_some() && !self.seen {
            let message = "No row has the hash that was noted: the chain was replaced, cut off, or is another one.";
            return Err(self.broken(None, "other_chain", message));
        }
        let after = self.after.clone().unwrap_or_else(|| head.clone());
        Ok(Verified {
            rows: self.rows,
            withheld: self.withheld,
            after,
            let_go: self.let_go.clone(),
            signed: self.signed.clone(),
            checkpoints: self.checkpoints,
            head: head.clone(),
        })
    }

    fn broken(&self, sequence: Option<u64>, code: &'static str, message: &str) -> Break {
        Break { line: self.line, sequence, code, message: message.to_owned() }
    }
}

fn read(text: &str) -> Option<Line> {
    let Ok(Json::Object(members)) = json::parse(text.as_bytes()) else { return None };
    let value = Value::from(Json::Object(members));
    let members = value.as_object()?;
    match members.len() {
        1 => match members.get("checkpoint") {
            Some(note) => Checkpoint::of_note(note.as_str()?).map(|checkpoint| Line::Checkpoint(checkpoint.head)),
            None => serde_json::from_value(members.get("head")?.clone()).ok().map(Line::Head),
        },
        3 | 4 => Some(Line::Row {
            sequence: members.get("sequence")?.as_u64()?,
            previous: members.get("previous")?.as_str()?.to_owned(),
            hash: members.get("hash")?.as_str()?.to_owned(),
            row: match members.len() {
                4 => Some(members.get("row")?.clone()),
                _ => None,
            },
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
