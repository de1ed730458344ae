//! Labels: names such as `production` that versions of a prompt template bear (requirements, E7). Upstream has none, so the
//! template's object keeps them. Where a label pointed before is kept too, so that one call takes it back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::precondition::Precondition;
use crate::fault::{Fault, Path, nearest};
use crate::governance::timestamp;
use crate::http::{Reply, ReplyHead};
use crate::label;
use crate::problem::{Code, Problem};
use crate::schema::{Document, Field, Shape, Text, decode};
use crate::sensitive::Bytes;

/// Most labels of a template (ours).
const MAX_LABELS: usize = 20;
/// Most characters of a label's name (ours).
pub(crate) const MAX_NAME: usize = 32;
/// Most earlier versions that are kept of a label (ours): so often it can be rolled back.
const MAX_EARLIER: usize = 10;
/// Highest version that is asked for (ours).
const MAX_VERSION: u64 = 1_000_000;

const NUMBER: Shape = Shape::Integer(1, MAX_VERSION);

/// The body of `PUT …/labels/{label}`.
pub static LABELLING: Shape =
    Shape::Object(&[Field::required("version", NUMBER).about("The version that is to bear it.")]);

/// Which version is meant, in the body of a request to render or to execute: its number, or its label.
pub(super) const VERSION: Field =
    Field::optional("version", NUMBER).about("Which version: the newest unless this or `label` is given.");
/// The other way to name it.
pub(super) const LABEL: Field = Field::optional("label", Shape::Text(Text::new(1, MAX_NAME)))
    .about("The label of the version that is meant, such as `production`.");

/// A label's name: a letter, then letters, digits, `.`, `_` and `-`; all of them small, 32 characters at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LabelName(String);

impl LabelName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn read(text: &str) -> Result<LabelName, Problem> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(letters);
        let message = match text {
            _ if !fits || text.len() > MAX_NAME => {
                "Expected 1 to 32 characters of a–z 0–9 . _ -, the first one a letter."
            }
            "latest" => "`latest` is no label: the newest version is meant where none is named. Choose another name.",
            _ if !label::is_clean(text) => label::NOT_CLEAN,
            _ => return Ok(LabelName(text.to_owned())),
        };
        Err(refuse(Code::InvalidRequest, "bad_label", message))
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which version of a template is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest.
    Newest,
    /// This one.
    Version(u64),
    /// The one that bears this label.
    Labelled(LabelName),
}

impl Wanted {
    /// Reads the members [`VERSION`] and [`LABEL`].
    pub(super) fn take(body: &mut Document) -> Result<Wanted, Problem> {
        match (body.integer("version"), body.text("label")) {
            (None, None) => Ok(Wanted::Newest),
            (Some(version), None) => Ok(Wanted::Version(version)),
            (None, Some(name)) => LabelName::read(&name).map(Wanted::Labelled),
            (Some(_), Some(_)) => {
                let message = "`version` and `label` each say which version is meant: leave one of them out.";
                Err(refuse(Code::InvalidRequest, "ambiguous_version", message))
            }
        }
    }
}

/// The version to which the body of `PUT …/labels/{label}` points.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`].
pub fn labelled(body: &[u8]) -> Result<u64, Problem> {
    Ok(decode(body, &LABELLING)?.integer("version").unwrap_or_default())
}

/// What is to be done with the labels of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelVerb {
    /// They are looked at.
    List,
    /// The version that bears one is looked for.
    Find(LabelName),
    /// One is made, or moved to another version.
    Set(LabelName, Bearer, Precondition),
    /// One is taken away.
    Remove(LabelName, Precondition),
    /// One goes back to the version that it pointed to before.
    RollBack(LabelName, Precondition),
}

/// A version of the template as upstream has it; it never changes (E3), so it can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearer {
    /// Its number.
    pub version: u64,
    /// Its document, as JSON text.
    pub document: String,
}

/// Where a label points, and where it pointed before, the latest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    version: u64,
    since_ms: u64,
    earlier: Vec<u64>,
}

impl Label {
    /// Its entity tag, in the spelling of a template's: what it points to is all that it is.
    fn etag(&self) -> String {
        format!("\"version={}\"", self.version)
    }

    fn json(&self, name: &str) -> Value {
        let earlier: Vec<u64> = self.earlier.iter().rev().copied().collect();
        json!({ "label": name, "version": self.version, "since": timestamp(self.since_ms), "earlier": earlier })
    }
}

/// The labels of one template, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels(BTreeMap<String, Label>);

/// What has become of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which one.
    pub name: LabelName,
    /// The version that bore it.
    pub from: Option<u64>,
    /// The version that bears it now.
    pub to: Option<u64>,
}

/// The answer of the template's object about its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelsAnswer {
    /// All of them, as they are now.
    pub labels: Labels,
    /// What has become of the one that was to be changed.
    pub moved: Option<Move>,
    /// The version that was looked for.
    pub found: Option<u64>,
    /// Its document, if the object has it.
    pub document: Option<String>,
}

