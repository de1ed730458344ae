//! The chain as JSON Lines: the rows after a number, then a last line with the head of the chain at that time.

use serde::{Deserialize, Serialize};

use super::segment::{self, PAGE_ROWS, Segment};
use super::{Checkpoint, Head};
use crate::http::ReplyHead;
use crate::problem::Problem;
use crate::route::Target;

/// Some lines of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// In their order, [`PAGE_ROWS`] at most.
    pub lines: Vec<String>,
    /// Where the object's part of the chain is; none while it has none.
    pub head: Option<Head>,
    /// Whether the next object goes on.
    pub full: bool,
    /// What replaces rows before them that the object let go.
    pub let_go: Option<Checkpoint>,
    /// Checkpoints of the rows, and maybe of later ones.
    pub checkpoints: Vec<Checkpoint>,
}

/// An export that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Which object is to be asked, from 1.
    pub object: u64,
    /// The number after which it is asked for rows.
    pub after: u64,
    /// The last line that was written, or the end of the last object that was seen.
    last: Head,
    /// Whose rows are written; of all others there is only that they are there. None for everybody's.
    tenant: Option<String>,
}

impl Export {
    /// What is asked for: `?after=N` leaves out the rows up to number N. Rows of others than `tenant` are withheld.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn begin(target: &Target, tenant: Option<&str>) -> Result<Export, Problem> {
        let after = target.query(&["after"])?.integer("after", (1 << 53) - 1)?.unwrap_or_default();
        Ok(Export { object: 1, after, last: Head::default(), tenant: tenant.map(str::to_owned) })
    }

    /// The text of a page, and whether it is the last: that one ends with the head.
    pub fn page(&mut self, page: Page) -> (String, bool) {
        let more = page.lines.len() >= PAGE_ROWS;
        let written = page.lines.last().and_then(|line| segment::head(line));
        let mut text = String::new();
        let mut write = |line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        if let Some(let_go) = page.let_go {
            let_go.line().iter().for_each(|line| write(line));
            self.after = let_go.head.sequence;
        }
        let mut checkpoints = page.checkpoints.iter().peekable();
        for line in &page.lines {
            match &self.tenant {
                None => write(line),
                Some(tenant) => write(&segment::seen_by(line, tenant)),
            }
            let Some(number) = Segment::number(line) else { continue };
            while checkpoints.next_if(|checkpoint| checkpoint.head.sequence < number).is_some() {}
            let here = checkpoints.next_if(|checkpoint| checkpoint.head.sequence == number);
            here.and_then(Checkpoint::line).iter().for_each(|line| write(line));
        }
        if let Some(head) = &written {
            self.after = head.sequence;
        }
        self.last = written.or(page.head).unwrap_or_else(|| self.last.clone());
        match (more, page.full) {
            (true, _) => {}
            (false, true) => self.object += 1,
            (false, false) => {
                text.push_str(&self.last.line());
                text.push('\n');
                return (text, true);
            }
        }
        (text, false)
    }

    /// How the answer begins; `request_id` is the id of the client's request.
    pub fn head(request_id: &str) -> ReplyHead {
        let headers = vec![
            ("content-type", "application/jsonl".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("content-disposition", "attachment; filename=\"audit.jsonl\"".to_owned()),
            ("x-request-id", request_id.to_owned()),
        ];
        ReplyHead { status: 200, headers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::chain::Verifier;
    use crate::problem::Code;

    /// Three full objects and an empty one after them, of a chain of `rows` rows.
    fn objects(rows: u64, each: u64) -> Vec<Vec<String>> {
        let mut head = Head::default();
        let mut objects: Vec<Vec<String>> = Vec::new();
        for number in 0..rows {
            if number % each == 0 {
                objects.push(Vec::new());
            }
            let (next, line) = head.append(&format!(r#"{{"n":{number}}}"#));
            head = next;
            objects.last_mut().unwrap().push(line);
        }
        objects
    }

    fn ask(objects: &[Vec<String>], export: &Export, each: u64) -> Page {
        let Some(kept) = objects.get(export.object as usize - 1) else {
            return Page { lines: Vec::new(), head: None, full: false, let_go: None, checkpoints: Vec::new() };
        };
        let after = |line: &&String| segment::head(line).unwrap().sequence > export.after;
        let lines = kept.iter().filter(after).take(PAGE_ROWS).cloned().collect();
        let (head, full) = (segment::head(kept.last().unwrap()), kept.len() as u64 >= each);
        Page { lines, head, full, let_go: None, checkpoints: Vec::new() }
    }

    // Row H.
    #[test]
    fn every_row_is_exported_once_across_objects_and_pages() {
        for (rows, each) in [(0, 5), (1, 5), (5, 5), (17, 5), (1500, 1100), (1000, 1000), (1000, 5000)] {
            let objects = objects(rows, each);
            for after in [0, 1, 4, 5, 6, rows / 2, rows, rows + 3] {
                let mut export = Export { object: 1, after, last: Head::default(), tenant: None };
                let mut text = String::new();
                loop {
                    let page = ask(&objects, &export, each);
                    let (lines, last) = export.page(page);
                    text.push_str(&lines);
                    if last {
                        break;
                    }
                }
                let mut verifier = Verifier::default();
                text.lines().for_each(|line| verifier.line(line).unwrap());
                let verified = verifier.end().unwrap();
                assert_eq!(verified.rows, rows.saturating_sub(after), "{rows} in parts of {each} after {after}");
                assert_eq!(verified.head.sequence, rows);
            }
        }
    }

    /// Checkpoints come after their rows; those of rows that come later wait; what was let go has one in its place.
    #[test]
    fn checkpoints_stand_where_they_belong() {
        let kept = objects(6, 6).pop().unwrap();
        let at = |number: usize| Checkpoint {
            head: segment::head(&kept[number - 1]).unwrap(),
            time_ms: 0,
            note: Some(format!("note {number}")),
        };
        let mut unsigned = at(4);
        unsigned.note = None;
        let mut export = Export { object: 1, after: 0, last: Head::default(), tenant: None };
        let page = Page {
            lines: kept.get(2..5).unwrap().to_vec(),
            head: segment::head(&kept[5]),
            full: false,
            let_go: Some(at(2)),
            checkpoints: vec![at(2), at(3), unsigned, at(6)],
        };
        let (text, last) = export.page(page);
        let seen: Vec<&str> = text.lines().map(|line| line.get(..14).unwrap()).collect();
        let (note, row) = (r#"{"checkpoint":"#, r#"{"hash":""#);
        assert!(last && seen.len() == 6, "{text}");
        for (at, begins) in [(0, note), (1, row), (2, note), (3, row), (4, row), (5, r#"{"head":{"#)] {
            assert!(seen[at].starts_with(begins), "{at}: {text}");
        }
        assert!(text.contains("note 2") && text.contains("note 3") && !text.contains("note 6"));
    }

    #[test]
    fn questions() {
        let begin = |query: &str| Export::begin(&Target::find("GET", &format!("/v1/audit{query}")).unwrap(), None);
        assert_eq!(begin("").unwrap().after, 0);
        assert_eq!(begin("?after=12").unwrap().after, 12);
        for query in
            ["?after=0", "?after=-1", "?after=x", "?after=99999999999999999999", "?before=1", "?after=1&after=2"]
        {
            assert_eq!(begin(query).unwrap_err().code, Code::InvalidRequest, "{query}");
        }
    }
}
