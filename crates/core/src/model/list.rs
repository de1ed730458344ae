//! The models of one tenant, as an object keeps their ids and `GET /v1/models` shows them. The models themselves are the
//! truth: one that is not there any more is taken out of the list when it is looked for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::route::Target;

/// Most models of a page, and how many there are unless asked for: each is looked at in its own object.
const PAGE: (u64, u64) = (25, 25);
/// Highest page that is asked for (ours).
const MOST: u64 = 1_000_000;

/// What is asked of the object that keeps a tenant's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListCommand {
    /// This model was submitted; once it is there it keeps its place.
    Add(String),
    /// These models are not there any more.
    Remove(Vec<String>),
    /// One page, in the order of their submission.
    Page(ListPage),
}

/// `?pageNumber=&pageSize=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// From 1.
    pub number: u64,
    /// From 1 to 25.
    pub size: u64,
}

/// What a page holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Listed {
    /// The models' ids, the oldest first.
    pub ids: Vec<String>,
    /// How many models the tenant has.
    pub total: u64,
}

impl ListPage {
    /// Reads the query of `GET /v1/models`.
    ///
    /// # Errors
    /// [`crate::problem::Code::InvalidRequest`].
    pub fn read(target: &Target) -> Result<ListPage, Problem> {
        let query = target.query(&["pageNumber", "pageSize"])?;
        let number = query.integer("pageNumber", MOST)?.unwrap_or(1);
        Ok(ListPage { number, size: query.integer("pageSize", PAGE.0)?.unwrap_or(PAGE.1) })
    }

    /// How many models come before it.
    pub fn offset(self) -> u64 {
        (self.number - 1) * self.size
    }

    /// The answer: the models of the page, each as its `GET` shows it but without its events.
    pub fn document(self, total: u64, models: Vec<Value>) -> String {
        let entities: Vec<Value> = models
            .into_iter()
            .map(|mut model| {
                model.as_object_mut().map(|members| members.remove("events"));
                model
            })
            .collect();
        json!({
            "entities": entities,
            "pageSize": self.size,
            "pageNumber": self.number,
            "total": total,
            "pageCount": total.div_ceil(self.size),
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let ask = |query: &str| ListPage::read(&Target::find("GET", &format!("/v1/models{query}")).unwrap());
        assert_eq!(ask("").unwrap(), ListPage { number: 1, size: 25 });
        let page = ask("?pageNumber=3&pageSize=2").unwrap();
        assert_eq!(page.offset(), 4);
        for query in ["?pageSize=26", "?pageNumber=0", "?page=1", "?pageSize=-1", "?pageNumber=1e3"] {
            assert!(ask(query).is_err(), "{query}");
        }
        let text = page.document(5, vec![json!({"id": "a", "events": [1]})]);
        let expected = json!({"entities": [{"id": "a"}], "pageSize": 2, "pageNumber": 3, "total": 5, "pageCount": 3});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }
}
