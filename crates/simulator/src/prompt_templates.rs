//! `/api/v2/llm-gateway/prompt-templates` (section 10, row E3): prompt templates and their versions.

use hyper::header::{ETAG, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::overlay::overlay;
use crate::page::Page;
use crate::prompt_document::parse;
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::resource::{Act, Reply, Turn};
use crate::route::PROMPTS;

/// Every prompt template, in the order of creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PromptTemplates {
    entries: Vec<Entry>,
    /// Templates ever made; ids are made of it.
    made: usize,
    writes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: String,
    /// Oldest first; never empty.
    versions: Vec<Value>,
    /// Writes of clients that were accepted.
    writes: u64,
    /// Writes of other writers: faults and control calls.
    other_writes: u64,
}

impl Entry {
    fn newest(&self) -> &Value {
        self.versions.last().unwrap_or(&Value::Null)
    }

    fn etag(&self) -> String {
        etag(number(self.newest()))
    }

    fn is_named(&self, name: Option<&Value>) -> bool {
        name.is_some() && self.newest().get("name") == name
    }

    /// Adds a version: the document with id, number and date.
    fn add(&mut self, mut document: Map<String, Value>, now: OffsetDateTime) {
        let next = number(self.newest()) + 1;
        document.insert("id".into(), self.id.clone().into());
        document.insert("version".into(), next.into());
        document.insert("date_modified".into(), date(now).into());
        self.versions.push(document.into());
    }
}

impl PromptTemplates {
    /// The current validator of a template, if it is there.
    pub(crate) fn etag_of(&self, id: &str) -> Option<String> {
        self.find(id).map(Entry::etag)
    }

    /// A version of a template, by default the newest.
    pub(crate) fn version(&self, id: &str, wanted: Option<u64>) -> Option<&Value> {
        let entry = self.find(id)?;
        match wanted {
            None => Some(entry.newest()),
            Some(wanted) => entry.versions.iter().find(|version| number(version) == wanted),
        }
    }

    /// Writes of clients that were accepted since the last reset.
    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }

    /// Writes as another writer, unchecked: a new template (its `version` is kept), or the next version of one.
    pub(crate) fn other_write(&mut self, id: Option<&str>, mut document: Map<String, Value>, turn: &Turn) {
        let known = id.and_then(|id| self.entries.iter_mut().find(|entry| entry.id == id));
        match known {
            Some(entry) => {
                entry.add(document, turn.now);
                entry.other_writes += 1;
            }
            None => {
                let made = self.new_id(turn);
                let id = id.map_or(made, str::to_owned);
                document.insert("id".into(), id.clone().into());
                document.entry("version").or_insert(json!(1));
                document.entry("date_modified").or_insert_with(|| date(turn.now).into());
                self.entries.push(Entry { id, versions: vec![document.into()], writes: 0, other_writes: 1 });
            }
        }
    }

    /// Forgets every template; ids are not given again.
    pub(crate) fn clear(&mut self) {
        *self = Self { made: self.made, ..Self::default() };
    }

    /// Every template as the control API shows it.
    pub(crate) fn list(&self) -> Value {
        self.entries
            .iter()
            .map(|entry| {
                json!({"id": entry.id, "version": number(entry.newest()), "writes": entry.writes,
                    "other_writes": entry.other_writes, "document": entry.newest()})
            })
            .collect()
    }

    fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    fn new_id(&mut self, turn: &Turn) -> String {
        self.made += 1;
        turn.new_id("prompt", self.made)
    }

    /// Refuses a name that another template has.
    fn free(&self, id: Option<&str>, document: &Map<String, Value>) -> Result<(), Refusal> {
        let name = document.get("name");
        match self.entries.iter().find(|entry| Some(entry.id.as_str()) != id && entry.is_named(name)) {
            None => Ok(()),
            Some(_) => {
                let refusal = Refusal::new(409, "conflict", "The name is taken by another template.");
                Err(Refusal { details: vec![("name".into(), "is taken".into())], ..refusal })
            }
        }
    }
}

