//! The variables that a template declares, and those that it uses.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Config;
use super::document::{Document, Kind};
use super::tree::{Id, Value};

/// A variable that the document declares.
#[derive(Debug)]
pub struct Variable<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where the name stands.
    pub id: Id,
    /// Its entry in the list: the name itself, or an object.
    pub item: Id,
    /// Whether its values are the organisation's own (`trusted`).
    pub trusted: bool,
    /// Most UTF-16 code units of a value (`max_length`).
    pub max_length: Option<f64>,
}

/// The variables that a document declares.
#[derive(Debug, Default)]
pub struct Variables<'a> {
    /// In the document's order.
    pub list: Vec<Variable<'a>>,
    /// Whether there are no others: a text declares none and may have any.
    pub complete: bool,
    by_name: BTreeMap<&'a str, usize>,
    allowed: BTreeSet<&'a str>,
    /// Whether the document can say whom to trust.
    trusts: bool,
}

impl<'a> Variables<'a> {
    pub(super) fn read(document: &'a Document<'_>, config: &'a Config) -> Self {
        let mut variables = Variables {
            allowed: config.allow.variables.iter().map(String::as_str).collect(),
            complete: !config.allow.variables.is_empty(),
            trusts: document.kind == Kind::PromptTemplate,
            ..Variables::default()
        };
        let (Some(tree), Kind::PromptTemplate | Kind::CachedTemplate) = (&document.tree, document.kind) else {
            return variables;
        };
        variables.complete = tree.complete;
        for item in tree.find(&["variables"]).map_or(&[][..], |id| tree.children(id)) {
            let id = tree.member(*item, "name").unwrap_or(*item);
            let Some(name) = tree.text(id) else { continue };
            let trusted = tree.member(*item, "trusted").map(|id| &tree.node(id).value);
            variables.by_name.insert(name.as_str(), variables.list.len());
            variables.list.push(Variable {
                name: name.as_str(),
                id,
                item: *item,
                trusted: matches!(trusted, Some(Value::Bool(true))),
                max_length: tree.member(*item, "max_length").and_then(|id| tree.number(id)),
            });
        }
        variables
    }

    /// The declared variable of that name.
    pub fn get(&self, name: &str) -> Option<&Variable<'a>> {
        self.list.get(*self.by_name.get(name)?)
    }

    /// Whether a variable of that name needs no further declaration.
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || self.allowed.contains(name)
    }

    /// Whether the variable's values are declared to be the organisation's own.
    pub fn trusts(&self, name: &str) -> bool {
        self.get(name).is_some_and(|variable| variable.trusted)
    }

    /// Whether documents of this kind can say whom they trust.
    pub const fn say_trust(&self) -> bool {
        self.trusts
    }
}
