//! Pages of lists (section 8 of the contract).

use serde_json::{Value, json};

use crate::document::{Faults, invalid};
use crate::record::Received;
use crate::refusal::Refusal;
use crate::resource::Reply;

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    number: u64,
    size: u64,
}

impl Page {
    /// Reads `pageNumber` and `pageSize`, which are numbers from 1, by default 1 and 25.
    pub(crate) fn read(number: Option<Option<u64>>, size: Option<Option<u64>>) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let number = number.unwrap_or(Some(1)).filter(|number| *number > 0).unwrap_or_else(|| {
            faults.push(("pageNumber".into(), "must be an integer from 1".into()));
            1
        });
        let size = size.unwrap_or(Some(25)).filter(|size| (1..=100).contains(size)).unwrap_or_else(|| {
            faults.push(("pageSize".into(), "must be an integer from 1 to 100".into()));
            25
        });
        if faults.is_empty() { Ok(Self { number, size }) } else { Err(faults) }
    }

    /// The page that the query string asks for.
    pub(crate) fn of_query(received: &Received) -> Result<Self, Refusal> {
        let pairs = received.query_pairs();
        let number = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.parse().ok());
        Self::read(number("pageNumber"), number("pageSize")).map_err(invalid)
    }

    /// The page of a list.
    pub(crate) fn of(self, all: Vec<Value>) -> Reply {
        let total = all.len() as u64;
        let skipped = usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let entities: Vec<Value> = all.into_iter().skip(skipped).take(size).collect();
        let body = json!({
            "entities": entities,
            "pageSize": self.size,
            "pageNumber": self.number,
            "total": total,
            "pageCount": total.div_ceil(self.size),
        });
        Reply::new(200, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cut_a_list() {
        let all: Vec<Value> = (0..61).map(Value::from).collect();
        for (number, size, first, count, pages) in
            [(None, None, Some(0), 25, 3), (Some(3), None, Some(50), 11, 3), (Some(4), None, None, 0, 3)]
        {
            let reply = Page::read(number.map(Some), size).unwrap().of(all.clone());
            let entities = reply.body["entities"].as_array().unwrap().clone();
            assert_eq!((entities.first().and_then(Value::as_u64), entities.len()), (first, count));
            assert_eq!((&reply.body["pageCount"], &reply.body["total"]), (&json!(pages), &json!(61)));
        }
        assert_eq!(Page::read(Some(Some(u64::MAX)), Some(Some(100))).unwrap().of(all).body["entities"], json!([]));
        assert_eq!(Page::read(Some(Some(0)), Some(Some(101))).unwrap_err().len(), 2);
        assert_eq!(Page::read(Some(None), Some(None)).unwrap_err().len(), 2);
    }
}
