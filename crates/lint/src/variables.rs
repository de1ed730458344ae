//! The variables that a template declares, and those that it uses.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Config;
use super::document::{Document, Kind};
use super::format::{dotprompt, langchain, promptfoo, prompty, semantic_kernel};
use super::tree::{Id, Tree, Value};

/// A variable that the document declares.
#[derive(Debug)]
pub struct Variable<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where the name is.
    pub id: Id,
    /// Its entry in the list: the name itself, or an object.
    pub item: Id,
    /// Whether it is the name of the member `id`, not its value.
    pub named: bool,
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
        let Some(tree) = &document.tree else { return variables };
        if !matches!(document.kind, Kind::PromptTemplate | Kind::CachedTemplate) {
            variables.declared(document, tree);
            return variables;
        }
        variables.complete = tree.complete;
        for item in tree.find(&["variables"]).map_or(&[][..], |id| tree.children(id)) {
            let id = tree.member(*item, "name").unwrap_or(*item);
            // In an object of values by name, the name is the member's.
            let key = tree.node(*item).key.as_ref().map(|key| &key.text);
            let Some(name) = key.or_else(|| tree.text(id)) else { continue };
            let trusted = tree.member(*item, "trusted").map(|id| &tree.node(id).value);
            variables.by_name.insert(name.as_str(), variables.list.len());
            variables.list.push(Variable {
                name: name.as_str(),
                id,
                item: *item,
                named: false,
                trusted: matches!(trusted, Some(Value::Bool(true))),
                max_length: tree.member(*item, "max_length").and_then(|id| tree.number(id)),
            });
        }
        variables
    }

    /// What documents of other programs declare.
    fn declared(&mut self, document: &'a Document<'_>, tree: &'a Tree) {
        let (members, values, complete) = match document.kind {
            Kind::Prompty => {
                let (ids, complete) = prompty::declared(tree);
                (ids, Vec::new(), complete)
            }
            Kind::Dotprompt => {
                let (ids, complete) = dotprompt::declared(tree);
                self.allowed.extend(dotprompt::HELPERS);
                (ids, Vec::new(), complete)
            }
            Kind::LangchainPrompt => {
                let names = langchain::declared(tree);
                let complete = !names.is_empty();
                (langchain::given(tree), names, complete)
            }
            Kind::Promptfoo => {
                self.allowed.extend(["env", "_conversation", "vars", "prompt"]);
                (promptfoo::declared(tree), Vec::new(), promptfoo::is_complete(tree))
            }
            Kind::SemanticKernelPrompt => {
                let names = semantic_kernel::named(tree);
                let complete = !names.is_empty();
                (Vec::new(), names, complete)
            }
            _ => return,
        };
        self.complete |= complete && tree.complete;
        for (id, named) in members.into_iter().map(|id| (id, true)).chain(values.into_iter().map(|id| (id, false))) {
            // An entry of a list is a value, whatever it was asked as.
            let key =
                tree.node(id).key.as_ref().filter(|_| named && tree.text(id).is_none_or(|_| !is_name_member(tree, id)));
            let name = match key {
                Some(_) if document.kind == Kind::Dotprompt => dotprompt::name(tree, id),
                Some(key) => key.name(),
                None => tree.text(id).map_or("", |text| text.as_str()),
            };
            if name.is_empty() || self.by_name.contains_key(name) {
                continue;
            }
            self.by_name.insert(name, self.list.len());
            let named = key.is_some();
            self.list.push(Variable { name, id, item: id, named, trusted: false, max_length: None });
        }
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

/// Whether the member `id` is called `name` and is in an entry of a list.
fn is_name_member(tree: &Tree, id: Id) -> bool {
    let node = tree.node(id);
    let listed = node.parent.and_then(|parent| tree.node(parent).parent).map(|list| &tree.node(list).value);
    node.key.as_ref().is_some_and(|key| key.name() == "name") && matches!(listed, Some(Value::Array(_)))
}