/// Lists templates, or the one of a name.
pub(crate) fn list(received: &Received) -> Result<Act, Refusal> {
    let page = Page::of_query(received)?;
    let name = received.query_pairs().into_iter().find(|(key, _)| key == "name").map(|(_, name)| Value::from(name));
    Ok(Box::new(move |state, _| {
        let wanted = |entry: &&Entry| name.is_none() || entry.is_named(name.as_ref());
        Ok(page.of(state.prompts.entries.iter().filter(wanted).map(|entry| entry.newest().clone()).collect()))
    }))
}

/// Makes a template.
pub(crate) fn create(received: &Received) -> Result<Act, Refusal> {
    let document = parse(&received.body)?;
    Ok(Box::new(move |state, turn| {
        let prompts = &mut state.prompts;
        for set in turn.other_writers() {
            let mut theirs = Value::Object(document.clone());
            overlay(&mut theirs, set, 0);
            if let Value::Object(theirs) = theirs {
                prompts.other_write(None, theirs, turn);
            }
        }
        prompts.free(None, &document)?;
        let id = prompts.new_id(turn);
        let mut entry = Entry { id, versions: Vec::new(), writes: 1, other_writes: 0 };
        entry.add(document, turn.now);
        let reply = Reply::new(201, entry.newest().clone())
            .with(ETAG, entry.etag())
            .with(LOCATION, format!("{PROMPTS}/{}", entry.id));
        prompts.entries.push(entry);
        prompts.writes += 1;
        Ok(reply)
    }))
}

/// Answers the newest version.
pub(crate) fn get(names: &[&str]) -> Act {
    found(names, None)
}

/// Answers one version.
pub(crate) fn version(names: &[&str]) -> Act {
    // What is no number is no version either.
    let wanted = names.get(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    found(names, Some(wanted))
}

fn found(names: &[&str], wanted: Option<u64>) -> Act {
    let id = first(names);
    Box::new(move |state, _| {
        let version = state.prompts.version(&id, wanted).ok_or_else(missing)?;
        Ok(Reply::new(200, version.clone()).with(ETAG, etag(number(version))))
    })
}

/// Lists the versions, oldest first.
pub(crate) fn versions(names: &[&str], received: &Received) -> Result<Act, Refusal> {
    let (id, page) = (first(names), Page::of_query(received)?);
    Ok(Box::new(move |state, _| {
        let entry = state.prompts.find(&id).ok_or_else(missing)?;
        Ok(page.of(entry.versions.clone()))
    }))
}

/// Makes the next version if the client knows the newest.
pub(crate) fn put(names: &[&str], received: &Received) -> Result<Act, Refusal> {
    let id = first(names);
    let expected = received.header("if-match").ok_or_else(|| Refusal::usual(428, Shape::Api))?.trim().to_owned();
    let document = parse(&received.body)?;
    Ok(Box::new(move |state, turn| {
        let prompts = &mut state.prompts;
        for set in turn.other_writers() {
            let Some(entry) = prompts.find(&id) else { break };
            let (mut theirs, times) = (entry.newest().clone(), entry.other_writes);
            overlay(&mut theirs, set, times);
            if let Value::Object(theirs) = theirs {
                prompts.other_write(Some(&id), theirs, turn);
            }
        }
        let current = prompts.find(&id).ok_or_else(missing)?.etag();
        if expected != current && expected != current.trim_matches('"') {
            return Err(Refusal::usual(412, Shape::Api).etag(Some(current)));
        }
        prompts.free(Some(&id), &document)?;
        let entry = prompts.entries.iter_mut().find(|entry| entry.id == id).ok_or_else(missing)?;
        entry.add(document, turn.now);
        entry.writes += 1;
        let reply = Reply::new(200, entry.newest().clone()).with(ETAG, entry.etag());
        prompts.writes += 1;
        Ok(reply)
    }))
}

fn missing() -> Refusal {
    Refusal::usual(404, Shape::Api)
}

fn first(names: &[&str]) -> String {
    names.first().copied().unwrap_or_default().to_owned()
}

fn number(version: &Value) -> u64 {
    version.get("version").and_then(Value::as_u64).unwrap_or(0)
}

fn etag(version: u64) -> String {
    format!("\"version={version}\"")
}

/// RFC 3339 with milliseconds, in UTC.
fn date(time: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(form).unwrap_or_default()
}
