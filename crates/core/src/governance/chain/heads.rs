//! The heads of the log that were taken down, listed with their times.

use serde_json::json;

use super::{Checkpoint, Extent};
use crate::problem::Problem;
use crate::route::Target;

/// Most heads of one answer, and how many come unless asked otherwise (ours).
const MAX: u64 = 1_000;

/// A list that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadList {
    after: u64,
    limit: u64,
    found: Vec<Checkpoint>,
}

impl HeadList {
    /// `?after=N&limit=N`: heads after row N.
    ///
    /// # Errors
    /// [`crate::problem::Code::InvalidRequest`].
    pub fn of(target: &Target) -> Result<HeadList, Problem> {
        let query = target.query(&["after", "limit"])?;
        let after = query.integer("after", (1 << 53) - 1)?.unwrap_or_default();
        Ok(HeadList { after, limit: query.integer("limit", MAX)?.unwrap_or(MAX), found: Vec::new() })
    }

    /// The objects that may have some, from 1.
    pub fn objects(&self, extents: &[Extent]) -> Vec<u64> {
        (1..).zip(extents).filter(|(_, extent)| extent.last > self.after).map(|(number, _)| number).collect()
    }

    /// The row after which an object is asked.
    pub fn after(&self) -> u64 {
        self.found.last().map_or(self.after, |last| last.head.sequence)
    }

    /// Takes an object's heads; returns whether there is room for more.
    pub fn take(&mut self, heads: Vec<Checkpoint>) -> bool {
        self.found.extend(heads);
        (self.found.len() as u64) < self.limit
    }

    /// The answer to a request for `target`.
    pub fn answer(mut self, target: &Target) -> String {
        let more = self.found.len() as u64 >= self.limit;
        self.found.truncate(self.limit as usize);
        let next = more.then(|| target.with("after", &self.after().to_string()));
        let heads: Vec<_> = self.found.iter().map(Checkpoint::view).collect();
        json!({ "heads": heads, "next": next }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::chain::Head;

    #[test]
    fn pages() {
        let checkpoint = |sequence| Checkpoint {
            head: Head { sequence, hash: "0".repeat(64) },
            time_ms: 1_764_180_540_000,
            note: None,
        };
        let target = Target::find("GET", "/v1/audit/heads?limit=2").unwrap();
        let mut list = HeadList::of(&target).unwrap();
        let extent = |first, last| Extent { first, last, full: true };
        assert_eq!(list.objects(&[extent(1, 5), extent(6, 9)]), [1, 2]);
        assert!(list.take(vec![checkpoint(3)]));
        assert_eq!(list.after(), 3);
        assert!(!list.take(vec![checkpoint(7), checkpoint(9)]));
        let answer: serde_json::Value = serde_json::from_str(&list.answer(&target)).unwrap();
        assert_eq!(answer["next"], "/v1/audit/heads?limit=2&after=7");
        assert_eq!(answer["heads"][0]["time"], "2025-11-26T18:09:00.000Z");
        for query in ["?limit=0", "?limit=1001", "?after=x", "?newest"] {
            let target = Target::find("GET", &format!("/v1/audit/heads{query}")).unwrap();
            assert!(HeadList::of(&target).is_err(), "{query}");
        }
    }
}
