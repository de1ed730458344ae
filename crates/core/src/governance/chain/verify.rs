//! Reads an exported chain again, and names the first bad row (requirements, H; reliability, row 38).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Checkpoint, Head, link};
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
    /// Rows up to there were let go: a checkpoint stands in their place at the beginning.
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

    /// Reads a line, without its end. Empty ones count and say nothing. Several exports may stand one after another.
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
        if row.is_some_and(|row| link(&previous, sequence, row) != hash) {
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

    /// A signed head: that of the row before it, or, before any row, what stands in the place of rows that were let go.
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
    /// `truncated` where no head stands last, `other_chain` where the hash that was asked for has not come by.
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
mod tests {
    use super::*;
    use serde_json::json;

    /// An export of `count` rows.
    fn export(count: u64) -> Vec<String> {
        let mut head = Head::default();
        let mut lines = Vec::new();
        for number in 0..count {
            let (next, line) = head.append(&json!({ "event": "llm_prompt_audit", "tokens": number }).to_string());
            head = next;
            lines.push(line);
        }
        lines.push(head.line());
        lines
    }

    fn verify(lines: &[String]) -> Result<Verified, Break> {
        let mut verifier = Verifier::default();
        lines.iter().try_for_each(|line| verifier.line(line))?;
        verifier.end()
    }

    /// The line and number of the first bad row, and what is wrong with it.
    fn first_bad(lines: &[String]) -> (u64, Option<u64>, &'static str) {
        let bad = verify(lines).unwrap_err();
        (bad.line, bad.sequence, bad.code)
    }

    /// A chain from `lines` whose hashes are made anew from line `from` on, as a forger would.
    fn forged(lines: &[String], from: usize) -> Vec<String> {
        let mut head = Head::default();
        let mut forged = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let value: Value = serde_json::from_str(line).unwrap();
            if at < from || value.get("head").is_some() {
                forged.push(if at < from { line.clone() } else { head.line() });
                head = Head { sequence: at as u64 + 1, hash: value["hash"].as_str().unwrap_or_default().to_owned() };
                continue;
            }
            let (next, line) = head.append(&value["row"].to_string());
            head = next;
            forged.push(line);
        }
        forged
    }

    #[test]
    fn an_unbroken_chain_is_told_of() {
        for count in [0, 1, 2, 100] {
            let verified = verify(&export(count)).unwrap();
            assert_eq!((verified.rows, verified.head.sequence, verified.after), (count, count, Head::default()));
        }
        // as another program may have saved it
        let text = format!("\u{feff}{}\r\n\r\n", export(3).join("\r\n"));
        assert!(verify(&text.split('\n').map(str::to_owned).collect::<Vec<_>>()).is_ok());
        let spaced: Vec<_> = export(2).iter().map(|line| line.replace("\":", "\" : ")).collect();
        assert_eq!(verify(&spaced).unwrap().rows, 2);
    }

    /// Rows that are withheld keep their place: what is dropped or moved among them is found, and they are counted.
    #[test]
    fn what_is_another_tenants_is_counted_and_keeps_its_place() {
        let mut head = Head::default();
        let mut lines = Vec::new();
        for tenant in ["a", "b", "a", "b", "b", "a"] {
            let (next, line) = head.append(&json!({ "tenant": tenant, "tokens": 3 }).to_string());
            head = next;
            lines.push(super::super::segment::seen_by(&line, "a"));
        }
        lines.push(head.line());
        assert!(!lines.concat().contains("\"b\""), "{lines:?}");
        let verified = verify(&lines).unwrap();
        assert_eq!((verified.rows, verified.withheld), (6, 3));
        for (at, bad) in [(1, (2, Some(2), "missing")), (3, (4, Some(4), "missing")), (0, (7, None, ""))] {
            let mut lines = lines.clone();
            lines.remove(at);
            match at {
                // An export may begin later.
                0 => assert_eq!(verify(&lines).unwrap().rows, 5),
                _ => assert_eq!(first_bad(&lines), bad),
            }
        }
        let mut edited = lines.clone();
        edited[2] = edited[2].replace("\"tokens\":3", "\"tokens\":4");
        assert_eq!(first_bad(&edited), (3, Some(3), "changed"));
        let mut replaced = lines.clone();
        replaced[3] = replaced[3].replacen("\"hash\":\"", "\"hash\":\"0", 1);
        assert_eq!(first_bad(&replaced), (5, Some(5), "replaced"));
    }

    #[test]
    fn exports_follow_one_another() {
        let all = export(9);
        let (early, late) = (export(5), all.get(5..).unwrap().to_vec());
        let verified = verify(&[early.clone(), late.clone()].concat()).unwrap();
        assert_eq!((verified.rows, verified.head.sequence), (9, 9));
        for lines in [late.clone(), [early.get(5..).unwrap().to_vec(), late].concat()] {
            let verified = verify(&lines).unwrap();
            assert_eq!((verified.rows, verified.after.sequence), (4, 5));
        }
    }

    // Rows H, row 38.
    #[test]
    fn the_first_bad_row_is_named() {
        let good = export(6);
        let changed = |at: usize, change: &dyn Fn(&mut Value)| {
            let mut lines = good.clone();
            let mut value: Value = serde_json::from_str(&lines[at]).unwrap();
            change(&mut value);
            lines[at] = value.to_string();
            lines
        };
        let without = |range: std::ops::Range<usize>| {
            let mut lines = good.clone();
            lines.drain(range);
            lines
        };
        let swapped = |a: usize, b: usize| {
            let mut lines = good.clone();
            lines.swap(a, b);
            lines
        };
        let inserted = |at: usize, line: String| {
            let mut lines = good.clone();
            lines.insert(at, line);
            lines
        };
        let table = [
            ("a value edited", changed(2, &|line| line["row"]["tokens"] = json!(7)), (3, Some(3), "changed")),
            ("a member added", changed(2, &|line| line["row"]["note"] = json!(1)), (3, Some(3), "changed")),
            ("a number edited", changed(2, &|line| line["sequence"] = json!(9)), (3, Some(9), "changed")),
            ("a hash edited", changed(5, &|line| line["hash"] = json!("0")), (6, Some(6), "changed")),
            ("the link edited", changed(0, &|line| line["previous"] = json!("0")), (1, Some(1), "changed")),
            ("a member more", changed(3, &|line| line["x"] = json!(1)), (4, Some(4), "unreadable")),
            ("a number that is none", changed(3, &|line| line["sequence"] = json!("4")), (4, Some(4), "unreadable")),
            ("one dropped", without(2..3), (3, Some(3), "missing")),
            ("some dropped", without(1..4), (2, Some(2), "missing")),
            ("the last dropped", without(5..6), (6, Some(6), "truncated")),
            ("the end cut off", without(4..7), (4, Some(5), "truncated")),
            ("the head dropped", without(6..7), (6, Some(7), "truncated")),
            ("two swapped", swapped(2, 3), (3, Some(3), "missing")),
            ("one moved to the end", swapped(5, 6), (6, Some(6), "truncated")),
            ("one repeated", inserted(3, good[2].clone()), (4, Some(3), "misplaced")),
            ("no JSON", inserted(1, "canary".to_owned()), (2, Some(2), "unreadable")),
            ("a key twice", inserted(1, r#"{"head":1,"head":2}"#.to_owned()), (2, Some(2), "unreadable")),
            ("too deep", inserted(0, "[".repeat(100_000)), (1, None, "unreadable")),
            ("nothing", Vec::new(), (0, None, "truncated")),
            ("another file", vec!["{}".to_owned()], (1, None, "unreadable")),
        ];
        for (what, lines, expected) in table {
            assert_eq!(first_bad(&lines), expected, "{what}");
            assert!(!verify(&lines).unwrap_err().message.contains("canary"));
        }
    }

    #[test]
    fn a_row_replaced_with_a_hash_that_fits_breaks_the_link() {
        let good = export(6);
        let mut lines = good.clone();
        let mut head = Head::default();
        for line in good.get(..2).unwrap() {
            head = super::super::segment::head(line).unwrap();
        }
        lines[2] = head.append(r#"{"event":"llm_prompt_audit","tokens":7}"#).1;
        assert_eq!(first_bad(&lines), (4, Some(4), "replaced"));
        // and the last one that of the head
        let mut lines = good.clone();
        lines[5] = super::super::segment::head(&good[4]).unwrap().append("{}").1;
        assert_eq!(first_bad(&lines), (7, Some(6), "replaced"));
        // and the first one that of the second
        let mut lines = good.clone();
        lines[0] = Head { sequence: 0, hash: "1".repeat(64) }.append("{}").1;
        assert_eq!(first_bad(&lines), (1, Some(1), "replaced"));
    }

    /// A chain that is made anew has nothing wrong in itself: only what was noted elsewhere shows it.
    // Rows H, row 38.
    #[test]
    fn a_noted_hash_shows_a_chain_that_was_made_anew() {
        let good = export(6);
        let noted = super::super::segment::head(&good[3]).unwrap().hash;
        let mut edited = good.clone();
        edited[1] = edited[1].replace("\"tokens\":1", "\"tokens\":9");
        let forged = forged(&edited, 1);
        let with = |lines: &[String], noted: &str| {
            let mut verifier = Verifier::with_head(noted);
            lines.iter().try_for_each(|line| verifier.line(line))?;
            verifier.end()
        };
        assert_eq!(verify(&forged).unwrap().rows, 6);
        assert_eq!(with(&forged, &noted).unwrap_err().code, "other_chain");
        assert_eq!(with(&good, &format!(" {} ", noted.to_uppercase())).unwrap().rows, 6);
        // the head of the export before, from which this one goes on
        assert!(with(good.get(4..).unwrap(), &noted).is_ok());
        assert!(with(good.get(5..).unwrap(), &noted).is_err());
    }

    /// The line of a checkpoint of the row that a line has. Its signature is no matter of the verifier's.
    fn checkpoint(line: &str) -> String {
        let head = super::super::segment::head(line).unwrap();
        let seed = "AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
        let key = super::super::SigningKey::parse(&format!("PRIVATE+KEY+log+00000000+{seed}")).unwrap();
        let note = key.note(&key.text(&head, 5), &[9; 64]);
        Checkpoint { head, time_ms: 5, note: Some(note) }.line().unwrap()
    }

    #[test]
    fn checkpoints_are_compared_with_their_rows() {
        let good = export(6);
        let with = |lines: &[String], at: usize, of: usize| {
            let mut lines = lines.to_vec();
            lines.insert(at, checkpoint(&good[of]));
            lines
        };
        let verified = verify(&with(&with(&good, 6, 5), 3, 2)).unwrap();
        assert_eq!((verified.rows, verified.checkpoints), (6, 2));
        assert_eq!(verified.signed, Some(verified.head));
        // A chain made anew cannot have the checkpoints of the one before, and no head was noted elsewhere.
        let mut edited = good.clone();
        edited[1] = edited[1].replace("\"tokens\":1", "\"tokens\":9");
        let forged = forged(&edited, 1);
        assert_eq!(verify(&forged).unwrap().checkpoints, 0, "which is what its reader is told");
        assert_eq!(first_bad(&with(&forged, 3, 2)), (4, Some(3), "replaced"));
        for (at, of, bad) in [(2, 4, (3, Some(3), "truncated")), (5, 1, (6, Some(2), "misplaced"))] {
            assert_eq!(first_bad(&with(&good, at, of)), bad);
        }
        let mut cut = with(&good, 6, 5);
        cut.drain(4..6);
        assert_eq!(first_bad(&cut), (5, Some(5), "truncated"));
        assert_eq!(first_bad(&[r#"{"checkpoint":"canary"}"#.to_owned()]), (1, None, "unreadable"));
    }

    #[test]
    fn rows_that_were_let_go_have_a_checkpoint_in_their_place() {
        let good = export(6);
        let mut kept = vec![checkpoint(&good[1]), checkpoint(&good[2])];
        kept.extend(good.get(3..).unwrap().to_vec());
        let verified = verify(&kept).unwrap();
        assert_eq!((verified.rows, verified.let_go.map(|head| head.sequence)), (3, Some(3)));
        assert_eq!(verified.after.sequence, 3);
        // It bridges no gap in the middle, or anything could be let go.
        let mut gap = good.get(..2).unwrap().to_vec();
        gap.extend(kept.get(1..).unwrap().to_vec());
        assert_eq!(first_bad(&gap), (3, Some(3), "truncated"));
        let mut late = vec![kept[1].clone()];
        late.extend(good.get(4..).unwrap().to_vec());
        assert_eq!(first_bad(&late), (2, Some(4), "missing"));
    }

    #[test]
    fn a_file_can_be_read_in_parts() {
        let lines = export(10);
        let mut verifier = Verifier::default();
        for line in &lines {
            let state = serde_json::to_string(&verifier).unwrap();
            verifier = serde_json::from_str(&state).unwrap();
            verifier.line(line).unwrap();
        }
        assert_eq!(verifier.end(), verify(&lines));
    }
}
