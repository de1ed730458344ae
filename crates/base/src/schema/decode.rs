//! From the bytes of a body to a document that fits its shape, or a problem with everything that is wrong with it.

use super::{Flaw, Shape, check};
use crate::fault::{Fault, Faults, Path};
use crate::json::{self, Json, Number};
use crate::problem::{Code, Problem};

/// An object that fits its shape, whose members are taken out one by one. What its shape requires is there, and of its
/// type; for what is not there the methods answer with nothing.
#[derive(Debug, Default)]
pub struct Document(Vec<(String, Json)>);

/// Reads a body of this shape, which is an object's.
///
/// # Errors
/// [`Code::InvalidJson`] where it is not strict JSON, [`Code::InvalidRequest`] where its shape is wrong: every fault,
/// each with its path.
pub fn decode(body: &[u8], shape: &'static Shape) -> Result<Document, Problem> {
    let json = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
    document(json, shape).map_err(|faults| Problem::with_errors(Code::InvalidRequest, faults))
}

/// The same of JSON that is read already.
///
/// # Errors
/// Every fault.
pub fn document(json: Json, shape: &'static Shape) -> Result<Document, Faults> {
    let mut faults = Faults::default();
    check(&json, &Path::root(), shape, &mut |_, path, flaw| faults.add(|| fault(path, flaw)));
    if faults.is_empty() { Ok(Document::from(json)) } else { Err(faults) }
}

fn fault(path: &Path, flaw: Flaw<'_>) -> Fault {
    match flaw {
        Flaw::Schema(fault) => {
            let below = fault.path.strip_prefix('$').unwrap_or_default();
            Fault { path: format!("{path}{below}"), ..fault }
        }
        flaw => Fault::new(path, flaw.code(), flaw.message()),
    }
}

impl From<Json> for Document {
    fn from(json: Json) -> Self {
        match json {
            Json::Object(members) => Document(members),
            _ => Document::default(),
        }
    }
}

impl From<Document> for Json {
    fn from(document: Document) -> Self {
        Json::Object(document.0)
    }
}

impl Document {
    /// The member `name`.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }
    /// A string.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Json::String(text) => Some(text),
            _ => None,
        }
    }
    /// A number, as it was written.
    pub fn number(&mut self, name: &str) -> Option<Number> {
        match self.take(name)? {
            Json::Number(number) => Some(number),
            _ => None,
        }
    }
    /// A number that is an integer from 0 to 2⁵³ − 1.
    pub fn integer(&mut self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        number.as_u64().or_else(|| number.as_f64().map(|value| value as u64))
    }
    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Json::Bool(flag) => Some(flag),
            _ => None,
        }
    }
    /// The items of an array.
    pub fn list(&mut self, name: &str) -> Option<Vec<Json>> {
        match self.take(name)? {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }
    /// The strings of an array.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let text = |item| if let Json::String(text) = item { Some(text) } else { None };
        Some(self.list(name)?.into_iter().filter_map(text).collect())
    }
    /// An object.
    pub fn object(&mut self, name: &str) -> Option<Document> {
        self.take(name).map(Document::from)
    }
    /// The objects of an array.
    pub fn objects(&mut self, name: &str) -> Vec<Document> {
        self.list(name).unwrap_or_default().into_iter().map(Document::from).collect()
    }
    /// All members that were not taken; [`Document::take`] has moved the last one to each place it took from.
    pub fn into_members(self) -> Vec<(String, Json)> {
        self.0
    }
}