impl Labels {
    /// Does what is asked at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is no such label, [`Code::PreconditionFailed`], and [`Code::InvalidRequest`] for one
    /// too many and where there is nothing to go back to.
    pub fn apply(mut self, verb: LabelVerb, now_ms: u64) -> Result<LabelsAnswer, Problem> {
        let answer = |labels, moved, found| LabelsAnswer { labels, moved, found, document: None };
        let (name, expected) = match &verb {
            LabelVerb::List => return Ok(answer(self, None, None)),
            LabelVerb::Find(name) => {
                let version = self.version(name)?;
                return Ok(answer(self, None, Some(version)));
            }
            LabelVerb::Set(name, _, expected)
            | LabelVerb::Remove(name, expected)
            | LabelVerb::RollBack(name, expected) => (name.clone(), expected),
        };
        let there = self.0.get(name.as_str());
        if there.is_none() && !matches!(verb, LabelVerb::Set(..)) {
            return Err(self.unknown(&name));
        }
        expect(expected, there)?;
        let from = there.map(|label| label.version);
        let to = match verb {
            LabelVerb::Set(_, Bearer { version, .. }, _) => {
                self.set(&name, version, now_ms)?;
                Some(version)
            }
            LabelVerb::RollBack(..) => Some(self.roll_back(&name, now_ms)?),
            LabelVerb::Remove(..) | LabelVerb::List | LabelVerb::Find(_) => {
                self.0.remove(name.as_str());
                None
            }
        };
        Ok(answer(self, Some(Move { name, from, to }), None))
    }

    fn set(&mut self, name: &LabelName, version: u64, now_ms: u64) -> Result<(), Problem> {
        if let Some(label) = self.0.get_mut(name.as_str()) {
            if label.version != version {
                label.earlier.push(label.version);
                let over = label.earlier.len().saturating_sub(MAX_EARLIER);
                label.earlier.drain(..over);
                (label.version, label.since_ms) = (version, now_ms);
            }
            return Ok(());
        }
        if self.0.len() >= MAX_LABELS {
            let message = "A template has 20 labels at most: remove one that is not needed.";
            return Err(refuse(Code::InvalidRequest, "too_many", message));
        }
        self.0.insert(name.as_str().to_owned(), Label { version, since_ms: now_ms, earlier: Vec::new() });
        Ok(())
    }

    fn roll_back(&mut self, name: &LabelName, now_ms: u64) -> Result<u64, Problem> {
        let unknown = self.unknown(name);
        let label = self.0.get_mut(name.as_str()).ok_or(unknown)?;
        let Some(version) = label.earlier.pop() else {
            let message = "This label has pointed to no other version before: set it to one with PUT.";
            return Err(refuse(Code::InvalidRequest, "nothing_earlier", message));
        };
        (label.version, label.since_ms) = (version, now_ms);
        Ok(version)
    }

    /// The versions that bear a label, and those to which one may go back: what is kept of them is needed.
    pub fn versions(&self) -> BTreeSet<u64> {
        self.0.values().flat_map(|label| label.earlier.iter().copied().chain([label.version])).collect()
    }

    fn version(&self, name: &LabelName) -> Result<u64, Problem> {
        self.0.get(name.as_str()).map(|label| label.version).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &LabelName) -> Problem {
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let message = match (nearest(name.as_str(), &known), known.is_empty()) {
            (Some(meant), _) => format!("This template has no such label: did you mean `{meant}`?"),
            (None, false) => format!("This template has no such label: it has {}.", known.join(", ")),
            (None, true) => "This template has no labels: set one with PUT …/labels/{label}.".to_owned(),
        };
        refuse(Code::NotFound, "unknown_label", message)
    }

    /// All of them, as the answer to a list.
    pub fn json(&self) -> String {
        let labels: Vec<Value> = self.0.iter().map(|(name, label)| label.json(name)).collect();
        json!({ "labels": labels }).to_string()
    }
}

/// Answers a change of a label: where it points now, or that it is gone.
pub fn moved(answer: &LabelsAnswer, request_id: &str) -> Reply {
    let mut headers = vec![("cache-control", "no-store".to_owned()), ("x-request-id", request_id.to_owned())];
    let name = answer.moved.as_ref().map_or("", |moved| moved.name.as_str());
    let Some(label) = answer.labels.0.get(name) else {
        return Reply { head: ReplyHead { status: 204, headers }, body: Bytes::default() };
    };
    headers.extend([("content-type", "application/json".to_owned()), ("etag", label.etag())]);
    Reply { head: ReplyHead { status: 200, headers }, body: Bytes(label.json(name).to_string().into_bytes()) }
}

/// Whether the label is what the client expects it to be.
fn expect(expected: &Precondition, there: Option<&Label>) -> Result<(), Problem> {
    let etag = there.map(Label::etag);
    let fits = match expected {
        Precondition::Missing => true,
        Precondition::Nothing => etag.is_none(),
        Precondition::Anything | Precondition::OneOf(_) => etag.as_ref().is_some_and(|etag| expected.names(etag)),
    };
    if fits {
        return Ok(());
    }
    let detail = match there {
        Some(label) => {
            format!("The label points to version {}, and was not changed: look at the labels again.", label.version)
        }
        None => "There is no such label yet, and none was made: leave If-Match out to make it.".to_owned(),
    };
    let mut problem = Problem::new(Code::PreconditionFailed, detail);
    problem.etag = etag;
    Err(problem)
}

fn refuse(code: Code, fault: &'static str, message: impl Into<String>) -> Problem {
    Problem::with_errors(code, vec![Fault::new(&Path::root().name("label"), fault, message)])
}

#[cfg(test)]
mod tests;
