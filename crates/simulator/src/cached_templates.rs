//! `/api/v2/ai/gateway/templates/{id}` (section 9, rows A1 to A4): cached templates.

use std::collections::BTreeMap;

use hyper::header::{ETAG, HeaderName, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::document::{Members, invalid, read};
use crate::id::{is_uuid, uuid_of};
use crate::overlay::overlay;
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::resource::{Act, Reply};

/// Most bytes of a body (row A2).
const MOST_BYTES: usize = 64 << 10;
const PROPAGATION: HeaderName = HeaderName::from_static("x-cdn-propagation-id");

/// Every cached template, by id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct CachedTemplates {
    entries: BTreeMap<String, Entry>,
    writes: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entry {
    document: Value,
    /// Counts every write; part of the validator, so that no two writes have the same.
    revision: u64,
    /// Writes of clients that were accepted.
    writes: u64,
    /// Writes of other writers: faults and control calls.
    other_writes: u64,
}

impl Entry {
    fn etag(&self, id: &str) -> String {
        let digest = Sha256::digest(format!("{id} {} {}", self.revision, self.document));
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("\"{hex}\"")
    }
}

impl CachedTemplates {
    /// The current validator of a template, if it is there.
    pub(crate) fn etag_of(&self, id: &str) -> Option<String> {
        self.entries.get(id).map(|entry| entry.etag(id))
    }

    /// Writes of clients that were accepted since the last reset.
    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }

    /// Writes as another writer, unchecked.
    pub(crate) fn other_write(&mut self, id: &str, document: Value) {
        let entry = self.entries.entry(id.to_owned()).or_default();
        entry.document = document;
        entry.revision += 1;
        entry.other_writes += 1;
    }

    /// Every template as the control API shows it.
    pub(crate) fn list(&self) -> Value {
        self.entries
            .iter()
            .map(|(id, entry)| {
                json!({"id": id, "etag": entry.etag(id), "writes": entry.writes,
                    "other_writes": entry.other_writes, "document": entry.document})
            })
            .collect()
    }
}

/// Answers the document as it was put.
pub(crate) fn get(names: &[&str]) -> Act {
    let id = first(names);
    Box::new(move |state, _| {
        let entry = state.templates.entries.get(&id).ok_or_else(|| Refusal::usual(404, Shape::Api))?;
        Ok(Reply::new(200, entry.document.clone()).with(ETAG, entry.etag(&id)))
    })
}

/// Writes the document if its condition holds.
pub(crate) fn put(names: &[&str], received: &Received) -> Result<Act, Refusal> {
    let id = first(names);
    if received.body.len() > MOST_BYTES {
        return Err(Refusal::usual(413, Shape::Api));
    }
    let condition = Condition::of(received)?;
    if !is_uuid(&id) {
        return Err(invalid(vec![("id".into(), "the address must end in a UUID".into())]));
    }
    let document = Value::Object(read(&received.body, |members| check(members, &id))?);
    Ok(Box::new(move |state, turn| {
        let templates = &mut state.templates;
        for set in turn.other_writers() {
            let (mut theirs, times) = match templates.entries.get(&id) {
                Some(entry) => (entry.document.clone(), entry.other_writes),
                // The other writer is the first: it writes what this one wants to.
                None => (document.clone(), 0),
            };
            overlay(&mut theirs, set, times);
            templates.other_write(&id, theirs);
        }
        let current = templates.etag_of(&id);
        if !condition.holds(current.as_deref()) {
            return Err(Refusal::usual(412, Shape::Api).etag(current));
        }
        templates.writes += 1;
        let entry = templates.entries.entry(id.clone()).or_default();
        entry.document = document;
        entry.revision += 1;
        entry.writes += 1;
        let status = if current.is_none() { 201 } else { 200 };
        Ok(Reply::new(status, entry.document.clone())
            .with(ETAG, entry.etag(&id))
            .with(LOCATION, format!("/api/v2/ai/gateway/templates/{id}"))
            .with(PROPAGATION, uuid_of(&format!("propagation {}", turn.correlation))))
    }))
}

fn check(members: &mut Members<'_>, id: &str) {
    if members.get("id").and_then(Value::as_str) != Some(id) {
        members.fault("id", "must be the id of the address");
    }
    members.text("name", 1, usize::MAX);
    members.optional("description", |members| members.text("description", 0, usize::MAX));
    members.text("content", 0, usize::MAX);
    members.objects("variables", 0, |variable| variable.text("name", 1, usize::MAX));
    members.object("cacheSettings", |settings| {
        settings.flag("enabled");
        settings.integer("ttl", 60, 86_400);
        settings.text("invalidationStrategy", 1, usize::MAX);
    });
    members.optional("metadata", |members| members.object("metadata", |_| {}));
}

/// When a write may happen (RFC 9110, section 13, but for `If-Match: *`).
#[derive(Debug, PartialEq, Eq)]
struct Condition {
    /// One of these validators is the current one, or `*`.
    matches: Option<String>,
    /// There is nothing.
    absent: bool,
}

impl Condition {
    fn of(received: &Received) -> Result<Self, Refusal> {
        let matches = received.header("if-match").map(str::to_owned);
        let absent = received.header("if-none-match").is_some_and(|value| value.trim() == "*");
        if matches.is_none() && !absent {
            return Err(Refusal::usual(428, Shape::Api));
        }
        Ok(Self { matches, absent })
    }

    fn holds(&self, current: Option<&str>) -> bool {
        let matches = self
            .matches
            .as_deref()
            .is_none_or(|wanted| wanted.trim() == "*" || wanted.split(',').any(|etag| current == Some(etag.trim())));
        matches && !(self.absent && current.is_some())
    }
}

fn first(names: &[&str]) -> String {
    names.first().copied().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_strongly() {
        let matches = |wanted: &str| Condition { matches: Some(wanted.into()), absent: false };
        for (wanted, current, holds) in [
            ("\"a\"", Some("\"a\""), true),
            ("\"b\", \"a\"", Some("\"a\""), true),
            ("\"a\"", Some("\"b\""), false),
            ("\"a\"", None, false),
            ("W/\"a\"", Some("\"a\""), false),
            ("a", Some("\"a\""), false),
            ("", None, false),
            ("*", None, true),
            ("*", Some("\"a\""), true),
        ] {
            assert_eq!(matches(wanted).holds(current), holds, "{wanted} {current:?}");
        }
        let absent = Condition { matches: None, absent: true };
        assert!(absent.holds(None) && !absent.holds(Some("\"a\"")));
    }
}
