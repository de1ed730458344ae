//! Where a document differs from the shape of its kind ([`super::shapes`]), each difference at its place in the tree.

use super::document::Kind;
use super::report::MAX_FINDINGS;
use super::shapes;
use super::tree::{Id, Tree, Value};
use super::work;
use crate::fault::{Path, nearest};
use crate::json::Json;
use crate::schema::{self, List, Node, Shape};

/// A difference.
#[derive(Debug)]
pub struct Flaw {
    /// The value at fault; for a missing member, the object that lacks it.
    pub id: Id,
    /// The name of the member at fault, where it has one.
    pub name: String,
    /// What is wrong.
    pub what: What,
    /// What is wrong and what to do, for people.
    pub message: String,
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// There is no such member; the known one that is closest.
    Unknown(Option<&'static str>),
    /// It is not there; whether an empty array would do.
    Missing {
        /// Whether an empty array would do.
        list: bool,
    },
    /// Its value is wrong; for a number, the nearest one that is right.
    Wrong(Option<f64>),
}

/// What documents of `kind` must look like, if it is one with members.
pub(super) fn of(kind: Kind) -> Option<&'static Shape> {
    match kind {
        Kind::PromptTemplate => Some(&shapes::PROMPT_TEMPLATE),
        Kind::CachedTemplate => Some(&shapes::CACHED_TEMPLATE),
        Kind::ChatRequest => Some(&shapes::CHAT_REQUEST),
        Kind::ModelDefinition => Some(&shapes::MODEL_DEFINITION),
        Kind::ModelConfiguration => Some(&shapes::MODEL_CONFIGURATION),
        _ => None,
    }
}

/// Where the document differs from `shape`.
pub(super) fn compare(tree: &Tree, shape: &'static Shape) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let Some(root) = tree.root() else { return flaws };
    let at = At { tree, id: root };
    schema::check(at, &Path::root(), shape, &mut |at, _, flaw| {
        // Later ones are not listed: a report has no room for them.
        let is_listed = flaws.len() < MAX_FINDINGS;
        let key = || tree.node(at.id).key.as_ref().map_or("", |key| key.name());
        let (name, what, message) = match &flaw {
            schema::Flaw::Unknown { name, known } if is_listed => {
                let known: Vec<&'static str> = known.iter().map(|field| field.name).collect();
                (*name, What::Unknown(nearest(name, &known)), flaw.message())
            }
            schema::Flaw::Unknown { name, .. } => {
                (*name, What::Unknown(None), schema::Flaw::Unknown { name, known: &[] }.message())
            }
            schema::Flaw::Missing(field) => {
                let list = matches!(field.shape, Shape::List(List { least: 0, .. }));
                (field.name, What::Missing { list }, flaw.message())
            }
            schema::Flaw::Schema(fault) => (key(), What::Wrong(None), format!("{}: {}", fault.path, fault.message)),
            _ => (key(), What::Wrong(flaw.nearest_number()), flaw.message()),
        };
        flaws.push(Flaw { id: at.id, name: name.to_owned(), what, message });
    });
    flaws
}

/// A value of a tree.
#[derive(Clone, Copy)]
struct At<'a> {
    tree: &'a Tree,
    id: Id,
}

impl<'a> At<'a> {
    fn value(self) -> &'a Value {
        work::count(1);
        &self.tree.node(self.id).value
    }
}

impl<'a> Node<'a> for At<'a> {
    fn kind(self) -> schema::Kind {
        match self.value() {
            Value::Null => schema::Kind::Null,
            Value::Bool(value) => schema::Kind::Bool(*value),
            Value::Number(_) => schema::Kind::Number,
            Value::String(_) => schema::Kind::String,
            Value::Array(_) => schema::Kind::Array,
            Value::Object(_) => schema::Kind::Object,
        }
    }

    fn number(self) -> f64 {
        self.tree.number(self.id).unwrap_or(f64::NAN)
    }

    fn text(self) -> &'a str {
        self.tree.text(self.id).map_or("", |text| text.as_str())
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let items: &[Id] = if let Value::Array(items) = self.value() { items } else { &[] };
        items.iter().map(move |id| At { id: *id, ..self })
    }

    fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        let members: &[Id] = if let Value::Object(members) = self.value() { members } else { &[] };
        members.iter().map(move |id| {
            let name = self.tree.node(*id).key.as_ref().map_or("", |key| key.name());
            (name, At { id: *id, ..self })
        })
    }

    // Recursion is as deep as the tree, which is bounded.
    fn json(self) -> Json {
        match self.value() {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => text.parse().map_or(Json::Null, Json::Number),
            Value::String(text) => Json::String(text.as_str().to_owned()),
            Value::Array(_) => Json::Array(self.items().map(Self::json).collect()),
            Value::Object(_) => Json::Object(self.members().map(|(name, at)| (name.to_owned(), at.json())).collect()),
        }
    }

    fn is_cut_off(self) -> bool {
        !self.tree.complete
    }
}
